"""The passwords of a source: sealed to its row, opened only to connect."""

import json
from dataclasses import asdict, dataclass, field

from parley.core.crypto import Sealer
from parley.models.customers import Source


@dataclass(frozen=True, slots=True)
class Secrets:
    """What signs in to the servers of a source."""

    imap_password: str = field(default="", repr=False)
    smtp_password: str = field(default="", repr=False)


def seal(sealer: Sealer, source: Source, secrets: Secrets) -> None:
    """Seal `secrets` to the row of `source`, which has its id."""
    source.secrets_sealed = (
        sealer.seal(json.dumps(asdict(secrets)), _context(source))
        if any((secrets.imap_password, secrets.smtp_password))
        else ""
    )


def unseal(sealer: Sealer, source: Source) -> Secrets:
    """Open the passwords of `source`; raises `Unsealable`."""
    return (
        Secrets(**json.loads(sealer.unseal(source.secrets_sealed, _context(source))))
        if source.secrets_sealed
        else Secrets()
    )


def _context(source: Source) -> str:
    return f"source:{source.id}"
