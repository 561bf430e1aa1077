"""Small words: handles, names, initials, norms."""

import re
import unicodedata

_HANDLE = re.compile(r"[^a-z0-9._-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


def clean_line(text: str) -> str:
    """Return `text` as one line: NFC, no control or bidi override characters, single spaces."""
    return " ".join(_CONTROL.sub("", unicodedata.normalize("NFC", text)).split())


def clean_text(text: str) -> str:
    """Return `text` in NFC with single newlines as line ends and without control or bidi override characters."""
    return _CONTROL.sub("", unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")))


def neutral_cell(cell: str) -> str:
    """Return `cell` so that no spreadsheet takes it for a formula."""
    return "'" + cell if cell[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"} else cell


def email_norm(address: str) -> str:
    """Return the form under which two addresses are the same person: NFC, lower case, no outer space."""
    return unicodedata.normalize("NFC", address.strip()).lower()


def handle_from(email: str) -> str:
    """Return a handle made from the local part of `email`: a-z, digits, dot, dash, underscore."""
    local = unicodedata.normalize("NFKD", email.split("@", 1)[0]).encode("ascii", "ignore").decode().lower()
    return _HANDLE.sub("-", local).strip("-.")[:60] or "person"


def initials(name: str) -> str:
    """Return one or two capitals that stand for `name` in a disc."""
    words = [word for word in re.split(r"[\s-]+", name) if word and word[0].isalnum()]
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else [word[0] for word in words]
    return "".join(letters).upper() or "?"


def hue_of(key: str) -> int:
    """Return 1 to 8, the same for the same `key`: the colour of a disc with initials."""
    return sum(key.encode()) % 8 + 1


def shorten(text: str, length: int) -> str:
    """Return `text` on one line, cut at a word to at most `length` characters, with an ellipsis if cut."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    cut = line[: length - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut[length // 2 :] else cut) + "…"


def told(sentence: str, detail: object) -> str:
    """Return a fixed sentence (a message id, without its full stop) with the technical detail behind it."""
    return f"{sentence}: {detail}"


def parted(words: str) -> tuple[str, str]:
    """Return the sentence of what `told` made, and the detail apart; what holds no sentence is all detail."""
    head, colon, detail = words.partition(": ")
    if not colon:
        return (words, "") if words.endswith(".") else ("", words)
    return (head, detail) if " " in head else ("", words)
