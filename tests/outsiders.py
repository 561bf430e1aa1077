"""The half of the cast that customers write to: a source, a stream, and two conversations, of which one is restricted."""

from cast import Cast, files_of
from parley.core.machine import Machine
from parley.core.unit import Unit
from parley.models.customers import (
    Contact,
    ContactIdentity,
    Conversation,
    ConversationAct,
    Message,
    MessageFile,
    Participant,
    Reply,
    ReplyRecipient,
    Source,
    Stream,
    Surfacing,
)
from parley.models.posts import Thread
from parley.posts.service import comments, publishing
from parley.posts.service.words import prepare

READERS = frozenset({"alice", "bob", "lea"})
"""Members of the channel care, and the customer lead; Gus is only in the terrace, and guests read no customers."""
STATES = ("accepted", "held", "failed", "unknown", "draft")


async def write_customers(machine: Machine, cast: Cast) -> None:
    """Write the customers: `valve` stands in care and on the terrace, `hush` in care and, restricted, on the square."""
    async with machine.units.begin() as unit:
        source = Source(
            kind="email",
            name="Care",
            address="care@example.org",
            address_norm="care@example.org",
            display_name="Example",
            created_at=unit.now,
            config={},
        )
        unit.session.add(source)
        await unit.session.flush()
        stream = Stream(
            channel_id=cast.channels["care"], source_id=source.id, created_by=cast.lea.id, created_at=unit.now
        )
        unit.session.add(stream)
        await unit.session.flush()
        cast.ids |= {"source_id": source.id, "stream_id": stream.id}
    for name, beside in (("valve", "terrace"), ("hush", "square")):
        cast.readers[name] = READERS
        await _conversation(machine, cast, name, beside)


async def _conversation(machine: Machine, cast: Cast, name: str, beside: str) -> None:
    blobs = files_of(machine.settings)
    raw = await blobs.put_bytes(f"Subject: {cast.canary(name, 'rawsubject')}\r\n\r\nhello".encode())
    paper = await blobs.put_bytes(cast.canary(name, "paperinside").encode())
    async with machine.units.begin() as unit:
        row = await _row(unit, cast, name)
        cast.talks[name] = row.id
        message = Message(
            conversation_id=row.id,
            source_id=row.source_id,
            direction="in",
            external_id=f"<{name}@mail.example.org>",
            identity_id=row.identity_id,
            sender_name=cast.canary(name, "sender"),
            subject=row.subject,
            text=cast.canary(name, "text"),
            html=f"<p>{cast.canary(name, 'html')}</p>",
            raw_key=raw.key,
            sent_at=unit.now,
            received_at=unit.now,
        )
        unit.session.add(message)
        await unit.session.flush()
        row.last_message_id, row.last_excerpt = message.id, message.text
        file = MessageFile(
            message_id=message.id,
            key=paper.key,
            name=f"{cast.canary(name, 'paper')}.txt",
            content_type="text/plain",
            size=paper.size,
        )
        unit.session.add_all([file, row])
        await unit.session.flush()
        cast.ids |= {f"message_id-{name}": message.id, f"message_file_id-{name}": file.id}
        for state in STATES:
            await _reply(unit, cast, name, row, state)
        await _surface(unit, cast, name, row, "care", None, cast.ids["stream_id"])
        await _surface(unit, cast, name, row, beside, cast.bob.id, None)
        comment, _ = await comments.publish(
            unit, cast.bob.actor, thread_id=row.thread_id, words=prepare(cast.canary(name, "discussion"))
        )
        cast.comments[name] = comment.id
        row.restricted = name == "hush"
        unit.session.add(row)
        unit.session.add(ConversationAct(conversation_id=row.id, actor_id=cast.bob.id, kind="claimed", at=unit.now))


async def _row(unit: Unit, cast: Cast, name: str) -> Conversation:
    contact = Contact(name=cast.canary(name, "contact"), place=cast.canary(name, "place"), created_at=unit.now)
    thread = Thread()
    unit.session.add_all([contact, thread])
    await unit.session.flush()
    address = f"{cast.canary(name, 'address')}@mail.example.org"
    identity = ContactIdentity(
        contact_id=contact.id,
        network="email",
        address=address,
        address_norm=address,
        name=contact.name,
        evidence="wrote_to_us",
        first_seen_at=unit.now,
    )
    unit.session.add(identity)
    await unit.session.flush()
    row = Conversation(
        source_id=cast.ids["source_id"],
        identity_id=identity.id,
        thread_id=thread.id,
        subject=cast.canary(name, "subject"),
        waiting_since=unit.now,
        channel_id=cast.channels["care"],
        last_message_at=unit.now,
        created_at=unit.now,
    )
    unit.session.add(row)
    await unit.session.flush()
    unit.session.add(Participant(conversation_id=row.id, identity_id=identity.id, joined_at=unit.now))
    cast.ids[f"contact_id-{name}"] = contact.id
    return row


async def _reply(unit: Unit, cast: Cast, name: str, row: Conversation, state: str) -> None:
    reply = Reply(
        conversation_id=row.id,
        author_id=cast.bob.id,
        body=cast.canary(name, f"reply{state}"),
        state=state,
        identity_id=row.identity_id,
        held_until=unit.now,
        trying_since=unit.now,
        created_at=unit.now,
    )
    unit.session.add(reply)
    await unit.session.flush()
    address = f"{cast.canary(name, 'address')}@mail.example.org"
    unit.session.add(ReplyRecipient(reply_id=reply.id, kind="to", address=address, address_norm=address, state=state))
    cast.ids[f"reply_id-{name}-{state}"] = reply.id


async def _surface(
    unit: Unit, cast: Cast, name: str, row: Conversation, where: str, by: int | None, stream: int | None
) -> None:
    body = cast.canary(name, f"words{where}") if by else ""
    post = await publishing.surface(
        unit,
        channel_id=cast.channels[where],
        thread_id=row.thread_id,
        author_id=by,
        body=body,
        body_html=f"<p>{body}</p>",
    )
    unit.session.add(
        Surfacing(
            conversation_id=row.id,
            channel_id=cast.channels[where],
            post_id=post.id,
            person_id=by,
            stream_id=stream,
            surfaced_at=unit.now,
        )
    )
    await unit.session.flush()
    cast.posts[f"{name}-{where}"] = post.id
