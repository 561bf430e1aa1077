"""A reply as a mail.

Headers are written here, word by word: the library folds long Message-IDs into encoded words, which breaks the
thread on the other side. Bodies and files are the library's work.
"""

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape

from parley.customers.connectors.base import Address, Outbound, OutboundFile
from parley.customers.connectors.email.addresses import (
    domain_of,
    normalise_address,
    signed_message_id,
    signed_reply_address,
)
from parley.customers.connectors.email.mime import safe_name
from parley.kit.clock import aware
from parley.kit.errors import Invalid

_POLICY = SMTP.clone(cte_type="7bit", max_line_length=76)
_MAX_REFERENCES = 30
_ID = re.compile(r"<[!-;=?-~]{3,478}>")
_LINE = 76
_WORD_BYTES = 45
_LINE_BREAK = re.compile(r"[\r\n\0]")
_NOT_IN_ADDRESS = re.compile(r"[\s<>,;:\"()\[\]\\]")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_PREFIX = re.compile(
    r"^(?:\s*(?:re|aw|antw|sv|vs|ref|rif|odp|r|回复|答复|回覆|返信)\s*(?:\[\d{1,3}\])?\s*[:\uff1a])+\s*", re.IGNORECASE
)
_LINK = re.compile(r"https?://[^\s<>\"'()]{1,1500}[^\s<>\"'().,;:!?]")
_TYPE = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """In whose name replies of a source leave; no colleague's name or address is part of it."""

    address: str
    display_name: str = ""
    signed_replies: bool = True
    """Off where the mail server does not deliver plus addresses."""


def compose(reply: Outbound, mailbox: Mailbox, key: bytes) -> bytes:
    """Return the whole mail for `reply`; the same meaning and the same Message-ID on every attempt."""
    if not reply.to:
        raise Invalid("A reply needs a recipient.", code="no_recipient")
    sender = _ascii_domain(mailbox.address)
    message_id = signed_message_id(reply.reply_id, sender.rpartition("@")[2], key)
    reply_to = signed_reply_address(sender, reply.conversation_id, key) if mailbox.signed_replies else ""
    head = [
        _field("From", _mailbox(mailbox.display_name, sender)),
        _field("Reply-To", _mailbox(mailbox.display_name, reply_to) if reply_to else []),
        _field("To", _mailboxes(reply.to)),
        _field("Cc", _mailboxes(reply.cc)),
        _field("Subject", _words(_subject(reply))),
        _field("Date", format_datetime(aware(reply.written_at)).split(" ")),
        _field("Message-ID", [message_id]),
        _field("In-Reply-To", _ids([reply.in_reply_to])),
        _field("References", _references(reply)),
    ]
    return "".join(head).encode() + _content(reply).as_bytes(policy=_POLICY)


def _subject(reply: Outbound) -> str:
    """Return the subject; what answers nothing is no reply and does not say that it is."""
    return reply_subject(reply.subject) if reply.in_reply_to or reply.references else reply.subject


def reply_subject(subject: str) -> str:
    """Return `subject` with exactly one `Re: ` before it."""
    return f"Re: {_PREFIX.sub('', subject).strip()}".strip()


def _field(name: str, words: Sequence[str]) -> str:
    """Return one header, folded between words; a line break inside a word would begin another header."""
    if any(_LINE_BREAK.search(word) for word in words):
        raise Invalid("A line break does not belong in the %(header)s of a mail.", code="header_break", header=name)
    lines = [f"{name}:"] if words else []
    for word in words:
        if len(lines[-1]) + len(word) >= _LINE and lines[-1].strip() != f"{name}:":
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines) + "\r\n" if lines else ""


def _mailboxes(addresses: Sequence[Address]) -> list[str]:
    words: list[str] = []
    for each in addresses:
        words += _mailbox(each.name, _ascii_domain(each.address))
        words[-1] += ","
    return [*words[:-1], words[-1].removesuffix(",")] if words else []


def _mailbox(name: str, address: str) -> list[str]:
    """Return the words of a mailbox; only an address that is one gets into a header."""
    if normalise_address(address) is None or _NOT_IN_ADDRESS.search(address):
        raise Invalid("%(address)s is not an e-mail address.", code="bad_address", address=address[:100])
    if not name.strip():
        return [address]
    if not name.isascii() or "=?" in name:
        return [*_encoded(name), f"<{address}>"]
    if _PLAIN_NAME.fullmatch(name):
        return [*name.split(), f"<{address}>"]
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return [f'"{escaped}"', f"<{address}>"]


def _ascii_domain(address: str) -> str:
    """Return the address as it was written, its domain in the form that every server knows."""
    if address.isascii():
        return address
    norm = normalise_address(address)
    return f"{address.rpartition('@')[0]}@{domain_of(norm)}" if norm else address


def _words(text: str) -> list[str]:
    """Return the words of a text header; other letters than ASCII go as encoded words."""
    return text.split(" ") if text.isascii() and "=?" not in text else _encoded(text)


def _encoded(text: str) -> list[str]:
    """Return `text` as encoded words of at most 75 characters, no letter cut in two."""
    words: list[str] = []
    piece = ""
    for char in text:
        if len((piece + char).encode()) > _WORD_BYTES:
            words.append(piece)
            piece = ""
        piece += char
    return [f"=?utf-8?b?{base64.b64encode(each.encode()).decode()}?=" for each in (*words, piece) if each]


def _ids(ids: Iterable[str]) -> list[str]:
    """Return the ids that are well-formed; what came in malformed does not go out again."""
    return [each for each in ids if _ID.fullmatch(each)]


def _references(reply: Outbound) -> list[str]:
    chain = list(dict.fromkeys(_ids((*reply.references, reply.in_reply_to))))
    # The first names the thread, the last ones its end; what lies between may go (RFC 5537, 3.4.4).
    return chain if len(chain) <= _MAX_REFERENCES else [chain[0], *chain[-_MAX_REFERENCES + 1 :]]


def _content(reply: Outbound) -> EmailMessage:
    text = reply.text.replace("\r\n", "\n").strip("\n")
    if reply.signature.strip():
        text += "\n\n-- \n" + reply.signature.replace("\r\n", "\n").strip("\n")
    message = EmailMessage(policy=_POLICY)
    message.set_content(text + "\n", charset="utf-8")
    message.add_alternative(_html(text), subtype="html", charset="utf-8")
    for each in reply.files:
        _attach(message, each)
    return message


def _attach(message: EmailMessage, file: OutboundFile) -> None:
    kind = file.content_type.lower()
    if not _TYPE.fullmatch(kind) or kind.startswith(("message/", "multipart/")):
        kind = "application/octet-stream"
    main, _, sub = kind.partition("/")
    message.add_attachment(file.data, maintype=main, subtype=sub, filename=safe_name(file.name, kind))


def _html(text: str) -> str:
    """Return `text` as simple HTML: the same words, paragraphs, lines and links, and nothing else."""
    paragraphs = (block for block in re.split(r"\n{2,}", text) if block.strip())
    body = "\n".join(f"<p>{_linked(block)}</p>" for block in paragraphs)
    return f"<!DOCTYPE html>\n<html><body>\n{body}\n</body></html>\n"


def _linked(text: str) -> str:
    out: list[str] = []
    position = 0
    for match in _LINK.finditer(text):
        address = escape(match[0])
        out += [escape(text[position : match.start()]), f'<a href="{address}">{address}</a>']
        position = match.end()
    return "".join([*out, escape(text[position:])]).replace("\n", "<br>\n")
