"""Who is looking at what, and who is writing: told, never stored. viewing < discussing < replying."""

import asyncio
import time

import orjson

from parley.core.eventlog import Hint
from parley.core.machine import Machine
from parley.kit.text import hue_of, initials
from parley.realtime.hub import Hub
from parley.realtime.listener import Listener

DOINGS = ("viewing", "discussing", "replying")
_FRESH_SECONDS = 45
_BATCH_SECONDS = 0.4


class Presence:
    """The presence of all processes, each telling the others what its own sockets do."""

    def __init__(self, machine: Machine, hub: Hub) -> None:
        """Hear the words of other processes through `hub`."""
        self._machine = machine
        self._hub = hub
        self._people: dict[str, dict[int, tuple[str, float, str]]] = {}
        self._mine: dict[Listener, dict[str, str]] = {}
        self._changed: set[str] = set()
        self._teller: asyncio.Task[None] | None = None
        self._sending: set[asyncio.Task[None]] = set()
        hub.on_word.append(self._heard)

    def told(self, listener: Listener, topic: str, doing: str) -> None:
        """A socket says what its person does at `topic`; an unknown word means they left it."""
        before = self._mine.setdefault(listener, {})
        if doing in DOINGS:
            before[topic] = doing
        else:
            before.pop(topic, None)
        self._say(listener, topic)

    def gone(self, listener: Listener) -> None:
        """A socket closed."""
        for topic in self._mine.pop(listener, {}):
            self._say(listener, topic)

    def _say(self, listener: Listener, topic: str) -> None:
        person = listener.actor.person_id
        doings = [
            topics[topic] for other, topics in self._mine.items() if other.actor.person_id == person and topic in topics
        ]
        doing = max(doings, key=DOINGS.index) if doings else ""
        word = Hint(topic, 0, "presence", {"person_id": person, "name": listener.actor.name, "doing": doing})
        task = asyncio.create_task(self._machine.bus.publish([word]))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    def _heard(self, hint: Hint) -> None:
        if hint.name != "presence":
            return
        people = self._people.setdefault(hint.topic, {})
        if hint.data["doing"]:
            people[hint.data["person_id"]] = (hint.data["doing"], time.monotonic(), hint.data["name"])
        else:
            people.pop(hint.data["person_id"], None)
        self._changed.add(hint.topic)
        if self._teller is None or self._teller.done():
            self._teller = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        await asyncio.sleep(_BATCH_SECONDS)
        changed, self._changed = self._changed, set()
        oldest = time.monotonic() - _FRESH_SECONDS
        for topic in changed:
            people = {person: entry for person, entry in self._people.get(topic, {}).items() if entry[1] > oldest}
            if people:
                self._people[topic] = people
            else:
                self._people.pop(topic, None)
            frame = orjson.dumps(
                {
                    "presence": {
                        "topic": topic,
                        "people": [
                            {
                                "id": person,
                                "name": name,
                                "initials": initials(name),
                                "hue": hue_of(name),
                                "doing": doing,
                            }
                            for person, (doing, _, name) in sorted(people.items())
                        ],
                    }
                }
            )
            for listener in tuple(self._hub.listening(topic)):
                if listener.audience.language is not None and topic not in listener.held:
                    listener.push(frame)
