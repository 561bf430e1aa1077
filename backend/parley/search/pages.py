"""The search page and the palette."""

from fastapi import APIRouter, Response

from parley.search import jump, queries
from parley.web.visit import Number, Reader

router = APIRouter(include_in_schema=False)


@router.get("/search")
async def search(visit: Reader, q: str = "", kind: str = "", part: str = "", before: Number = None) -> Response:
    """Find posts, persons and channels that the reader may see."""
    await visit.limit("search")
    async with visit.reading() as session:
        if part == "jump":
            return visit.fragment("search/_jump.html", groups=await jump.everything(session, visit.actor, visit.say))
        palette = part == "palette"
        view = await queries.search(
            session, visit.actor, q[:200], visit.say, kind=kind, before=before, limit=5 if palette else queries.PAGE
        )
        if palette:
            return visit.fragment("search/_palette.html", search=view)
        return await visit.page(session, "search/page.html", title=visit.say("Search"), place="search", search=view)
