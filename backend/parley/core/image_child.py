"""What runs apart to make one image anew: `python -I -m parley.core.image_child SOURCE FOLDER`.

Its exit status says what was wrong; `images` puts it into words. Nothing but the decoders is loaded here.
"""

import json
import resource
import sys
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from warnings import catch_warnings, simplefilter

from PIL import Image, ImageCms, ImageOps, ImageSequence

MAX_PIXELS = 40_000_000
MAX_ANIMATED_PIXELS = 20_000_000
MAX_FRAMES = 400
LARGEST = 2_560
LARGEST_ANIMATED = 640
THUMB = 640
# Measured: a photo of 12 megapixels takes 120 MB, 40 megapixels 120 to 560 MB, a WebP with alpha of 40 more than this.
MEMORY_BYTES = 640_000_000
CPU_SECONDS = 20
FILE_BYTES = 60_000_000
BROKEN, TOO_MANY_PIXELS = 3, 4
# Phones put two pictures into one JPEG (MPO); the first is the picture.
_KINDS = {"PNG": "PNG", "JPEG": "JPEG", "MPO": "JPEG", "GIF": "PNG", "WEBP": "WEBP"}
_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


def main(source: Path, folder: Path) -> int:
    """Make `source` anew within limits, say on stdout what came of it, and return the exit status."""
    for kind, amount in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (amount, amount))
    try:
        made = remake(source, folder)
    except (MemoryError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return TOO_MANY_PIXELS
    except Exception:  # noqa: BLE001  (decoders raise whatever a broken file leads them to; all of it means broken)
        return BROKEN
    sys.stdout.write(json.dumps(made))
    return 0


def remake(source: Path, folder: Path) -> dict[str, object]:
    """Write `clean` and `thumb` into `folder`; return what they are."""
    # The library judges the declared size before it decodes, but up to twice its limit it only warns.
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    with catch_warnings():
        simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(source, formats=["PNG", "JPEG", "GIF", "WEBP"]) as picture:
            return _moving(picture, folder) or _still(picture, folder)


def _still(picture: Image.Image, folder: Path) -> dict[str, object]:
    kind = _KINDS[picture.format or ""]
    # A JPEG can be decoded at a half or a quarter of its size, which is all that is kept of a large one.
    picture.draft("RGB", (LARGEST, LARGEST))
    # Small first, everything else on the small one: each step makes a copy.
    small = picture if picture.mode in {"RGB", "RGBA", "CMYK", "L"} else _coloured(picture)
    small.thumbnail((LARGEST, LARGEST))
    ImageOps.exif_transpose(small, in_place=True)
    shown = _coloured(_meant(small))
    # Saved from bare pixels: no position, no camera, no comment, no profile, no second picture.
    bare = Image.frombytes(shown.mode, shown.size, shown.tobytes())
    bare.save(folder / "clean", kind, quality=88)
    _thumb(bare, folder)
    return {"width": bare.width, "height": bare.height, "content_type": _TYPES[kind]}


def _moving(picture: Image.Image, folder: Path) -> dict[str, object] | None:
    """Write an animation anew when it is short; of a long one the first picture is enough."""
    frames = getattr(picture, "n_frames", 1)
    moves = picture.format in {"GIF", "WEBP"} and 1 < frames <= MAX_FRAMES
    if not moves or picture.width * picture.height * frames > MAX_ANIMATED_PIXELS:
        return None
    pictures, durations = [], []
    for frame in ImageSequence.Iterator(picture):
        durations.append(max(20, min(int(frame.info.get("duration", 100) or 100), 10_000)))
        shown = frame.convert("RGBA")
        shown.thumbnail((LARGEST_ANIMATED, LARGEST_ANIMATED))
        pictures.append(shown)
    first = Image.frombytes("RGBA", pictures[0].size, pictures[0].tobytes())
    first.save(
        folder / "clean",
        "WEBP",
        save_all=True,
        append_images=pictures[1:],
        duration=durations,
        loop=0,
        quality=75,
        method=0,
    )
    _thumb(first, folder)
    return {"width": first.width, "height": first.height, "content_type": "image/webp"}


def _coloured(picture: Image.Image) -> Image.Image:
    """Return `picture` in RGB, or in RGBA where something shines through."""
    if picture.mode.startswith(("I", "F")):
        return picture.convert("F").point(lambda value: value / 256).convert("L").convert("RGB")
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def _meant(picture: Image.Image) -> Image.Image:
    """Return `picture` in the colours that its profile means, since the profile is not kept."""
    if "icc_profile" not in picture.info or picture.mode == "RGBA":
        return picture
    with suppress(ImageCms.PyCMSError, OSError, ValueError):
        profile = ImageCms.ImageCmsProfile(BytesIO(picture.info["icc_profile"]))
        return ImageCms.profileToProfile(picture, profile, ImageCms.createProfile("sRGB"), outputMode="RGB") or picture
    return picture


def _thumb(picture: Image.Image, folder: Path) -> None:
    small = picture.copy()
    small.thumbnail((THUMB, THUMB))
    small.save(folder / "thumb", "WEBP", quality=80)


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), Path(sys.argv[2])))
