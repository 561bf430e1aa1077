"""What stands around every page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from parley.kit.text import hue_of, initials
from parley.policy.actor import Actor


@dataclass(frozen=True, slots=True)
class Viewer:
    """The reader as their own pages show them."""

    id: int
    handle: str
    name: str
    initials: str
    hue: int
    photo_url: str | None
    roles: frozenset[str]
    is_guest: bool


@dataclass(frozen=True, slots=True)
class PageContext:
    """The frame of one page for one reader; `viewer` is None for strangers. `live` holds topics and last sequences."""

    title: str
    language: str
    dir: str
    theme: str
    organisation: str
    viewer: Viewer | None = None
    csrf: str = ""
    rail: Sequence[object] = ()
    rail_unread_only: bool = False
    browse_count: int = 0
    customers_unclaimed: int = 0
    customers_late: int = 0
    notifications_unread: int = 0
    catch_up: object | None = None
    """What the number of Catch-up is made of; the script keeps it by that."""
    catch_up_total: int = 0
    live: Mapping[str, int] = field(default_factory=dict)
    place: str = ""
    demo: Mapping[str, str] | None = None
    flash: Sequence[str] = ()
    zone: str = ""
    drafts: Mapping[str, int] = field(default_factory=dict)
    """What the reader has begun to write, by place, with its version."""
    unpublished: int = 0


def viewer(actor: Actor, hue: int | None = None, photo_url: str | None = None) -> Viewer:
    """Return `actor` as a reader; without a profile at hand the disc's colour is made from the name."""
    return Viewer(
        actor.person_id,
        actor.handle,
        actor.name,
        initials(actor.name),
        hue or hue_of(actor.name),
        photo_url,
        actor.roles,
        actor.guest,
    )
