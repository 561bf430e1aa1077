"""One row for each administrative or sensitive act, in the transaction of the act."""

from typing import Any

from parley.core.unit import Unit
from parley.models.admin import AuditRow


async def record(
    unit: Unit,
    event: str,
    *,
    actor_id: int | None,
    via: str,
    target: str = "",
    address: str = "",
    **detail: Any,  # noqa: ANN401
) -> None:
    """Note that `actor_id` did `event` (like `person.deactivated`) to `target` (like `person:3`)."""
    unit.session.add(
        AuditRow(at=unit.now, actor_id=actor_id, via=via, event=event, target=target, address=address, detail=detail)
    )
