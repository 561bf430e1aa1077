"""Where one can jump to at once: channels and colleagues by name, places and acts.

The palette keeps the list and looks through it letter by letter, also without a connection; words in posts are the
server's to find.
"""

from collections.abc import Callable

from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.channels import queries as channels
from parley.models.channels import Channel
from parley.models.identity import Person
from parley.people.queries import cards
from parley.policy import channels as channel_policy
from parley.policy import people
from parley.policy.actor import Actor
from parley.search.views import Hit, HitGroup

MOST = 400
_ICONS = {"private": "lock", "announcement": "megaphone", "direct": "message-circle"}


async def everything(session: AsyncSession, actor: Actor, say: Callable[[str], str]) -> list[HitGroup]:
    """Return the channels `actor` may read (their own first), colleagues, places and acts."""
    mine = channel_policy.is_member(actor.person_id)
    rows = await session.execute(
        channel_policy.readable(actor)
        .where(col(Channel.archived_at).is_(None))
        .order_by(mine.desc(), col(Channel.name), col(Channel.id))
        .limit(MOST)
    )
    found = rows.scalars().all()
    refs = await channels.refs(session, actor, found)
    people_ids = await session.execute(
        select(col(Person.id))
        .where(people.visible(actor), col(Person.active), col(Person.id) != actor.person_id)
        .order_by(col(Person.name), col(Person.id))
        .limit(MOST)
    )
    ids = people_ids.scalars().all()
    persons = await cards(session, ids)
    return [
        HitGroup("acts", say("Places and acts"), _acts(actor, say), None),
        HitGroup(
            "channels",
            say("Channels"),
            [
                Hit(
                    f"/channels/{row.id}",
                    "channel",
                    refs[row.id].name if row.kind == "direct" else f"#{refs[row.id].name}",
                    "",
                    row.purpose,
                    icon=_ICONS.get(row.kind, "hash"),
                )
                for row in found
                if row.id is not None
            ],
            None,
        ),
        HitGroup(
            "people",
            say("People"),
            [
                Hit(f"/people/{card.handle}", "person", card.name, "", card.title or card.team, person=card)
                for person in ids
                if (card := persons.get(person or 0))
            ],
            None,
        ),
    ]


def _acts(actor: Actor, say: Callable[[str], str]) -> list[Hit]:
    """What has a key of its own names it."""
    outside = [] if actor.guest else [Hit("/customers", "act", say("Customers"), "", "G C", icon="mail")]
    return [
        Hit("/", "act", say("Home"), "", "G H", icon="house"),
        Hit("/catch-up", "act", say("Catch-up"), "", "G K", icon="inbox"),
        Hit("/threads", "act", say("Threads"), "", "", icon="message-square"),
        *outside,
        Hit("/people", "act", say("People"), "", "G P", icon="users"),
        Hit("/channels", "act", say("Browse channels"), "", "", icon="hash"),
        Hit("/notifications", "act", say("Notifications"), "", "", icon="bell"),
        Hit("/settings", "act", say("Settings"), "", "", icon="sliders-horizontal"),
        Hit("/#compose", "act", say("New post"), "", "C", icon="pencil"),
        Hit("/direct/new", "act", say("New message"), "", "", icon="message-circle"),
        *([] if actor.guest else [Hit("/channels/new", "act", say("New channel"), "", "", icon="plus")]),
        Hit("#read-channels", "act", say("Mark all channels as read"), "", "", icon="check-check"),
        Hit("#read-everything", "act", say("Mark everything as read"), "", "", icon="check-check"),
        Hit("#keys", "act", say("Keyboard shortcuts"), "", "?", icon="keyboard"),
    ]
