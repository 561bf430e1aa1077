"""A photo of one's own: uploaded on the settings page, shown as a small clean picture, taken away again."""

import io

import pytest
from PIL import Image


def picture(kind="PNG"):
    out = io.BytesIO()
    Image.new("RGB", (900, 900), "teal").save(out, kind)
    return out.getvalue()


async def shown(browser, who):
    return (await browser.get(f"/api/v1/people/{who.id}")).json()["photo_url"]


async def test_a_photo_is_used_seen_by_colleagues_and_taken_away(sign_in, cast):
    charlie, bob = sign_in("charlie"), sign_in("bob")
    answer = await charlie.post("/settings/profile/photo", files={"file": ("me.png", picture(), "image/png")})
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings/profile")
    url = await shown(bob, cast.charlie)
    photo = await bob.get(url)
    assert (photo.status_code, photo.headers["content-type"]) == (200, "image/webp")
    assert url in (await bob.get(f"/people/{cast.charlie.handle}")).text
    assert (await charlie.post("/settings/profile/photo", data={"remove": "1"})).status_code == 303
    assert await shown(bob, cast.charlie) is None
    assert (await bob.get(url)).status_code == 404


@pytest.mark.parametrize("content", [b"<svg onload='alert(1)'/>", b"\x89PNG\r\n\x1a\nbroken", b"%PDF-1.7", b""])
async def test_what_is_no_picture_is_refused_with_words(sign_in, cast, content):
    charlie = sign_in("charlie")
    answer = await charlie.post("/settings/profile/photo", files={"file": ("me.png", content, "image/png")})
    assert answer.status_code == 422
    assert await shown(charlie, cast.charlie) is None
    good = {"file": ("me.jpg", picture("JPEG"), "image/jpeg")}
    assert (await charlie.post("/settings/profile/photo", files=good)).status_code == 303
    assert await shown(charlie, cast.charlie) is not None


async def test_five_megabytes_arrive(sign_in, cast):
    charlie = sign_in("charlie")
    large = picture() + b"\0" * 5_000_000
    answer = await charlie.post("/settings/profile/photo", files={"file": ("me.png", large, "image/png")})
    assert answer.status_code == 303
    assert await shown(charlie, cast.charlie) is not None
