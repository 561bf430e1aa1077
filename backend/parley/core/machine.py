"""The running machine: everything a process needs to work, made once from the settings."""

from dataclasses import dataclass, field
from hashlib import sha256

from parley.core.bus import Bus, MemoryBus, RedisBus
from parley.core.database import Database
from parley.core.settings import Settings
from parley.core.unit import Handler, Units


@dataclass(slots=True)
class Machine:
    """Settings, database, bus and units of work of this process; domains add their handlers at composition."""

    settings: Settings
    database: Database
    bus: Bus
    handlers: dict[type, list[Handler]] = field(default_factory=dict)
    units: Units = field(init=False)

    def __post_init__(self) -> None:
        """Tie the units of work to the database, the bus and the handlers."""
        self.units = Units(self.database, self.bus, self.handlers)

    def on(self, event: type, handler: Handler) -> None:
        """Let `handler` run within the transaction of each `event`."""
        self.handlers.setdefault(event, []).append(handler)

    async def start(self) -> None:
        """Begin to hear the other processes."""
        await self.bus.start()

    async def close(self) -> None:
        """Let go of every connection."""
        await self.bus.close()
        await self.database.close()


def build(settings: Settings) -> Machine:
    """Make the machine that `settings` describe."""
    # All processes of one installation share its secret key, and no other installation has it.
    house = sha256(b"bus" + settings.key).hexdigest()[:16]
    bus: Bus = RedisBus(settings.redis_url, house) if settings.redis_url else MemoryBus()
    return Machine(settings, Database(settings), bus)
