"""One conversation: its page, its older parts, and the acts of the people around it."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from parley.customers.pages.answers import after, around
from parley.customers.pages.discussion import discussion
from parley.customers.queries import audience, conversations, refs
from parley.customers.service import claims
from parley.customers.service import conversations as verbs
from parley.customers.views import AssignForm
from parley.kit.errors import NotFound
from parley.people.queries import cards
from parley.policy import customers as policy
from parley.web.visit import CustomerReader, CustomerWriter

router = APIRouter(include_in_schema=False)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
Cursor = Annotated[str | None, Query(max_length=200)]


@router.get("/conversations/{conversation_id}")
async def show(conversation_id: Id, visit: CustomerReader, tab: str = "") -> Response:
    """Show a conversation with one of its tabs."""
    if tab and tab not in conversations.TABS:
        raise NotFound
    async with visit.reading() as session:
        conversation = await conversations.get(session, visit.actor, conversation_id)
        about = await around(session, visit, conversation)
        shown = tab or "discussion"
        talk = await discussion(session, visit, conversation) if shown == "discussion" else None
        view = await conversations.page(
            session, visit.actor, conversation, about, tab=shown, room="inside" if tab else "outside", discussion=talk
        )
        return await visit.page(
            session,
            "customers/conversation.html",
            title=about.contact.name,
            place="customers",
            topics=[f"conversation:{conversation_id}"],
            view=view,
        )


@router.get("/conversations/{conversation_id}/older")
async def older(conversation_id: Id, visit: CustomerReader, before: Cursor = None) -> Response:
    """Show the letters before those that are shown."""
    async with visit.reading() as session:
        conversation = await conversations.get(session, visit.actor, conversation_id)
        found = await conversations.flow(session, await around(session, visit, conversation), before)
    url = f"/conversations/{conversation_id}/older?before={found.older}" if found.older else None
    return visit.fragment("customers/_older.html", flow=found.items, older_url=url)


@router.post("/conversations/{conversation_id}/claim")
async def claim(conversation_id: Id, visit: CustomerWriter) -> Response:
    """Claim, renew, take over, or release."""
    form = await visit.form()
    async with visit.unit() as unit:
        if form.on("on"):
            await claims.claim(unit, visit.actor, conversation_id, take_over=form.on("take_over"))
        else:
            await claims.release(unit, visit.actor, conversation_id)
    return await after(visit, conversation_id, form.text("as"))


@router.post("/conversations/{conversation_id}/state")
async def state(conversation_id: Id, visit: CustomerWriter) -> Response:
    """Resolve, open again, mark as spam, take that mark away."""
    form = await visit.form()
    async with visit.unit() as unit:
        await verbs.set_state(unit, visit.actor, conversation_id, form.text("state"))
    return await after(visit, conversation_id, form.text("as"))


@router.post("/conversations/{conversation_id}/watch")
async def watch(conversation_id: Id, visit: CustomerWriter) -> Response:
    """Begin or end watching."""
    form = await visit.form()
    async with visit.unit() as unit:
        await verbs.watch(unit, visit.actor, conversation_id, on=form.on("on"))
    return await after(visit, conversation_id, form.text("as"))


@router.post("/conversations/{conversation_id}/restrict")
async def restrict(conversation_id: Id, visit: CustomerWriter) -> Response:
    """Narrow the audience, or lift that."""
    form = await visit.form()
    async with visit.unit() as unit:
        await verbs.restrict(unit, visit.actor, conversation_id, on=form.on("on"))
    return await after(visit, conversation_id, form.text("as"))


@router.get("/conversations/{conversation_id}/assign")
async def assign_menu(
    conversation_id: Id, visit: CustomerReader, q: Annotated[str, Query(max_length=100)] = ""
) -> Response:
    """Offer colleagues to whom the conversation may be given."""
    async with visit.reading() as session:
        conversation = await conversations.get(session, visit.actor, conversation_id)
        policy.may_act(visit.actor)
        people = await cards(session, [conversation.assignee_id])
        contact = (await refs.contacts(session, [conversation.identity_id]))[conversation.identity_id]
        form = AssignForm(
            conversation_id,
            contact,
            q,
            await audience.assignable(session, q),
            people.get(conversation.assignee_id or 0),
        )
        if visit.htmx:
            return visit.fragment("customers/_assign.html", assign=form)
        return await visit.page(
            session, "customers/assign.html", title=visit.say("Assign"), place="customers", assign=form
        )


@router.post("/conversations/{conversation_id}/assign")
async def assign(conversation_id: Id, visit: CustomerWriter) -> Response:
    """Give the conversation to a colleague, or back to the queue."""
    form = await visit.form()
    person_id = form.number("person_id") if form.text("person_id") else None
    async with visit.unit() as unit:
        await verbs.assign(unit, visit.actor, conversation_id, person_id)
    return await after(visit, conversation_id, form.text("as"))
