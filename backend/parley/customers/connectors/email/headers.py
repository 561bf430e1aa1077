"""File a mail by its headers alone: bounded, in this process, and never raising for what stands in them.

The body is read later, in a child process. What is decided here suffices to keep the mail, to find its
conversation and to show that it came, even if its body can never be read.
"""

import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import parsedate_tz
from typing import Literal

from parley.customers.connectors.base import Address, Authenticity, Recipient, ThreadTokens
from parley.customers.connectors.email.addresses import conversation_of, domain_of, reply_of
from parley.customers.connectors.email.addresslist import parse_addresses
from parley.customers.connectors.email.authenticity import judge
from parley.customers.connectors.email.charsets import decode_header

MAX_HEADER_BYTES = 256 * 1024
_MAX_FIELDS = 2_000
_MAX_RECIPIENTS = 250
_MAX_REFERENCES = 100
_MAX_SUBJECT = 500
_CLOCK_SKEW = timedelta(minutes=10)
_OLDEST = datetime(1990, 1, 1, tzinfo=UTC)

_BLANK_LINE = re.compile(rb"\r?\n\r?\n|\r\r")
_FOLD = re.compile(r"[\r\n]+[ \t]?")
_OWN_ID = re.compile(r"\s*(<[!-;=?-~]{3,478}>)\s*(?:\(.*)?", re.DOTALL)
_ANY_ID = re.compile(r"<[!-;=?-~]{3,478}>")
_BARE_ID = re.compile(r"[!-;=?-~]{1,200}@[!-;=?-~]{1,200}")
_DELIVERED = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "x-forwarded-to")
_PRECEDENCE = {"auto_reply", "auto-reply", "bulk", "junk", "list"}

Fields = list[tuple[str, str]]
Kind = Literal["to", "cc", "delivered", "envelope"]


@dataclass(frozen=True, slots=True)
class Filed:
    """What the headers of one mail say."""

    external_id: str
    message_id: str
    sender: Address | None
    reply_to: tuple[Address, ...]
    recipients: tuple[Recipient, ...]
    subject: str
    sent_at: datetime
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    """As written, the oldest first."""
    tokens: ThreadTokens
    automatic: str | None
    authenticity: Authenticity
    body_hash: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is known of a mail besides its bytes: which mailbox, when, and the envelope where the way tells it."""

    mailbox: str
    received_at: datetime
    envelope_from: str | None = None
    envelope_to: tuple[str, ...] = ()


def split_head(raw: bytes, limit: int = MAX_HEADER_BYTES) -> tuple[bytes, int]:
    """Return the header block, cut at `limit`, and where the body begins."""
    if raw[:2] == b"\r\n" or raw[:1] == b"\n":
        return b"", 2 if raw[:1] == b"\r" else 1
    blank = _BLANK_LINE.search(raw)
    end, body = (blank.start(), blank.end()) if blank else (len(raw), len(raw))
    return raw[: min(end, limit)], body


def read_fields(head: bytes) -> Fields:
    """Return the header fields as (lower-case name, unfolded value), top first, without raising."""
    try:
        message = BytesHeaderParser(policy=compat32).parsebytes(head[:MAX_HEADER_BYTES])
        items = list(message.raw_items())[:_MAX_FIELDS]
    except (ValueError, LookupError, RecursionError, TypeError):
        return []
    return [(name.lower(), _FOLD.sub(" ", str(value)).strip()) for name, value in items]


def file_headers(
    raw: bytes, arrival: Arrival, *, keys: Sequence[bytes] = (), trusted_servers: Collection[str] = ()
) -> Filed:
    """Return what the headers of `raw` say; `keys` prove our own ids, `trusted_servers` name who may judge senders."""
    head, body_at = split_head(raw)
    fields = read_fields(head)
    message_id = _own_id(fields)
    senders = _addresses(fields, "from", limit=10)
    sender = _sender(fields, senders, arrival)
    recipients = _recipients(fields, arrival)
    in_reply_to = _ids(fields, "in-reply-to", own=message_id)
    references = _ids(fields, "references", own=message_id)
    several = len(senders) > 1 or len(_all(fields, "from")) > 1
    return Filed(
        external_id=message_id or _made_id(arrival.mailbox, raw),
        message_id=message_id,
        sender=sender,
        reply_to=_addresses(fields, "reply-to", limit=10),
        recipients=recipients,
        subject=decode_header(_first(fields, "subject"))[:_MAX_SUBJECT],
        sent_at=_date(_first(fields, "date"), arrival.received_at),
        in_reply_to=in_reply_to,
        references=references,
        tokens=_tokens(recipients, in_reply_to, references, keys),
        automatic=_automatic(fields, arrival),
        authenticity=judge(
            fields, trusted_servers, domain_of(senders[0].norm) if senders else "", several_from=several
        ),
        body_hash=hashlib.sha256(raw[body_at:].replace(b"\r\n", b"\n")).hexdigest(),
    )


def parents(in_reply_to: Sequence[str], references: Sequence[str]) -> tuple[str, ...]:
    """Return the ids a mail answers, the nearest first, each once: In-Reply-To, then References from the right."""
    return tuple(dict.fromkeys((*in_reply_to, *reversed(references))))


def _all(fields: Fields, name: str) -> list[str]:
    return [value for field, value in fields if field == name]


def _first(fields: Fields, name: str) -> str:
    return next((value for field, value in fields if field == name), "")


def _own_id(fields: Fields) -> str:
    """Return the mail's id if it has exactly one well-formed one; empty otherwise."""
    found = {match[1] for value in _all(fields, "message-id") if (match := _OWN_ID.fullmatch(value))}
    return found.pop() if len(found) == 1 else ""


