"""Walking the routes of the application: whoever asks, every answer is looked at in the same way."""

import asyncio
import re
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

from httpx2 import Response

from house.props import Props
from house.questions import Question
from stage import Caller

FRAME = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
"""What every answer says beside its content security policy."""
_CHANGING = {"date", "x-request-id", "content-length", "set-cookie", "etag", "last-modified"}


class Walk:
    """Asks as anybody, and remembers every complaint instead of stopping at the first."""

    def __init__(
        self,
        props: Props,
        page: Callable[..., Caller],
        program: Callable[..., Caller],
        rewind: Callable[[], Awaitable[None]] | None,
    ) -> None:
        self.props = props
        self.complaints: list[str] = []
        self._page, self._program, self.rewind = page, program, rewind
        self._clients: dict[tuple[str | None, bool, str | None], Caller] = {}
        self._nothing: dict[tuple[object, ...], Response] = {}

    def client(self, name: str | None, *, api: bool = False, scope: str | None = None) -> Caller:
        key = (name, api, scope)
        if key not in self._clients:
            self._clients[key] = self._program(name, scope) if api and name else self._page(name)
        return self._clients[key]

    async def ask(
        self, question: Question, name: str | None, scope: str | None = None, *, browser: bool = False
    ) -> Response:
        """Put the question as `name` (None: a stranger); what was changed is undone before the next one.

        Programs ask the API, or a `browser` by its session.
        """
        client = self.client(name, api=question.api and not browser, scope=scope)
        cookies = dict(client.cookies)
        answer = await client.request(question.method, question.path, **question.parts())
        if "set-cookie" in answer.headers:
            client.cookies.clear()
            for cookie, value in cookies.items():
                client.cookies.set(cookie, value, domain="127.0.0.1", path="/")
        if self.rewind and question.unsafe and answer.status_code < 400:
            await self.rewind()
        self.look(question, name, answer, scope)
        return answer

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()

    async def nothing(self, question: Question, name: str) -> Response:
        """What `name` hears of a thing that is not there; asked once."""
        asked = question.about_nothing()
        key = (name, asked.method, asked.path, *asked.headers)
        if key not in self._nothing:
            self._nothing[key] = await self.ask(asked, name)
        return self._nothing[key]

    def look(self, question: Question, name: str | None, answer: Response, scope: str | None = None) -> None:
        """Note what no answer may ever be or hold."""
        self.check(answer.status_code < 500, question, name, answer, "broke")
        heard = f"{answer.text} {list(answer.headers.items())}"
        sung = self.props.cast.sung(heard, name)
        if scope and not scope.startswith("customers:"):
            words = self.props.cast.canaries
            sung |= {word for word in words if words[word] in self.props.cast.talks and word in heard.lower()}
        self.check(not sung, question, name, answer, f"tells {sorted(sung)}")
        for wrong in unframed(answer):
            self.check(False, question, name, answer, wrong)

    def check(self, right: bool, question: Question, name: str | None, answer: Response, words: str) -> None:
        if not right:
            asked = f"{question.method} {question.path} {dict(question.headers) or ''}"
            self.complaints.append(f"{name}: {asked}: {answer.status_code} {words}\n    {answer.text[:160]!r}")


def unframed(answer: Response) -> list[str]:
    """What is missing from the headers of an answer."""
    policy = answer.headers.get("content-security-policy", "")
    wrong = [f"{name} is missing" for name, value in FRAME.items() if answer.headers.get(name) != value]
    if "default-src 'none'" not in policy:
        wrong.append("has no content security policy")
    if "unsafe" in policy or "*" in policy or "http:" in policy.replace("http://127.0.0.1", ""):
        wrong.append(f"has a loose policy: {policy}")
    if "frame-ancestors 'none'" not in policy and "sandbox" not in policy:
        wrong.append("may be framed")
    if "cache-control" not in answer.headers:
        wrong.append("says nothing of caches")
    return wrong


def alike(one: Response, other: Response, *ids: str) -> bool:
    """Whether two answers are the same but for the ids that were asked for and what changes at each request."""
    return _plain(one, ids) == _plain(other, ids)


def _plain(answer: Response, ids: tuple[str, ...]) -> tuple[int, str, list[tuple[str, str]]]:
    def without(text: str) -> str:
        for each in ids:
            text = text.replace(each, "PATH")
        return re.sub(r'(name="csrf_token" value|content)="[\w.~=-]{60,}"', "", text)

    headers = sorted((name, without(value)) for name, value in answer.headers.items() if name not in _CHANGING)
    return answer.status_code, without(answer.text), headers


class Rewinder:
    """Puts a SQLite database back to how it was, under whoever is connected to it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._first = sqlite3.connect(":memory:", check_same_thread=False)
        with closing(sqlite3.connect(path)) as now:
            now.backup(self._first)

    async def __call__(self) -> None:
        # In a thread: it waits for whoever writes now, and that may be this loop.
        await asyncio.to_thread(self._back)

    def _back(self) -> None:
        with closing(sqlite3.connect(self._path)) as now:
            now.execute("PRAGMA synchronous = OFF")
            self._first.backup(now)

    def close(self) -> None:
        self._first.close()
