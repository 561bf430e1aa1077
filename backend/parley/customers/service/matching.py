"""The words of a stream: which texts they take."""

import re
import unicodedata

MAX_TEXT = 50_000
MAX_PHRASES = 50
_PHRASE = re.compile(r'"([^"]*)"|([^\s,;"]+)')
_TOKEN = re.compile(r"\w+")


def phrases(words: str) -> list[tuple[str, ...]]:
    """Read a stream's words: single ones, and phrases in double quotes, each as its parts in order."""
    found = (_tokens(quoted or single) for quoted, single in _PHRASE.findall(words))
    return [phrase for phrase in dict.fromkeys(found) if phrase][:MAX_PHRASES]


def matches(words: str, *texts: str) -> bool:
    """Whether one of `words` occurs in one of `texts` as a whole word, whatever its case; no words take all."""
    wanted = phrases(words)
    if not wanted:
        return not words.strip()
    for text in texts:
        tokens = _tokens(text[:MAX_TEXT])
        line = f" {' '.join(tokens)} "
        if any(f" {' '.join(phrase)} " in line for phrase in wanted):
            return True
    return False


def _tokens(text: str) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(unicodedata.normalize("NFKC", text).casefold()))
