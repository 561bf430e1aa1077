"""The customer's clock: how long they wait against the target. Computed when asked, never stored."""

from datetime import datetime, timedelta

from parley.customers.views import ClockView

TARGET = timedelta(hours=4)
"""The first answer that a customer may expect."""
SOON_PERCENT = 75


def clock(state: str, waiting_since: datetime | None, now: datetime) -> ClockView | None:
    """Return the clock of an open conversation whose customer waits for us, else None."""
    if state != "open" or waiting_since is None:
        return None
    due = waiting_since + TARGET
    percent = max(0, min(100, int((now - waiting_since) / TARGET * 100)))
    late = now >= due
    seconds = (due - now).total_seconds()
    # Rounded so that nobody is told of "0 min left": the last minute is one, and so is the first one over.
    minutes = -(-int(seconds) // 60) if not late else -max(1, int(-seconds) // 60)
    return ClockView("late" if late else "soon" if percent >= SOON_PERCENT else "", percent, minutes, due)
