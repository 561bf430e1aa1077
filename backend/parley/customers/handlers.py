"""What `customers` does within the transaction of events; `install` is called at composition."""

from parley.core.machine import Machine
from parley.customers.service import leaving, streams, surfacing
from parley.events.customers import MessageReceived
from parley.events.identity import PersonDeactivated
from parley.events.posts import PostRemoved, PostRestored


def install(machine: Machine) -> None:
    """Let this domain react on `machine`."""
    machine.on(MessageReceived, streams.message_received)
    machine.on(PersonDeactivated, leaving.person_deactivated)
    machine.on(PostRemoved, surfacing.post_removed)
    machine.on(PostRestored, surfacing.post_restored)
