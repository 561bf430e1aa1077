"""What no composer sends and no honest page says is refused or passed over, and never breaks anything."""

import json
import time

import pytest

from parley.core.http import Answer
from parley.posts import previews

on_sqlite = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    "fields",
    [
        '{"a": ' + "[" * 900 + "]" * 900 + "}",
        '{"a": ["\\ud800"]}',
        '{"\\ud800": "a"}',
        '{"options": {"x": 1}}',
        '{"due_at": [1, null]}',
        '{"zone": 5}',
    ],
)
@on_sqlite
async def test_a_draft_has_fields_as_a_form_has_them(api, fields: str) -> None:
    sent = {"content": f'{{"body": "x", "fields": {fields}}}', "headers": {"content-type": "application/json"}}
    assert (await api("alice").put("/api/v1/drafts/home", **sent)).status_code == 422


@on_sqlite
async def test_a_draft_of_any_words_opens(api, sign_in) -> None:
    fields = {"options": "one\0", "due_at": ["never"], "zone": ["nowhere", "at all"], "other": ""}
    kept = await api("alice").put("/api/v1/drafts/home", json={"body": "a\0b", "kind": "none", "fields": fields})
    assert kept.status_code == 200, kept.text
    assert "\\u0000" not in json.dumps(kept.json())
    assert (await sign_in("alice").get(f"/drafts/{kept.json()['id']}")).status_code == 200


@pytest.mark.parametrize("field", ["closes_at", "send_at"])
@on_sqlite
async def test_a_time_before_all_times_is_wrong_at_its_field(cast, sign_in, field: str) -> None:
    given = {"body": "x", "kind": "poll", "options": ["a", "b"], field: "0001-01-01T00:00:00+14:00"}
    answer = await sign_in("alice").post(f"/channels/{cast.channels['square']}/posts", data=given)
    assert answer.status_code == 422


@on_sqlite
async def test_an_option_that_cannot_be_stored_is_refused(api, cast) -> None:
    sent = '{"body": "x", "kind": "poll", "poll": {"options": ["\\ud800", "b"]}}'
    path = f"/api/v1/channels/{cast.channels['square']}/posts"
    answer = await api("alice").post(path, content=sent, headers={"content-type": "application/json"})
    assert answer.status_code == 422


@on_sqlite
async def test_a_place_is_one_clean_line(api, cast) -> None:
    when = {"starts_at": "2027-03-01T10:00:00Z", "ends_at": "2027-03-01T11:00:00Z", "location": "Hall\0\r\nX-A: b"}
    given = {"title": "Fair", "body": "x", "kind": "event", "event": when}
    made = await api("alice").post(f"/api/v1/channels/{cast.channels['square']}/posts", json=given)
    assert made.json()["event"]["location"] == "Hall X-A: b"


@pytest.mark.parametrize(
    ("content", "charset"),
    [
        (b"<meta " * 33_000, "utf-8"),
        ((b"<meta " + b"a-:" * 990 + b">") * 65, "utf-8"),
        (b"-" + b"b" * 199_000, "punycode"),
        (b"<title>\\ud800</title>", "unicode_escape"),
    ],
)
def test_no_page_takes_long_or_says_what_cannot_be_stored(content: bytes, charset: str) -> None:
    answer = Answer(200, {"content-type": f"text/html; charset={charset}"}, content, "http://public.example/")
    begun = time.thread_time()
    json.dumps(previews.read(answer), ensure_ascii=False).encode()
    assert time.thread_time() - begun < 0.5


async def test_a_picture_without_an_address_is_left_out() -> None:
    class Page:
        async def fetch(self, *_: object, **__: object) -> Answer:
            said = b"<title>T</title><meta property='og:image' content='http://[::1'>"
            return Answer(200, {"content-type": "text/html"}, said, "http://public.example/")

    found = await previews.Previews(Page(), None).look("http://public.example/")  # type: ignore[arg-type]
    assert (found["title"], found["picture_key"]) == ("T", "")
