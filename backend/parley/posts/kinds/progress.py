"""Pages of an announcement: acknowledging, who is missing, reminding them, the proof."""

import csv
import io
from urllib.parse import quote

from fastapi import APIRouter, Response
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels.service import membership
from parley.kit import clock
from parley.kit.clock import rfc3339
from parley.kit.paging import encode_cursor
from parley.kit.text import neutral_cell
from parley.models.identity import Person
from parley.models.kinds import Announcement
from parley.models.posts import Post
from parley.policy import kinds as policy
from parley.posts import queries
from parley.posts.kinds import announcements, names
from parley.posts.kinds.answering import marked
from parley.posts.kinds.finding import OtherKind
from parley.posts.kinds.views import ProgressView
from parley.web.forms import query
from parley.web.visit import Id, Reader, Visit, Writer

router = APIRouter(include_in_schema=False)
PAGE = 50
SHOWN = ("missing", "done", "later")
COLUMNS = ("name", "email", "acknowledged_at", "joined_later")


@router.post("/posts/{post_id}/acknowledgement")
async def acknowledge(post_id: Id, visit: Writer) -> Response:
    """Acknowledge an announcement; the answer's header lets the page offer to undo."""
    async with visit.unit() as unit:
        await announcements.acknowledge(unit, visit.actor, post_id)
    if not visit.htmx:
        return visit.seen("/")
    toast = {
        "X-Parley-Toast": quote(visit.say("Noted that you have read it")),
        "X-Parley-Undo": f"/posts/{post_id}/acknowledgement/undo",
    }
    return await marked(visit, post_id, toast)


@router.post("/posts/{post_id}/acknowledgement/undo")
async def take_back(post_id: Id, visit: Writer) -> Response:
    """Take a fresh acknowledgement back."""
    async with visit.unit() as unit:
        await announcements.take_back(unit, visit.actor, post_id)
    return await marked(visit, post_id)


async def found(session: AsyncSession, visit: Visit, post_id: int) -> tuple[Post, Announcement]:
    """Return an announcement whose progress the actor may see by name."""
    post = await queries.get(session, visit.actor, post_id)
    row = await session.get(Announcement, post_id) if post.removed_at is None else None
    if row is None:
        raise OtherKind
    mine = await membership.of(session, post.channel_id, visit.actor.person_id)
    policy.may_follow_up(visit.actor, post.author_id, mine)
    return post, row


@router.get("/posts/{post_id}/acknowledgements")
async def progress(post_id: Id, visit: Reader, show: str = "missing", cursor: str = "") -> Response:
    """Show who has acknowledged an announcement and who has not, by name."""
    show = show if show in SHOWN else "missing"
    after = names.after(cursor)
    async with visit.reading() as session:
        post, row = await found(session, visit, post_id)
        rows, more = await names.addressee_rows(session, post_id, post.channel_id, show, after=after, limit=PAGE)
        missing = await names.count_addressees(session, post_id, post.channel_id, "missing")
        late = row.reminded_at is None or clock.now() - row.reminded_at >= announcements.PATIENCE
        path = f"/posts/{post_id}/acknowledgements"
        view = ProgressView(
            post_id=post_id,
            title=post.title or visit.say("Announcement"),
            channel_id=post.channel_id,
            show=show,
            audience=row.audience,
            acknowledged=row.acknowledged,
            missing=missing,
            later=await names.count_addressees(session, post_id, post.channel_id, "later"),
            gone=row.audience - row.acknowledged - missing,
            due_at=row.due_at,
            changed_after=row.changed_after,
            reminded_at=row.reminded_at,
            may_remind=late and missing > 0,
            rows=rows,
            next_url=query(path, show=show, cursor=encode_cursor(*more)) if more else None,
        )
        if cursor and visit.htmx:
            return visit.fragment("posts/kinds/_addressees.html", progress=view)
        return await visit.page(
            session,
            "posts/kinds/progress.html",
            title=visit.say("Who has read it"),
            place="channel",
            topics=[f"channel:{post.channel_id}"],
            channel_id=post.channel_id,
            progress=view,
        )


@router.get("/posts/{post_id}/acknowledgements.csv")
async def proof(post_id: Id, visit: Reader) -> Response:
    """Give everybody it was published to, with when they acknowledged; cells that could be formulas are neutralised."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    async with visit.reading() as session:
        post, _ = await found(session, visit, post_id)
        for show, later in (("all", "no"), ("later", "yes")):
            rows = await session.execute(
                names.addressees(post_id, post.channel_id, show).order_by(col(Person.name), col(Person.id))
            )
            for row in rows.all():
                at = rfc3339(row.acknowledged_at) if row.acknowledged_at else ""
                writer.writerow([neutral_cell(cell) for cell in (row.name, row.email, at, later)])
    # The mark tells spreadsheets that the letters are UTF-8.
    return Response(
        f"\ufeff{text.getvalue()}",
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="acknowledgements-{post_id}.csv"',
            "Cache-Control": "no-store",
        },
    )


@router.post("/posts/{post_id}/reminders")
async def remind(post_id: Id, visit: Writer) -> Response:
    """Remind those who are missing."""
    async with visit.unit() as unit:
        await announcements.remind(unit, visit.actor, post_id)
    return visit.seen(f"/posts/{post_id}/acknowledgements")
