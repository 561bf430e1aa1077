"""What all events share: a public name, topics, and plain data."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened. Its fields are ids and plain values."""

    name: ClassVar[str]

    def topics(self) -> Sequence[str]:
        """The topics that hear of it; none for what only handlers of the same transaction need."""
        return ()

    def data(self) -> dict[str, Any]:
        """The fields, ready for JSON, without the channels it is told in: their very ids are for their members."""
        return {name: value for name, value in asdict(self).items() if name != "channel_ids"}
