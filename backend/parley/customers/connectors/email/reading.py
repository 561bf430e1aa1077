"""The body of a mail: its text, its HTML made safe, its files. Pure; run only inside the limited child."""

import re
from dataclasses import dataclass, field, replace
from html import escape

from parley.customers.connectors.base import Attachment, Bounce
from parley.customers.connectors.email.bounces import read_bounces
from parley.customers.connectors.email.charsets import decode_header, tidy_text
from parley.customers.connectors.email.flowed import join_flowed
from parley.customers.connectors.email.headers import read_fields, split_head
from parley.customers.connectors.email.mime import Part, read_parts, safe_name
from parley.kit.mailtext import clean_html, html_to_text, split_quoted

MAX_TEXT = 200_000
MAX_FILES = 100
NOTE_PARTS = "This mail has more parts than are shown here."
NOTE_TEXT = "This mail is longer than what is shown here."
NOTE_FILES = "This mail has more files than are shown here."
NOTE_ENCRYPTED = "This mail is encrypted, so its text cannot be shown."

_READABLE = {"text/plain", "text/html", "text/calendar"}
_SEALED = {"application/pkcs7-mime", "application/x-pkcs7-mime"}
_FORWARDED = re.compile(r"\s*(?:fwd?|wg|tr|rv|i|enc|doorst|vs|vb|pd)\s*:", re.IGNORECASE)
_META_CHARSET = re.compile(rb"<meta[^>]{1,200}charset\s{0,3}=\s{0,3}[\"']?([A-Za-z0-9_-]{2,40})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Body:
    """What a mail says and carries; only `unreadable` is set when it could not be read."""

    text: str = ""
    quoted_text: str = ""
    html: str | None = None
    remote_images: int = 0
    attachments: tuple[Attachment, ...] = ()
    bounces: tuple[Bounce, ...] = ()
    notes: tuple[str, ...] = ()
    unreadable: str | None = None


@dataclass(slots=True)
class _Gathered:
    texts: list[str] = field(default_factory=list)
    htmls: list[str] = field(default_factory=list)
    formatted: bool = False
    files: list[Attachment] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)


def read_body(raw: bytes) -> Body:
    """Return what the mail `raw` says and carries."""
    tree = read_parts(raw)
    gathered = _Gathered()
    _gather(tree.root, gathered, None)
    if tree.cut:
        gathered.note(NOTE_PARTS)
    text = "\n\n".join(part for part in gathered.texts if part)
    if len(text) > MAX_TEXT:
        text = text[:MAX_TEXT]
        gathered.note(NOTE_TEXT)
    cleaned = clean_html("<hr>".join(gathered.htmls)) if gathered.formatted else None
    if cleaned and cleaned.cut:
        gathered.note(NOTE_TEXT)
    subject = next((decode_header(value) for name, value in tree.root.fields if name == "subject"), "")
    visible, quoted = (text, "") if _FORWARDED.match(subject) else split_quoted(text)
    return Body(
        visible,
        quoted,
        cleaned.html if cleaned else None,
        cleaned.remote_images if cleaned else 0,
        tuple(gathered.files),
        read_bounces(tree.root),
        tuple(gathered.notes),
    )


def _gather(part: Part, into: _Gathered, parent: str | None) -> None:
    """Sort `part` and those below it into text, HTML and files; the tree is never deeper than the reader allows."""
    kind = part.content_type
    if kind == "multipart/alternative" and part.children:
        _alternative(part, into)
    elif part.children:
        if kind == "multipart/encrypted":
            into.note(NOTE_ENCRYPTED)
        for child in part.children:
            _gather(child, into, kind)
    elif _is_text(part) and parent != "multipart/encrypted":
        _text(part, into)
    elif not kind.startswith("multipart/"):
        _file(part, into)
    elif part.body < part.end:
        # A multipart without parts: a wrong or missing boundary, or too deep. What is there is still shown or kept.
        _text(replace(part, content_type="text/plain"), into)


def _is_text(part: Part) -> bool:
    if part.content_type not in {"text/plain", "text/html"}:
        return False
    return part.disposition != "attachment" and not (part.file_name and part.content_type == "text/plain")


def _alternative(part: Part, into: _Gathered) -> None:
    """Take the plain text for reading and the richest form for showing; the rest are files."""
    plain, rich = _Gathered(), _Gathered()
    for child in part.children:
        if child.content_type.startswith("text/") and child.content_type not in _READABLE:
            continue  # One more form of the same words, such as AMP or rich text.
        target = plain if child.content_type == "text/plain" else rich
        _gather(child, target, part.content_type)
    text = plain if any(each.strip() for each in plain.texts) else rich
    into.texts += text.texts
    into.htmls += rich.htmls if rich.formatted else plain.htmls
    into.formatted = into.formatted or rich.formatted
    for each in (*plain.files, *rich.files):
        _keep(each, into)
    for sentence in (*plain.notes, *rich.notes):
        into.note(sentence)


def _text(part: Part, into: _Gathered) -> None:
    if part.content_type == "text/html":
        if not part.charset:
            declared = _META_CHARSET.search(part.decoded()[:2_048])
            part.charset = declared[1].decode() if declared else ""
        html = tidy_text(part.text())
        into.htmls.append(html)
        into.texts.append(html_to_text(html))
        into.formatted = True
        return
    text = tidy_text(part.text())
    if part.parameters.get("format", "").lower() == "flowed":
        text = join_flowed(text, delete_space=part.parameters.get("delsp", "").lower() == "yes")
    into.texts.append("\n".join(line.rstrip() for line in text.split("\n")).strip("\n"))
    into.htmls.append("<p>" + escape(into.texts[-1]).replace("\n", "<br>") + "</p>")


def _file(part: Part, into: _Gathered) -> None:
    if part.content_type in _SEALED:
        into.note(NOTE_ENCRYPTED)
    data = part.decoded()
    name = part.file_name
    if not name and part.content_type == "message/rfc822":
        head, _ = split_head(data)
        subject = next((value for field_name, value in read_fields(head) if field_name == "subject"), "")
        name = f"{decode_header(subject)[:100].replace('/', ' ')}.eml" if subject else ""
    inline = bool(part.content_id) and part.disposition != "attachment"
    _keep(
        Attachment(
            safe_name(decode_header(name), part.content_type), part.content_type[:100], data, part.content_id, inline
        ),
        into,
    )


def _keep(attachment: Attachment, into: _Gathered) -> None:
    if len(into.files) < MAX_FILES:
        into.files.append(attachment)
    else:
        into.note(NOTE_FILES)
