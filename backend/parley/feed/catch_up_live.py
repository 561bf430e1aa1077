"""How the number of Catch-up moves by itself, and how what was put off comes back."""

from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels import unread as counting
from parley.core.eventlog import Hint
from parley.core.jobs import Job
from parley.core.machine import Machine
from parley.events.threads import CatchUpChanged
from parley.feed import catch_up
from parley.realtime import readers
from parley.realtime.parts import Part, Voices
from parley.web.rendering import Renderer

EVENTS = ("catch_up.changed", "thread.read", "thread.followed", "notification.created", "notification.read")


def join(voices: Voices) -> None:
    """Speak for what changes what waits, beside the bell and the threads, which say their own part."""
    for name in EVENTS:
        voices.also(name, number)


async def number(session: AsyncSession, renderer: Renderer, language: str, hint: Hint) -> list[Part]:
    """The person's number, as it is now, with what the script needs to keep it."""
    person = await readers.owner(session, hint)
    if person is None:
        return []
    unread = {row.channel_id: row.count for row in await counting.unread(session, person)}
    found = await catch_up.numbers(session, person, unread)
    html = renderer.render("feed/_catch_up_count.html", language, numbers=found, number=found.total(unread))
    return [Part('[data-unread="catch-up"]', "replace", html=html)]


async def come_back(machine: Machine, job: Job) -> None:
    """Tell a person's pages that what they put off is there again."""
    async with machine.units.begin() as unit:
        await unit.emit(CatchUpChanged(person_id=job.payload["person_id"]))
        await job.complete(unit.session)
