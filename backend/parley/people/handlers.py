"""What people do when others act."""

from parley.core.unit import Unit
from parley.events.identity import PersonCreated
from parley.kit.text import hue_of
from parley.models.identity import Person
from parley.models.people import Profile


async def introduce(unit: Unit, event: PersonCreated) -> None:
    """Give a new colleague an empty profile and the colour of their disc."""
    person = await unit.session.get_one(Person, event.person_id)
    unit.session.add(Profile(person_id=event.person_id, hue=hue_of(person.handle), updated_at=unit.now))
    await unit.session.flush()
