"""What stands around Home: the announcement that the reader owes first, and questions somebody may know."""

from fastapi import APIRouter, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.feed.views import LeadView, OpenQuestion
from parley.policy.actor import Actor
from parley.posts import composing, queries
from parley.posts.kinds import lists, own
from parley.web.visit import Reader, Visit

router = APIRouter(include_in_schema=False)
_BESIDE, _LOOKED_AT = 4, 300


@router.get("/lead")
async def lead_part(visit: Reader) -> Response:
    """Show what stands on top of Home now, to a page that heard of a change."""
    async with visit.reading() as session:
        return visit.fragment("feed/_lead.html", lead=await lead(session, visit))


async def lead(session: AsyncSession, visit: Visit) -> LeadView | None:
    """Return the announcement that the reader has to acknowledge first: the one due first, else the newest."""
    post_id, count = await own.owed(session, visit.actor)
    post = await queries.view(session, post_id, composing.surfaced(visit)) if post_id else None
    return LeadView(post, count - 1) if post else None


async def open_questions(session: AsyncSession, actor: Actor) -> list[OpenQuestion]:
    """Return the newest questions of others that nobody has answered yet."""
    rows = await lists.newest_open(session, actor, among=_LOOKED_AT, limit=_BESIDE)
    return [OpenQuestion(row.url, row.title, row.author, row.channel) for row in rows]
