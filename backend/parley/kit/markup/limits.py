"""What a text may cost, judged before the costly part, and the form in which it goes into the parser."""

import re
import unicodedata

from markdown_it.parser_inline import ParserInline
from markdown_it.rules_block import StateBlock, blockquote, reference, table
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from parley.kit.errors import Invalid
from parley.kit.text import clean_text

MAX_CHARACTERS = 16_000
MAX_DEPTH = 24
MAX_QUOTES = 12
MAX_NESTING = 30  # The parser drops what lies deeper without a word; MAX_DEPTH refuses it with words.
MAX_TABLE_CELLS = 2_000
MAX_REFERENCES = 100
MAX_COMBINING_RUN = 8
# The two places where the parser is quadratic: each `[` looks for its `]`, and a quote that a line without `>`
# breaks off has looked at all the lines below.
MAX_LOOKS_AHEAD = 30_000
MAX_LINES_IN_VAIN = 6_000

# Microseconds that one more of these costs at worst, measured; their sum bounds the linear part of the work.
_SPECIAL = re.compile(r"[\n!#$%&*+\-:<=>@\[\\\]^_`{}~]")
_SPECIAL_COST = 3.5
_BLOCK_COST = 8
_EXTRA_COST = {
    "*": 11, "_": 9, "~": 8, "\n": 14, "@": 27, "://": 33, "www.": 30, ":": 5, "#": 8, "](": 26, "`": 2, "&": 4, "\\": 4,
    "<": 3,
}  # fmt: skip
_BUDGET = 70_000
_DEEP_QUOTE = re.compile(rf"(?:>[ \t]*){{{MAX_QUOTES + 1}}}")
_INVISIBLE = re.compile("[\ufeff\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_LINE_ENDS = re.compile("\r\n|[\r\u0085\u2028\u2029]")


class TooLong(Invalid):
    """422: more characters than a post may have."""

    code = "too_long"
    sentence = "This text is longer than 16,000 characters."


class TooComplex(Invalid):
    """422: within the length, but so many brackets, lists or cells that rendering it would hold others up."""

    code = "too_complex"
    sentence = "This text has too many brackets, marks or table cells to be shown. Please make it simpler."


def normalise(source: str) -> str:
    """Return `source` in NFC without control, bidi override and invisible characters; raise `TooLong`, `TooComplex`."""
    if len(source) > MAX_CHARACTERS:
        raise TooLong
    text = _INVISIBLE.sub("", _LINE_ENDS.sub("\n", source))
    if not text.isascii():
        # Before NFC: sorting a run of n marks takes n² steps, and towers of marks cover the lines above.
        text = _thin_marks(text)
    text = clean_text(text)
    if len(text) > MAX_CHARACTERS:
        raise TooLong
    if _DEEP_QUOTE.search(text):
        raise TooComplex
    return text


def _thin_marks(text: str) -> str:
    kept, run = [], 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run <= MAX_COMBINING_RUN:
            kept.append(character)
    return "".join(kept)


def limited_table(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Parse a table only while the cells of all tables, the ones filled in to the head's width too, are few."""
    if not table(state, start_line, end_line, True):
        return False
    if silent:
        return True
    row = start_line + 2
    while row < end_line and not state.isEmpty(row):
        row += 1
    columns = state.src[state.bMarks[start_line] : state.eMarks[start_line]].count("|") + 1
    state.env["cells"] = state.env.get("cells", 0) + columns * (row - start_line)
    if state.env["cells"] > MAX_TABLE_CELLS:
        raise TooComplex
    return table(state, start_line, end_line, False)


def limited_reference(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Parse `[name]: address`, but not many: each looks to the end of its paragraph for a title."""
    if not reference(state, start_line, end_line, silent):
        return False
    state.env["definitions"] = state.env.get("definitions", 0) + 1
    if state.env["definitions"] > MAX_REFERENCES:
        raise TooComplex
    return True


def limited_quote(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Parse a quote, counting the lines it has looked at and left."""
    if silent or not blockquote(state, start_line, end_line, False):
        return silent and blockquote(state, start_line, end_line, True)
    line = state.line
    while line < end_line and not state.isEmpty(line):
        line += 1
    state.env["vain"] = state.env.get("vain", 0) + line - state.line
    if state.env["vain"] > MAX_LINES_IN_VAIN:
        raise TooComplex
    return True


class LimitedInline(ParserInline):
    """The inline parser, counting how often it looks ahead."""

    def skipToken(self, state: StateInline) -> None:  # noqa: N802  (the library's name)
        """Look ahead by one token, but not without end."""
        looks = state.env["looks"] = state.env.get("looks", 0) + 1
        if looks > MAX_LOOKS_AHEAD:
            raise TooComplex
        super().skipToken(state)


def weigh(state: StateCore) -> None:
    """Refuse between the block and the inline pass what the inline pass would take too long for."""
    cost = float(len(state.tokens) * _BLOCK_COST)
    for token in state.tokens:
        if token.type == "inline":
            cost += len(_SPECIAL.findall(token.content)) * _SPECIAL_COST
            cost += sum(token.content.count(mark) * each for mark, each in _EXTRA_COST.items())
    if cost > _BUDGET:
        raise TooComplex


def check_depth(tokens: list[Token]) -> None:
    """Refuse deep nesting: cleaners are quadratic in it, and nobody can read it."""
    depth = 0
    for token in tokens:
        depth += token.nesting
        if depth > MAX_DEPTH:
            raise TooComplex
        inner = depth
        for child in token.children or ():
            inner += child.nesting
            if inner > MAX_DEPTH:
                raise TooComplex
