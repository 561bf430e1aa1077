"""The outbox: how a reply leaves, one attempt at a time, and what is known of each recipient.

held → sending → accepted, failed or unknown. *sending* is committed before anything is handed over, so that a crash
in between is seen as doubt; doubt is shown to a person and never sent again by the machine. The reply's own state
follows from those of its recipients.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import String, cast, delete, exists, select, update
from sqlmodel import col

from parley.core import jobs
from parley.core.jobs import job_table
from parley.core.unit import Unit
from parley.customers.connectors.base import Address, SendResult
from parley.customers.rows import every, key, one
from parley.customers.service import acts, recipients, sent
from parley.events.customers import ReplyChanged
from parley.models.customers import Reply, ReplyRecipient

JOB = "customers.send_reply"
PATIENCE = timedelta(hours=48)
"""How long a reply is tried before its author is told that it failed; mail servers try about as long."""
STALLED = timedelta(minutes=30)
_PAUSES = (60, 300, 900, 3600, 7200)
SILENT = "The outside did not say what became of this."
CRASHED = "The machine stopped while this was leaving. Nobody knows whether it arrived."


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt that has begun: under which number, whom the mail names, and to whom it still has to go."""

    reply_id: int
    number: int
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    recipients: tuple[str, ...]
    """As they were written."""


async def schedule(unit: Unit, reply_id: int, at: datetime) -> None:
    """Let the reply leave at `at`."""
    await jobs.enqueue(unit.session, JOB, {"reply_id": reply_id}, run_at=at, key=str(reply_id))


async def held(unit: Unit, reply_id: int) -> Reply:
    """Return a reply and hold its row, after its conversation's: always in this order."""
    conversation_id = await one(unit.session, select(col(Reply.conversation_id)).where(col(Reply.id) == reply_id))
    await acts.held(unit, conversation_id)
    return await one(
        unit.session,
        select(Reply).where(col(Reply.id) == reply_id).with_for_update().execution_options(populate_existing=True),
    )


async def take_back(unit: Unit, reply: Reply) -> bool:
    """Return a held reply to a draft and delete its job, both or neither; False when it has begun to leave."""
    rows = await recipients.of(unit, key(reply))
    if reply.state != "held" or any(row.state != "held" for row in rows):
        return False
    await unit.session.execute(
        delete(job_table).where(
            job_table.c.kind == JOB, job_table.c.key == str(reply.id), job_table.c.state == "queued"
        )
    )
    await _all_to(unit, reply, rows, "draft")
    await changed(unit, reply)
    return True


async def hold_back(unit: Unit, conversation_id: int, author_id: int | None = None) -> list[int]:
    """Return the held replies of a conversation (or of one author in it) to drafts; return which."""
    wanted = select(Reply).where(col(Reply.conversation_id) == conversation_id, col(Reply.state) == "held")
    if author_id is not None:
        wanted = wanted.where(col(Reply.author_id) == author_id)
    rows = await every(unit.session, wanted.order_by(col(Reply.id)).with_for_update())
    return [key(reply) for reply in rows if await take_back(unit, reply)]


async def begin(unit: Unit, reply_id: int) -> Attempt | None:
    """Begin an attempt for the recipients that wait for one; None when there is nothing to do.

    A recipient that is found *sending* was left by a crash: what happened to it is unknown. Each goes by its own
    state, never by the reply's: doubt about one must not keep the reply from another.
    """
    reply = await held(unit, reply_id)
    rows = await recipients.of(unit, reply_id)
    left = [row for row in rows if row.state == "sending"]
    leaving = [row for row in rows if row.state == "held"]
    for row in left:
        row.state, row.detail = "unknown", CRASHED
        unit.session.add(row)
    name = ""
    if leaving:
        reply.attempts += 1
        name = await recipients.aim(unit, reply, rows)
        for row in leaving:
            row.state, row.detail = "sending", ""
            unit.session.add(row)
    reply.error = recipients.words_of(rows)
    if left or leaving:
        await _follow(unit, reply, rows)
    if not leaving:
        return None
    return Attempt(
        reply_id,
        reply.attempts,
        tuple(Address(row.address, row.address_norm, name) for row in rows if row.kind == "to"),
        tuple(Address(row.address, row.address_norm) for row in rows if row.kind == "cc"),
        tuple(row.address for row in leaving),
    )


async def put_off(unit: Unit, reply_id: int, until: datetime, reason: str) -> None:
    """Keep a held reply back until `until`, for a reason that its readers see."""
    reply = await held(unit, reply_id)
    if not any(row.state == "held" for row in await recipients.of(unit, reply_id)):
        await begin(unit, reply_id)  # nobody waits, so that this only puts in doubt what a crash left
        return
    told = reply.error == reason
    reply.held_until, reply.error = until, reason
    unit.session.add(reply)
    await schedule(unit, reply_id, until)
    if not told:
        await changed(unit, reply)


async def give_up(unit: Unit, reply_id: int, reason: str) -> None:
    """A reply can never leave as it is: whoever waits for it will not get it."""
    reply = await held(unit, reply_id)
    rows = await recipients.of(unit, reply_id)
    waiting = [row for row in rows if row.state == "held"]
    for row in waiting:
        row.state, row.detail = "failed", reason
        unit.session.add(row)
    if waiting:
        reply.error = recipients.words_of(rows)
        await _follow(unit, reply, rows)


