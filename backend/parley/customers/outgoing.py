"""A reply on its way out: what the mail says is gathered before the attempt begins, then handed over once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.core import log
from parley.core.machine import Machine
from parley.customers.connectors.base import Outbound, OutboundFile, SendResult
from parley.customers.connectors.email.addresses import domain_of, normalise_address
from parley.customers.house import House
from parley.customers.rows import every, first, key
from parley.customers.service.outbox import Attempt
from parley.kit.errors import Problem
from parley.models.customers import Conversation, Message, Reply, ReplyFile, Source
from parley.models.identity import Person
from parley.models.posts import File

PAUSED = "The source is paused. The reply leaves when it is resumed."
NO_SERVER = "The source has no server for outgoing mail."
STALLED = "This machine was held up before it could hand the mail over."
NAME = "{name}"
"""In a signature this becomes the author's name: the one way in which it leaves the house."""
_REPAIRABLE = {"bad_server", "plain_password", "unavailable", "unreachable"}
logger = log.get("customers")


@dataclass(frozen=True, slots=True)
class Letter:
    """A reply as it will leave; `waits` says why it cannot leave now."""

    reply_id: int
    held_until: datetime
    source: Source
    outbound: Outbound
    waits: str | None


async def prepare(machine: Machine, house: House, reply_id: int) -> Letter | None:
    """Gather what a reply says, files included; None when there is no such reply. Raises `FileNotFoundError`."""
    async with machine.database.reading() as session:
        reply = await session.get(Reply, reply_id)
        if reply is None:
            return None
        conversation = await session.get_one(Conversation, reply.conversation_id)
        source = await session.get_one(Source, conversation.source_id)
        author = await session.get_one(Person, reply.author_id)
        parent = await _parent(session, reply)
        files = await every(
            session,
            select(File)
            .join(ReplyFile, col(ReplyFile.file_id) == File.id)
            .where(col(ReplyFile.reply_id) == reply_id)
            .order_by(col(File.id)),
        )
    outbound = Outbound(
        conversation_id=key(conversation),
        reply_id=reply_id,
        to=(),
        cc=(),
        subject=conversation.subject,
        text=reply.body,
        signature=source.signature.replace(NAME, author.name),
        in_reply_to=bare_id(parent.external_id) if parent else "",
        references=tuple(map(bare_id, parent.references)) if parent else (),
        written_at=reply.created_at,
        files=tuple([OutboundFile(file.name, file.content_type, await house.blobs.read(file.key)) for file in files]),
    )
    waits = PAUSED if source.state == "paused" else NO_SERVER if not source.config.get("smtp_url") else None
    return Letter(reply_id, reply.held_until, source, outbound, waits)


async def send(house: House, letter: Letter, attempt: Attempt, stalled: Callable[[], bool]) -> Mapping[str, SendResult]:
    """Hand the reply over once; return how it ended for each of the attempt's recipients. Never raises.

    Only what surely was not handed over may be tried again; whatever else goes wrong is doubt.
    """
    ways = {_on_the_wire(address): address for address in attempt.recipients}
    try:
        connector = house.connector(letter.source)
        if stalled():
            return dict.fromkeys(attempt.recipients, SendResult.temporary(STALLED))
        found = await connector.send(replace(letter.outbound, to=attempt.to, cc=attempt.cc), list(ways))
    except Problem as problem:
        result = SendResult.temporary if problem.code in _REPAIRABLE else SendResult.permanent
        return dict.fromkeys(attempt.recipients, result(problem.words))
    except Exception as error:
        logger.exception("sending_broke", reply=letter.reply_id)
        return dict.fromkeys(attempt.recipients, SendResult.unknown(type(error).__name__))
    return {ways[address]: result for address, result in found.items() if address in ways}


def bare_id(external_id: str) -> str:
    """Return a Message-ID as its sender wrote it, without the mark that tells two messages under one id apart."""
    return external_id.partition(">#")[0] + ">" if ">#" in external_id else external_id


async def _parent(session: AsyncSession, reply: Reply) -> Message | None:
    """Return the message that the mail names as its parent: what it answers, else our own last one."""
    if reply.answers_id is not None:
        return await session.get(Message, reply.answers_id)
    return await first(
        session,
        select(Message)
        .where(col(Message.conversation_id) == reply.conversation_id, col(Message.direction) == "out")
        .order_by(col(Message.id).desc())
        .limit(1),
    )


def _on_the_wire(address: str) -> str:
    """Return an address as mail servers take it: as it was written, its domain in ASCII."""
    norm = normalise_address(address)
    return address if address.isascii() or norm is None else f"{address.rpartition('@')[0]}@{domain_of(norm)}"
