"""Contacts for programs."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel

from parley.customers.presenting import contact_out
from parley.customers.queries import contacts
from parley.customers.requests import ContactChange
from parley.customers.schemas import ContactOut, ContactWithIdentities, IdentityOut
from parley.customers.service import identities
from parley.kit.paging import DEFAULT_LIMIT
from parley.web.api import PROBLEMS, Limit
from parley.web.visit import CustomerReader, CustomerWriter, Visit

router = APIRouter(prefix="/api/v1", tags=["contacts"], responses=PROBLEMS)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]


class Contacts(BaseModel):
    """A part of the contacts with whom the caller may read a conversation."""

    items: list[ContactOut]
    next: str | None


@router.get("/contacts")
async def list_contacts(
    visit: CustomerReader,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    q: Annotated[str, Query(max_length=120)] = "",
) -> Contacts:
    """Return contacts; `q` narrows to names that hold it."""
    async with visit.reading() as session:
        page = await contacts.listed(session, visit.actor, q, cursor, limit)
    return Contacts(items=[contact_out(contact) for contact in page.items], next=page.next)


@router.get("/contacts/{contact_id}")
async def read(contact_id: Id, visit: CustomerReader) -> ContactWithIdentities:
    """Return one contact with their addresses."""
    return await _one(visit, contact_id)


@router.patch("/contacts/{contact_id}")
async def change(contact_id: Id, given: ContactChange, visit: CustomerWriter) -> ContactWithIdentities:
    """Give a contact another name."""
    async with visit.unit() as unit:
        await identities.rename(unit, visit.actor, contact_id, given.name)
    return await _one(visit, contact_id)


async def _one(visit: Visit, contact_id: int) -> ContactWithIdentities:
    async with visit.reading() as session:
        contact = await contacts.get(session, visit.actor, contact_id)
        addresses = await contacts.identities(session, visit.actor, contact_id)
    return ContactWithIdentities(
        **contact_out(contact).model_dump(),
        identities=[
            IdentityOut(
                network=each.network,
                address=each.address,
                name=each.name,
                evidence=each.evidence,
                first_seen_at=each.first_seen_at,
            )
            for each in addresses
        ],
    )
