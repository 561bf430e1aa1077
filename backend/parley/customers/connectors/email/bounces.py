"""Delivery reports (RFC 3464), and the older kinds that only say so in their headers."""

import re

from parley.customers.connectors.base import Bounce
from parley.customers.connectors.email.addresses import normalise_address
from parley.customers.connectors.email.addresslist import parse_addresses
from parley.customers.connectors.email.charsets import decode_header, tidy_line
from parley.customers.connectors.email.headers import Fields, read_fields, split_head
from parley.customers.connectors.email.mime import Part

_MAX_RECIPIENTS = 100
_MAX_REPORT = 64 * 1024
_ID = re.compile(r"<[!-;=?-~]{3,478}>")
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_CODE = re.compile(r"(?<![\d.])([45]\d\d)(?:[ -])")
_ID_LINE = re.compile(r"^[> \t]{0,8}Message-ID:\s{0,8}(<[!-;=?-~]{3,478}>)", re.IGNORECASE | re.MULTILINE)
_ADDRESS = re.compile(r"<?([^\s<>()\"',;:]{1,64}@[A-Za-z0-9.-]{1,253}[A-Za-z0-9])>?")
_DAEMONS = ("mailer-daemon@", "postmaster@", "mail-daemon@")
_ACTIONS = {"failed", "delayed", "delivered", "relayed", "expanded"}
_FAILURE_SUBJECT = re.compile(
    r"undeliver|delivery (?:status notification|failure|has failed)|failure notice|returned mail|mail delivery failed|"
    r"unzustellbar|nicht zugestellt|non remis|no se ha podido entregar|onbestelbaar",
    re.IGNORECASE,
)
_DELAY_SUBJECT = re.compile(r"delay|warning|verzögert|retard", re.IGNORECASE)


def read_bounces(root: Part) -> tuple[Bounce, ...]:
    """Return a line for each recipient the report in `root` speaks of; empty if it is no report about a mail."""
    parts = list(root.walk())
    original = _original_id(parts)
    report = next((part for part in parts if part.content_type in _REPORTS), None)
    if report is not None:
        return _from_report(report, original)
    failed = _values(root.fields, "x-failed-recipients")
    if failed:
        words = _first_text(parts)
        return tuple(
            _failed(original, each.norm, words) for each in parse_addresses(", ".join(failed), _MAX_RECIPIENTS)
        )
    if _looks_like_bounce(root):
        return _from_words(root, original, _first_text(parts))
    return ()


_REPORTS = {"message/delivery-status", "message/global-delivery-status"}


def _from_report(report: Part, original: str) -> tuple[Bounce, ...]:
    blocks = report.decoded()[:_MAX_REPORT].replace(b"\r\n", b"\n").strip().split(b"\n\n")
    found: list[Bounce] = []
    for block in blocks[:_MAX_RECIPIENTS]:
        fields = read_fields(block.strip() + b"\n\n")
        recipient = _typed(fields, "final-recipient") or _typed(fields, "original-recipient")
        if not recipient:
            continue
        action = _typed(fields, "action").split()[0].lower() if _typed(fields, "action") else "failed"
        status = _STATUS.search(" ".join(_values(fields, "status")))
        words = decode_header(" ".join(_values(fields, "diagnostic-code")))
        code = status[1] if status else _status_in(words)
        found.append(
            Bounce(
                original,
                normalise_address(recipient) or tidy_line(recipient)[:320].lower(),
                action if action in _ACTIONS else "failed",
                code,
                code.startswith("5"),
                _reason(words),
            )
        )
    return tuple(found)


def _typed(fields: Fields, name: str) -> str:
    """Return a field's value without its type: `rfc822; a@b` is `a@b`."""
    value = next(iter(_values(fields, name)), "")
    return value.rpartition(";")[2].strip(" <>")


def _failed(original: str, recipient: str, words: str) -> Bounce:
    code = _status_in(words)
    # Without a status nothing says it would pass later; the report itself says that it failed.
    return Bounce(original, recipient, "failed", code, not code.startswith("4"), _reason(words))


def _from_words(root: Part, original: str, words: str) -> tuple[Bounce, ...]:
    """Read a report that is only text: the addresses it names, unless it says that it is still trying."""
    ours = {each.norm for name in ("to", "from") for each in parse_addresses(", ".join(_values(root.fields, name)), 20)}
    named = (normalise_address(match[1]) for match in _ADDRESS.finditer(words[:4_000]))
    recipient = next((each for each in named if each and each not in ours and not each.startswith(_DAEMONS)), "")
    if not original and not recipient:
        return ()
    bounce = _failed(original, recipient, words)
    if _DELAY_SUBJECT.search(_subject(root)):
        return (Bounce(original, recipient, "delayed", bounce.status, permanent=False, reason=bounce.reason),)
    return (bounce,)


def _looks_like_bounce(root: Part) -> bool:
    """Whether the headers alone tell of a report: no sender or a mail daemon, and a subject that says so."""
    sender = ", ".join(_values(root.fields, "from")).lower()
    daemon = not sender or any(name in sender for name in _DAEMONS) or "<>" in _values(root.fields, "return-path")
    return daemon and bool(_FAILURE_SUBJECT.search(_subject(root)))


def _subject(root: Part) -> str:
    return decode_header(" ".join(_values(root.fields, "subject"))[:500])


def _original_id(parts: list[Part]) -> str:
    """Return the Message-ID of the mail reported on: from its attached form or headers, else as quoted in the text."""
    for part in parts[1:]:
        if part.content_type in {"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"}:
            head, _ = split_head(part.decoded()[:_MAX_REPORT].lstrip(b"\r\n"))
            found = _ID.search(" ".join(_values(read_fields(head), "message-id")))
            if found:
                return found[0]
    for part in parts:
        if part.content_type.startswith("text/"):
            quoted = _ID_LINE.search(part.text()[:_MAX_REPORT])
            if quoted:
                return quoted[1]
    return ""


def _first_text(parts: list[Part]) -> str:
    return next((part.text()[:8_000] for part in parts if part.content_type == "text/plain"), "")


def _status_in(words: str) -> str:
    status = _STATUS.search(words)
    if status:
        return status[1]
    code = _CODE.search(words)
    return f"{code[1][0]}.0.0" if code else ""


def _reason(words: str) -> str:
    line = tidy_line(re.sub(r"^\s*(?:smtp|x-[a-z-]+)\s*;\s*", "", words, flags=re.IGNORECASE))
    return line[:300]


def _values(fields: Fields, name: str) -> list[str]:
    return [value for field, value in fields if field == name]
