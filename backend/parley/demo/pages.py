"""The demo's own button: bring the company to life."""

from fastapi import APIRouter, Response

from parley.web.visit import Writer

router = APIRouter(include_in_schema=False)


@router.post("/demo/life")
async def life(visit: Writer) -> Response:
    """Let the company live for two more minutes."""
    visit.request.app.state.living.begin()
    return Response(status_code=204) if visit.htmx else visit.seen("/")
