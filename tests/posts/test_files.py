"""Files: whoever may read what they are attached to may open them, and nothing of ours is ever shown as a page."""

import asyncio
import io

import pytest
from PIL import Image

from stage import BOTH, files_in

pytestmark = pytest.mark.parametrize("databases", BOTH, indirect=True)


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(data, kind)
    return data.getvalue()


async def upload(client, data: bytes, name: str = "notes.txt", kind: str = "text/plain"):
    return await client.post("/api/v1/files", files={"file": (name, data, kind)})


async def test_a_file_goes_with_its_post(api, cast) -> None:
    bob = api("bob")
    made = await upload(bob, b"Some words", "Plan für Ängste.txt")
    assert made.status_code == 201
    file = made.json()
    assert (file["name"], file["size"], file["content_type"]) == ("Plan für Ängste.txt", 10, "text/plain")
    for name, status in (("bob", 200), ("alice", 404), ("gus", 404), ("ida", 404)):
        assert (await api(name).get(file["url"])).status_code == status, "before it is in a post it is its owner's"
    post = await bob.post(
        f"/api/v1/channels/{cast.channels['vault']}/posts", json={"body": "See", "attachments": [file["id"]]}
    )
    assert [item["id"] for item in post.json()["attachments"]] == [file["id"]]
    for name, status in (
        ("bob", 200),
        ("alice", 200),
        ("charlie", 404),
        ("fay", 404),
        ("mo", 404),
        ("ida", 404),
        ("gus", 404),
    ):
        answer = await api(name).get(file["url"])
        assert (answer.status_code, answer.content == b"Some words") == (status, status == 200)
    await bob.delete(f"/api/v1/posts/{post.json()['id']}")
    for name in ("bob", "alice"):
        assert (await api(name).get(file["url"])).status_code == 404, "after the removal nobody opens it"


async def test_somebody_elses_file_cannot_be_attached(api, cast) -> None:
    theirs = cast.files["upload"]
    attached = cast.files["square"]
    for number in (theirs, attached, 999_999):
        for path in (
            f"/api/v1/channels/{cast.channels['square']}/posts",
            f"/api/v1/posts/{cast.posts['square']}/comments",
        ):
            answer = await api("bob").post(path, json={"body": "Mine", "attachments": [number]})
            assert (answer.status_code, list(answer.json()["fields"])) == (422, ["attachments"])
    assert (await api("charlie").get(f"/api/v1/files/{theirs}")).status_code == 404
    mine = await api("alice").post(
        f"/api/v1/channels/{cast.channels['square']}/posts", json={"body": "Mine", "attachments": [theirs]}
    )
    assert mine.status_code == 201
    assert (
        await api("alice").post(
            f"/api/v1/channels/{cast.channels['square']}/posts", json={"body": "Again", "attachments": [theirs]}
        )
    ).status_code == 422


async def test_a_file_goes_with_its_comment(api, cast) -> None:
    path = f"/api/v1/files/{cast.files['vault-comment']}"
    assert (await api("alice").get(path)).status_code == 200
    assert (await api("charlie").get(path)).status_code == 404
    talk = (await upload(api("bob"), b"Inside")).json()
    await api("bob").post(
        f"/api/v1/posts/{cast.posts['valve-terrace']}/comments", json={"body": "x", "attachments": [talk["id"]]}
    )
    for name, status in (("lea", 200), ("alice", 200), ("gus", 404), ("charlie", 404)):
        assert (await api(name).get(talk["url"])).status_code == status
    await api("bob").delete(f"/api/v1/comments/{cast.comments['vault']}")
    assert (await api("alice").get(path)).status_code == 404


