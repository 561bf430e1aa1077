"""What holds on every route alike: headers, reads that change nothing, refused forgeries, ids in bodies, odd requests."""

import asyncio
import hashlib
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from fastapi.routing import APIRoute

from house.questions import NOBODY, UNKNOWN, Question, questions
from house.walking import Walk, alike, unframed
from parley.app import serving
from parley.app.routes import every, guard_of
from parley.core import paths
from parley.kit.errors import StorageFull, TooMany, Unavailable
from parley.web.visit import UNSAFE
from realtime.lines import serve
from stage import Caller

WINNERS = ("alice", "bob", "charlie", "ida", "lea", None)
SEEN = {"session": {"seen_at"}, "person": {"seen_at"}, "api_token": {"used_at"}}
"""What a read may leave behind: that somebody was here."""
SIGN_IN = {"/auth/{provider}/login", "/auth/{provider}/callback"}
"""A sign-in on its way is written down, though browsers GET it."""


def guarded(app, *, unsafe: bool) -> list[APIRoute]:
    return [route for route in every(app.routes) if guard_of(route) and bool(route.methods & UNSAFE) is unsafe]


def digests(app) -> dict[str, str]:
    """One digest for each table, but for what `SEEN` names."""
    with closing(sqlite3.connect(app.state.machine.settings.data_dir / "parley.db")) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {}
        for table in tables:
            columns = [row[1] for row in database.execute(f"PRAGMA table_info('{table}')")]
            kept = ", ".join(f'"{name}"' for name in columns if name not in SEEN.get(table, set()))
            rows = sorted(map(repr, database.execute(f"SELECT {kept} FROM '{table}'")))  # noqa: S608  (names of ours)
            found[table] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


def refused(walk: Walk) -> None:
    assert not walk.complaints, "\n".join([f"{len(walk.complaints)} complaints", *walk.complaints[:60]])


async def test_reading_changes_nothing(app, walk: Walk) -> None:
    before = digests(app)
    for route in guarded(app, unsafe=False):
        if route.path not in SIGN_IN:
            for question in questions(route, walk.props):
                for name in ("ida", "lea") if guard_of(route).roles else ("alice",):
                    await walk.ask(question, name)
    after = digests(app)
    assert {table for table in before if before[table] != after[table]} == set()
    refused(walk)


async def _winner(walk: Walk, route: APIRoute) -> tuple[Question, str | None]:
    """Return a request of `route` from a browser that is granted, and by whom."""
    for question in questions(route, walk.props):
        for name in WINNERS:
            if (await walk.ask(question, name, browser=True)).status_code < 400:
                return question, name
    raise AssertionError(f"{route.methods} {route.path} answers nobody")


async def test_nobody_elses_page_can_make_a_browser_change_anything(app, walk: Walk) -> None:
    granted = [await _winner(walk, route) for route in guarded(app, unsafe=True)]
    before = digests(app)
    stranger = Caller(app, headers={"accept": "text/html"})
    for question, name in granted:
        forged = [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}]
        forged += [{"origin": "https://elsewhere.example"}, {"origin": "null"}]
        if name:
            others = walk.client("bob" if name == "alice" else "alice").headers["x-csrf-token"]
            forged += [{"x-csrf-token": ""}, {"x-csrf-token": others}]
        for headers in forged:
            asked = replace(question, headers={**question.headers, **headers})
            answer = await walk.ask(asked, name, browser=True)
            walk.check(answer.status_code == 403, asked, name, answer, "lets itself be forged")
        if not name:
            answer = await stranger.request(question.method, question.path, **question.parts())
            walk.check(answer.status_code == 403, question, name, answer, "takes what says nothing of where it is from")
    await stranger.aclose()
    assert digests(app) == before
    refused(walk)


