"""What a colleague asks to send, and whether it can be sent."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlmodel import col

from parley.core.unit import Unit
from parley.customers.connectors.email.addresses import normalise_address
from parley.customers.connectors.email.addresslist import parse_addresses
from parley.customers.rows import every
from parley.kit.errors import Invalid
from parley.kit.text import clean_text
from parley.models.posts import File
from parley.policy import posts as post_policy
from parley.policy.actor import Actor

BODY_LIMIT = 16_000
CC_LIMIT = 10
FILES_LIMIT = 10
BYTES_LIMIT = 25_000_000


@dataclass(frozen=True, slots=True)
class Draft:
    """What a colleague asks to send; `expected_last_message` is the last message they had seen."""

    body: str
    client_id: str | None = None
    expected_last_message: int | None = None
    cc: tuple[str, ...] = ()
    file_ids: tuple[int, ...] = ()
    confirm_files: bool = False
    hash: str = field(default="", init=False)

    def __post_init__(self) -> None:
        """Fingerprint the content, so that the same client id with other words is noticed."""
        parts = (clean_text(self.body).strip(), *sorted(self.cc), "", *map(str, sorted(self.file_ids)))
        object.__setattr__(self, "hash", hashlib.sha256("\0".join(parts).encode()).hexdigest())


class ConfirmFiles(Invalid):
    """422: files go outside only after a second step."""

    code = "confirm_files"
    sentence = "These files leave the house: %(names)s. Confirm that they may."


def check_body(body: str) -> str:
    """Return the words of a reply; raise `Invalid` when there are none or too many."""
    text = clean_text(body).strip()
    if not text:
        raise Invalid(fields={"body": "Write something first."})
    if len(text) > BODY_LIMIT:
        raise Invalid(fields={"body": "A reply has at most 16,000 characters."})
    return text


def check_cc(given: Sequence[str], taken: set[str]) -> list[tuple[str, str]]:
    """Return the further recipients as (as written, normal form), each once and none of `taken`."""
    found: dict[str, str] = {}
    for entry in given:
        for piece in filter(None, (part.strip() for part in entry[:4000].replace(";", ",").split(","))):
            parsed = parse_addresses(piece, 2)
            written = parsed[0].address if len(parsed) == 1 else piece
            norm = normalise_address(written)
            if norm is None:
                raise Invalid(fields={"cc": "One of these is not an e-mail address."})
            if norm not in taken:
                found.setdefault(norm, written)
    if len(found) > CC_LIMIT:
        raise Invalid(fields={"cc": "A reply has at most ten further recipients."})
    return [(written, norm) for norm, written in found.items()]


async def check_files(unit: Unit, actor: Actor, draft: Draft) -> list[File]:
    """Return the files that go along; raise `Invalid` for those the actor may not read, `ConfirmFiles` the first time."""
    if not draft.file_ids:
        return []
    wanted = set(draft.file_ids)
    files = await every(
        unit.session, post_policy.readable_files(actor).where(col(File.id).in_(wanted)).order_by(col(File.id))
    )
    if len(files) != len(wanted):
        raise Invalid(fields={"attachments": "One of the files is not there any more. Attach it again."})
    if len(files) > FILES_LIMIT or sum(file.size for file in files) > BYTES_LIMIT:
        raise Invalid(fields={"attachments": "A reply takes at most ten files and 25 MB."})
    if not draft.confirm_files:
        raise ConfirmFiles(names=", ".join(file.name for file in files))
    return list(files)
