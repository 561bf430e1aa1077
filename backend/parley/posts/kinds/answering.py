"""What the pages of the kinds have in common: who asks, and how an act is answered."""

from fastapi import Response

from parley.core import crypto
from parley.posts import composing, queries
from parley.posts.kinds import own
from parley.web.visit import Visit


def ballots(visit: Visit) -> bytes:
    """Return the key that seals what anonymous voters choose."""
    return crypto.derive(visit.machine.settings.key, "ballots")


async def marked(visit: Visit, post_id: int, headers: dict[str, str] | None = None) -> Response:
    """Answer an act with the post as it is now, marked with what the reader has done."""
    if not visit.htmx:
        return visit.seen(f"/posts/{post_id}")
    async with visit.reading() as session:
        view = await queries.view(session, post_id, composing.surfaced(visit))
        mine = await own.own(session, visit.actor, [post_id], ballots(visit))
    return visit.fragment("posts/_post.html", headers=headers, post=view, own=mine[0])
