"""The times at which a composer offers to send."""

from datetime import datetime
from zoneinfo import ZoneInfo

from parley.posts import waiting


def test_presets_are_nine_o_clock_there_whatever_the_clocks_do() -> None:
    eve = datetime(2026, 3, 28, 20, tzinfo=ZoneInfo("Europe/Berlin"))
    assert waiting.presets(eve, "Europe/Berlin") == [("tomorrow", "2026-03-29T09:00"), ("monday", "2026-03-30T09:00")]
    sunday = datetime(2026, 3, 29, 20, tzinfo=ZoneInfo("Europe/Berlin"))
    assert waiting.presets(sunday, "Europe/Berlin") == [("tomorrow", "2026-03-30T09:00")]
