"""What posts show beside their own words: the card of a post that was passed on, and what their links lead to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels.views import ChannelRef
from parley.kit.markup import plain_excerpt
from parley.models.channels import Channel
from parley.models.posts import Post
from parley.models.writing import LinkPreview, MovedPost, PostLink
from parley.people.queries import cards
from parley.people.views import PersonCard
from parley.policy.channels import OPEN
from parley.posts.views import LinkView, OriginView

EXCERPT = 280
A_LINK = 'href="http'


@dataclass(frozen=True, slots=True)
class Beside:
    """The cards of originals and the links, both by the id of the post that has them."""

    origins: Mapping[int, OriginView] = field(default_factory=dict)
    links: Mapping[int, list[LinkView]] = field(default_factory=dict)


async def of(session: AsyncSession, rows: Sequence[Any]) -> Beside:
    """Return what stands beside `rows` of `POST_COLUMNS`; nothing is asked when none of them can have anything."""
    origins = [row for row in rows if row.origin_id is not None]
    linking = [row.id for row in rows if A_LINK in row.body_html]
    return Beside(
        await _origins(session, origins) if origins else {}, await _links(session, linking) if linking else {}
    )


async def _origins(session: AsyncSession, passed: Sequence[Any]) -> dict[int, OriginView]:
    """The cards, the same for every reader: who passed a post on knew who reads its first words.

    They did not know that it would go to a private channel afterwards; from there it says nothing.
    """
    ids = {row.origin_id for row in passed}
    moved = select(func.max(col(MovedPost.moved_at))).where(col(MovedPost.post_id) == Post.id).scalar_subquery()
    rows = (
        await session.execute(
            select(
                col(Post.id),
                col(Post.author_id),
                col(Post.title),
                col(Post.body_html),
                col(Post.published_at),
                col(Post.removed_at),
                col(Channel.id).label("channel_id"),
                col(Channel.name),
                col(Channel.kind),
                moved.label("moved_at"),
            )
            .join(Channel, col(Channel.id) == Post.channel_id)
            .where(col(Post.id).in_(ids))
        )
    ).all()
    people = await cards(session, {row.author_id for row in rows})
    found = {row.id: row for row in rows}
    return {card.id: _origin(found[card.origin_id], card.published_at, people) for card in passed}


def _origin(row: Any, passed_at: datetime, people: Mapping[int, PersonCard]) -> OriginView:  # noqa: ANN401  (a row)
    is_open = row.kind in OPEN
    hidden = row.removed_at is not None or (not is_open and row.moved_at is not None and row.moved_at >= passed_at)
    return OriginView(
        id=row.id,
        author=people.get(row.author_id),
        # The very name of a private channel is for its members.
        channel=ChannelRef(row.channel_id, row.name, row.kind) if is_open else None,
        title="" if hidden else row.title,
        text="" if hidden else plain_excerpt(row.body_html, EXCERPT),
        at=row.published_at,
        gone=row.removed_at is not None,
    )


async def _links(session: AsyncSession, post_ids: Sequence[int]) -> dict[int, list[LinkView]]:
    rows = (
        await session.execute(
            select(col(PostLink.post_id), LinkPreview)
            .join(LinkPreview, col(LinkPreview.id) == PostLink.preview_id)
            .where(
                col(PostLink.post_id).in_(post_ids),
                col(PostLink.removed_at).is_(None),
                col(LinkPreview.state) == "ready",
            )
            .order_by(col(PostLink.post_id), col(PostLink.position))
        )
    ).all()
    found: dict[int, list[LinkView]] = {}
    for post_id, link in rows:
        found.setdefault(post_id, []).append(link_view(link))
    return found


def link_view(link: LinkPreview) -> LinkView:
    """Return what a link leads to, as a post shows it."""
    return LinkView(
        id=link.id or 0,
        url=link.url,
        title=link.title,
        description=link.description,
        site=link.site,
        picture_url=f"/previews/{link.id}/picture" if link.picture_key else None,
        width=link.width,
        height=link.height,
    )
