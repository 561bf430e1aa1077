"""Direct messages: whom one goes to."""

from fastapi import APIRouter, Response

from parley.channels.member_pages import chosen
from parley.channels.service import lifecycle
from parley.channels.views import DirectForm
from parley.kit.errors import Invalid
from parley.people.queries import visible_cards
from parley.web.forms import Form, whole
from parley.web.visit import Reader, Visit, Writer

router = APIRouter(include_in_schema=False)


@router.get("/direct/new")
async def new(visit: Reader, person: str = "") -> Response:
    """Ask whom a new direct message goes to."""
    async with visit.reading() as session:
        ids = [whole(one, "person") for one in person.split(",")[:20]] if person else []
        form = DirectForm(await visible_cards(session, visit.actor, ids))
        return await visit.page(
            session, "channels/direct.html", title=visit.say("New message"), place="direct", form=form
        )


@router.post("/direct")
async def direct(visit: Writer) -> Response:
    """Open the direct channel with one or more persons."""
    await visit.limit("invite")
    form = await visit.form()
    try:
        async with visit.unit() as unit:
            channel = await lifecycle.direct(unit, visit.actor, set(await chosen(unit, visit, form)))
    except Invalid as refusal:
        return await _again(visit, form, refusal)
    return visit.seen(f"/channels/{channel.id}")


async def _again(visit: Visit, form: Form, refusal: Invalid) -> Response:
    ids = [whole(one, "person") for one in form.texts("people") if one.isascii() and one.isdigit()]
    error = " ".join(visit.say_fields(refusal).values()) or visit.say(refusal.sentence)
    async with visit.reading() as session:
        cards = await visible_cards(session, visit.actor, ids)
        view = DirectForm(cards, error, many=len(cards) >= lifecycle.MOST_DIRECT)
        if visit.htmx:
            return visit.fragment("channels/_direct.html", status=422, form=view)
        return await visit.page(
            session, "channels/direct.html", title=visit.say("New message"), place="direct", status=422, form=view
        )
