"""A small company that all tests know: who owns, who shares, who must not; one canary word in every private thing.

Alice owns, Bob shares, Charlie must not. Gus is a guest, Mo moderates, Lea leads customers, Ida is IT, Ada audits,
Dee was deactivated, Fay was once a member.
"""

from dataclasses import dataclass, field

from parley.channels.service import lifecycle, membership
from parley.core.blobs import Blobs
from parley.core.machine import Machine
from parley.core.settings import Settings
from parley.core.unit import Unit
from parley.identity.service import accounts, deactivate, sessions, tokens
from parley.models.channels import Channel
from parley.models.posts import File
from parley.policy.actor import SCOPES, Actor
from parley.posts.service import comments, publishing
from parley.posts.service.words import prepare

ROLES = {
    "alice": (),
    "bob": (),
    "charlie": (),
    "gus": ("guest",),
    "mo": ("moderator",),
    "lea": ("customer_lead",),
    "ida": ("it_admin",),
    "ada": ("auditor",),
    "dee": (),
    "fay": (),
}
HERE = tuple(name for name in ROLES if name != "dee")
"""Everybody who can still sign in."""
CHANNELS = {
    # name: (kind, members beside Alice who owns it, archived)
    "square": ("open", ("bob",), False),
    "notices": ("announcement", ("bob",), False),
    "attic": ("open", ("bob",), True),
    "vault": ("private", ("bob", "fay", "dee"), False),
    "cellar": ("private", ("bob", "fay"), True),
    "terrace": ("private", ("bob", "gus"), False),
    "care": ("private", ("bob",), False),
}
PRIVATE = ("vault", "cellar", "terrace", "care")


@dataclass
class Someone:
    """A person of the cast: who they are, and what they sign in with."""

    id: int
    handle: str
    name: str
    roles: frozenset[str]
    session_id: int = 0
    secret: str = ""
    token: str = ""
    scoped: dict[str, str] = field(default_factory=dict)
    """A token for each single scope; only Alice and Lea have them."""

    @property
    def actor(self) -> Actor:
        return Actor(self.id, self.handle, self.name, self.roles)


@dataclass
class Cast:
    """The company with the ids of all it holds."""

    people: dict[str, Someone] = field(default_factory=dict)
    channels: dict[str, int] = field(default_factory=dict)
    posts: dict[str, int] = field(default_factory=dict)
    comments: dict[str, int] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    talks: dict[str, int] = field(default_factory=dict)
    """Conversations."""
    ids: dict[str, int] = field(default_factory=dict)
    """Whatever else a route is asked for, by the name of its parameter and the thing."""
    canaries: dict[str, str] = field(default_factory=dict)
    """Each secret word, and the thing whose readers alone may see it."""
    readers: dict[str, frozenset[str]] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Someone:
        if name.startswith("_") or name not in ROLES:
            raise AttributeError(name)
        return self.people[name]

    def canary(self, thing: str, what: str) -> str:
        """Return the secret word of a part of `thing`."""
        word = f"canary{thing}{what}".replace("-", "")
        self.canaries[word] = thing
        return word

    def sung(self, text: str, reader: str | None) -> set[str]:
        """Return the secret words in `text` that `reader` (None is a stranger) must not see."""
        heard = text.lower()
        return {word for word, thing in self.canaries.items() if word in heard and reader not in self.readers[thing]}


def files_of(settings: Settings) -> Blobs:
    return Blobs(settings.data_dir / "files")


async def write(machine: Machine) -> Cast:
    """Write the company into an empty database whose domains are composed."""
    from outsiders import write_customers  # the half of the company that customers write to; it needs this module

    cast = Cast()
    async with machine.units.begin() as unit:
        for name, roles in ROLES.items():
            person = await accounts.create_person(
                unit,
                email=f"{name}@example.org",
                name=f"{name.capitalize()} Example",
                by=None,
                via="command",
                roles=roles,
            )
            cast.people[name] = Someone(person.id, person.handle, person.name, frozenset(roles))
    for name in CHANNELS:
        await _channel(machine, cast, name)
    await _pair(machine, cast)
    await _edges(machine, cast)
    await write_customers(machine, cast)
    async with machine.units.begin() as unit:
        for name, someone in cast.people.items():
            await _keys(unit, machine.settings, name, someone)
        await deactivate.deactivate(unit, cast.dee.id, by=cast.ida.id, via="page")
        await membership.remove(unit, cast.alice.actor, await channel(unit, cast, "vault"), cast.fay.id)
        for name, (_, _, archived) in CHANNELS.items():
            if archived:
                await lifecycle.change(unit, cast.alice.actor, await channel(unit, cast, name), archived=True)
        cellar = await channel(unit, cast, "cellar")
        await membership.end(unit, cellar, await membership.of(unit.session, cellar.id, cast.fay.id), by=cast.alice.id)
    return cast


