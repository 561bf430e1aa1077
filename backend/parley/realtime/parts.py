"""What a page's socket carries: small pieces of HTML, and where they go."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from parley.core.eventlog import Hint
from parley.web.rendering import Renderer


@dataclass(frozen=True, slots=True)
class Part:
    """One change of a page. `how`: start, end, replace, remove; count puts the number in `html` into a counter.

    `select` is a CSS selector of the container (start, end) or of the element itself; an element whose `id` is already
    in the page is replaced wherever it stands, so that applying a part twice changes nothing.
    """

    select: str
    how: str
    id: str = ""
    html: str = ""


PartsOf = Callable[[AsyncSession, Renderer, str, Hint], Awaitable[list[Part]]]
"""(session, renderer, language, hint) → what changes on the pages that listen."""
DataOf = Callable[[AsyncSession, Hint], Awaitable[Mapping[str, Any]]]
"""(session, hint) → what programs are told."""
OutsideOf = Callable[[AsyncSession, Hint], Awaitable[bool]]
"""(session, hint) → whether it is about customers, of whom guests hear nothing."""


@dataclass(slots=True)
class Voices:
    """How each event is told: filled at composition from the `live` modules of the domains."""

    parts: dict[str, PartsOf] = field(default_factory=dict)
    data: dict[str, DataOf] = field(default_factory=dict)
    outside: dict[str, OutsideOf] = field(default_factory=dict)
    """Only for events that do not say it themselves by naming a conversation."""

    def also(self, name: str, parts: PartsOf) -> None:
        """Let one more module speak for an event, after those that do already."""
        before = self.parts.get(name)
        if before is None:
            self.parts[name] = parts
            return

        async def both(session: AsyncSession, renderer: Renderer, language: str, hint: Hint) -> list[Part]:
            return [*await before(session, renderer, language, hint), *await parts(session, renderer, language, hint)]

        self.parts[name] = both