async def test_an_id_in_a_body_is_judged_like_one_in_a_path(app, walk: Walk) -> None:
    props, cast = walk.props, walk.props.cast
    talk = f"/api/v1/conversations/{cast.talks['valve']}"
    post, square = f"/api/v1/posts/{cast.posts['square']}", f"/api/v1/channels/{cast.channels['square']}"
    upload, said = cast.files["upload"], {"body": "Said in a test."}
    care = cast.ids["source_id"]
    first = {"to": "new@mail.example.org", "subject": "Good news", "confirm_files": True, **said}
    for name, method, path, body, field, value in (
        ("charlie", "POST", f"{square}/posts", said, "attachments", [upload]),
        ("charlie", "POST", f"{post}/comments", said, "attachments", [upload]),
        ("bob", "POST", f"{talk}/discussion", said, "attachments", [upload]),
        ("bob", "POST", "/api/v1/conversations", {"source_id": care, **first}, "attachments", [upload]),
        ("lea", "POST", f"{talk}/surfacings", {}, "channel_id", cast.channels["vault"]),
        ("charlie", "PATCH", f"/api/v1/people/{cast.charlie.id}", {}, "photo_file_id", props["loose"]),
        ("charlie", "POST", "/api/v1/conversations", first, "source_id", care),
        ("gus", "POST", "/api/v1/channels", {"kind": "direct"}, "members", [cast.charlie.id]),
        ("charlie", "POST", "/api/v1/notifications/read", {}, "ids", [props[f"notification-{cast.bob.id}"]]),
        ("charlie", "GET", "/api/v1/conversations", {}, "channel_id", cast.channels["care"]),
        ("charlie", "GET", "/api/v1/conversations", {}, "contact_id", cast.ids["contact_id-valve"]),
        ("charlie", "GET", "/api/v1/conversations", {}, "source_id", care),
        ("charlie", "GET", "/customers", {"list": "all"}, "channel", cast.channels["care"]),
        ("charlie", "POST", "/notifications/read", {}, "post", cast.posts["vault"]),
        ("charlie", "POST", "/notifications/read", {}, "conversation", cast.talks["hush"]),
        ("gus", "POST", "/direct", {}, "person", cast.charlie.id),
    ):
        nothing = [UNKNOWN] if isinstance(value, list) else UNKNOWN
        asked = [
            Question(method, path, path, body={**body, field: given})
            if method != "GET"
            else Question(method, path, f"{path}?{'&'.join(f'{k}={v}' for k, v in {**body, field: given}.items())}")
            for given in (value, nothing)
        ]
        before = digests(app)
        theirs, nobodys = [await walk.ask(question, name) for question in asked]
        number, unknown = (str(each[0] if isinstance(each, list) else each) for each in (value, nothing))
        same = alike(theirs, nobodys, *(f"{mark}{each}" for each in (number, unknown) for mark in "=:"))
        same = same and digests(app) == before
        walk.check(same, asked[0], name, theirs, f"can tell {field} from what is not there: {nobodys.text[:300]}")
        owner = "bob" if field == "ids" else "alice"
        # Only the person changes a profile: the owner of the photo asks for their own.
        own = asked[0].path.replace(f"/people/{cast.charlie.id}", f"/people/{cast.alice.id}")
        allowed = await walk.ask(replace(asked[0], path=own), owner)
        walk.check(allowed.status_code < 400, asked[0], owner, allowed, "is refused what is theirs")
    refused(walk)


async def test_nothing_is_taken_that_a_program_may_not_set(app, walk: Walk) -> None:
    for route in guarded(app, unsafe=True):
        if route.path.startswith("/api/") and route.body_field is not None:
            question, name = await _winner(walk, route)
            # What a route asks for by one of these names is looked at by the permission matrix.
            for field in {"id", "author_id", "created_at", "channel_ids", "person_id"} - {*question.body}:
                asked = replace(question, body={**question.body, field: 1})
                answer = await walk.ask(asked, name, browser=True)
                walk.check(answer.status_code == 422, asked, name, answer, f"takes {field}")
    refused(walk)


