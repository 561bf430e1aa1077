"""Posts: publish, edit, take away, bring back."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql import Select
from sqlmodel import col

from parley.channels import queries as channels
from parley.channels.service import lifecycle, membership
from parley.core.unit import Unit
from parley.events.posts import PostEdited, PostPublished, PostRemoved, PostRestored
from parley.kit.errors import Conflict, NotFound
from parley.models.channels import Channel
from parley.models.posts import Post, Wording
from parley.models.writing import MovedPost
from parley.policy import audit
from parley.policy import channels as channel_policy
from parley.policy import posts as policy
from parley.policy.actor import Actor
from parley.posts.kinds import store
from parley.posts.kinds.given import NOTHING, Given
from parley.posts.service import files, threads
from parley.posts.service.words import OtherContent, Words, readers_of, settle


@dataclass(frozen=True, slots=True)
class Draft:
    """A post about to be published: prepared words, the kind, the client's id, uploaded files in order."""

    words: Words
    kind: str = "update"
    client_id: str | None = None
    file_ids: tuple[int, ...] = ()
    origin_id: int | None = None
    """The post that this one passes on."""
    given: Given = NOTHING
    """What its kind has beside the words."""

    @property
    def hash(self) -> str:
        """The hash of all that was written."""
        return self.given.digest(self.words.hash)


async def publish(unit: Unit, actor: Actor, channel_id: int, draft: Draft) -> tuple[Post, bool]:
    """Publish `draft`; return the post and whether it is new. The same client id again gives the same post.

    Raises `NotFound`, `Forbidden`, `Invalid`, `OtherContent`.
    """
    channel = await channels.get(unit.session, actor, channel_id)
    # Held before looking: the same post sent twice at once waits here for the first, and is then known.
    await lifecycle.hold(unit, channel_id)
    if known := await _known(unit, actor, draft, channel_id):
        return known, False
    mine = await membership.of(unit.session, channel.id, actor.person_id)
    channel_policy.may_post(actor, channel, mine)
    given = draft.given.of(draft.kind)
    if draft.kind == "announcement":
        channel_policy.may_announce(actor, mine)
    readers = await readers_of(unit, channel, draft.words.named)
    html, mentioned = await settle(unit, draft.words, readers, by=actor.person_id)
    post = Post(
        channel_id=channel_id,
        number=await lifecycle.next_number(unit, channel_id),
        kind=draft.kind,
        author_id=actor.person_id,
        thread_id=await threads.new_thread(unit),
        title=draft.words.title,
        body=draft.words.body,
        body_html=html,
        client_id=draft.client_id,
        content_hash=draft.hash,
        published_at=unit.now,
        origin_id=draft.origin_id,
    )
    try:
        async with unit.session.begin_nested():
            unit.session.add(post)
            await unit.session.flush()
    except IntegrityError as error:  # the same client id at the same moment in another channel
        raise OtherContent from error
    await files.attach(unit, actor, draft.file_ids, post_id=post.id)
    await store.store(unit, actor, channel, post, given)
    await unit.emit(
        PostPublished(
            channel_id=channel_id,
            post_id=_id(post),
            number=post.number,
            author_id=actor.person_id,
            open_author=_open_author(post, channel),
            mentioned=mentioned,
        )
    )
    return post, True


async def surface(
    unit: Unit,
    *,
    channel_id: int,
    thread_id: int,
    author_id: int | None,
    body: str = "",
    body_html: str = "",
    client_id: str | None = None,
) -> Post:
    """Publish a conversation's place in a channel; the caller has judged who may. A stream's has no author."""
    post = Post(
        channel_id=channel_id,
        number=await lifecycle.next_number(unit, channel_id),
        kind="conversation",
        author_id=author_id,
        thread_id=thread_id,
        body=body,
        body_html=body_html,
        client_id=client_id,
        published_at=unit.now,
    )
    unit.session.add(post)
    await unit.session.flush()
    await unit.emit(PostPublished(channel_id=channel_id, post_id=_id(post), number=post.number, author_id=author_id))
    return post


