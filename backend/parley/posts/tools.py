"""What a composer asks while somebody writes: emoji, how it will look, whom and what a word may name."""

import re
from itertools import groupby, islice
from typing import Annotated

from fastapi import APIRouter, Query, Response

from parley.kit import markup
from parley.kit.emoji import TONES, Emoji, emoji_table, search_emoji, shown_name, with_tone
from parley.kit.errors import NotFound
from parley.models.writing import EmojiHabit
from parley.posts import completing, queries
from parley.posts.service import habits
from parley.posts.service.words import prepare
from parley.posts.views import Completion, EmojiPicker, EmojiView
from parley.web.visit import Reader, Visit, Writer

router = APIRouter(include_in_schema=False)
TARGET = r"(posts|comments)/[1-9][0-9]{0,9}"
Target = Annotated[str, Query(alias="for", pattern=f"^{TARGET}$")]
A_GROUP = 32
"""So many of each group are offered without a search."""


@router.get("/emoji")
async def emoji(visit: Reader, target: Target, q: str = "", part: str = "") -> Response:
    """Show the picker for one post or comment: what is asked for, or what was used last and every group."""
    async with visit.reading() as session:
        habit = await habits.of(session, visit.actor.person_id)
    return _picker(visit, target, habit, q[:50], part)


@router.post("/emoji/tone")
async def tone(visit: Writer) -> Response:
    """Remember a tone of skin and show the picker with it."""
    form = await visit.form()
    target = form.text("for")
    if not re.fullmatch(TARGET, target):
        raise NotFound
    async with visit.unit() as unit:
        await habits.choose_tone(unit, visit.actor.person_id, form.text("tone"))
        habit = await habits.of(unit.session, visit.actor.person_id)
    return _picker(visit, target, habit, "", "grid")


def _picker(visit: Visit, target: str, habit: EmojiHabit, q: str, part: str) -> Response:
    noun, _, number = target.partition("/")
    meaningful = [EmojiView(name, visit.say(label), queries.ICONS[name]) for name, label in queries.LABELS.items()]
    groups: list[tuple[str, list[EmojiView]]] = []
    if q.strip():
        groups = [(visit.say("Found"), [_view(visit, row, habit) for row in search_emoji(q, 80, visit.language)])]
    else:
        groups = [(visit.say("Used last"), [EmojiView(one, _name(visit, one)) for one in habit.recent])]
        for title, rows in groupby(emoji_table(), lambda row: row.group):
            groups.append((title, [_view(visit, row, habit) for row in islice(rows, A_GROUP)]))
    tones = [(name, with_tone("✋", name)) for name in ("", *TONES)]
    picker = EmojiPicker(
        noun, int(number), q, meaningful, [group for group in groups if group[1]], tone=habit.tone, tones=tones
    )
    return visit.fragment("posts/_emoji_grid.html" if part == "grid" else "posts/_emoji.html", picker=picker)


def _view(visit: Visit, row: Emoji, habit: EmojiHabit) -> EmojiView:
    return EmojiView(with_tone(row.emoji, habit.tone), shown_name(row, visit.language))


def _name(visit: Visit, character: str) -> str:
    row = next((row for row in emoji_table() if row.emoji[0] == character[0]), None)
    return shown_name(row, visit.language) if row else character


@router.post("/preview")
async def preview(visit: Writer) -> Response:
    """Show what a text will look like; nothing is kept."""
    await visit.limit("preview")
    words = prepare((await visit.form()).text("body"), required=False)
    return Response(markup.fill(words.html, {name: (0, name) for name in words.named}, {}), media_type="text/html")


@router.get("/complete")
async def complete(visit: Reader, kind: str = "person", q: str = "") -> Response:
    """Suggest persons after @, channels after # and emoji after a colon."""
    async with visit.reading() as session:
        if kind == "emoji":
            found = [
                Completion(row.emoji, f"{row.emoji} {shown_name(row, visit.language)}", f":{row.names[0]}:")
                for row in search_emoji(q[:50], 8, visit.language)
            ]
        elif kind == "channel":
            found = [
                Completion(f"#{ref.name}", f"#{ref.name}", "")
                for ref in await completing.complete_channels(session, visit.actor, q[:64])
            ]
        else:
            found = [
                Completion(f"@{card.handle}", card.name, card.title, card)
                for card in await completing.complete_people(session, visit.actor, q[:64])
            ] + [
                Completion(f"@{team.handle}", team.name, visit.say("Team"), icon="users")
                for team in await completing.complete_teams(session, visit.actor, q[:64])
            ]
    return visit.fragment("posts/_complete.html", completions=found)
