"""Pages about channels: browsing, making, settings, members, joining and leaving."""

from fastapi import APIRouter, Response
from sqlmodel import col

from parley.channels import queries
from parley.channels.service import lifecycle, membership
from parley.channels.views import ChannelForm, MembersView
from parley.kit.errors import Problem
from parley.models.identity import Person
from parley.policy import channels as policy
from parley.policy import people
from parley.web.forms import query, whole
from parley.web.visit import Id, Offset, Reader, Visit, Writer

router = APIRouter(include_in_schema=False)


@router.get("/channels")
async def browse(visit: Reader, q: str = "", kind: str = "", joined: str = "", offset: Offset = 0) -> Response:
    """Show the channels that the reader can see."""
    async with visit.reading() as session:
        found = await queries.browse(session, visit.actor, q=q[:100], kind=kind, joined=joined, offset=offset)
        if visit.htmx:
            return visit.fragment("channels/_browse.html", browse=found)
        return await visit.page(
            session, "channels/browse.html", title=visit.say("Channels"), place="channels", browse=found
        )


@router.get("/channels/new")
async def new(visit: Reader) -> Response:
    """Show the form of a new channel."""
    async with visit.reading() as session:
        return await visit.page(
            session, "channels/form.html", title=visit.say("New channel"), place="channels", form=ChannelForm()
        )


@router.post("/channels/new")
async def create(visit: Writer) -> Response:
    """Make a channel."""
    form = await visit.form()
    given = ChannelForm(
        None,
        form.text("name"),
        form.text("kind") or "open",
        form.text("purpose"),
        form.text("who_may_post") or "members",
    )
    try:
        async with visit.unit() as unit:
            channel = await lifecycle.create(
                unit, visit.actor, name=given.name, kind=given.kind, purpose=given.purpose, who_posts=given.who_may_post
            )
    except Problem as refusal:
        return await _again(visit, given, refusal)
    return visit.seen(f"/channels/{channel.id}")


@router.get("/channels/{channel_id}/settings")
async def settings(channel_id: Id, visit: Reader) -> Response:
    """Show the settings of a channel to those who may change them."""
    async with visit.reading() as session:
        channel = await queries.get(session, visit.actor, channel_id)
        policy.may_manage(visit.actor, channel, await membership.of(session, channel_id, visit.actor.person_id))
        form = ChannelForm(
            channel_id, channel.name, channel.kind, channel.purpose, channel.who_posts, channel.archived_at is not None
        )
        return await visit.page(
            session, "channels/form.html", title=visit.say("Settings of this channel"), place="channel", form=form
        )


@router.post("/channels/{channel_id}/settings")
async def change(channel_id: Id, visit: Writer) -> Response:
    """Change name, purpose, who may post; archive or bring back."""
    form = await visit.form()
    given = ChannelForm(
        channel_id,
        form.text("name"),
        form.text("kind"),
        form.text("purpose"),
        form.text("who_may_post") or "members",
        form.on("archived"),
    )
    try:
        async with visit.unit() as unit:
            channel = await queries.get(unit.session, visit.actor, channel_id)
            await lifecycle.change(
                unit,
                visit.actor,
                channel,
                name=given.name,
                purpose=given.purpose,
                who_posts=given.who_may_post,
                archived=given.archived,
            )
    except Problem as refusal:
        return await _again(visit, given, refusal)
    return visit.seen(f"/channels/{channel_id}")


async def _again(visit: Visit, given: ChannelForm, refusal: Problem) -> Response:
    if not refusal.fields:
        raise refusal
    form = ChannelForm(
        given.id, given.name, given.kind, given.purpose, given.who_may_post, given.archived, visit.say_fields(refusal)
    )
    if visit.htmx:
        return visit.fragment("channels/_form.html", status=422, form=form)
    async with visit.reading() as session:
        return await visit.page(
            session, "channels/form.html", title=visit.say("New channel"), place="channels", status=422, form=form
        )


@router.post("/channels/{channel_id}/join")
async def join(channel_id: Id, visit: Writer) -> Response:
    """Become a member."""
    async with visit.unit() as unit:
        await membership.join(unit, visit.actor, await queries.get(unit.session, visit.actor, channel_id))
    return visit.seen(f"/channels/{channel_id}")


@router.post("/channels/{channel_id}/leave")
async def leave(channel_id: Id, visit: Writer) -> Response:
    """Stop being a member."""
    async with visit.unit() as unit:
        await membership.remove(
            unit, visit.actor, await queries.get(unit.session, visit.actor, channel_id), visit.actor.person_id
        )
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


@router.get("/channels/{channel_id}/members")
async def members(channel_id: Id, visit: Reader, q: str = "", offset: Offset = 0) -> Response:
    """Show who belongs to a channel."""
    return await _members(visit, channel_id, q[:100], offset)


async def _members(
    visit: Visit, channel_id: Id, q: str = "", offset: Offset = 0, error: str = "", status: int = 200
) -> Response:
    async with visit.reading() as session:
        channel = await queries.head(session, visit.actor, await queries.get(session, visit.actor, channel_id))
        rows = await queries.members(session, channel_id, q=q, offset=offset)
        more = (
            query(f"/channels/{channel_id}/members", q=q, offset=offset + queries.PAGE)
            if len(rows) > queries.PAGE
            else None
        )
        view = MembersView(rows[: queries.PAGE], q, channel.may_manage, more, error)
        if visit.htmx:
            return visit.fragment("channels/_members.html", status=status, members=view, channel=channel)
        return await visit.page(
            session,
            "channels/members.html",
            title=visit.say("Members"),
            place="channel",
            status=status,
            members=view,
            channel=channel,
        )


@router.post("/channels/{channel_id}/members")
async def add_member(channel_id: Id, visit: Writer) -> Response:
    """Let somebody in, named by handle or full name."""
    await visit.limit("invite")
    who = (await visit.form()).text("person").strip().lstrip("@")
    async with visit.unit() as unit:
        channel = await queries.get(unit.session, visit.actor, channel_id)
        handle = who.split(" ")[0].split("(")[-1].strip("()")
        found = (
            (
                await unit.session.execute(
                    people.readable(visit.actor)
                    .where(col(Person.active), (col(Person.handle) == handle.lower()) | (col(Person.name) == who))
                    .limit(2)
                )
            )
            .scalars()
            .all()
        )
        if len(found) == 1 and found[0].id is not None:
            await membership.add(unit, visit.actor, channel, found[0].id)
    if len(found) != 1:
        return await _members(visit, channel_id, error=visit.say("Nobody here is called that."), status=422)
    return visit.seen(f"/channels/{channel_id}/members")


@router.post("/channels/{channel_id}/members/{person_id}")
async def change_member(channel_id: Id, person_id: Id, visit: Writer) -> Response:
    """Give a member another role, or end the membership (`remove`)."""
    form = await visit.form()
    async with visit.unit() as unit:
        channel = await queries.get(unit.session, visit.actor, channel_id)
        if form.on("remove"):
            await membership.remove(unit, visit.actor, channel, person_id)
        else:
            await membership.add(unit, visit.actor, channel, person_id, form.text("role") or None)
    return visit.seen(f"/channels/{channel_id}/members")


@router.post("/direct")
async def direct(visit: Writer) -> Response:
    """Open the direct channel with one or more persons."""
    await visit.limit("invite")
    form = await visit.form()
    ids = {whole(person, "person") for person in form.texts("person")}
    async with visit.unit() as unit:
        channel = await lifecycle.direct(unit, visit.actor, ids)
    return visit.seen(f"/channels/{channel.id}")