async def edit(
    unit: Unit,
    actor: Actor,
    post_id: int,
    words: Words,
    expected_version: int | None = None,
    given: Given | None = None,
) -> Post:
    """Change the words of a post and keep the earlier ones; with `given` also what its kind has beside them.

    Whoever is named is told once, however often it is edited.
    """
    post, channel = await find(unit, actor, post_id)
    policy.may_edit(actor, post.author_id, channel)
    if post.removed_at is not None:
        raise Conflict("This post was removed.", code="removed")
    if expected_version is not None and expected_version != post.version:
        raise Conflict("This post was changed in between. Copy your text and look again.", code="changed")
    same = (post.title, post.body) == (words.title, words.body)
    if same and given is None:
        return post
    readers = await readers_of(unit, channel, words.named)
    html, mentioned = await settle(unit, words, readers, by=actor.person_id, about=f"mention:post:{post.id}")
    if not same:
        unit.session.add(
            Wording(
                post_id=post.id,
                title=post.title,
                body=post.body,
                replaced_by=actor.person_id,
                written_at=post.edited_at or post.published_at,
                replaced_at=unit.now,
            )
        )
        post.title, post.body, post.body_html = words.title, words.body, html
        await store.reworded(unit, post)
    changed = given is not None and await store.change(unit, actor, channel, post, given)
    if same and not changed:
        return post
    post.edited_at, post.version = unit.now, post.version + 1
    unit.session.add(post)
    await unit.emit(
        PostEdited(
            channel_id=post.channel_id,
            post_id=_id(post),
            open_author=_open_author(post, channel),
            by_id=actor.person_id,
            mentioned=mentioned,
        )
    )
    return post


async def remove(unit: Unit, actor: Actor, post_id: int) -> Post:
    """Take a post away; a tombstone stays, and its author or a moderator can bring it back."""
    post, channel = await _found(unit, policy.removable(actor), post_id)
    policy.may_remove(actor, post.author_id, channel, await membership.of(unit.session, channel.id, actor.person_id))
    if post.removed_at is None:
        post.removed_at, post.removed_by, post.version = unit.now, actor.person_id, post.version + 1
        unit.session.add(post)
        if post.author_id != actor.person_id:
            await audit.record(unit, "post.removed", actor_id=actor.person_id, via=actor.via, target=f"post:{post.id}")
        open_author = _open_author(post, channel)
        await unit.emit(
            PostRemoved(channel_id=post.channel_id, post_id=_id(post), open_author=open_author, by_id=actor.person_id)
        )
    return post


async def restore(unit: Unit, actor: Actor, post_id: int) -> Post:
    """Undo a removal: by whoever removed it, or a moderator."""
    post, channel = await _found(unit, policy.removable(actor), post_id)
    mine = await membership.of(unit.session, channel.id, actor.person_id)
    policy.may_remove(actor, post.removed_by, channel, mine)
    if post.removed_at is not None:
        post.removed_at, post.removed_by, post.version = None, None, post.version + 1
        unit.session.add(post)
        open_author = _open_author(post, channel)
        await unit.emit(
            PostRestored(channel_id=post.channel_id, post_id=_id(post), open_author=open_author, by_id=actor.person_id)
        )
    return post


async def find(unit: Unit, actor: Actor, post_id: int) -> tuple[Post, Channel]:
    """Return a post that `actor` may read and its channel; raise `NotFound` for any other."""
    return await _found(unit, policy.readable(actor), post_id)


async def _found(unit: Unit, rule: Select[Post], post_id: int) -> tuple[Post, Channel]:
    row: Post | None = (await unit.session.execute(rule.where(col(Post.id) == post_id))).scalar_one_or_none()
    if row is None:
        raise NotFound
    channel = await unit.session.get(Channel, row.channel_id)
    assert channel is not None  # noqa: S101  (a foreign key)
    return row, channel


async def _known(unit: Unit, actor: Actor, draft: Draft, channel_id: int) -> Post | None:
    if draft.client_id is None:
        return None
    known: Post | None = (
        await unit.session.execute(
            select(Post).where(col(Post.author_id) == actor.person_id, col(Post.client_id) == draft.client_id)
        )
    ).scalar_one_or_none()
    if known is None:
        return None
    # Sent again after it was moved: where it was published counts.
    there = known.channel_id == channel_id or await _stood(unit, channel_id, known)
    if known.content_hash != draft.hash or not there:
        raise OtherContent
    return known


async def _stood(unit: Unit, channel_id: int, post: Post) -> bool:
    moved = await unit.session.execute(
        select(col(MovedPost.number)).where(col(MovedPost.channel_id) == channel_id, col(MovedPost.post_id) == post.id)
    )
    return moved.first() is not None


def _id(post: Post) -> int:
    assert post.id is not None  # noqa: S101  (flushed)
    return post.id


def _open_author(post: Post, channel: Channel) -> int | None:
    """Return the author of a post that everybody may read: those who follow them hear of it."""
    return post.author_id if channel.kind in channel_policy.OPEN and post.kind != "conversation" else None
