"""The settings of a channel: names, who may what, kind, rest, newcomers; a direct channel that becomes a private one."""

from dataclasses import replace

from fastapi import APIRouter, Response

from parley.channels import queries
from parley.channels.pages import again
from parley.channels.service import lifecycle, membership
from parley.channels.views import ChannelForm
from parley.kit.errors import Invalid, Problem
from parley.policy import channels as policy
from parley.web.forms import Form
from parley.web.visit import Id, Reader, Visit, Writer

router = APIRouter(include_in_schema=False)


@router.get("/channels/{channel_id}/settings")
async def settings(channel_id: Id, visit: Reader) -> Response:
    """Show the settings of a channel to those who may change them."""
    async with visit.reading() as session:
        channel = await queries.get(session, visit.actor, channel_id)
        policy.may_manage(visit.actor, channel, await membership.of(session, channel_id, visit.actor.person_id))
        form = ChannelForm(
            channel_id,
            channel.name,
            channel.kind,
            channel.purpose,
            channel.who_posts,
            channel.archived_at is not None,
            who_may_comment=channel.who_comments,
            who_may_invite=channel.who_invites,
        )
        return await visit.page(
            session, "channels/form.html", title=visit.say("Settings of this channel"), place="channel", form=form
        )


@router.post("/channels/{channel_id}/settings")
async def change(channel_id: Id, visit: Writer) -> Response:
    """Change what the form says; another kind is asked about first, in words."""
    given = _given(channel_id, form := await visit.form())
    if (asked := await _asked(visit, given, confirmed=form.text("confirm_kind"))) is not None:
        return asked
    try:
        async with visit.unit() as unit:
            channel = await queries.get(unit.session, visit.actor, channel_id)
            await lifecycle.change(
                unit,
                visit.actor,
                channel,
                name=given.name,
                purpose=given.purpose,
                kind=given.kind or None,
                who_posts=given.who_may_post or None,
                who_comments=given.who_may_comment or None,
                who_invites=given.who_may_invite or None,
                archived=given.archived,
            )
    except Problem as refusal:
        return await again(visit, given, refusal)
    return visit.seen(f"/channels/{channel_id}")


def _given(channel_id: int, form: Form) -> ChannelForm:
    return ChannelForm(
        channel_id,
        form.text("name"),
        form.text("kind"),
        form.text("purpose"),
        form.text("who_may_post"),
        form.on("archived"),
        who_may_comment=form.text("who_may_comment"),
        who_may_invite=form.text("who_may_invite"),
    )


async def _asked(visit: Visit, given: ChannelForm, *, confirmed: str) -> Response | None:
    """Return the form with the question what another kind means, unless that kind was confirmed or changes nothing."""
    if given.kind not in lifecycle.KINDS or confirmed == given.kind:
        return None
    async with visit.reading() as session:
        channel = await queries.get(session, visit.actor, given.id or 0)
        policy.may_manage(visit.actor, channel, await membership.of(session, channel.id, visit.actor.person_id))
        effect = await queries.kind_effect(session, channel, given.kind)
        if effect is None:
            return None
        form = replace(given, effect=effect)
        if visit.htmx:
            return visit.fragment("channels/_form.html", status=422, form=form)
        return await visit.page(
            session,
            "channels/form.html",
            title=visit.say("Settings of this channel"),
            place="channel",
            status=422,
            form=form,
        )


@router.post("/channels/{channel_id}/archive")
async def archive(channel_id: Id, visit: Writer) -> Response:
    """Put a channel to rest (`on`), or bring it back."""
    on = (await visit.form()).text("on") != "0"
    async with visit.unit() as unit:
        channel = await queries.get(unit.session, visit.actor, channel_id)
        await lifecycle.change(unit, visit.actor, channel, archived=on)
    return visit.seen(f"/channels/{channel_id}")


@router.post("/channels/{channel_id}/default")
async def default(channel_id: Id, visit: Writer) -> Response:
    """Say whether newcomers find themselves in the channel."""
    on = (await visit.form()).on("on")
    async with visit.unit() as unit:
        channel = await queries.get(unit.session, visit.actor, channel_id)
        await lifecycle.set_default(unit, visit.actor, channel, on=on)
    return visit.seen(f"/channels/{channel_id}?tab=about")


@router.get("/channels/{channel_id}/private")
async def private_form(channel_id: Id, visit: Reader) -> Response:
    """Ask for the name under which a direct channel becomes a private one."""
    return await _private(visit, channel_id)


@router.post("/channels/{channel_id}/private")
async def make_private(channel_id: Id, visit: Writer) -> Response:
    """Turn a direct channel into a private one."""
    name = (await visit.form()).text("name")
    try:
        async with visit.unit() as unit:
            channel = await queries.get(unit.session, visit.actor, channel_id)
            await lifecycle.make_private(unit, visit.actor, channel, name)
    except Problem as refusal:
        if "name" not in refusal.fields:
            raise
        return await _private(visit, channel_id, name, visit.say_fields(refusal)["name"])
    return visit.seen(f"/channels/{channel_id}/members")


async def _private(visit: Visit, channel_id: int, name: str = "", error: str = "") -> Response:
    async with visit.reading() as session:
        channel = await queries.head(session, visit.actor, await queries.get(session, visit.actor, channel_id))
        if not channel.may_make_private:
            raise Invalid("Only a direct channel of three or more becomes a private one.", code="not_direct")
        return await visit.page(
            session,
            "channels/private.html",
            title=visit.say("Make it a private channel"),
            place="channel",
            channel_id=channel_id,
            status=422 if error else 200,
            channel=channel,
            name=name,
            error=error,
        )