async def test_errors_carry_the_frame_like_everything_else(app, walk: Walk, monkeypatch) -> None:
    page, program = walk.client("alice"), walk.client("alice", api=True)
    files = [f"/static/{file.relative_to(paths.dist_dir())}" for file in paths.dist_dir().iterdir() if file.is_file()]
    asked = [(200, page.get(path)) for path in files if path.endswith((".js", ".css", ".svg", ".json"))]
    asked += [(404, page.get("/static/app.js")), (404, page.get(f"/{NOBODY}")), (404, program.get("/api/v1/no"))]
    asked += [(405, page.put("/people")), (405, program.post("/api/v1/me")), (405, page.head("/"))]
    asked += [(413, page.post("/preview", content=b"x" * 1_000_001)), (422, program.get("/api/v1/people?limit=0"))]
    asked += [(422, program.post("/api/v1/channels", content=b"{"))]
    for status, answer in [(status, await answer) for status, answer in asked]:
        assert (answer.status_code, unframed(answer)) == (status, []), answer.request.url
    for error, status in ((TooMany(), 429), (Unavailable(), 503), (StorageFull(), 507), (ValueError("a secret"), 500)):

        async def broken(_request, error=error):
            raise error

        monkeypatch.setitem(app.state._state, "authenticate", broken)
        for client, path in ((page, "/people"), (page, "/healthz"), (program, "/api/v1/me")):
            for headers in ({}, {"HX-Request": "true"}):
                answer = await client.get(path, headers=headers)
                assert (answer.status_code, unframed(answer)) == (status, [])
                assert "secret" not in answer.text


ODD_PATHS = [
    "/static/..%2f..%2fpyproject.toml", "/static/../../pyproject.toml", "/static/%2e%2e/%2e%2e/pyproject.toml",
    "/static//etc/passwd", "/static/%2fetc%2fpasswd", "/static/..%5c..%5cpyproject.toml", "/static/app.js%00.css",
    "/faces/..%2f..%2fx.svg", "/files/1/..%2f..%2f..%2fparley.db", "/files/1/%2e%2e", "/files/..%2f1/x", "/files/1/%00",
    "/files/1%00/x", "/files/0/x", "/files/-1/x", "/files/99999999999999999999/x", "/files/1e3/x", "/files/٣/x",
    "/photos/%ff", "/messages/1/files/99999999999/x", "/people/%00", "/people/%ff%fe", "/people/99999999999999999999",
    "/people/%F0%9F%98%80", "/people/" + "a" * 9000, "/auth/link/%00", "/auth/%00/login", "/auth/link/" + "a" * 5000,
    "/posts/1/reactions/%00", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/channels/%31", "/;/x", "/%", "/%zz", "/?%",
    "/?before=99999999999999999999", "/?before=%ff", "/search?q=%ff%fe", "/search?q=%00%00", "/search?q=" + "a" * 9000,
    "/search?q=%22%27*:%26|!()", "/search?q=\u0000", "/people?q=%25_%5c", "/people?team=%D9%A3", "/people?cursor=%00",
    "/people?cursor=" + "A" * 3000, "/customers?list=%00", "/customers?cursor=AAAA", "/channels?offset=99999999999",
    "/conversations/1/surface?channel_id=9999999999", "/conversations/1/assign?q=%ff%00", "/conversations/1?tab=%00",
    "/conversations/1/older?before=%ff", "/contacts/1?cursor=%ff", "/complete?q=%ff", "/sign-in?next=//evil.example&next=%00",
    "/sign-in?next=https://evil.example/", "/admin/audit?since=%ff", "/admin/audit?since=99999-01-01&until=0000-00-00",
    "/api/v1/people?cursor=%ff", "/api/v1/channels?cursor=bnVsbA", "/api/v1/search?q=%ed%a0%80",
]  # fmt: skip
SECRETS = ("root:x:", "[build-system]", "SQLite format 3", "a secret of these tests")


