"""What routes ask for beyond the cast: pictures, a provider, a link, a mail that failed, work that was given up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import insert, select
from sqlmodel import col

from cast import Cast, files_of
from identity.provider import LoopbackProvider
from parley.channels.service import lifecycle
from parley.core.jobs import job_table
from parley.core.machine import Machine
from parley.core.unit import Unit
from parley.identity.service import providers, sign_in_links
from parley.identity.wiring import seals
from parley.kit import clock
from parley.models.catch_up import CatchUpAct
from parley.models.customers import MessageFile, RawDelivery, ReplyFile
from parley.models.identity import ApiToken
from parley.models.kinds import PollOption
from parley.models.notifications import Notification
from parley.models.people import Profile
from parley.models.posts import File, Post
from parley.models.writing import LinkPreview, PostLink
from parley.people import teams
from parley.posts.kinds.given import AnnouncementIn, DecisionIn, EventIn, Given, PollIn, PraiseIn
from parley.posts.service import comments, drafts, publishing, scheduling
from parley.posts.service.words import prepare


@dataclass(frozen=True)
class Props:
    """The cast with its properties."""

    cast: Cast
    ids: Mapping[str, int]
    link: str
    """The secret of a sign-in link of Bob's."""
    issuer: str

    def __getitem__(self, name: str) -> int:
        return self.ids[name]


async def write(machine: Machine, cast: Cast, running: LoopbackProvider) -> Props:
    """Put the props on the stage; `running` is the provider that people sign in through."""
    blobs = files_of(machine.settings)
    small = await blobs.put_bytes(b"RIFF....WEBP")
    raw = await blobs.put_bytes(b"Subject: nobody can read this\r\n\r\n")
    ids: dict[str, int] = {}
    async with machine.units.begin() as unit:
        for name, owner, post in (("picture", "alice", "vault"), ("loose", "alice", None), ("face", "charlie", None)):
            file = File(
                owner_id=cast.people[owner].id,
                post_id=cast.posts[post] if post else None,
                key=small.key,
                thumb_key=small.key,
                name=f"{cast.canary(post, 'picture') if post else name}.webp",
                content_type="image/webp",
                size=small.size,
                width=9,
                height=9,
                created_at=unit.now,
            )
            ids[name] = await _id(unit, file)
        profile = await unit.session.get_one(Profile, cast.charlie.id)
        profile.photo_file_id = ids["face"]
        ids["team"] = await teams.named(unit, "Plumbing")
        trio = await lifecycle.direct(unit, cast.alice.actor, {cast.bob.id, cast.lea.id})
        ids["trio"] = trio.id or 0
        for talk in cast.talks:
            await _of_customers(unit, cast, ids, talk, small.key)
        for thing in ("square", "vault"):
            await _kinds(unit, cast, ids, thing)
        ids["delivery"] = await _id(
            unit,
            RawDelivery(
                source_id=cast.ids["source_id"],
                external_id="broken",
                key=raw.key,
                size=raw.size,
                state="failed",
                received_at=unit.now,
            ),
        )
        ids["job"] = await _dead_job(unit)
        nothing = {"channels": {}, "threads": {}, "marks": []}
        await _not_published(unit, cast, ids)
        ids["act"] = await _id(unit, CatchUpAct(person_id=cast.alice.id, at=unit.now, before=nothing))
        row = await providers.save(
            unit, providers.checked(running.wanted(), plain_http=True), seals(machine.settings), by=None, via="command"
        )
        ids["provider"] = row.id or 0
        link = await sign_in_links.create(unit, cast.bob.id, by=None, via="command")
    async with machine.database.reading() as session:
        for token, person in (await session.execute(select(col(ApiToken.id), col(ApiToken.person_id)))).all():
            ids[f"token-{person}"] = token
        for notice, person in (await session.execute(select(col(Notification.id), col(Notification.person_id)))).all():
            ids[f"notification-{person}"] = notice
        for name, post_id in cast.posts.items():
            ids[f"thread-{name}"] = (await session.get_one(Post, post_id)).thread_id
    return Props(cast, ids, link, running.issuer)