HOSTILE = {
    "page.html": b"<!doctype html><script>alert(1)</script>",
    "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "page.xhtml": b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>',
    "script.js": b"alert(1)",
    "image.png": b"<html><script>alert(1)</script></html>",
    "fake.gif": b"GIF89a/*<script>alert(1)</script>*/",
    "paper.pdf": b"%PDF-1.7\n",
    "data.bin": bytes(range(256)),
    "feed.xml": b"\xef\xbb\xbf<?xml version='1.0'?><x/>",
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_nothing_that_could_act_is_shown_in_a_page(api, sign_in, cast, name: str) -> None:
    said = {"page.html": "text/html", "drawing.svg": "image/svg+xml"}.get(name, "image/png")
    file = (await upload(api("bob"), HOSTILE[name], name, said)).json()
    for answer in (await sign_in("bob").get(f"/files/{file['id']}/{name}"), await api("bob").get(file["url"])):
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "private, no-store"
        kind = answer.headers["content-type"].partition(";")[0]
        assert kind in {"text/plain", "application/octet-stream", "application/pdf"}, kind
    assert (await sign_in("bob").get(f"/files/{file['id']}/thumb")).status_code == 404


async def test_a_picture_is_made_anew_and_shown(api, sign_in, cast) -> None:
    hidden = picture("JPEG") + b"<script>alert(1)</script>"
    file = (await upload(api("bob"), hidden, "face.jpg", "image/jpeg")).json()
    assert (file["width"], file["height"]) == (40, 30)
    shown = await sign_in("bob").get(f"/files/{file['id']}/face.jpg")
    assert shown.headers["content-disposition"].startswith("inline")
    assert b"<script>" not in shown.content
    thumb = await sign_in("bob").get(f"/files/{file['id']}/thumb")
    assert (thumb.status_code, thumb.headers["content-type"]) == (200, "image/webp")
    assert (await api("bob").get(file["url"])).headers["content-disposition"].startswith("attachment")
    for path in (f"/files/{file['id']}/face.jpg", f"/files/{file['id']}/thumb", f"/photos/{file['id']}"):
        assert (await sign_in("charlie").get(path)).status_code == 404


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "..\\..\\boot.ini",
        "a\r\nSet-Cookie: x=1.txt",
        "con",
        "\u202egnp.exe",
        "x" * 400 + ".txt",
        '"; x="',
        ".",
        "a/b/c.txt",
    ],
)
async def test_a_name_is_only_a_name(api, cast, name: str) -> None:
    made = await upload(api("bob"), b"words", name.replace("\r", "%0D").replace("\n", "%0A") if "\r" in name else name)
    assert made.status_code == 201, made.text
    shown = made.json()["name"]
    assert not set(shown) & set('/\\\r\n"<>:|?*\u202e')
    assert 1 <= len(shown) <= 200
    assert shown.lower() not in {"con", ".", ".."}
    answer = await api("bob").get(made.json()["url"])
    assert answer.content == b"words"
    assert "\n" not in answer.headers["content-disposition"]
    assert "set-cookie" not in answer.headers


async def test_what_is_no_upload_is_refused_in_words(api, sign_in, cast, settings) -> None:
    before = files_in(settings)
    bob = api("bob")
    for answer in (
        await bob.post("/api/v1/files"),
        await bob.post("/api/v1/files", data={"file": "text"}),
        await upload(bob, b""),
        await bob.post("/api/v1/files", files={"other": ("a.txt", b"x")}),
        await bob.post(
            "/api/v1/files", content=b"--x\r\nbroken", headers={"content-type": "multipart/form-data; boundary=x"}
        ),
        await bob.post("/api/v1/files", content=b"x", headers={"content-type": "multipart/form-data"}),
        await bob.post("/api/v1/files", files=[("file", ("a", b"x")), ("file", ("b", b"y"))]),
    ):
        assert answer.status_code in {400, 422}, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"]
    assert files_in(settings) == before
    part = await sign_in("bob").post("/files", files={"file": ("a.txt", b"")}, headers={"HX-Request": "true"})
    assert part.status_code == 422
    assert (
        await sign_in("bob").post("/files", files={"file": ("a.txt", b"x")}, headers={"HX-Request": "true"})
    ).status_code == 201


@pytest.mark.parametrize("declared", [True, False])
async def test_thirty_megabytes_are_refused_in_words_and_leave_nothing(
    api, sign_in, cast, settings, declared: bool
) -> None:
    before, boundary = files_in(settings), "limit"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="big.bin"\r\n\r\n'.encode()
    size = 30_000_000
    taken = 0

    async def body():
        nonlocal taken
        yield head
        while taken < size:
            taken += 1_000_000
            yield b"x" * 1_000_000
        yield f"\r\n--{boundary}--\r\n".encode()

    headers = {"content-type": f"multipart/form-data; boundary={boundary}"}
    if declared:
        headers["content-length"] = str(size + 200)
    answer = await api("bob").post("/api/v1/files", content=body(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert answer.json()["detail"]
    assert taken <= (1_000_000 if declared else 28_000_000), "it is refused before it is taken"
    assert files_in(settings) == before
    taken = 0
    page = await sign_in("bob").post("/files", content=body(), headers={**headers, "HX-Request": "true"})
    assert (page.status_code, "x-parley-error" in page.headers) == (413, True)
    too_long = await api("bob").post("/api/v1/channels/1/posts", content=b'{"body": "' + b"x" * 1_000_001 + b'"}')
    assert too_long.status_code == 413


async def test_a_cut_upload_leaves_nothing_behind(app, cast, settings, api) -> None:
    before = files_in(settings)
    sent = iter(
        [
            {
                "type": "http.request",
                "more_body": True,
                "body": b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
                + b"x" * 100_000,
            },
            {"type": "http.disconnect"},
        ]
    )

    async def receive():
        return next(sent, {"type": "http.disconnect"})

    said = []

    async def send(message):
        said.append(message)

    headers = [
        (b"authorization", f"Bearer {cast.bob.token}".encode()),
        (b"content-type", b"multipart/form-data; boundary=x"),
    ]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/files",
        "raw_path": b"/api/v1/files",
        "query_string": b"",
        "headers": headers,
        "http_version": "1.1",
        "scheme": "http",
        "server": ("x", 80),
        "client": ("127.0.0.1", 1),
    }
    await asyncio.wait_for(app(scope, receive, send), 10)
    assert said == [], "nobody is there any more to be answered"
    assert files_in(settings) == before
    assert (await upload(api("bob"), b"whole")).status_code == 201
    assert len(files_in(settings)) == len(before) + 1
