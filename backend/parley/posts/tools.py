"""What a composer asks while somebody writes: emoji, how it will look, whom and what a word may name."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from parley.kit import markup
from parley.kit.emoji import search_emoji
from parley.posts import completing, queries
from parley.posts.service.words import prepare
from parley.posts.views import Completion, EmojiPicker, EmojiView
from parley.web.visit import Reader, Writer

router = APIRouter(include_in_schema=False)
Target = Annotated[str, Query(alias="for", pattern=r"^(posts|comments)/[1-9][0-9]{0,9}$")]


@router.get("/emoji")
async def emoji(visit: Reader, target: Target, q: str = "", part: str = "") -> Response:
    """Show the picker for one post or comment."""
    noun, _, number = target.partition("/")
    meaningful = [EmojiView(name, visit.say(label), queries.ICONS[name]) for name, label in queries.LABELS.items()]
    found = [EmojiView(choice.emoji, choice.name) for choice in search_emoji(q[:50], 80)]
    picker = EmojiPicker(noun, int(number), q[:50], meaningful, [(visit.say("Emoji"), found)] if found else [])
    return visit.fragment("posts/_emoji_grid.html" if part == "grid" else "posts/_emoji.html", picker=picker)


@router.post("/preview")
async def preview(visit: Writer) -> Response:
    """Show what a text will look like; nothing is kept."""
    await visit.limit("preview")
    words = prepare((await visit.form()).text("body"), required=False)
    return Response(markup.fill(words.html, {name: (0, name) for name in words.named}, {}), media_type="text/html")


@router.get("/complete")
async def complete(visit: Reader, kind: str = "person", q: str = "") -> Response:
    """Suggest persons after @ and channels after #."""
    async with visit.reading() as session:
        if kind == "channel":
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
