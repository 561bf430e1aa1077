"""How a person's channels stand in sections: the house's, until the person arranges them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from parley.channels.views import RailChannel, RailSection

CHANNELS, DIRECT, HOUSE, OWN = "channels", "direct", "house:", "own:"


@dataclass(frozen=True, slots=True)
class Placed:
    """A channel, the section its person put it in (if any), where the house would, and its place there."""

    channel: RailChannel
    chosen: str
    home: str
    place: int


def home_key(kind: str, section: str) -> str:
    """Return the key of the section in which the house puts a channel."""
    if kind == "direct":
        return DIRECT
    return f"{HOUSE}{section}" if section else CHANNELS


def arrange(
    placed: Iterable[Placed], layout: Sequence[Mapping[str, object]], titles: Mapping[str, str]
) -> list[RailSection]:
    """Return the sections in order: those of `layout` first, then the others of the house, direct ones last.

    Empty sections are shown only when they are the person's own. Muted channels stand at the end of theirs.
    """
    known = {str(entry["key"]): entry for entry in layout}
    rows: dict[str, list[Placed]] = {key: [] for key in known if key.startswith(OWN)}
    everything = list(placed)
    homes = {one.home for one in everything}
    for one in everything:
        key = one.chosen if one.chosen in homes or (one.chosen in known and one.chosen.startswith(OWN)) else one.home
        rows.setdefault(key, []).append(one)
    order = {key: number for number, key in enumerate(known)}
    keys = sorted(rows, key=lambda key: (order.get(key, len(order)), key == DIRECT, key != CHANNELS, key))
    return [_section(key, rows[key], known.get(key, {}), titles) for key in keys]


def _section(key: str, rows: list[Placed], entry: Mapping[str, object], titles: Mapping[str, str]) -> RailSection:
    own = bool(entry.get("own"))

    def order(one: Placed) -> tuple[bool, int, str, int]:
        return one.channel.level == "mute", one.place if own else 0, one.channel.name.lower(), one.channel.id

    title = titles.get(key) or str(entry.get("title") or "") or key.removeprefix(HOUSE)
    return RailSection(
        title,
        [one.channel for one in sorted(rows, key=order)],
        key=key,
        personal=key.startswith(OWN),
        own_order=own,
        shut=bool(entry.get("shut")),
    )
