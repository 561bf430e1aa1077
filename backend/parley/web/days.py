"""Days in the words of each language. `scripts/time.js` writes them again in the reader's zone, in the same words."""

from datetime import datetime

from babel import Locale, dates

from parley.kit import clock


def locale_of(language: str) -> str:
    """Return the locale whose dates readers of `language` see: English ones stand in the order of Europe."""
    tongue = language.split("-", maxsplit=1)[0]
    return "en_GB" if tongue == "en" else tongue


def day(moment: datetime, language: str) -> str:
    """Return the day with its weekday, or with its year when that is another than now."""
    skeleton = "MMMEd" if moment.year == clock.now().year else "yMMMd"
    return dates.format_skeleton(skeleton, moment, locale=locale_of(language))


def date(moment: datetime, language: str) -> str:
    """Return the day in full, without its year."""
    short = Locale.parse(locale_of(language)).datetime_skeletons["MMMEd"].pattern
    return dates.format_date(moment, short.replace("MMM", "MMMM").replace("E", "EEEE"), locale=locale_of(language))
