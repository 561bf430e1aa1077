"""What the pages of signing in show and take."""

from dataclasses import dataclass

from parley.identity.queries import Face


@dataclass(frozen=True, slots=True)
class CastMember:
    """Somebody of the demo company whom a visitor may be, as the demo names them: who, and why them."""

    email: str
    role: str
    why: str


@dataclass(frozen=True, slots=True)
class CastEntry:
    """One line of the page *sign in as*."""

    person: Face
    role: str
    why: str
    url: str
