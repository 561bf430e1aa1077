"""What somebody wrote anew, told from what they quoted. Nothing is lost: every line is in one of the two.

Headers such as "On … wrote:" are known in fourteen languages from mail-parser-reply; its own cutting is not used,
since it rewrites lines and cannot keep the question above an answer written into the quotation.
"""

import re
from collections.abc import Sequence

from mailparser_reply.constants import MAIL_LANGUAGES

_MAX_LINE = 300
"""Longer lines are never headers."""
_MAX_HEADER = 350
_MAX_CANDIDATES = 30
"""Both, because the patterns for headers need time quadratic in a header's length."""
_SHORT_QUOTE = 8
"""A quotation above an answer that is no longer than this is the question answered, and stays."""

_QUOTED = re.compile(r"\s{0,3}>")
_WROTE = {
    name: re.compile(patterns["wrote_header"], re.MULTILINE | re.IGNORECASE)
    for name, patterns in MAIL_LANGUAGES.items()
    if patterns.get("wrote_header")
}
_WROTE_WORDS = re.compile(
    r"(?:wrote|schrieb|a écrit|escribió|ha scritto|schreef|napsal(?:\(a\)|a)?|napisał(?:\(a\)|a)?|skrev|escreveu|"
    r"пишет|писал(?:\(а\)|а)?|написал(?:\(а\)|а)?|写道|님이 작성(?:하였습니다)?)\s?[:\uff1a]$",  # noqa: RUF001  Russian
    re.IGNORECASE,
)
_MAY_BE_WROTE = re.compile(r"[:\uff1a]\s{0,3}$")
_ADDRESS = re.compile(r"[<(\[](?:mailto:)?[^\s<>@]{1,80}@[^\s<>@]{1,80}[>)\]]")
_CLOCK = re.compile(r"\b\d{1,2}[:.h]\d{2}\b")
_SEPARATOR = re.compile(
    r"[\s>]{0,6}[-_=*]{2,}\s?(?:original message|original-nachricht|ursprüngliche nachricht|message d['\u2019]origine|"
    r"message original|mensaje original|mensagem original|messaggio originale|oorspronkelijk bericht|původní zpráva|"
    r"oprindelig meddelelse|ursprungligt meddelande|wiadomość oryginalna|исходное сообщение|原始邮件|元のメッセージ|"
    r"원본 메시지)\s?[-_=*]{2,}\s*",
    re.IGNORECASE,
)
_FORWARD = re.compile(
    r"[\s>]{0,6}(?:[-_=*]{2,}\s?(?:forwarded message|weitergeleitete nachricht|message transféré|mensaje reenviado|"
    r"messaggio inoltrato|doorgestuurd bericht|mensagem encaminhada|přeposlaná zpráva|пересылаемое сообщение)"
    r"\s?[-_=*]{2,}|(?:begin forwarded message|anfang der weitergeleiteten nachricht|début du message transféré):)\s*",
    re.IGNORECASE,
)
_LABEL = re.compile(r"[\s>*]{0,6}([^\W\d_][^:\uff1a]{0,24}?)[*\s]{0,3}[:\uff1a]")
_FROM = {
    "from",
    "von",
    "de",
    "da",
    "van",
    "od",
    "fra",
    "från",
    "от",
    "差出人",
    "发件人",
    "보낸 사람",
    "보낸사람",
    "date",
    "datum",
    "data",
    "fecha",
    "дата",
    "日期",
    "日時",
    "expéditeur",
}
_SUBJECT = {
    "subject",
    "betreff",
    "objet",
    "asunto",
    "oggetto",
    "onderwerp",
    "předmět",
    "emne",
    "ämne",
    "temat",
    "assunto",
    "тема",
    "件名",
    "主题",
    "제목",
}
_RULE = re.compile(r"\s{0,3}[_\-=]{8,}\s*")
_DELIMITER = re.compile(r"--[ \xa0]?")
_SENT_FROM = re.compile(
    r"(?:sent from (?:my |outlook|mail for|yahoo)|get outlook for|gesendet (?:von|mit)|von meinem .{1,40} gesendet|"
    r"envoyé (?:de mon|depuis|à partir d)|enviado desde|inviato da|verzonden (?:vanaf|met)|odesláno z|sendt fra|"
    r"skickat från|wysłan[eo] z|enviado do meu|отправлено (?:с|из)).{0,80}",  # noqa: RUF001  Russian
    re.IGNORECASE,
)


def split_quoted(text: str, languages: Sequence[str] = ()) -> tuple[str, str]:
    """Return (written anew, quoted); blank lines at the seam aside, both together are `text`.

    Answers written into a quotation keep the quoted questions. `languages` narrows the header patterns; none means all.
    """
    lines = text.split("\n")
    quoted = _classify(lines, [_WROTE[name] for name in languages if name in _WROTE] or list(_WROTE.values()))
    written = [index for index, line in enumerate(lines) if line.strip() and not quoted[index]]
    marked = [index for index, is_quoted in enumerate(quoted) if is_quoted]
    if not written or not marked:
        return text, ""
    first, last = written[0], written[-1]
    if marked[0] > last:
        cut = marked[0]
    elif marked[-1] < first and sum(1 for index in marked if lines[index].strip(" >")) > _SHORT_QUOTE:
        return _join(lines[first:]), _join(lines[:first])
    else:
        cut = last + 1
    return _join(lines[:cut]), _join(lines[cut:])


