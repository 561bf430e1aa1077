"""Reads conversations: ``=== key | contact | source | state``, then letters in, letters out and the discussion."""

from collections.abc import Iterator

from parley.demo.fernhill.model import Comment, Contact, Conversation, Message, Moment, Person, Surfacing
from parley.demo.fernhill.script import Block, grouped, moment, reactions, read


def conversations(
    name: str, text: str, persons: tuple[Person, ...], contacts: tuple[Contact, ...]
) -> Iterator[Conversation]:
    """The conversations of one file."""
    zones = {person.key: person.zone for person in persons}
    outside = {contact.key: contact for contact in contacts}
    for head, *rest in grouped(read(f"conversations/{name}", text)):
        yield _conversation(head, rest, zones, outside)


def _conversation(head: Block, rest: list[Block], zones: dict[str, str], outside: dict[str, Contact]) -> Conversation:
    if len(head.parts) != 4:
        raise head.wrong("a conversation opens with key | contact | source | state")
    key, contact, source, state = head.parts
    if contact not in outside:
        raise head.wrong(f"no contact is called {contact}")
    messages: list[Message] = []
    discussion: list[Comment] = []
    before: Moment | None = None
    for number, block in enumerate(rest, start=1):
        if block.mark == "---":
            comment = _comment(block, zones, before, f"{key}/{number}")
            discussion.append(comment)
            before = comment.when
        else:
            message = _message(block, zones, outside[contact], before)
            messages.append(message)
            before = message.when
    outcome, _, note = (head.one("outcome") or "").partition(", ")
    return Conversation(
        key=key,
        contact=contact,
        source=source,
        subject=head.one("subject") or "",
        language=head.one("language") or outside[contact].language,
        state=state,
        tags=tuple(tag.strip() for tag in (head.one("tags") or "").split(",") if tag.strip()),
        claimed_by=head.one("claimed"),
        watchers=tuple(head.words("watching")),
        surfacings=tuple(_surfacing(head, entry, zones) for entry in head.fields.get("surfaced", [])),
        messages=tuple(messages),
        discussion=tuple(discussion),
        outcome=outcome or None,
        outcome_note=note,
    )


def _message(block: Block, zones: dict[str, str], contact: Contact, before: Moment | None) -> Message:
    first, *options = block.parts
    words = first.split()
    author = words.pop(0) if block.mark == ">>>" else None
    if author and author not in zones:
        raise block.wrong(f"nobody is called {author}")
    if set(options) - {"auto-reply", "bounce"} - {part for part in options if "=" in part}:
        raise block.wrong("a letter is plain, an auto-reply or a bounce")
    return Message(
        direction="out" if author else "in",
        when=moment(block, words, zones[author] if author else contact.zone, before),
        text=block.body,
        author=author,
        kind=next((part for part in options if "=" not in part), "letter"),
        sender=block.option("from"),
        attachments=tuple((block.option("files") or "").split()),
    )


def _comment(block: Block, zones: dict[str, str], before: Moment | None, seed: str) -> Comment:
    author, *words = block.parts[0].split()
    if author not in zones:
        raise block.wrong(f"nobody is called {author}")
    return Comment(
        author=author,
        when=moment(block, words, zones[author], before),
        body=block.body,
        reactions=reactions(block, block.parts[1:], (), seed),
    )


def _surfacing(head: Block, entry: str, zones: dict[str, str]) -> Surfacing:
    """``channel | by | time | words``, where a stream has neither a name nor words: ``channel | stream | time``."""
    parts = [part.strip() for part in entry.split(" | ")]
    if len(parts) not in (3, 4) or (parts[1] != "stream" and parts[1] not in zones):
        raise head.wrong("a surfacing is channel | by | time | words")
    by = None if parts[1] == "stream" else parts[1]
    zone = zones[by] if by else "Europe/London"
    return Surfacing(parts[0], by, moment(head, parts[2].split(), zone, None), parts[3] if len(parts) > 3 else "")
