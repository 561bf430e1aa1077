"""Reads the posts of a channel. The file's name is the channel's key; ``posts/plumbing.txt`` shows the form.

A post opens with ``=== kind | author | time``, optionally with ``key=name`` to be referred to, and closes with its
comments. ``react:`` lines and the further parts of a comment's head are reactions.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from parley.demo.fernhill.model import Channel, Comment, Due, Moment, Option, Person, Post
from parley.demo.fernhill.script import Block, chosen, grouped, moment, reactions, read

_ANY_DAY = datetime(2026, 11, 21, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Draft:
    """A post as written, before it is known who is there to react."""

    key: str
    channel: str
    head: Block
    comments: tuple[Block, ...]

    def present(self) -> Iterator[str]:
        """Who is named as writing or reacting here."""
        yield self.head.parts[1]
        for comment in self.comments:
            yield comment.parts[0].split()[0]
        for reaction in (
            *self.head.fields.get("react", []),
            *(part for comment in self.comments for part in comment.parts[1:]),
        ):
            yield from (word for word in reaction.split()[1:] if not word.startswith("*"))


def drafts(name: str, text: str) -> Iterator[Draft]:
    """The posts of one file."""
    channel = name.removesuffix(".txt")
    for number, (head, *comments) in enumerate(grouped(read(f"posts/{name}", text)), start=1):
        if len(head.parts) < 3:
            raise head.wrong("a post opens with kind | author | time")
        yield Draft(head.option("key") or f"{channel}-{number}", channel, head, tuple(comments))


def published(written: list[Draft], persons: tuple[Person, ...], channels: tuple[Channel, ...]) -> tuple[Post, ...]:
    """All posts in the order they were published."""
    zones = {person.key: person.zone for person in persons}
    rooms = {channel.key: channel for channel in channels}
    made = [_post(draft, zones, rooms[draft.channel]) for draft in written]
    return tuple(sorted(made, key=lambda post: (post.when.on(_ANY_DAY), post.key)))


def _post(draft: Draft, zones: dict[str, str], room: Channel) -> Post:
    head = draft.head
    kind, author, when = head.parts[:3]
    zone = _zone(head, zones, author)
    others = [key for key in room.members if key != author]
    accepted = head.one("accepted")
    length = head.one("minutes")
    began = moment(head, when.split(), zone, None)
    return Post(
        key=draft.key,
        kind=kind,
        author=author,
        channel=draft.channel,
        when=began,
        title=head.one("title"),
        body=head.body,
        comments=_comments(draft, zones, room, began),
        reactions=reactions(head, head.fields.get("react", []), others, draft.key),
        pinned=head.one("pinned") == "yes",
        accepted=int(accepted) - 1 if accepted else None,
        acknowledge_by=_due(head, "acknowledge by", zone),
        acknowledged=chosen(head, head.words("acknowledged"), others, f"{draft.key}/acknowledged"),
        options=_options(draft, room),
        anonymous=head.one("anonymous") == "yes",
        closes=_due(head, "closes", zone),
        praised=tuple(head.words("to")),
        starts=_due(head, "starts", zone),
        minutes=int(length) if length else None,
        venue=head.one("venue"),
        going=chosen(head, head.words("going"), others, f"{draft.key}/going"),
        supersedes=head.one("supersedes"),
    )


def _comments(draft: Draft, zones: dict[str, str], room: Channel, began: Moment) -> tuple[Comment, ...]:
    made: list[Comment] = []
    for number, block in enumerate(draft.comments, start=1):
        author, *when = block.parts[0].split()
        seed = f"{draft.key}/{number}"
        before = made[-1].when if made else began
        others = [key for key in room.members if key != author]
        made.append(
            Comment(
                author=author,
                when=moment(block, when, _zone(block, zones, author), before),
                body=block.body,
                reactions=reactions(block, block.parts[1:], others, seed),
            )
        )
    return tuple(made)


def _zone(block: Block, zones: dict[str, str], author: str) -> str:
    if author not in zones:
        raise block.wrong(f"nobody is called {author}")
    return zones[author]


def _due(head: Block, name: str, zone: str) -> Due | None:
    words = head.words(name)
    return Due(int(words[0]), words[1], zone) if words else None


def _options(draft: Draft, room: Channel) -> tuple[Option, ...]:
    """The answers of a poll; nobody votes twice."""
    entries = [entry.partition(" = ") for entry in draft.head.fields.get("option", [])]
    free = set(room.members) - {word for _, _, words in entries for word in words.split()}
    made = []
    for number, (text, _, words) in enumerate(entries, start=1):
        votes = chosen(draft.head, words.split(), free, f"{draft.key}/option {number}")
        free -= set(votes)
        made.append(Option(text, votes))
    return tuple(made)