async def _of_customers(unit: Unit, cast: Cast, ids: dict[str, int], talk: str, key: str) -> None:
    picture = MessageFile(
        message_id=cast.ids[f"message_id-{talk}"],
        key=key,
        thumb_key=key,
        name=f"{cast.canary(talk, 'photo')}.webp",
        content_type="image/webp",
        size=9,
    )
    ids[f"message-picture-{talk}"] = await _id(unit, picture)
    sent = File(
        owner_id=cast.bob.id,
        key=key,
        thumb_key=key,
        name=f"{cast.canary(talk, 'sent')}.webp",
        content_type="image/webp",
        size=9,
        created_at=unit.now,
    )
    ids[f"reply-picture-{talk}"] = await _id(unit, sent)
    unit.session.add(ReplyFile(reply_id=cast.ids[f"reply_id-{talk}-accepted"], file_id=ids[f"reply-picture-{talk}"]))


async def _kinds(unit: Unit, cast: Cast, ids: dict[str, int], thing: str) -> None:
    """A post of each kind in one channel, each with words of its own."""
    word = cast.canary if thing == "vault" else (lambda where, what: f"plain{where}{what}")
    starts = clock.now() + timedelta(hours=9)
    given = {
        "question": Given(),
        "announcement": Given(announcement=AnnouncementIn()),
        "poll": Given(poll=PollIn(options=(word(thing, "optiona"), word(thing, "optionb")))),
        "praise": Given(praise=PraiseIn(person_ids=(cast.bob.id,))),
        "event": Given(
            event=EventIn(
                starts_at=starts, ends_at=starts + timedelta(hours=1), zone="UTC", location=word(thing, "yard")
            )
        ),
        "decision": Given(decision=DecisionIn()),
    }
    for kind, part in given.items():
        words = prepare(word(thing, f"{kind}body"), title=word(thing, f"{kind}title"))
        draft = publishing.Draft(words, kind, given=part)
        post, _ = await publishing.publish(unit, cast.alice.actor, cast.channels[thing], draft)
        ids[f"{kind}-{thing}"] = post.id or 0
        if kind == "question":
            said = prepare(word(thing, "answer"))
            comment, _ = await comments.publish(unit, cast.bob.actor, thread_id=post.thread_id, words=said)
            ids[f"answer-{thing}"] = comment.id or 0
    option = await unit.session.execute(
        select(col(PollOption.id)).where(col(PollOption.post_id) == ids[f"poll-{thing}"]).limit(1)
    )
    ids[f"option-{thing}"] = option.scalar_one() or 0


async def _not_published(unit: Unit, cast: Cast, ids: dict[str, int]) -> None:
    """A draft and a post for later of Alice's, one that names somebody in vain, and what links lead to."""
    naming = prepare(f"{cast.canary('vault', 'naming')}, ask @charlie")
    post, _ = await publishing.publish(
        unit, cast.alice.actor, cast.channels["vault"], publishing.Draft(naming, "update", given=Given())
    )
    ids["naming"] = post.id or 0
    draft = await drafts.keep(unit, cast.alice.id, "home", drafts.Written(cast.canary("upload", "draft")))
    ids["draft"] = draft.id or 0
    later = scheduling.Later(prepare(cast.canary("upload", "later")), "update", clock.now() + timedelta(days=1))
    row, _ = await scheduling.schedule(unit, cast.alice.actor, cast.channels["square"], later)
    ids["scheduled"] = row.id or 0
    key = (await unit.session.get_one(File, ids["picture"])).key
    for thing in ("square", "vault"):
        preview = LinkPreview(
            url_hash=thing, url=f"https://{thing}.example", state="ready", title=thing, picture_key=key
        )
        ids[f"preview-{thing}"] = await _id(unit, preview)
        unit.session.add(PostLink(post_id=cast.posts[thing], preview_id=ids[f"preview-{thing}"]))


async def _dead_job(unit: Unit) -> int:
    made = await unit.session.execute(
        insert(job_table)
        .values(
            kind="nothing",
            payload={},
            state="dead",
            due_at=clock.now(),
            attempt=20,
            max_attempts=20,
            error="gave up",
            created_at=clock.now(),
        )
        .returning(job_table.c.id)
    )
    return int(made.scalar_one())


async def _id(unit: Unit, row: object) -> int:
    unit.session.add(row)
    await unit.session.flush()
    return int(row.id)  # type: ignore[attr-defined]
