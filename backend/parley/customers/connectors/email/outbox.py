"""A folder in place of a mail server: every mail that leaves is one file there. The demo uses it."""

import os
import re
import secrets
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

_ID_LINE = re.compile(rb"^Message-ID:\s*<([A-Za-z0-9._+-]{1,80})", re.IGNORECASE | re.MULTILINE)


def outbox_folder(url: str) -> Path:
    """Return the folder an `outbox:///folder` URL names."""
    return Path(unquote(urlsplit(url).path))


def write_mail(folder: Path, raw: bytes) -> Path:
    """Write `raw` as a new file that appears whole or not at all, and return it.

    Two mails never share a file, also when they are the same mail: leaving twice must be seen.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = _ID_LINE.search(raw[:65_536])
    stem = f"{time.time_ns()}-{found[1].decode() if found else 'mail'}-{secrets.token_hex(3)}"
    unfinished, finished = folder / f".{stem}.part", folder / f"{stem}.eml"
    try:
        with unfinished.open("xb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(finished)
    finally:
        unfinished.unlink(missing_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return finished
