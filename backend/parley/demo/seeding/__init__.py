"""Writes Fernhill Hardware into an empty database, dated relative to now."""

from parley.core.crypto import Sealer, derive
from parley.core.machine import Machine
from parley.demo.fernhill import company
from parley.demo.seeding import customers, kinds, people, posts, rails, writing
from parley.kit import clock


async def seed(machine: Machine, outbox_url: str, sealer: Sealer) -> None:
    """Seed the company in one transaction: it is there whole, or not at all."""
    now, written = clock.now(), company()
    async with machine.units.begin() as unit:
        actors = await people.seed(unit, written)
        rooms = await posts.channels(unit, written, actors, now)
        await rails.seed(unit, written, actors, rooms)
        boxes = await customers.mailboxes(unit, written, rooms, outbox_url, sealer)
        cards, made = await customers.conversations(unit, written, actors, rooms, boxes, now)
        published, shown = await posts.posts(unit, written, actors, rooms, cards, now)
        await customers.surfacings(unit, cards, shown, actors, rooms)
        talks = [(made[entry.key].thread_id, entry.discussion) for entry in written.conversations]
        await posts.talk(unit, actors, posts.names_of(actors, rooms), talks, now)
        await kinds.live(unit, written, actors, published, now, derive(machine.settings.key, "ballots"))
        await posts.catch_up(unit, now)
        await writing.seed(unit, actors, rooms, now)
