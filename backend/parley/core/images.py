"""Images are made anew before anybody sees them: no metadata, no tricks, within pixel limits.

It happens in a child process of its own (`image_child`): only a process gives its memory back, can be stopped in the
middle of a decoder, and has nothing of ours to lose. The child costs about 0.1 s more than a thread would.
"""

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

from parley.kit.errors import Invalid

AT_ONCE = 2
_SECONDS = 30.0
_WAITING_SECONDS = 60.0
_TOO_MANY_PIXELS = 4
_gates: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


class NotAnImage(Invalid):
    """422: broken, too large, or no image of a kind we show."""

    code = "not_an_image"
    sentence = "This file is not a picture that can be shown."


@dataclass(frozen=True, slots=True)
class Image:
    """A clean image: the paths of what the child wrote, its size in pixels, its content type. The thumb is WebP."""

    clean: Path
    thumb: Path
    width: int
    height: int
    content_type: str


async def process(source: Path, folder: Path) -> Image:
    """Write a clean copy and a thumbnail of `source` into `folder`; raise `NotAnImage` when it cannot be shown."""
    try:
        async with asyncio.timeout(_WAITING_SECONDS), _gate():
            status, out = await _run(source, folder)
    except TimeoutError as error:
        raise NotAnImage("This picture takes too long to read.") from error
    if status == _TOO_MANY_PIXELS:
        raise NotAnImage("This picture has more than 40 megapixels.")
    if status != 0:
        raise NotAnImage
    found = json.loads(out)
    return Image(folder / "clean", folder / "thumb", found["width"], found["height"], found["content_type"])


def _gate() -> asyncio.Semaphore:
    """Return what lets only a few children run at once: several large pictures together must not fill the memory."""
    return _gates.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))


async def _run(source: Path, folder: Path) -> tuple[int, bytes]:
    # No secret of ours is in what the child can read.
    environment = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    child = await asyncio.create_subprocess_exec(
        *_command(source, folder), env=environment, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(_SECONDS):
            out, _ = await child.communicate()
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return child.returncode or 0, out


def _command(source: Path, folder: Path) -> tuple[str, ...]:
    return sys.executable, "-I", "-m", "parley.core.image_child", str(source.absolute()), str(folder.absolute())
