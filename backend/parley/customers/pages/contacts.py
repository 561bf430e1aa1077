"""Contacts: one page each, and their name."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from parley.customers.queries import contacts
from parley.customers.service import identities
from parley.kit.errors import Invalid
from parley.web.visit import CustomerReader, CustomerWriter

router = APIRouter(include_in_schema=False)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("/contacts/{contact_id}")
async def show(
    contact_id: Id, visit: CustomerReader, cursor: Annotated[str | None, Query(max_length=200)] = None
) -> Response:
    """Show a contact, or more of their conversations."""
    async with visit.reading() as session:
        view = await contacts.page(session, visit.actor, contact_id, cursor)
        if visit.htmx and cursor:
            return visit.fragment(
                "customers/_contact_conversations.html", conversations=view.conversations, next_url=view.next_url
            )
        return await visit.page(
            session, "customers/contact.html", title=view.contact.name, place="customers", view=view
        )


@router.post("/contacts/{contact_id}")
async def rename(contact_id: Id, visit: CustomerWriter) -> Response:
    """Give the contact another name."""
    name = (await visit.form()).text("name")
    errors: dict[str, str] = {}
    try:
        async with visit.unit() as unit:
            await identities.rename(unit, visit.actor, contact_id, name)
    except Invalid as refusal:
        if not visit.htmx:
            raise
        errors = visit.say_fields(refusal)
    if not visit.htmx:
        return visit.seen(f"/contacts/{contact_id}")
    async with visit.reading() as session:
        view = await contacts.page(session, visit.actor, contact_id)
    return visit.fragment(
        "customers/_contact_name.html", status=422 if errors else 200, view=contacts.refused(view, name, errors)
    )
