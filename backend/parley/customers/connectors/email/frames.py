"""How the parent and the reading child speak: lengths first, so that nothing has to be looked for.

Parent to child: four bytes length, the mail. Child to parent: four bytes length, JSON; then the files' bytes,
whose sizes stand in the JSON. Files of thirty megabytes are never written as JSON.
"""

import json
import struct
from dataclasses import asdict
from typing import Any

from parley.customers.connectors.base import Attachment, Bounce
from parley.customers.connectors.email.reading import Body

READY = b"ready\n"
"""Said once by a child that has loaded what it needs: no mail pays for that with its time."""
LENGTH = struct.Struct(">I")
MAX_JSON = 32 * 1024 * 1024
MAX_FILES_BYTES = 64 * 1024 * 1024


def pack_body(body: Body) -> list[bytes]:
    """Return the pieces to write for `body`, in order."""
    document = asdict(body) | {
        "attachments": [
            {
                "name": each.name,
                "content_type": each.content_type,
                "content_id": each.content_id,
                "inline": each.inline,
                "size": each.size,
            }
            for each in body.attachments
        ]
    }
    head = json.dumps(document).encode()
    return [LENGTH.pack(len(head)), head, *(each.data for each in body.attachments)]


def sizes_of(document: dict[str, Any]) -> list[int]:
    """Return how many bytes follow for each file."""
    return [int(each["size"]) for each in document["attachments"]]


def unpack_body(document: dict[str, Any], files: list[bytes]) -> Body:
    """Return the body that `pack_body` took apart."""
    return Body(
        text=document["text"],
        quoted_text=document["quoted_text"],
        html=document["html"],
        remote_images=document["remote_images"],
        notes=tuple(document["notes"]),
        unreadable=document["unreadable"],
        attachments=tuple(
            Attachment(each["name"], each["content_type"], data, each["content_id"], each["inline"])
            for each, data in zip(document["attachments"], files, strict=True)
        ),
        bounces=tuple(Bounce(**each) for each in document["bounces"]),
    )
