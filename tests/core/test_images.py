import asyncio
import os
import struct
import sys
import time
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image as Pillow
from PIL import ImageCms, PngImagePlugin

from parley.core import image_child, images
from parley.core.image_child import LARGEST, MAX_PIXELS, MEMORY_BYTES
from parley.core.images import NotAnImage, process

RED, BLUE = (200, 30, 30), (30, 30, 200)


def picture(width: int = 60, height: int = 40, mode: str = "RGB") -> Pillow.Image:
    """Red on the left, blue on the right."""
    made = Pillow.new("RGB", (width, height), RED)
    made.paste(BLUE, (width // 2, 0, width, height))
    return made.convert(mode)


def file(folder: Path, kind: str, made: Pillow.Image | None = None, **options) -> Path:
    path = folder / f"given.{kind.lower()}"
    (made or picture()).save(path, kind, **options)
    return path


def near(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return all(abs(a - b) < 40 for a, b in zip(found[:3], wanted, strict=True))


def remade(source: Path, folder: Path) -> images.Image:
    """What the child does, done here: a process for each would take minutes."""
    made = image_child.remake(source, folder)
    return images.Image(folder / "clean", folder / "thumb", made["width"], made["height"], made["content_type"])


def shown(path: Path) -> Pillow.Image:
    with Pillow.open(path) as opened:
        return opened.convert("RGB")


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp"), ("GIF", "image/png")],
)
async def test_each_kind_comes_out_clean(tmp_path: Path, kind: str, content_type: str) -> None:
    made = await process(file(tmp_path, kind), tmp_path)
    assert (made.width, made.height, made.content_type) == (60, 40, content_type)
    for path in (made.clean, made.thumb):
        assert near(shown(path).getpixel((5, 20)), RED)
        assert near(shown(path).getpixel((55, 20)), BLUE)
    with Pillow.open(made.thumb) as thumb:
        assert thumb.format == "WEBP"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_each_mode_of_a_png_can_be_shown(tmp_path: Path, mode: str) -> None:
    made = remade(file(tmp_path, "PNG", Pillow.new(mode, (30, 20))), tmp_path)
    assert (made.width, made.height) == (30, 20)


def test_a_jpeg_for_printers_can_be_shown(tmp_path: Path) -> None:
    made = remade(file(tmp_path, "JPEG", picture(mode="CMYK")), tmp_path)
    assert near(shown(made.clean).getpixel((5, 20)), RED)


def test_what_shines_through_still_does(tmp_path: Path) -> None:
    for kind, made in (("PNG", picture(mode="RGBA")), ("WEBP", picture(mode="RGBA"))):
        made.putpixel((0, 0), (0, 0, 0, 0))
        done = remade(file(tmp_path, kind, made, **({"lossless": True} if kind == "WEBP" else {})), tmp_path)
        with Pillow.open(done.clean) as clean:
            assert clean.convert("RGBA").getpixel((0, 0))[3] < 30
            assert clean.convert("RGBA").getpixel((30, 20))[3] == 255


def test_nothing_but_pixels_is_kept(tmp_path: Path) -> None:
    exif = Pillow.Exif()
    exif[0x010F] = "CANARY camera"
    exif.get_ifd(0x8825)[1] = "N"
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "CANARY comment")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for kind, options in (
        ("JPEG", {"exif": exif, "comment": b"CANARY comment", "icc_profile": profile}),
        ("WEBP", {"exif": exif, "xmp": b"CANARY xmp"}),
        ("PNG", {"exif": exif, "pnginfo": text}),
        ("GIF", {"comment": b"CANARY comment"}),
    ):
        given = file(tmp_path, kind, **options)
        with given.open("ab") as end:
            end.write(b"<script>CANARY</script>")
        assert b"CANARY" in given.read_bytes()
        made = remade(given, tmp_path)
        for path in (made.clean, made.thumb):
            assert b"CANARY" not in path.read_bytes()
            with Pillow.open(path) as clean:
                assert not clean.getexif()
                assert "icc_profile" not in clean.info


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_is_upright(tmp_path: Path, orientation: int) -> None:
    turns = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    upright, exif = picture(), Pillow.Exif()
    exif[0x0112] = orientation
    given = upright.transpose(Pillow.Transpose(turns[orientation])) if orientation in turns else upright
    made = remade(file(tmp_path, "JPEG", given, exif=exif), tmp_path)
    assert (made.width, made.height) == (60, 40)
    assert near(shown(made.clean).getpixel((5, 20)), RED)
    assert near(shown(made.thumb).getpixel((55, 20)), BLUE)


def test_a_photo_with_a_second_picture_inside(tmp_path: Path) -> None:
    given = tmp_path / "given.mpo"
    picture().save(given, "MPO", save_all=True, append_images=[picture(30, 20)])
    made = remade(given, tmp_path)
    assert (made.width, made.content_type) == (60, "image/jpeg")


@pytest.mark.parametrize(
    "profile", [ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), b"not a profile"]
)
def test_a_profile_is_applied_and_a_broken_one_is_passed_over(tmp_path: Path, profile: bytes) -> None:
    made = remade(file(tmp_path, "JPEG", icc_profile=profile), tmp_path)
    assert near(shown(made.clean).getpixel((5, 20)), RED)


