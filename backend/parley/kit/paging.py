"""Cursors: opaque words that say where a list goes on."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import quote

from parley.kit.errors import Invalid

T = TypeVar("T")
DEFAULT_LIMIT = 50
MAX_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items of a longer list, and the cursor of the rest if there is one."""

    items: list[T]
    next: str | None = None


def encode_cursor(*parts: int | str) -> str:
    """Write the sort key of the last item seen as one opaque word."""
    return base64.urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: type) -> list[int | str]:
    """Read a cursor made of `kinds`; raise `Invalid` for anything else."""
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise Invalid("This list cannot go on from there.", code="bad_cursor") from error
    fits = isinstance(parts, list) and len(parts) == len(kinds)
    if not fits or any(type(part) is not kind for part, kind in zip(parts, kinds, strict=True)):
        raise Invalid("This list cannot go on from there.", code="bad_cursor")
    if not all(_storable(part) for part in parts):
        raise Invalid("This list cannot go on from there.", code="bad_cursor")
    return list(parts)


def _storable(part: int | str) -> bool:
    """Whether a column can be compared with `part`: ids end at 2³¹, texts hold no NUL and no half characters."""
    if isinstance(part, int):
        return 0 <= part < 2**31
    return "\x00" not in part and not any("\ud800" <= letter <= "\udfff" for letter in part)


def query(path: str, **values: object) -> str:
    """Return `path` with those of `values` that say something: the address of the rest of a list."""
    found = {name: str(value) for name, value in values.items() if value not in ("", None)}
    return path + ("?" + "&".join(f"{name}={quote(value)}" for name, value in found.items()) if found else "")
