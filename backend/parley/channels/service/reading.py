"""How far a person has read a channel: one number, moved forward by reading and back on purpose."""

from parley.core.tables import metadata
from parley.core.unit import Unit
from parley.core.upsert import upsert
from parley.events.channels import ChannelRead
from parley.models.channels import Channel

_position = metadata.tables["reading_position"]


async def advance(unit: Unit, channel_id: int, person_id: int, number: int) -> bool:
    """Move the position forward to `number`; return whether it moved. Two devices at once end at the further one."""
    statement = upsert(unit.session, _position).values(
        person_id=person_id, channel_id=channel_id, number=number, read_at=unit.now
    )
    moved = await unit.session.execute(
        statement.on_conflict_do_update(
            index_elements=["person_id", "channel_id"],
            set_={"number": number, "read_at": unit.now},
            where=_position.c.number < number,
        ).returning(_position.c.number)
    )
    return moved.first() is not None


async def read(unit: Unit, channel: Channel, person_id: int, number: int) -> None:
    """Mark everything up to post `number` as read, on all the person's devices."""
    assert channel.id is not None  # noqa: S101  (flushed)
    number = max(0, min(number, channel.last_number))
    if await advance(unit, channel.id, person_id, number):
        await unit.emit(ChannelRead(channel_id=channel.id, person_id=person_id, number=number))


async def unread_from(unit: Unit, channel: Channel, person_id: int, number: int) -> None:
    """Make post `number` and all after it unread again; what was unread before it stays so."""
    assert channel.id is not None  # noqa: S101  (flushed)
    number = max(0, number - 1)
    statement = upsert(unit.session, _position).values(
        person_id=person_id, channel_id=channel.id, number=0, read_at=unit.now
    )
    await unit.session.execute(
        statement.on_conflict_do_update(
            index_elements=["person_id", "channel_id"],
            set_={"number": number, "read_at": unit.now},
            where=_position.c.number > number,
        )
    )
    await unit.emit(ChannelRead(channel_id=channel.id, person_id=person_id, number=number))