def test_large_ones_become_smaller(tmp_path: Path) -> None:
    for kind in ("JPEG", "PNG"):
        made = remade(file(tmp_path, kind, Pillow.new("L", (5_200, 2_600))), tmp_path)
        assert (made.width, made.height) == (LARGEST, LARGEST // 2)
        with Pillow.open(made.thumb) as thumb:
            assert thumb.size == (640, 320)


def test_a_short_animation_moves_and_its_thumb_stands_still(tmp_path: Path) -> None:
    frames = [picture(), picture().rotate(180), picture()]
    given = tmp_path / "given.gif"
    frames[0].save(given, save_all=True, append_images=frames[1:], duration=[100, 250, 100])
    made = remade(given, tmp_path)
    assert made.content_type == "image/webp"
    with Pillow.open(made.clean) as clean, Pillow.open(made.thumb) as thumb:
        assert (clean.n_frames, clean.size) == (3, (60, 40))
        assert not getattr(thumb, "is_animated", False)
        clean.seek(1)
        assert near(clean.convert("RGB").getpixel((5, 20)), BLUE)


def test_of_a_long_animation_the_first_picture_is_kept(tmp_path: Path) -> None:
    given = tmp_path / "given.gif"
    frames = [Pillow.new("L", (10, 10), number % 250) for number in range(450)]
    frames[0].save(given, save_all=True, append_images=frames[1:])
    assert remade(given, tmp_path).content_type == "image/png"


# Refused


def declared_png(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is this large."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\x00" * 1000))
        + chunk(b"IEND", b"")
    )


async def test_the_declared_size_is_judged_before_anything_is_decoded(tmp_path: Path) -> None:
    given = tmp_path / "given.png"
    for width, height in ((60_000, 60_000), (MAX_PIXELS, 2), (8_000, 5_001)):
        given.write_bytes(declared_png(width, height))
        with pytest.raises(NotAnImage, match="40 megapixels"):
            await process(given, tmp_path)
    given.write_bytes(declared_png(8_000, 5_000))
    with pytest.raises(NotAnImage, match="can be shown"):  # within the size, but the pixels are missing
        await process(given, tmp_path)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff", b"RIFF\x00\x00\x00\x00WEBP", b"<svg/>", b"%PDF-1.7", b"BM" + b"\0" * 99,
        b"II*\x00" + b"\0" * 99, b"8BPS" + b"\0" * 99, b"%!PS-Adobe\n" + b"\0" * 99, b"\0\0\0\x20ftypavif" + b"\0" * 99, os.urandom(5_000),
    ],
)  # fmt: skip
async def test_what_is_no_image_of_ours_is_refused(tmp_path: Path, data: bytes) -> None:
    given = tmp_path / "given.png"
    given.write_bytes(data)
    with pytest.raises(NotAnImage) as refusal:
        await process(given, tmp_path)
    assert (refusal.value.status, refusal.value.code) == (422, "not_an_image")


@pytest.mark.parametrize("kind", ["TIFF", "BMP", "ICO", "PPM", "PCX", "JPEG2000"])
def test_other_decoders_are_not_even_asked(tmp_path: Path, kind: str) -> None:
    given = tmp_path / "given.png"
    picture().save(given, kind)
    with pytest.raises(Pillow.UnidentifiedImageError):
        remade(given, tmp_path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_cut_image_is_refused(tmp_path: Path, kind: str) -> None:
    given = file(tmp_path, kind, Pillow.effect_noise((300, 300), 80).convert("RGB"))
    assert remade(given, tmp_path).width == 300
    given.write_bytes(given.read_bytes()[: given.stat().st_size // 2])
    with pytest.raises(OSError, match=r".+"):
        remade(given, tmp_path)


async def test_a_png_of_zeros_within_the_size_stays_within_the_memory(tmp_path: Path) -> None:
    """40 megapixels in 150 kB; the parent does not grow, and the child has a limit it cannot pass."""
    buffer = BytesIO()
    Pillow.new("RGBA", (8_000, 5_000)).save(buffer, "PNG")
    given = tmp_path / "given.png"
    given.write_bytes(buffer.getvalue())
    del buffer
    before = rss()
    made = await process(given, tmp_path)
    assert made.width == LARGEST
    assert rss() - before < 30_000_000
    assert MEMORY_BYTES <= 640_000_000


def rss() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


async def test_a_child_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is a pipe that nobody writes to."""
    monkeypatch.setattr(images, "_SECONDS", 0.5)
    os.mkfifo(tmp_path / "given.png")
    began = time.monotonic()
    with pytest.raises(NotAnImage, match="too long"):
        await process(tmp_path / "given.png", tmp_path)
    assert time.monotonic() - began < 10
    assert children() == 0


async def test_who_goes_away_takes_the_child_along(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "given.png")
    task = asyncio.create_task(process(tmp_path / "given.png", tmp_path))
    async with asyncio.timeout(20):
        while not children():
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert children() == 0


def children() -> int:
    """How many image children of this process live."""
    count = 0
    for process_folder in Path("/proc").iterdir():
        try:
            command = (process_folder / "cmdline").read_bytes()
            status = (process_folder / "status").read_text()
        except OSError:
            continue
        count += b"parley.core.image_child" in command and f"PPid:\t{os.getpid()}\n" in status
    return count


async def test_only_a_few_run_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    running = most = 0

    async def run(source: Path, folder: Path) -> tuple[int, bytes]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return 3, b""

    monkeypatch.setattr(images, "_run", run)
    await asyncio.gather(*[process(tmp_path, tmp_path) for _ in range(8)], return_exceptions=True)
    assert most == images.AT_ONCE


async def test_the_child_sees_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_SECRET_KEY", "CANARY")
    monkeypatch.setattr(
        images, "_command", lambda _source, _folder: (sys.executable, "-c", "import os; print(os.environ)")
    )
    status, out = await images._run(tmp_path, tmp_path)
    assert (status, b"CANARY" in out, b"PATH" in out) == (0, False, True)
