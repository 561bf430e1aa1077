"""Why a post stands on somebody's Home, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from parley.feed import top
from parley.feed.queries import Follows
from parley.feed.top import Scored
from parley.people.queries import cards
from parley.policy.actor import Actor
from parley.web.visit import Visit

AT_MOST = 2


async def of_top(session: AsyncSession, visit: Visit, scored: Sequence[Scored]) -> dict[int, list[str]]:
    """Return the weightiest reasons of each post of Top, by its id; every one has at least one."""
    people = await cards(session, {one.mark.author_id for one in scored if "followed" in one.reasons})
    found: dict[int, list[str]] = {}
    for one in scored:
        mark = one.mark
        words = {
            "named": visit.say("Names you"),
            "owed": visit.say("Waits for your acknowledgement"),
            "circle": visit.say("From your inner circle"),
            "thread": visit.say("New comments in a thread you follow"),
            "unread": visit.say("New to you"),
            "question": visit.say("Nobody has answered yet"),
            "talk": visit.say("Colleagues talk about it"),
        }
        if mark.author_id in people:
            words["followed"] = visit.say("You follow %(name)s") % {"name": people[mark.author_id].name}
        reasons = [name for name in one.reasons if not (name == "followed" and "circle" in one.reasons)]
        found[mark.id] = [words[name] for name in reasons[:AT_MOST]] or [visit.say("Recent in what you follow")]
    return found


async def of_newest(
    session: AsyncSession, visit: Visit, wanted: Follows, marks: Sequence[Any]
) -> Mapping[int, list[str]]:
    """Return why posts stand among the newest where the channel does not say it: it is not followed, its author is."""
    if not wanted.persons:
        return {}
    inner = await _inner(session, visit.actor)
    channels = set(wanted.channels)
    people = await cards(session, {mark.author_id for mark in marks if mark.channel_id not in channels} - inner)
    found: dict[int, list[str]] = {}
    for mark in marks:
        if mark.author_id in inner:
            found[mark.id] = [visit.say("From your inner circle")]
        elif mark.author_id in people and mark.channel_id not in channels:
            found[mark.id] = [visit.say("You follow %(name)s") % {"name": people[mark.author_id].name}]
    return found


async def _inner(session: AsyncSession, actor: Actor) -> set[int]:
    return {row.followed_id for row in await top.whom(session, actor) if row.inner}
