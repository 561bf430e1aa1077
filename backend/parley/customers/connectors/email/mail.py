"""A whole mail as a message: filed by its headers here, its body read in the limited child."""

from collections.abc import Collection, Sequence

from parley.customers.connectors.base import InboundMessage, RawMessage
from parley.customers.connectors.email.body import UNREADABLE_LARGE, BodyReader
from parley.customers.connectors.email.headers import Arrival, Filed, file_headers
from parley.customers.connectors.email.reading import Body


async def read_mail(
    message: RawMessage,
    mailbox: str,
    reader: BodyReader,
    *,
    keys: Sequence[bytes],
    trusted_servers: Collection[str] = (),
) -> InboundMessage:
    """Return what `message`, delivered to `mailbox`, says; never raises for what stands in it."""
    arrival = Arrival(mailbox, message.received_at, message.envelope_from, message.envelope_to)
    filed = file_headers(message.raw, arrival, keys=keys, trusted_servers=trusted_servers)
    if message.complete:
        body = await reader.read(message.raw)
    else:
        body = Body(unreadable=message.problem or UNREADABLE_LARGE)
    return _joined(filed, body, message.size or len(message.raw))


def _joined(filed: Filed, body: Body, size: int) -> InboundMessage:
    return InboundMessage(
        external_id=filed.external_id,
        message_id=filed.message_id,
        sender=filed.sender,
        reply_to=filed.reply_to,
        recipients=filed.recipients,
        subject=filed.subject,
        text=body.text,
        quoted_text=body.quoted_text,
        html=body.html,
        remote_images=body.remote_images,
        sent_at=filed.sent_at,
        in_reply_to=filed.in_reply_to,
        references=filed.references,
        tokens=filed.tokens,
        attachments=body.attachments,
        automatic=filed.automatic or ("delivery report" if body.bounces else None),
        bounces=body.bounces,
        authenticity=filed.authenticity,
        unreadable=body.unreadable,
        notes=body.notes,
        size=size,
        body_hash=filed.body_hash,
    )
