"""Files that come with messages: kept under names of our own, images made anew before anybody sees them."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from parley.core import images
from parley.core.blobs import Blobs, safe_name, sniff
from parley.customers.connectors.base import Attachment
from parley.customers.service.filing import KeptFile

MAX_PICTURES = 20
MAX_PICTURE_BYTES = 15_000_000


async def keep(blobs: Blobs, given: Sequence[Attachment]) -> list[KeptFile]:
    """Store the files of a message; when that fails half-way, nothing stays."""
    kept: list[KeptFile] = []
    pictures = 0
    try:
        for each in given:
            stored = await blobs.put_bytes(each.data)
            content_type, shown = sniff(each.data[:4096], each.name)
            thumb_key = ""
            if shown and pictures < MAX_PICTURES and each.size <= MAX_PICTURE_BYTES:
                pictures += 1
                thumb_key = await _picture(blobs, stored.key)
            kept.append(
                KeptFile(stored.key, thumb_key, safe_name(each.name), content_type, each.size, each.content_id[:300])
            )
    except BaseException:
        await forget(blobs, kept)
        raise
    return kept


async def forget(blobs: Blobs, kept: Sequence[KeptFile]) -> None:
    """Take files away again whose message was not stored."""
    for each in kept:
        await blobs.delete(each.key)
        if each.thumb_key:
            await blobs.delete(each.thumb_key)


async def _picture(blobs: Blobs, key: str) -> str:
    """Store a clean copy of a picture and return its key; empty for what is no picture after all."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            image = await images.process(blobs.path(key), Path(folder))
        except images.NotAnImage:
            return ""
        return (await blobs.put_bytes(image.clean.read_bytes())).key
