"""The recipients of a reply: each with its own fate, and what follows from all of them for the reply."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlmodel import col

from parley.core.unit import Unit
from parley.customers.connectors.base import SendResult, SendState
from parley.customers.rows import one
from parley.models.customers import ContactIdentity, Message, Reply, ReplyRecipient

_ORDER = ("unknown", "sending", "held", "bounced", "accepted", "delivered", "failed", "draft")
"""The first of these that a recipient is in is the reply's state: what needs a person comes first."""
_DOUBT = ("sending", "unknown", "held")


async def of(unit: Unit, reply_id: int) -> list[ReplyRecipient]:
    """Return the recipients of a reply, To before Cc."""
    rows = await unit.session.execute(
        select(ReplyRecipient)
        .where(col(ReplyRecipient.reply_id) == reply_id)
        .order_by(col(ReplyRecipient.kind).desc(), col(ReplyRecipient.id))
    )
    return list(rows.scalars().all())


async def aim(unit: Unit, reply: Reply, rows: list[ReplyRecipient]) -> str:
    """Point the reply at the identity that wrote what it answers, as it is now; return that identity's name.

    Never at the contact: contacts are merged and taken apart again, who wrote stays the same.
    """
    wrote = select(col(Message.identity_id)).where(col(Message.id) == reply.answers_id).scalar_subquery()
    identity = await one(
        unit.session, select(ContactIdentity).where(col(ContactIdentity.id) == func.coalesce(wrote, reply.identity_id))
    )
    for row in rows:
        if row.kind == "to" and row.state == "held":
            row.address, row.address_norm = identity.address, identity.address_norm
            unit.session.add(row)
    return identity.name


def state_of(rows: Collection[ReplyRecipient]) -> str:
    """Return the state of a reply with these recipients; one that did not reach whom it is for has failed."""
    states = {row.state for row in rows}
    if not states & {*_DOUBT, "bounced"} and any(row.state == "failed" for row in rows if row.kind == "to"):
        return "failed"
    return next(state for state in _ORDER if state in states)


def apply(unit: Unit, row: ReplyRecipient, result: SendResult) -> None:
    """Store how an attempt ended for one recipient, as far as it tells more than is known."""
    if result.state is SendState.ACCEPTED and row.state in {*_DOUBT, "draft"}:
        row.state, row.detail = "accepted", ""
    elif result.state is SendState.PERMANENT and row.state in _DOUBT:
        row.state, row.detail = "failed", result.reason
    elif result.state is SendState.TEMPORARY and row.state in _DOUBT:
        row.state, row.detail = "held", result.reason
    elif row.state == "sending":
        row.state, row.detail = "unknown", result.reason
    unit.session.add(row)


def words_of(rows: list[ReplyRecipient]) -> str:
    """Return what is wrong with whom, for the reply's readers."""
    wrong = [row for row in rows if row.detail and row.state in {"held", "failed", "unknown", "bounced"}]
    if len(rows) == 1 or not wrong:
        return wrong[0].detail[:500] if wrong else ""
    return "; ".join(f"{row.address}: {row.detail}" for row in wrong)[:500]
