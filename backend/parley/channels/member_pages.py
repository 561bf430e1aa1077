"""Who belongs to a channel: the list, letting in, roles, putting out, teams that feed it."""

from fastapi import APIRouter, Response
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels import queries
from parley.channels.service import feeding, membership
from parley.channels.service.membership import LastOwner
from parley.channels.views import MembersView
from parley.core.unit import Unit
from parley.kit.errors import Invalid
from parley.models.identity import Person
from parley.people import groups
from parley.policy import channels as policy
from parley.policy import people
from parley.web.forms import Form, query, whole
from parley.web.visit import Id, Offset, Reader, Visit, Writer

router = APIRouter(include_in_schema=False)


@router.get("/channels/{channel_id}/head")
async def head(channel_id: Id, visit: Reader) -> Response:
    """Show what stands on top of a channel for this reader, as it is now."""
    async with visit.reading() as session:
        channel = await queries.head(session, visit.actor, await queries.get(session, visit.actor, channel_id))
    return visit.fragment("channels/_state.html", channel=channel)


@router.get("/channels/{channel_id}/members")
async def members(channel_id: Id, visit: Reader, q: str = "", offset: Offset = 0) -> Response:
    """Show who belongs to a channel."""
    return await members_page(visit, channel_id, q[:100], offset)


async def members_page(
    visit: Visit, channel_id: int, q: str = "", offset: int = 0, error: str = "", status: int = 200
) -> Response:
    """Answer with the members of a channel, and what was wrong with the last act."""
    async with visit.reading() as session:
        channel = await queries.head(session, visit.actor, await queries.get(session, visit.actor, channel_id))
        rows = await queries.members(session, channel_id, q=q, offset=offset)
        path = f"/channels/{channel_id}/members"
        more = query(path, q=q, offset=offset + queries.PAGE) if len(rows) > queries.PAGE else None
        mine = await membership.of(session, channel_id, visit.actor.person_id)
        feeds = await queries.feeds(session, channel_id)
        view = MembersView(
            rows[: queries.PAGE],
            q,
            channel.may_manage,
            more,
            error,
            may_invite=channel.may_invite,
            may_expel=policy.moderates(visit.actor, mine) and channel.kind != "direct",
            feeds=feeds,
            teams=await _teams(session, visit, feeds) if channel.may_manage and not channel.archived else (),
        )
        if visit.htmx and offset:
            return visit.fragment("channels/_members.html", status=status, members=view, channel=channel)
        return await visit.page(
            session,
            "channels/members.html",
            title=visit.say("Members"),
            place="channel",
            status=status,
            channel_id=channel_id,
            members=view,
            channel=channel,
        )


async def _teams(session: AsyncSession, visit: Visit, feeds: list[tuple[int, str]]) -> list[tuple[int, str]]:
    known = {team_id for team_id, _ in feeds}
    return [(team.id or 0, team.name) for team in await groups.teams(session, visit.actor) if team.id not in known]


@router.post("/channels/{channel_id}/members")
async def add_members(channel_id: Id, visit: Writer) -> Response:
    """Let persons in: chosen ones by their numbers, a typed one by handle or full name."""
    await visit.limit("invite")
    form = await visit.form()
    try:
        async with visit.unit() as unit:
            channel = await queries.get(unit.session, visit.actor, channel_id)
            for person_id in await chosen(unit, visit, form):
                await membership.add(unit, visit.actor, channel, person_id)
    except Invalid as refusal:
        return await members_page(visit, channel_id, error=" ".join(visit.say_fields(refusal).values()), status=422)
    return visit.seen(f"/channels/{channel_id}/members")


async def chosen(unit: Unit, visit: Visit, form: Form) -> list[int]:
    """Return the ids of the persons a picker was given; raise `Invalid` where nobody, or not one alone, is meant."""
    ids = [whole(person, "person") for person in form.texts("people")]
    for who in (part.strip() for part in form.text("person").split(",")):
        if who.isascii() and who.isdigit():
            ids.append(whole(who, "person"))
        elif who:
            ids.append(await _named(unit, visit, who))
    if not ids:
        raise Invalid(fields={"person": "Name somebody first."})
    return ids


async def _named(unit: Unit, visit: Visit, who: str) -> int:
    handle = who.split(" ", maxsplit=1)[0].rsplit("(", maxsplit=1)[-1].strip("()").lstrip("@").lower()
    named = (col(Person.handle) == handle) | (col(Person.name) == who)
    found = (
        (await unit.session.execute(people.readable(visit.actor).where(col(Person.active), named).limit(2)))
        .scalars()
        .all()
    )
    if len(found) != 1 or found[0].id is None:
        raise Invalid(fields={"person": "Nobody here is called that."})
    return int(found[0].id)


@router.post("/channels/{channel_id}/members/{person_id}")
async def change_member(channel_id: Id, person_id: Id, visit: Writer) -> Response:
    """Give a member another role, or end the membership (`remove`)."""
    form = await visit.form()
    try:
        async with visit.unit() as unit:
            channel = await queries.get(unit.session, visit.actor, channel_id)
            if form.on("remove"):
                await membership.remove(unit, visit.actor, channel, person_id)
            else:
                await membership.add(unit, visit.actor, channel, person_id, form.text("role") or None)
    except LastOwner as refusal:
        if visit.htmx:
            raise
        return await members_page(visit, channel_id, error=visit.say(refusal.sentence), status=409)
    return visit.seen(f"/channels/{channel_id}/members")


@router.post("/channels/{channel_id}/teams")
async def feed(channel_id: Id, visit: Writer) -> Response:
    """Let a team feed the channel, or no more (`remove`)."""
    form = await visit.form()
    team_id = form.number("team")
    try:
        async with visit.unit() as unit:
            channel = await queries.get(unit.session, visit.actor, channel_id)
            await (feeding.unfeed if form.on("remove") else feeding.feed)(unit, visit.actor, channel, team_id)
    except Invalid as refusal:
        return await members_page(visit, channel_id, error=" ".join(visit.say_fields(refusal).values()), status=422)
    return visit.seen(f"/channels/{channel_id}/members")
