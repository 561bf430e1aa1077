"""This domain as the house ties it in: what it reacts to, its jobs, what it shows and tells, what runs beside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from parley.core.blobs import Blobs
from parley.core.http import GuardedClient
from parley.core.machine import Machine
from parley.core.runner import Handler
from parley.core.schedules import Schedule
from parley.customers import handlers, live
from parley.customers.connectors.email.body import BodyReader
from parley.customers.house import House
from parley.customers.jobs import Jobs
from parley.customers.mail_in import MailIn
from parley.customers.mailboxes import Mailboxes
from parley.customers.queries.cards import cards
from parley.posts.queries import SurfacedCards
from parley.realtime.parts import Voices


class Service(Protocol):
    """Something that runs beside the jobs of a worker."""

    async def start(self) -> None:
        """Begin."""

    async def stop(self) -> None:
        """End, with what was begun kept."""


@dataclass(frozen=True, slots=True)
class Customers:
    """The customers' domain on one machine. `close` it before the loop ends."""

    house: House
    mail_in: MailIn
    mailboxes: Mailboxes
    surfaced: SurfacedCards = field(default=cards)

    @property
    def jobs(self) -> Mapping[str, Handler]:
        """What runs each kind of job."""
        return Jobs(self.house).handlers()

    @property
    def schedules(self) -> Sequence[Schedule]:
        """What is done again and again."""
        return Jobs.schedules()

    @property
    def services(self) -> Sequence[Service]:
        """What only a worker runs: reading mailboxes, and receiving mail directly."""
        return (self.mailboxes, self.mail_in)

    def speak(self, voices: Voices) -> None:
        """Tell what happens to conversations."""
        live.join(voices)

    async def close(self) -> None:
        """Let go of what this domain holds."""
        await self.house.close()


def join(machine: Machine, blobs: Blobs | None = None, client: GuardedClient | None = None) -> Customers:
    """Tie the domain to `machine`; `blobs` is where the posts' files are, since replies take them outside.

    Mail servers are configured by administrators, so they may also stand in the trusted networks.
    """
    handlers.install(machine)
    store = blobs or Blobs(machine.settings.data_dir / "blobs")
    way_out = client or GuardedClient.of(machine.settings)
    house = House(machine.settings, store, BodyReader(), partial(way_out.dial, trusted=True))
    return Customers(house, MailIn(machine, house), Mailboxes(machine, house))