def _made_id(mailbox: str, raw: bytes) -> str:
    digest = hashlib.sha256(mailbox.encode("utf-8", "replace") + b"\0" + raw).hexdigest()
    return f"made:{digest}"


def _ids(fields: Fields, name: str, own: str) -> tuple[str, ...]:
    """Return the last hundred ids of a header, each once, in the order written; the mail's own id is no parent."""
    text = " ".join(_all(fields, name))[-MAX_HEADER_BYTES:]
    found = _ANY_ID.findall(text) or [f"<{bare}>" for bare in _BARE_ID.findall(text[:4_000])]
    return tuple(dict.fromkeys(each for each in found[-_MAX_REFERENCES:] if each != own))


def _addresses(fields: Fields, name: str, limit: int) -> tuple[Address, ...]:
    return parse_addresses(", ".join(_all(fields, name)), limit)


def _sender(fields: Fields, senders: tuple[Address, ...], arrival: Arrival) -> Address | None:
    """Return who wrote: From, else Sender, else the envelope; reports may name nobody at all."""
    others = (_first(fields, "sender"), arrival.envelope_from or "", _first(fields, "return-path"))
    return next((each[0] for each in (senders, *(parse_addresses(other, 1) for other in others)) if each), None)


def _recipients(fields: Fields, arrival: Arrival) -> tuple[Recipient, ...]:
    """Return who it was for, of each kind at most so many that a crowd in To cannot push out what proves the thread."""
    sources: list[tuple[Kind, str]] = [
        ("envelope", ", ".join(arrival.envelope_to)),
        ("delivered", ", ".join(value for name in _DELIVERED for value in _all(fields, name))),
        ("to", ", ".join(_all(fields, "to"))),
        ("cc", ", ".join(_all(fields, "cc"))),
    ]
    return tuple(Recipient(kind, each) for kind, value in sources for each in parse_addresses(value, _MAX_RECIPIENTS))


def _tokens(
    recipients: Sequence[Recipient], in_reply_to: Sequence[str], references: Sequence[str], keys: Sequence[bytes]
) -> ThreadTokens:
    conversations = (conversation_of(each.address.norm, keys) for each in recipients)
    replies = (reply_of(each, keys) for each in parents(in_reply_to, references))
    return ThreadTokens(
        tuple(dict.fromkeys(each for each in conversations if each is not None)),
        tuple(dict.fromkeys(each for each in replies if each is not None)),
    )


def _automatic(fields: Fields, arrival: Arrival) -> str | None:
    """Return which sign says that a machine wrote this, or None."""
    submitted = _first(fields, "auto-submitted").split(";")[0].split("(")[0].strip().lower()
    if submitted and submitted != "no":
        return f"auto-submitted: {submitted}"[:40]
    names = {name for name, _ in fields}
    for name in ("x-autoreply", "x-autorespond", "list-id"):
        if name in names:
            return name
    precedence = _first(fields, "precedence").strip().lower()
    if precedence in _PRECEDENCE:
        return f"precedence: {precedence}"
    if arrival.envelope_from == "" or (arrival.envelope_from is None and _first(fields, "return-path") == "<>"):
        return "return-path: empty"
    return None


def _date(value: str, received_at: datetime) -> datetime:
    """Return when it was sent, by its own word if that can be: not in the future, not before mail."""
    try:
        parts = parsedate_tz(value[:200])
        if parts is None:
            return received_at
        zone = parts[9] or 0
        sent = datetime(*parts[:6], tzinfo=UTC) - timedelta(seconds=zone if abs(zone) <= 86_400 else 0)
    except (ValueError, OverflowError, IndexError, TypeError):
        return received_at
    return sent if _OLDEST <= sent <= received_at + _CLOCK_SKEW else received_at
