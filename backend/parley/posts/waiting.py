"""What is not published yet, as pages and programs see it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from sqlalchemy import or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels import queries as channels
from parley.channels.views import ChannelRef
from parley.kit.text import clean_line
from parley.models.channels import Channel
from parley.models.posts import File, Post
from parley.models.writing import Draft, ScheduledPost
from parley.policy import channels as channel_policy
from parley.policy import posts as policy
from parley.policy.actor import Actor
from parley.posts import attached, queries
from parley.posts.kinds.clocks import wall
from parley.posts.schemas import PostOut, post_out
from parley.posts.service import scheduling
from parley.posts.service.drafts import Written
from parley.posts.service.words import ready
from parley.web.visit import Visit

EXCERPT = 160


class Attached(BaseModel):
    """A file of a draft."""

    id: int
    name: str
    size: int
    alt: str
    thumb_url: str | None


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A draft or a post for later in the list of what is not published yet."""

    id: int
    place: str
    channel: ChannelRef | None
    url: str
    kind: str
    text: str
    files: int
    at: datetime
    reason: str = ""
    version: int = 0


async def draft_rows(session: AsyncSession, actor: Actor, found: Sequence[Draft]) -> list[WaitingRow]:
    """Return drafts as a list shows them; a place that may not be read any more has no name."""
    posts = {draft.place: int(draft.place[5:]) for draft in found if draft.place.startswith("post:")}
    homes = await _channels_of(session, actor, list(posts.values()))
    ids = [_channel_id(draft, homes.get(posts.get(draft.place, 0))) for draft in found]
    names = await named(session, actor, [one for one in ids if one])
    return [
        WaitingRow(
            id=draft.id or 0,
            place=draft.place.partition(":")[0],
            channel=names.get(channel_id or 0),
            url=_url(draft, readable=channel_id in names),
            kind=draft.kind,
            text=draft.title or clean_line(draft.body)[:EXCERPT],
            files=len(draft.file_ids),
            at=draft.written_at,
            reason=draft.reason,
            version=draft.version,
        )
        for draft, channel_id in zip(found, ids, strict=True)
    ]


async def scheduled_rows(session: AsyncSession, actor: Actor, found: Sequence[ScheduledPost]) -> list[WaitingRow]:
    """Return posts for later as a list shows them."""
    names = await named(session, actor, [row.channel_id for row in found])
    return [
        WaitingRow(
            id=row.id or 0,
            place="later",
            channel=names.get(row.channel_id),
            url=f"/scheduled/{row.id}",
            kind=row.kind,
            text=row.title or clean_line(row.body)[:EXCERPT],
            files=len(row.file_ids),
            at=row.due_at,
        )
        for row in found
    ]


async def named(session: AsyncSession, actor: Actor, ids: Sequence[int]) -> dict[int, ChannelRef]:
    """Return those of the channels that `actor` may read, by id."""
    if not ids:
        return {}
    rows = (await session.execute(channel_policy.readable(actor).where(col(Channel.id).in_(set(ids))))).scalars().all()
    return await channels.refs(session, actor, rows)


async def known_channel(session: AsyncSession, actor: Actor, written: Written) -> Written:
    """Return `written` without a channel that `actor` may not read: its words are kept all the same."""
    if written.channel_id is None or await named(session, actor, [written.channel_id]):
        return written
    return replace(written, channel_id=None)


async def attached_to(session: AsyncSession, actor: Actor, file_ids: Sequence[Sequence[int]]) -> dict[int, Attached]:
    """Return those of the files that are still the actor's own and hang on nothing, by id."""
    wanted = {file_id for ids in file_ids for file_id in ids}
    if not wanted:
        return {}
    free = or_(col(File.post_id).is_not(None), col(File.comment_id).is_not(None))
    rows = (
        (
            await session.execute(
                select(File).where(col(File.id).in_(wanted), col(File.owner_id) == actor.person_id, ~free)
            )
        )
        .scalars()
        .all()
    )
    return {
        view.id: Attached(id=view.id, name=view.name, size=view.size, alt=view.alt, thumb_url=view.thumb_url)
        for view in map(attached.file_view, rows)
    }


async def publish_now(visit: Visit, scheduled_id: int) -> int:
    """Publish a post that waits; return the post's id."""
    async with visit.reading() as session:
        row = await scheduling.find(session, visit.actor, scheduled_id)
    words = await ready(row.body, title=row.title, kind=row.kind, files=tuple(row.file_ids))
    async with visit.unit() as unit:
        row = await scheduling.find(unit.session, visit.actor, scheduled_id, lock=True)
        return (await scheduling.publish(unit, visit.actor, row, words)).id or 0


async def post(visit: Visit, post_id: int) -> PostOut:
    """Return a post as programs see it."""
    async with visit.reading() as session:
        return await post_out(session, await queries.get(session, visit.actor, post_id))


def presets(now: datetime, zone: str) -> list[tuple[str, str]]:
    """Return the times that are offered, on the clocks of `zone`: tomorrow at nine, and Monday unless that is tomorrow."""
    here = now.astimezone(ZoneInfo(zone))
    found: list[tuple[str, str]] = []
    for name, days in (("tomorrow", 1), ("monday", 7 - here.weekday())):
        moment = datetime.combine(here.date() + timedelta(days=days), time(9), ZoneInfo(zone))
        if not found or days != 1:
            found.append((name, wall(moment, zone)))
    return found


async def _channels_of(session: AsyncSession, actor: Actor, post_ids: Sequence[int]) -> dict[int, int]:
    if not post_ids:
        return {}
    rows = await session.execute(
        select(col(Post.id), col(Post.channel_id)).where(col(Post.id).in_(post_ids), policy.visible(actor))
    )
    return {row.id: row.channel_id for row in rows.all()}


def _channel_id(draft: Draft, of_post: int | None) -> int | None:
    kind, _, number = draft.place.partition(":")
    return int(number) if kind == "channel" else of_post if kind == "post" else draft.channel_id


def _url(draft: Draft, *, readable: bool) -> str:
    kind, _, number = draft.place.partition(":")
    if kind == "home":
        return "/"
    if kind == "conversation":
        return f"/conversations/{number}"
    paths = {"channel": f"/channels/{number}", "post": f"/posts/{number}"}
    return paths[kind] if kind in paths and readable else f"/drafts/{draft.id}"