@pytest.fixture
def line():
    listening = serving.listen("127.0.0.1", 0)
    yield listening
    listening.close()


async def raw(line, request: bytes) -> tuple[int, str]:
    reader, writer = await asyncio.open_connection(*line.getsockname())
    writer.write(request)
    heard = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    return int(heard[9:12] or 0), heard.decode("utf-8", "replace")


def request(
    walk: Walk, method: bytes, path: bytes, *more: bytes, body: bytes = b"", host: bytes = b"x", name: str = "ida"
) -> bytes:
    someone = walk.props.cast.people[name]
    head = [method + b" " + path + b" HTTP/1.1", b"Host: " + host, b"Connection: close"]
    head += [b"Cookie: parley=" + someone.secret.encode(), b"Authorization: Bearer " + someone.token.encode()]
    if body:
        token = walk.client("ida").headers["x-csrf-token"].encode()
        head += [b"Content-Length: %d" % len(body), b"X-CSRF-Token: " + token]
    return b"\r\n".join([*head, *more, b"", body])


@pytest.mark.parametrize("played", ["sqlite", "postgresql"], indirect=True)
async def test_odd_requests_are_refused_in_words_and_open_no_file(app, walk: Walk, line) -> None:
    form = b"Content-Type: application/x-www-form-urlencoded"
    many = [b"X-%d: 1" % number for number in range(300)]
    asked = [request(walk, b"GET", path.encode(), name=name) for path in ODD_PATHS for name in ("alice", "ida")]
    asked += [
        request(walk, method, b"/people") for method in (b"HEAD", b"OPTIONS", b"TRACE", b"PROPFIND", b"get", b"X")
    ]
    asked += [request(walk, b"GET", b"/people", host=host) for host in (b"evil.example", b"", b"a b", b"[::1", b"\xff")]
    asked += [
        request(walk, b"GET", b"/people", b"Accept-Language: " + words) for words in (b"\xff", b"x" * 9000, b";q=x")
    ]
    asked += [request(walk, b"GET", b"/people", b"X-Long: " + b"x" * 60_000), request(walk, b"GET", b"/people", *many)]
    asked += [request(walk, b"GET", b"/people", b"Cookie: parley=\xff\xfe; parley=" + b"x" * 9000)]
    asked += [request(walk, b"GET", b"/api/v1/me", b"Authorization: Bearer \xff")]
    for body in (
        b"body=%ff%fe",
        b"body=%00",
        b"body=%ed%a0%80",
        b"\xff\xfe",
        b"=&=&;",
        b"&" * 5000,
        b"body=" + b"%" * 99,
    ):
        asked += [
            request(walk, b"POST", path, form, body=body) for path in (b"/preview", b"/settings", b"/settings/tokens")
        ]
    for kind in (b"multipart/form-data", b"multipart/form-data; boundary=x", b"application/json", b"text/\xff"):
        typed = b"Content-Type: " + kind
        asked += [request(walk, b"POST", path, typed, body=b"--x\r\n\xff") for path in (b"/files", b"/api/v1/channels")]
    for number in (b"99999999999999999999", b"0", b"-1", b"%00"):
        for path in (b"/settings/sessions/%b/end", b"/settings/tokens/%b/revoke", b"/admin/jobs/%b/retry"):
            asked.append(request(walk, b"POST", path % number, form, body=b"a=b"))
    async with serve(app, line):
        for sent in asked:
            status, heard = await raw(line, sent)
            assert 200 <= status < 500, (sent[:300], heard[:800])
            assert not any(secret in heard for secret in SECRETS), sent[:300]
            assert "Location: http" not in heard, sent[:300]
            assert "location: http" not in heard, sent[:300]
        status, heard = await raw(line, request(walk, b"GET", b"/people"))
        assert status == 200, "and who asks in the usual way is served"
