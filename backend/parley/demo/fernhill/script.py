"""Reads the plain-text scripts that posts, conversations and beats are written in.

A script is a row of blocks. A block opens with a mark at the start of a line: ``===`` begins a post, a conversation or
a beat, ``---`` a colleague's comment, ``<<<`` a letter from outside, ``>>>`` a letter of ours. What follows the mark is
its head, in parts divided by ``|``. A ``===`` block goes on with ``name: value`` lines up to the first blank line; the
rest of any block is its body. Lines before the first block are for whoever edits the file.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from parley.demo.fernhill.model import Moment, Reaction

_MARK = re.compile(r"^(===|---|<<<|>>>) (.+)$")
_FIELD = re.compile(r"^([a-z][a-z ]*): ?(.*)$")
_OFFSET = re.compile(r"^\+(\d+)([mhd])$")
_MINUTES = {"m": 1, "h": 60, "d": 24 * 60}


class ScriptError(ValueError):
    """A script says something that cannot be understood; the text names file and line."""


@dataclass(slots=True)
class Block:
    """One block of a script, still in words."""

    source: str
    line: int
    mark: str
    parts: list[str]
    fields: dict[str, list[str]] = field(default_factory=dict)
    body: str = ""

    def wrong(self, what: str) -> ScriptError:
        """An error that points here."""
        return ScriptError(f"{self.source}:{self.line}: {what}")

    def one(self, name: str) -> str | None:
        """The value of a field that may stand once."""
        values = self.fields.get(name, [])
        if len(values) > 1:
            raise self.wrong(f"{name} stands twice")
        return values[0] if values else None

    def words(self, name: str) -> list[str]:
        """The words of a field that lists keys."""
        return (self.one(name) or "").split()

    def option(self, name: str) -> str | None:
        """The value of ``name=value`` in the head."""
        for part in self.parts:
            if part.startswith(f"{name}="):
                return part.partition("=")[2]
        return None


def read(source: str, text: str) -> Iterator[Block]:
    """All blocks of a script in their order."""
    block: Block | None = None
    body: list[str] = []
    in_fields = False
    for number, line in enumerate(text.splitlines(), start=1):
        mark = _MARK.match(line)
        if mark:
            if block:
                yield _closed(block, body)
            block = Block(source, number, mark[1], [part.strip() for part in mark[2].split(" | ")])
            body, in_fields = [], mark[1] == "==="
        elif block and in_fields and line:
            entry = _FIELD.match(line)
            if not entry:
                raise ScriptError(f"{source}:{number}: neither a field nor a blank line")
            block.fields.setdefault(entry[1], []).append(entry[2].strip())
        elif block:
            in_fields = False
            body.append(line)
    if block:
        yield _closed(block, body)


def _closed(block: Block, body: list[str]) -> Block:
    block.body = "\n".join(body).strip()
    return block


def grouped(blocks: Iterable[Block]) -> list[list[Block]]:
    """Blocks gathered under the ``===`` that opens them."""
    groups: list[list[Block]] = []
    for block in blocks:
        if block.mark == "===":
            groups.append([block])
        elif groups:
            groups[-1].append(block)
        else:
            raise block.wrong("a script begins with ===")
    return groups


def moment(block: Block, words: list[str], zone: str, before: Moment | None) -> Moment:
    """A time in words: ``3 09:15`` (days ago, wall clock) or ``+20m`` after what stands before."""
    offset = _OFFSET.match(words[0]) if words else None
    if offset and before:
        return before.later(int(offset[1]) * _MINUTES[offset[2]])
    if len(words) == 2 and words[0].isdecimal():
        return Moment(int(words[0]), words[1], zone)
    raise block.wrong(f"not a time: {' '.join(words)}")


def chosen(block: Block, words: Iterable[str], among: Iterable[str], seed: str) -> tuple[str, ...]:
    """The keys named, and for ``*9`` nine more of those allowed: always the same nine."""
    named: list[str] = []
    more = 0
    for word in words:
        if word.startswith("*"):
            more = int(word[1:])
        else:
            named.append(word)
    others = sorted(set(among) - set(named), key=lambda key: hashlib.sha256(f"{seed}/{key}".encode()).digest())
    if more > len(others):
        raise block.wrong(f"{more} more are asked for, {len(others)} are there")
    return (*named, *others[:more])


def reactions(block: Block, written: Iterable[str], among: Iterable[str], seed: str) -> tuple[Reaction, ...]:
    """Reactions as written: ``helpful tom *8``."""
    found = []
    for entry in written:
        emoji, *words = entry.split()
        by = chosen(block, words, among, f"{seed}/{emoji}")
        if not by:
            raise block.wrong(f"nobody reacts with {emoji}")
        found.append(Reaction(emoji, by))
    return tuple(found)
