"""What links lead to: asked for once, by us, within limits, whatever the other side does; shown as the author wants."""

import asyncio
import io

import pytest
from PIL import Image
from sqlmodel import select

from core.outside import PUBLIC, Names, Net, answer, redirect, serving
from parley.core import jobs
from parley.core.blobs import Blobs
from parley.core.http import GuardedClient
from parley.models.writing import LinkPreview
from parley.posts import previews
from parley.posts.previews import Previews
from parley.posts.service import links

pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
PAGE = (
    b'<html><head><title>Plain</title><meta property="og:title" content="Valves &amp; taps">'
    b'<meta name="description" content="All of\nthem"><meta content="Fernhill" property=og:x>'
    b"<meta property='og:image' content='/a.png'></head><body>x</body></html>"
)


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def look(machine):
    """Ask a small server that stands for the outside; the way there is guarded as always."""

    async def ask(*answers, url: str = "http://public.example/page") -> tuple[object, object]:
        async with serving(*answers) as server:
            names = Names(public_example=PUBLIC, inside_example="10.0.0.5")
            http = GuardedClient(resolver=names, backend=Net(server.port))
            try:
                return await Previews(http, Blobs(machine.settings.data_dir / "files")).look(url), server
            finally:
                await http.aclose()

    return ask


async def test_a_page_says_what_it_is(look) -> None:
    found, server = await look(
        answer(PAGE, content_type="text/html; charset=utf-8"), answer(picture(), content_type="image/png")
    )
    assert (found["title"], found["description"], found["site"]) == ("Valves & taps", "All of them", "public.example")
    assert found["picture_key"]
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "hostile",
    [
        answer(b"x" * (previews.PAGE_BYTES + 1), content_type="text/html"),
        answer(b"%PDF", content_type="application/pdf"),
        answer(PAGE, "404 Not Found", content_type="text/html"),
        answer(b"<html><body>nothing said", content_type="text/html"),
        redirect("http://127.0.0.1/"),
        redirect("http://169.254.169.254/latest/meta-data/"),
        redirect("http://inside.example/"),
        redirect("file:///etc/passwd"),
        b"not http at all\r\n\r\n",
    ],
)
async def test_who_means_ill_gets_no_preview(look, hostile: bytes) -> None:
    found, server = await look(hostile, answer(PAGE, content_type="text/html"))
    assert found is None
    assert len(server.asked) <= 1, "the second address is never connected to"


async def test_a_slow_page_is_left_alone(look, monkeypatch) -> None:
    monkeypatch.setattr(previews, "SECONDS", 0.3)

    async def slowly(writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<title>a")
        while True:
            await asyncio.sleep(0.05)
            writer.write(b"a")

    found, _ = await look(slowly)
    assert found is None


@pytest.mark.parametrize("charset", ["utf-16", "nonsense", "hex", "latin-1"])
async def test_whatever_charset_it_names(look, charset: str) -> None:
    found, _ = await look(answer("<title>Öl</title>".encode("latin-1"), content_type=f"text/html; charset={charset}"))
    assert charset != "latin-1" or found["title"] == "Öl"


@pytest.mark.parametrize("bomb", [b"<meta " * 60_000, b"<title" * 60_000, b"<meta " + b"a=" * 90_000, b'"' * 500_000])
async def test_a_page_made_to_be_read_for_ever_is_not(look, bomb: bytes) -> None:
    async with asyncio.timeout(5):
        await look(answer(bomb, content_type="text/html"))


async def test_a_picture_that_is_none_is_left_out(look) -> None:
    found, _ = await look(
        answer(PAGE, content_type="text/html"), answer(b"<svg onload=alert(1)>", content_type="image/png")
    )
    assert found["picture_key"] == ""


async def run(machine, outside: dict | None) -> int:
    """Do the waiting jobs, for which the outside says `outside`; return how many there were."""
    async with machine.database.writing() as session:
        taken = await jobs.claim(session, [links.JOB], 9)
        await session.commit()
    runner = Previews(None, None)

    async def look(_url: str) -> dict | None:
        return outside

    runner.look = look
    for job in taken:
        await runner.run(machine, job)
    return len(taken)


async def test_a_preview_comes_is_shared_and_goes(app, api, sign_in, cast, machine) -> None:
    alice, square = api("alice"), cast.channels["square"]
    body = "See https://a.example/x and `https://code.example` and <https://a.example/y> https://c.example https://d.example"
    post = (await alice.post(f"/api/v1/channels/{square}/posts", json={"body": body})).json()
    async with machine.database.reading() as session:
        urls = [row.url for row in (await session.exec(select(LinkPreview))).all()]
    assert urls == ["https://a.example/x", "https://a.example/y", "https://c.example"]
    said = {"title": "A title", "description": "", "site": "a.example", "picture_key": "nowhere"}
    assert await run(machine, said) == 3
    page = (await sign_in("bob").get(f"/posts/{post['id']}")).text
    assert page.count("linkcard__off") == 3
    again = (
        await alice.post(f"/api/v1/channels/{cast.channels['vault']}/posts", json={"body": "https://a.example/x"})
    ).json()
    assert await run(machine, said) == 0, "asked for once"
    assert "A title" in (await sign_in("bob").get(f"/posts/{again['id']}")).text
    first = f"/api/v1/posts/{post['id']}/links/1"
    assert (await api("bob").delete(first)).status_code == 403
    assert (await alice.delete(first)).status_code == 204
    assert (await sign_in("bob").get(f"/posts/{post['id']}")).text.count("linkcard__off") == 2
    await alice.patch(f"/api/v1/posts/{post['id']}", json={"body": "Only https://c.example now"})
    assert (await sign_in("bob").get(f"/posts/{post['id']}")).text.count("linkcard__off") == 1
    await alice.patch(f"/api/v1/posts/{again['id']}", json={"body": "No link"})
    assert (await sign_in("charlie").get("/previews/1/picture")).status_code == 404
