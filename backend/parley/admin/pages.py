"""The door of administration."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response

from parley.web.visit import Guard, Visit

router = APIRouter(include_in_schema=False)
Anybody = Annotated[Visit, Depends(Guard("admin:read", "it_admin", "auditor", "customer_lead"))]


@router.get("/admin")
async def door(visit: Anybody) -> Response:
    """Lead to the first place that the reader's roles open."""
    places = (("it_admin", "/admin/people"), ("auditor", "/admin/audit"), ("customer_lead", "/admin/sources"))
    return RedirectResponse(next(path for role, path in places if visit.actor.has(role)), 303)
