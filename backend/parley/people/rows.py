"""Sessions and tokens as their owner and IT see them."""

from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from parley.identity import queries
from parley.identity.devices import device_words
from parley.identity.service import sessions
from parley.people.views import SessionRow, TokenRow
from parley.web.visit import Visit


async def session_rows(session: AsyncSession, visit: Visit, person_id: int) -> Sequence[SessionRow]:
    """Return the browsers in which `person_id` is signed in, marking the visit's own."""
    lasting = sessions.lifetime(visit.machine.settings)
    current = visit.actor.session_id
    return [
        SessionRow(
            row.id or 0, device_words(row.agent, visit.say), row.address, row.created_at, row.seen_at, row.id == current
        )
        for row in await queries.sessions_of(session, person_id, lasting)
    ]


async def token_rows(session: AsyncSession, person_id: int) -> Sequence[TokenRow]:
    """Return the API tokens of `person_id`, without their secrets."""
    return [
        TokenRow(row.id or 0, row.name, row.scopes, row.created_at, row.used_at, row.expires_at)
        for row in await queries.tokens_of(session, person_id)
    ]
