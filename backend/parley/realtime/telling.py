"""How an event becomes a frame: rendered once for each audience, and the same bytes go to every socket of it."""

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson

from parley.core import log
from parley.core.database import Database
from parley.core.eventlog import Hint
from parley.kit.errors import Problem
from parley.realtime.listener import Audience
from parley.realtime.parts import Voices
from parley.web.rendering import Renderer

logger = log.get("realtime")
_KEEP_FRAMES = 512


class Teller:
    """Makes frames and keeps the latest, so that many who ask at once are served by one rendering."""

    def __init__(self, database: Database, renderer: Renderer, voices: Voices) -> None:
        """Take what rendering needs."""
        self._database = database
        self._renderer = renderer
        self._voices = voices
        self._frames: dict[tuple[str, int, int, Audience], asyncio.Task[bytes]] = {}

    async def frame(self, hint: Hint, head: int, audience: Audience) -> bytes:
        """Return the frame of `hint`, as things are when the topic has come to `head`.

        What was rendered when the topic was younger is not used again: words that were taken away since, or a
        conversation that was restricted, must not come out of a cache.
        """
        key = (hint.topic, hint.seq, head, audience)
        task = self._frames.get(key)
        if task is None:
            task = self._frames[key] = asyncio.create_task(self._encode(hint, audience))
            while len(self._frames) > _KEEP_FRAMES:
                self._frames.pop(next(iter(self._frames)))
        try:
            return await asyncio.shield(task)
        except Problem:
            self._frames.pop(key, None)
            raise

    async def _encode(self, hint: Hint, audience: Audience) -> bytes:
        try:
            told = await self._told(hint, audience)
        except Problem:
            raise  # the database is away: asked again, it may answer
        except Exception:
            # An event that cannot be shown would stop its topic for ever: readers get a fresh page instead.
            logger.exception("event_not_told", topic=hint.topic, seq=hint.seq, event_name=hint.name)
            return orjson.dumps({"topic": hint.topic, "reset": hint.seq})
        return orjson.dumps({"topic": hint.topic, "seq": hint.seq, "event": hint.name, **told})

    async def _told(self, hint: Hint, audience: Audience) -> Mapping[str, Any]:
        async with self._database.reading() as session:
            silent = audience.guest and (
                hint.data.get("conversation_id") is not None
                or ((outside := self._voices.outside.get(hint.name)) is not None and await outside(session, hint))
            )
            if audience.language is None:
                tell = self._voices.data.get(hint.name)
                return {"data": {} if silent else await tell(session, hint) if tell else hint.data}
            show = self._voices.parts.get(hint.name)
            parts = await show(session, self._renderer, audience.language, hint) if show and not silent else []
        shown = [{"select": part.select, "how": part.how, "id": part.id, "html": part.html} for part in parts]
        return {"parts": shown, "by": hint.data.get("author_id")}
