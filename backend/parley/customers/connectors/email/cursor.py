"""Where the reading of a mailbox stands.

The caller stores it in the transaction that stores the mail, so a crash reads one mail twice rather than losing
it; the caller's unique external ids make that harmless.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from parley.kit.clock import aware


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where reading stands: everything up to `last_uid` is done, as long as the folder keeps its `uidvalidity`."""

    uidvalidity: int
    last_uid: int
    started_at: datetime
    """When the mailbox was connected; mail from before is history."""
    since: datetime
    """How far back history goes."""
    scan_below: int = 0
    """UIDs below this are read only if they came after `since`: a first reading of the past, or a re-scan."""

    def as_document(self) -> dict[str, Any]:
        """Return the cursor as JSON."""
        return {
            "uidvalidity": self.uidvalidity,
            "last_uid": self.last_uid,
            "started_at": self.started_at.isoformat(),
            "since": self.since.isoformat(),
            "scan_below": self.scan_below,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Cursor | None":
        """Return the cursor a document holds, or None for an empty one."""
        if not document:
            return None
        moments = {name: aware(datetime.fromisoformat(document[name])) for name in ("started_at", "since")}
        return cls(document["uidvalidity"], document["last_uid"], scan_below=document["scan_below"], **moments)