def split_signature(text: str) -> tuple[str, str]:
    """Return (text, signature): what follows the usual delimiter, or a telephone's own last line."""
    lines = text.split("\n")
    for index in range(len(lines) - 1, max(0, len(lines) - 16), -1):
        if _DELIMITER.fullmatch(lines[index]):
            return (_join(lines[:index]), _join(lines[index:])) if any(map(str.strip, lines[:index])) else (text, "")
    end = max((index for index, line in enumerate(lines) if line.strip()), default=0)
    if end and len(lines[end]) <= _MAX_LINE and _SENT_FROM.fullmatch(lines[end].strip()):
        return (_join(lines[:end]), _join(lines[end:])) if any(map(str.strip, lines[:end])) else (text, "")
    return text, ""


def _join(lines: Sequence[str]) -> str:
    start, end = 0, len(lines)
    while start < end and not lines[start].strip():
        start += 1
    while end > start and not lines[end - 1].strip():
        end -= 1
    return "\n".join(lines[start:end])


def _classify(lines: list[str], patterns: list[re.Pattern[str]]) -> list[bool]:
    """Return for each line whether it is quoted: marked so, a header of a quotation, or below an unmarked one."""
    quoted = [bool(_QUOTED.match(line)) for line in lines]
    short = [line if len(line) <= _MAX_LINE else "" for line in lines]
    candidates = 0
    for index, line in enumerate(short):
        if quoted[index] or not line.strip():
            continue
        if _FORWARD.fullmatch(line):
            return quoted
        if _SEPARATOR.fullmatch(line) or _is_header_block(short, index):
            _mark(quoted, _with_rule(short, index), len(lines))
            return quoted
        if candidates < _MAX_CANDIDATES and _MAY_BE_WROTE.search(line):
            candidates += 1
            start = _wrote_from(short, quoted, index, patterns)
            if start is not None:
                below = next((at for at in range(index + 1, len(lines)) if lines[at].strip()), None)
                marked = below is not None and quoted[below]
                _mark(quoted, start, index + 1 if marked else len(lines))
                if not marked:
                    return quoted
    _mark_tail(lines, quoted)
    return quoted


def _mark(quoted: list[bool], start: int, end: int) -> None:
    quoted[start:end] = [True] * (end - start)


def _wrote_from(lines: list[str], quoted: list[bool], end: int, patterns: list[re.Pattern[str]]) -> int | None:
    """Return where the "… wrote:" that ends at line `end` begins (it may be wrapped), or None."""
    below = next((at for at in range(end + 1, min(end + 4, len(lines))) if lines[at].strip()), None)
    followed = below is not None and quoted[below]
    top = end
    while top > max(0, end - 2) and lines[top - 1].strip() and not quoted[top - 1]:
        top -= 1
    windows = [(start, " ".join(part.strip() for part in lines[start : end + 1])) for start in range(top, end + 1)]
    for start, joined in windows:
        known = len(joined) <= _MAX_HEADER and (followed or _CLOCK.search(joined))
        if known and any(pattern.match(joined) for pattern in patterns):
            return start
    for start, joined in reversed(windows):
        if _ADDRESS.search(joined) and _CLOCK.search(joined):
            return start
    return end if followed and _WROTE_WORDS.search(lines[end].rstrip()) else None


def _is_header_block(lines: list[str], index: int) -> bool:
    """Whether a copied header begins here: From or Date first, a Subject, three labels in eight lines."""
    labels = []
    for line in lines[index : index + 8]:
        match = _LABEL.match(line)
        if match:
            labels.append(match[1].strip(" *").lower())
        elif not labels or not line.strip():
            break
    return len(labels) >= 3 and labels[0] in _FROM and any(label in _SUBJECT for label in labels)


def _with_rule(lines: list[str], index: int) -> int:
    """Return where the quotation that starts at `index` starts with the rule drawn above it."""
    above = index - 1
    while above > 0 and not lines[above].strip() and above > index - 3:
        above -= 1
    return above if above >= 0 and _RULE.fullmatch(lines[above]) else index


def _mark_tail(lines: list[str], quoted: list[bool]) -> None:
    """Count a signature below the last quotation as part of it, so that it does not look like an answer."""
    last = max((index for index, is_quoted in enumerate(quoted) if is_quoted), default=-1)
    tail = [index for index in range(last + 1, len(lines)) if lines[index].strip()]
    if last < 0 or not tail:
        return
    first = lines[tail[0]].strip()
    if _DELIMITER.fullmatch(first) or (len(tail) == 1 and len(first) <= _MAX_LINE and _SENT_FROM.fullmatch(first)):
        _mark(quoted, last + 1, len(lines))
