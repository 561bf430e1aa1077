"""Which emoji a person likes: what they used last, and the tone of skin they chose."""

from sqlmodel.ext.asyncio.session import AsyncSession

from parley.core.unit import Unit
from parley.kit.emoji import TONES
from parley.kit.errors import Invalid
from parley.models.writing import EmojiHabit

RECENT = 16


async def of(session: AsyncSession, person_id: int) -> EmojiHabit:
    """Return the habit of a person; an empty one for somebody who has none yet."""
    return await session.get(EmojiHabit, person_id) or EmojiHabit(person_id=person_id)


async def used(unit: Unit, person_id: int, emoji: str) -> None:
    """Put an emoji at the head of those a person used last."""
    habit = await of(unit.session, person_id)
    if habit.recent[:1] != [emoji]:
        habit.recent = [emoji, *(known for known in habit.recent if known != emoji)][:RECENT]
        unit.session.add(habit)


async def choose_tone(unit: Unit, person_id: int, tone: str) -> None:
    """Remember a tone of skin; an empty one is the yellow of all."""
    if tone and tone not in TONES:
        raise Invalid(fields={"tone": "Choose one of the tones."})
    habit = await of(unit.session, person_id)
    habit.tone = tone
    unit.session.add(habit)
