"""Composers and threads as pages show them; shared by the pages of posts and of feeds."""

from dataclasses import replace
from typing import cast

from fastapi import Response
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels.queries import postable
from parley.channels.service import membership
from parley.channels.views import ChannelRef
from parley.kit.errors import Forbidden, Invalid
from parley.models.channels import Channel
from parley.models.posts import File
from parley.people.queries import cards
from parley.policy import channels as channel_policy
from parley.policy import posts as policy
from parley.posts import attached, queries, threads
from parley.posts.kinds import forms
from parley.posts.kinds.given import KINDS, Written
from parley.posts.queries import SurfacedCards
from parley.posts.service import drafts
from parley.posts.views import ComposerView, FileView, ThreadView
from parley.web.visit import Visit


def surfaced(visit: Visit) -> SurfacedCards:
    """What shows the cards of conversations; set at composition."""
    return cast(SurfacedCards, visit.request.app.state.surfaced)


def for_channel(visit: Visit, channel_id: int, name: str) -> ComposerView:
    """The form for a post in one channel."""
    return ComposerView(
        action=f"/channels/{channel_id}/posts",
        place=f"channel:{channel_id}",
        placeholder=visit.say("Share something useful with #%(name)s") % {"name": name},
        button=visit.say("Post"),
        target="#feed",
        kinds=KINDS,
        titled=True,
        channel_id=channel_id,
        form=forms.empty(visit),
    )


def for_home(visit: Visit, channels: list[ChannelRef]) -> ComposerView | None:
    """The form for a post from Home into one of `channels`; None when there is none to choose."""
    if not channels:
        return None
    return ComposerView(
        action=f"/channels/{channels[0].id}/posts",
        place="home",
        placeholder=visit.say("Share something useful, or ask who knows"),
        button=visit.say("Post"),
        target="#feed",
        channels=channels,
        channel_id=channels[0].id,
        kinds=KINDS,
        titled=True,
        form=forms.empty(visit),
    )


def for_thread(visit: Visit, post_id: int) -> ComposerView:
    """The form for a comment."""
    return ComposerView(
        action=f"/posts/{post_id}/comments",
        place=f"post:{post_id}",
        placeholder=visit.say("Write a comment"),
        button=visit.say("Comment"),
        target=f"#comments-{post_id}",
    )


async def thread(
    session: AsyncSession, visit: Visit, post_id: int, before: int | None = None, comment_id: int | None = None
) -> tuple[ThreadView, ComposerView]:
    """Return a post with its thread (the part around `comment_id` if that is not among the last), and the form for a comment."""
    post = await queries.get(session, visit.actor, post_id)
    view = await queries.view(session, post_id, surfaced(visit))
    assert view is not None  # noqa: S101  (just found)
    later = await queries.after_comment(session, post.thread_id, comment_id) if comment_id else None
    comments, earlier = await queries.comments(session, visit.actor, post.thread_id, before=later or before)
    channel = await session.get(Channel, post.channel_id)
    assert channel is not None  # noqa: S101  (a foreign key)
    kept = await drafts.get(session, visit.actor.person_id, f"post:{post_id}")
    why = ""
    try:
        channel_policy.may_comment(
            visit.actor, channel, await membership.of(session, channel.id, visit.actor.person_id)
        )
    except Forbidden as refusal:
        why = visit.say(refusal.sentence)
    return ThreadView(
        view,
        comments,
        may_comment=not why,
        why_not_comment=why,
        older_url=f"/posts/{post_id}?before={earlier}" if earlier else None,
        newer_url=f"/posts/{post_id}" if later else None,
        state=await threads.state(session, visit.actor, post.thread_id),
    ), replace(for_thread(visit, post_id), draft_version=kept.version if kept else 0)


async def refused(
    visit: Visit,
    refusal: Invalid,
    *,
    place: str = "",
    channel_id: int | None = None,
    post_id: int | None = None,
    body: str,
    title: str = "",
    files: tuple[int, ...] = (),
    kind: str = "update",
    fields: Written | None = None,
    send_at: str = "",
) -> Response:
    """Answer 422 with the composer as it was left: the words kept, and what is wrong at its field."""
    if not visit.htmx:
        raise refusal
    async with visit.reading() as session:
        composer = await _of_place(session, visit, place, channel_id, post_id)
        kept = await files_of(session, visit, files)
        writer = (await cards(session, [visit.actor.person_id]))[visit.actor.person_id]
    errors = visit.say_fields(refusal) or {"body": visit.say(refusal.sentence)}
    again = replace(
        composer,
        body=body,
        title=title,
        files=kept,
        errors=errors,
        form=forms.typed(visit, kind, fields or {}),
        send_at=send_at,
    )
    return visit.fragment("posts/_composer.html", status=422, composer=again, writer=writer)


async def _of_place(
    session: AsyncSession, visit: Visit, place: str, channel_id: int | None, post_id: int | None
) -> ComposerView:
    """The form that stands in `place`: a comment's, a channel's, or one that lets choose the channel."""
    if post_id is not None:
        return for_thread(visit, post_id)
    kind, _, number = place.partition(":")
    offered = await postable(session, visit.actor) if kind in {"home", "kept", "scheduled"} else []
    if composer := for_home(visit, offered):
        chosen = channel_id if any(ref.id == channel_id for ref in offered) else composer.channel_id
        action = f"/scheduled/{number}" if kind == "scheduled" else f"/channels/{chosen}/posts"
        return replace(composer, place=place, channel_id=chosen, action=action)
    channel = (
        await session.execute(channel_policy.readable(visit.actor).where(col(Channel.id) == channel_id))
    ).scalar_one_or_none()
    return for_channel(visit, channel_id or 0, channel.name if channel else "")


async def files_of(session: AsyncSession, visit: Visit, ids: tuple[int, ...]) -> list[FileView]:
    """Return those of the files that the reader may open, in the order they were given."""
    rows = (await session.execute(policy.readable_files(visit.actor).where(col(File.id).in_(ids)))).scalars().all()
    return [attached.file_view(file) for file in sorted(rows, key=lambda file: ids.index(file.id or 0))]
