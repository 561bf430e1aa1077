"""Events: who comes, and a file for calendars."""

from collections.abc import Iterator
from datetime import datetime

from parley.core.tables import metadata
from parley.core.unit import Unit
from parley.core.upsert import upsert
from parley.events.kinds import EventAttended, PostMarked
from parley.kit.errors import Conflict, Invalid
from parley.models.kinds import Attendance, Occasion
from parley.policy import channels as channel_policy
from parley.policy.actor import Actor
from parley.posts.kinds.finding import OtherKind, of_kind

ANSWERS = ("yes", "maybe", "no")
_attendance = metadata.tables["attendance"]
_LINE = 75
"""Octets of a line in a calendar file; a longer one goes on in the next, which begins with a space."""


async def attend(unit: Unit, actor: Actor, post_id: int, answer: str) -> None:
    """Say whether one comes; the last answer counts."""
    if answer not in ANSWERS:
        raise Invalid(fields={"answer": "Choose yes, maybe or no."})
    found = await of_kind(unit, actor, post_id, "event")
    channel_policy.may_comment(actor, found.channel, found.mine)
    occasion = await unit.session.get(Occasion, post_id)
    if occasion is None:  # one that was written before events had a time
        raise OtherKind
    if occasion.ends_at <= unit.now:
        raise Conflict("This event is over.", code="event_over")
    known = await unit.session.get(Attendance, (post_id, actor.person_id))
    if known is not None and known.answer == answer:
        return
    values = {"answer": answer, "answered_at": unit.now}
    statement = upsert(unit.session, _attendance).values(post_id=post_id, person_id=actor.person_id, **values)
    await unit.session.execute(statement.on_conflict_do_update(index_elements=["post_id", "person_id"], set_=values))
    await unit.emit(EventAttended(channel_id=found.post.channel_id, post_id=post_id))
    await unit.emit(PostMarked(person_id=actor.person_id, post_id=post_id))


def calendar(occasion: Occasion, *, title: str, text: str, url: str, uid: str, written: datetime) -> str:
    """Return an event as a calendar file (RFC 5545). Its times are in UTC, which every calendar shows in its own zone."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Parley//Parley//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"SEQUENCE:{occasion.sequence}",
        f"DTSTAMP:{_stamp(written)}",
        f"DTSTART:{_stamp(occasion.starts_at)}",
        f"DTEND:{_stamp(occasion.ends_at)}",
        f"SUMMARY:{_escape(title)}",
        f"DESCRIPTION:{_escape(text)}",
        f"LOCATION:{_escape(occasion.place)}",
        f"URL:{url}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(part for line in lines for part in _folded(line))


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M%SZ")


def _escape(text: str) -> str:
    for sign in ("\\", ";", ","):
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """Yield `line` in pieces of at most 75 octets, never cutting a character."""
    piece, size = "", 0
    for letter in line:
        more = len(letter.encode())
        if size + more > _LINE:
            yield f"{piece}\r\n"
            piece, size = " ", 1
        piece, size = piece + letter, size + more
    yield f"{piece}\r\n"