async def channel(unit: Unit, cast: Cast, name: str) -> Channel:
    return await unit.session.get_one(Channel, cast.channels[name])


async def _channel(machine: Machine, cast: Cast, name: str) -> None:
    kind, members, _ = CHANNELS[name]
    private = kind == "private"
    word = cast.canary(name, "name") if private else name
    purpose = cast.canary(name, "purpose") if private else f"About {name}"
    cast.readers[name] = frozenset({"alice", *members} - {"fay", "dee"}) if private else frozenset(HERE) - {"gus"}
    async with machine.units.begin() as unit:
        made = await lifecycle.create(unit, cast.alice.actor, name=word, kind=kind, purpose=purpose)
        for member in members:
            await membership.add(unit, cast.alice.actor, made, cast.people[member].id)
        cast.channels[name] = made.id
    await _words(machine, cast, name)


async def _pair(machine: Machine, cast: Cast) -> None:
    async with machine.units.begin() as unit:
        made = await lifecycle.direct(unit, cast.alice.actor, {cast.bob.id})
        cast.channels["pair"] = made.id
    cast.readers["pair"] = frozenset({"alice", "bob"})
    await _words(machine, cast, "pair")


async def _words(machine: Machine, cast: Cast, name: str) -> None:
    """A post of Alice's with a file, and Bob's comment with a file, each with words of their own."""
    with_word = cast.canary if name != "square" else (lambda thing, what: f"plain{thing}{what}")
    told = " @fay @bob" if name == "vault" else ""
    for_post = await upload(machine, cast.alice, f"{with_word(name, 'file')}.txt", with_word(name, "inside").encode())
    for_comment = await upload(
        machine, cast.bob, f"{with_word(name, 'paper')}.txt", with_word(name, "paperinside").encode()
    )
    async with machine.units.begin() as unit:
        post, _ = await publishing.publish(
            unit,
            cast.alice.actor,
            cast.channels[name],
            publishing.Draft(
                prepare(f"{with_word(name, 'body')}{told}", title=with_word(name, "title")), file_ids=(for_post,)
            ),
        )
        comment, _ = await comments.publish(
            unit,
            cast.bob.actor,
            thread_id=post.thread_id,
            words=prepare(with_word(name, "comment")),
            file_ids=(for_comment,),
        )
        cast.posts[name], cast.comments[name] = post.id, comment.id
        cast.files[name], cast.files[f"{name}-comment"] = for_post, for_comment


async def upload(machine: Machine, who: Someone, name: str, data: bytes) -> int:
    """Keep a file of somebody's, not yet attached."""
    kept = await files_of(machine.settings).put_bytes(data)
    async with machine.units.begin() as unit:
        file = File(
            owner_id=who.id, key=kept.key, name=name, content_type="text/plain", size=kept.size, created_at=unit.now
        )
        unit.session.add(file)
        await unit.session.flush()
        return file.id


async def _edges(machine: Machine, cast: Cast) -> None:
    """A post that was removed, one that was edited, and a file that is in nothing yet."""
    cast.readers["removed"] = frozenset()
    cast.readers["upload"] = frozenset({"alice"})
    cast.files["upload"] = await upload(machine, cast.alice, "draft.txt", cast.canary("upload", "inside").encode())
    cast.files["removed"] = await upload(machine, cast.alice, "gone.txt", cast.canary("removed", "inside").encode())
    async with machine.units.begin() as unit:
        gone, _ = await publishing.publish(
            unit,
            cast.alice.actor,
            cast.channels["square"],
            publishing.Draft(prepare(cast.canary("removed", "body")), file_ids=(cast.files["removed"],)),
        )
        await publishing.remove(unit, cast.alice.actor, gone.id)
        edited, _ = await publishing.publish(
            unit, cast.alice.actor, cast.channels["vault"], publishing.Draft(prepare(cast.canary("vault", "earlier")))
        )
        await publishing.edit(unit, cast.alice.actor, edited.id, prepare(cast.canary("vault", "later")))
        cast.posts["removed"], cast.posts["edited"] = gone.id, edited.id


async def _keys(unit: Unit, settings: Settings, name: str, someone: Someone) -> None:
    opened = await sessions.create(
        unit, someone.id, method="link", lasting=sessions.lifetime(settings), browser=sessions.Browser(agent="a test")
    )
    someone.session_id, someone.secret = opened.session_id, opened.secret
    _, someone.token = await tokens.create(unit, someone.id, name="all", scopes=SCOPES, by=someone.id, via="page")
    if name in {"alice", "lea"}:
        for scope in SCOPES:
            _, someone.scoped[scope] = await tokens.create(
                unit, someone.id, name=scope, scopes=[scope], by=someone.id, via="page"
            )