async def finish(unit: Unit, attempt: Attempt, results: Mapping[str, SendResult]) -> None:
    """Store how an attempt ended for each recipient. It is the truth also when others had begun to doubt.

    Nothing is stored when a later attempt has begun. A recipient that a person has put back to *held* meanwhile is
    taken off again if it was accepted after all, so that it is not sent twice.
    """
    reply = await held(unit, attempt.reply_id)
    if reply.attempts != attempt.number:
        return
    rows = await recipients.of(unit, attempt.reply_id)
    for row in rows:
        if row.address in attempt.recipients:
            recipients.apply(unit, row, results.get(row.address, SendResult.unknown(SILENT)))
    waiting = any(row.state == "held" for row in rows)
    reply.error = recipients.words_of(rows)
    if waiting and unit.now - reply.trying_since < PATIENCE:
        reply.held_until = unit.now + timedelta(seconds=_PAUSES[min(reply.attempts, len(_PAUSES)) - 1])
        await schedule(unit, attempt.reply_id, reply.held_until)
    elif waiting:
        for row in rows:
            if row.state == "held":
                row.state = "failed"
                unit.session.add(row)
    await _follow(unit, reply, rows)


async def settle(unit: Unit, reply: Reply, *, went_out: bool) -> None:
    """A person says what became of the doubtful recipients: they have it, or it shall be sent to them again."""
    rows = await recipients.of(unit, key(reply))
    for row in rows:
        if row.state == "unknown":
            row.state, row.detail = ("accepted", "") if went_out else ("held", "")
            unit.session.add(row)
    await _again_or_done(unit, reply, rows)


async def retry(unit: Unit, reply: Reply) -> None:
    """Try the failed recipients again at once."""
    rows = await recipients.of(unit, key(reply))
    for row in rows:
        if row.state == "failed":
            row.state, row.detail = "held", ""
            unit.session.add(row)
    reply.trying_since = unit.now
    await _again_or_done(unit, reply, rows)


async def delivered(unit: Unit, reply: Reply, addresses: Mapping[str, tuple[str, str]]) -> list[str]:
    """Store what a delivery report says: address → (delivered, bounced or delayed, words); return who did not get it."""
    rows = await recipients.of(unit, key(reply))
    lost: list[str] = []
    only = rows[0].address_norm if len(rows) == 1 else None
    for address, (fate, words) in addresses.items():
        # A report may name the address it was forwarded to; with one recipient there is no doubt whom it is about.
        row = next((row for row in rows if row.address_norm == address), None) or next(
            (row for row in rows if row.address_norm == only), None
        )
        if row is None or row.state in {"draft", "held", "failed"}:
            continue
        row.detail = words[:500]
        if fate == "bounced":
            row.state = "bounced"
            lost.append(row.address)
        elif fate == "delivered" and row.state != "bounced":
            row.state = "delivered"
        unit.session.add(row)
    reply.error = recipients.words_of(rows)
    await _follow(unit, reply, rows)
    return lost


async def find_stalled(unit: Unit) -> None:
    """Bring back replies that no job takes care of any more: what was leaving is unknown, what waited has failed."""
    alive = (
        exists()
        .where(job_table.c.kind == JOB, job_table.c.key == cast(col(Reply.id), String), job_table.c.state != "dead")
        .correlate(Reply)
    )
    under_way = (
        exists()
        .where(col(ReplyRecipient.reply_id) == Reply.id, col(ReplyRecipient.state).in_(("held", "sending")))
        .correlate(Reply)
    )
    rows = await unit.session.execute(
        select(col(Reply.id))
        .where(
            col(Reply.state).in_(("held", "sending", "unknown")),
            col(Reply.held_until) < unit.now - STALLED,
            under_way,
            ~alive,
        )
        .order_by(col(Reply.conversation_id), col(Reply.id))
        .limit(100)
    )
    for reply_id in rows.scalars().all():
        await give_up(unit, reply_id, "This could not be sent: something broke on our side.")
        await begin(unit, reply_id)  # nobody waits any more, so that this only puts what was leaving in doubt


async def changed(unit: Unit, reply: Reply) -> None:
    """Tell that a reply moved."""
    await unit.session.flush()
    await unit.emit(
        ReplyChanged(
            conversation_id=reply.conversation_id,
            channel_ids=await acts.showing(unit.session, reply.conversation_id),
            reply_id=key(reply),
            author_id=reply.author_id,
            state=reply.state,
        )
    )


async def _again_or_done(unit: Unit, reply: Reply, rows: list[ReplyRecipient]) -> None:
    reply.error = recipients.words_of(rows)
    if any(row.state == "held" for row in rows):
        reply.held_until = unit.now
        await jobs.enqueue(unit.session, JOB, {"reply_id": key(reply)}, key=str(reply.id))
    await _follow(unit, reply, rows)


async def _follow(unit: Unit, reply: Reply, rows: list[ReplyRecipient]) -> None:
    """Let the reply's state follow its recipients', tell if it changed, and file what has left as a message."""
    before = reply.state
    reply.state = recipients.state_of(rows)
    if reply.state not in {"held", "sending"}:
        reply.settled_at = unit.now
    unit.session.add(reply)
    if reply.state != before or reply.error:
        await changed(unit, reply)
    if any(row.state in sent.LEFT for row in rows):
        await sent.record(unit, reply, rows)


async def _all_to(unit: Unit, reply: Reply, rows: list[ReplyRecipient], state: str) -> None:
    await unit.session.execute(
        update(ReplyRecipient).where(col(ReplyRecipient.reply_id) == reply.id).values(state=state)
    )
    for row in rows:
        await unit.session.refresh(row)
    reply.state, reply.error, reply.settled_at = state, "", unit.now
    unit.session.add(reply)
