"""Errors as they were noted become a sentence in the reader's language, with the technical detail apart."""

from collections.abc import Callable

from parley.admin.views import Fault
from parley.kit.text import parted


def fault(noted: str, say: Callable[[str], str]) -> Fault:
    """Return what was noted; what holds no sentence of ours broke on our side."""
    sentence, detail = parted(noted)
    return Fault(say(sentence or "Something broke on our side."), detail)
