"""Pages about channels: browsing, making, joining, leaving, following."""

from collections.abc import Sequence

from fastapi import APIRouter, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels import browsing, queries
from parley.channels.browsing import BrowseFilters
from parley.channels.member_pages import members_page
from parley.channels.service import lifecycle, membership
from parley.channels.service.membership import LastOwner
from parley.channels.views import ChannelForm
from parley.kit.errors import Problem
from parley.people.queries import visible_cards
from parley.people.views import PersonCard
from parley.web.forms import whole
from parley.web.visit import Id, Offset, Reader, Visit, Writer

router = APIRouter(include_in_schema=False)


@router.get("/channels")
async def browse(
    visit: Reader,
    q: str = "",
    kind: str = "",
    joined: str = "",
    section: str = "",
    team: str = "",
    order: str = "active",
    offset: Offset = 0,
) -> Response:
    """Show the channels that the reader can see."""
    filters = BrowseFilters(q[:100], kind[:20], joined[:5], section[:40], team[:12], order[:10])
    async with visit.reading() as session:
        found = await browsing.browse(session, visit.actor, filters, offset)
        if visit.htmx and offset:
            return visit.fragment("channels/_browse.html", browse=found)
        return await visit.page(
            session, "channels/browse.html", title=visit.say("Channels"), place="channels", browse=found
        )


@router.get("/channels/new")
async def new(visit: Reader, kind: str = "open", name: str = "", people: str = "") -> Response:
    """Show the form of a new channel; `people` are ids of those who shall be in it from the start."""
    async with visit.reading() as session:
        chosen = await _people(session, visit, people.split(",")[:100] if people else ())
        form = ChannelForm(name=name[:64], kind=kind if kind in lifecycle.KINDS else "open", people=chosen)
        return await visit.page(
            session, "channels/form.html", title=visit.say("New channel"), place="channels", form=form
        )


@router.post("/channels/new")
async def create(visit: Writer) -> Response:
    """Make a channel, with whoever was named for it."""
    form = await visit.form()
    ids = [whole(person, "people") for person in form.texts("people")]
    given = ChannelForm(
        None,
        form.text("name"),
        form.text("kind") or "open",
        form.text("purpose"),
        form.text("who_may_post"),
        who_may_comment=form.text("who_may_comment"),
        who_may_invite=form.text("who_may_invite"),
    )
    try:
        async with visit.unit() as unit:
            channel = await lifecycle.create(
                unit,
                visit.actor,
                name=given.name,
                kind=given.kind,
                purpose=given.purpose,
                who_posts=given.who_may_post or None,
                who_comments=given.who_may_comment or None,
                who_invites=given.who_may_invite or None,
            )
            for person_id in ids:
                await membership.add(unit, visit.actor, channel, person_id)
    except Problem as refusal:
        return await again(visit, given, refusal, ids)
    return visit.seen(f"/channels/{channel.id}")


async def again(visit: Visit, given: ChannelForm, refusal: Problem, ids: Sequence[int] = ()) -> Response:
    """Answer with the form as it was left, and what is wrong at its field."""
    if not refusal.fields:
        raise refusal
    async with visit.reading() as session:
        form = ChannelForm(
            given.id,
            given.name,
            given.kind,
            given.purpose,
            given.who_may_post,
            given.archived,
            visit.say_fields(refusal),
            given.who_may_comment,
            given.who_may_invite,
            people=await _people(session, visit, [str(one) for one in ids]),
        )
        if visit.htmx:
            return visit.fragment("channels/_form.html", status=422, form=form)
        title = visit.say("Settings of this channel" if given.id else "New channel")
        return await visit.page(session, "channels/form.html", title=title, place="channels", status=422, form=form)


async def _people(session: AsyncSession, visit: Visit, ids: Sequence[str]) -> Sequence[PersonCard]:
    return await visible_cards(session, visit.actor, [whole(one, "people") for one in ids])


@router.post("/channels/{channel_id}/join")
async def join(channel_id: Id, visit: Writer) -> Response:
    """Become a member."""
    async with visit.unit() as unit:
        await membership.join(unit, visit.actor, await queries.get(unit.session, visit.actor, channel_id))
    return visit.seen(f"/channels/{channel_id}")


@router.post("/channels/{channel_id}/leave")
async def leave(channel_id: Id, visit: Writer) -> Response:
    """Stop being a member; the only owner is led to the members, to name another first."""
    try:
        async with visit.unit() as unit:
            await membership.remove(
                unit, visit.actor, await queries.get(unit.session, visit.actor, channel_id), visit.actor.person_id
            )
    except LastOwner:
        words = visit.say("You are the only owner. Make somebody else an owner here, then leave.")
        return await members_page(visit, channel_id, error=words, status=409)
    return visit.seen("/channels")


@router.post("/channels/{channel_id}/follow")
async def follow(channel_id: Id, visit: Writer) -> Response:
    """Set how closely the reader follows."""
    level = (await visit.form()).text("level")
    async with visit.unit() as unit:
        await membership.follow(unit, visit.actor, await queries.get(unit.session, visit.actor, channel_id), level)
    if not visit.htmx:
        return visit.seen(f"/channels/{channel_id}")
    async with visit.reading() as session:
        channel = await queries.head(session, visit.actor, await queries.get(session, visit.actor, channel_id))
        return visit.fragment("channels/_join.html", channel=channel)
