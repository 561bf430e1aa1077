"""What the links of posts lead to: asked for once by us, shown to everybody, so that no reader's browser asks."""

import hashlib
import re
from collections.abc import Sequence
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete, select
from sqlmodel import SQLModel, col

from parley.core import jobs
from parley.core.unit import Unit
from parley.core.upsert import upsert
from parley.events.posts import PostEdited, PostPictured, PostPublished
from parley.kit.errors import NotFound
from parley.models.posts import Post
from parley.models.writing import LinkPreview, PostLink
from parley.policy import posts as policy
from parley.policy.actor import Actor
from parley.posts.service import publishing

JOB = "posts.preview"
MOST, MOST_TOLD, LONGEST_URL = 3, 50, 2000
KEPT = timedelta(days=7)
"""What was asked for longer ago is asked for again when somebody links to it anew."""
_HREF = re.compile(r'<a href="(https?://[^"]{1,2000})"')


def links_in(html: str, own_host: str) -> list[str]:
    """Return the first addresses outside that a rendered text links to; in code there are no links."""
    found = dict.fromkeys(unescape(href) for href in _HREF.findall(html))
    return [url for url in found if len(url) <= LONGEST_URL and urlsplit(url).netloc.lower() != own_host][:MOST]


class Links:
    """Follows what posts say; `public_url` is our own address, to which no preview leads."""

    def __init__(self, public_url: str) -> None:
        """Keep our own host."""
        self._own = urlsplit(public_url).netloc.lower()

    async def follow(self, unit: Unit, event: PostPublished | PostEdited) -> None:
        """Tie the post to what its links lead to now; what the author took away stays away."""
        post = await unit.session.get(Post, event.post_id)
        if post is None or post.kind == "conversation":
            return
        urls = links_in(post.body_html, self._own)
        if not urls and isinstance(event, PostPublished):
            return
        ids = [await _preview(unit, url) for url in urls]
        gone = delete(PostLink).where(col(PostLink.post_id) == post.id, col(PostLink.preview_id).not_in(ids))
        await unit.session.execute(gone)
        for place, preview_id in enumerate(ids):
            new = upsert(unit.session, _table("post_link")).values(
                post_id=post.id, preview_id=preview_id, position=place
            )
            await unit.session.execute(
                new.on_conflict_do_update(index_elements=["post_id", "preview_id"], set_={"position": place})
            )


async def remove(unit: Unit, actor: Actor, post_id: int, preview_id: int) -> None:
    """Take a preview away from one's own post."""
    post, channel = await publishing.find(unit, actor, post_id)
    policy.may_edit(actor, post.author_id, channel)
    link = await unit.session.get(PostLink, (post_id, preview_id))
    if link is None:
        raise NotFound
    if link.removed_at is None:
        link.removed_at = unit.now
        unit.session.add(link)
        await unit.emit(PostPictured(channel_id=post.channel_id, post_id=post_id))


async def settle(unit: Unit, preview_id: int, found: dict[str, Any] | None) -> None:
    """Keep what an address says of itself, or that it says nothing, and let its posts be shown anew."""
    preview = await unit.session.get(LinkPreview, preview_id)
    if preview is None:
        return
    preview.state, preview.fetched_at = ("ready" if found else "none"), unit.now
    for name, value in (found or {}).items():
        setattr(preview, name, value)
    unit.session.add(preview)
    for channel_id, post_id in await _posts(unit, preview_id):
        await unit.emit(PostPictured(channel_id=channel_id, post_id=post_id))


async def _preview(unit: Unit, url: str) -> int:
    """Return the id of the preview of `url`, which is asked for unless that was done lately."""
    digest = hashlib.sha256(url.encode()).hexdigest()
    new = upsert(unit.session, _table("link_preview")).values(
        url_hash=digest, url=url, state="waiting", title="", description="", site="", picture_key="", width=0, height=0
    )
    await unit.session.execute(new.on_conflict_do_nothing(index_elements=["url_hash"]))
    row = (
        await unit.session.execute(
            select(col(LinkPreview.id), col(LinkPreview.fetched_at)).where(col(LinkPreview.url_hash) == digest)
        )
    ).one()
    if row.fetched_at is None or row.fetched_at < unit.now - KEPT:
        await jobs.enqueue(unit.session, JOB, {"preview_id": row.id}, key=digest, max_attempts=3)
    return int(row.id)


async def _posts(unit: Unit, preview_id: int) -> Sequence[tuple[int, int]]:
    rows = await unit.session.execute(
        select(col(Post.channel_id), col(Post.id))
        .join(PostLink, col(PostLink.post_id) == Post.id)
        .where(
            col(PostLink.preview_id) == preview_id, col(PostLink.removed_at).is_(None), col(Post.removed_at).is_(None)
        )
        .order_by(col(Post.id).desc())
        .limit(MOST_TOLD)
    )
    return [(row.channel_id, row.id) for row in rows.all()]


def _table(name: str) -> Any:  # noqa: ANN401  (a table)
    return SQLModel.metadata.tables[name]
