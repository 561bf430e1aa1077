"""Languages: gettext catalogues, the reader's choice, and two pseudo-locales for the checks."""

import gettext
import io
from collections.abc import Callable
from functools import cache
from pathlib import Path

from babel import Locale, UnknownLocaleError, negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = {"en": "English", "de": "Deutsch"}
"""Offered in the settings. The pseudo-locales en-XA (longer, accented) and ar-XB (right to left) are for checks."""
PSEUDO = ("en-XA", "ar-XB")
_ACCENTS = str.maketrans("aeiouyAEIOUYcnsz", "áéíóúýÁÉÍÓÚÝçñšž")


class _Pseudo(gettext.NullTranslations):
    """Every message wrapped and accented, so that untranslated words and tight boxes show."""

    def gettext(self, message: str) -> str:
        return _accent(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return _accent(msgid1 if n == 1 else msgid2)


def _accent(message: str) -> str:
    parts = message.split("%(")
    shown = parts[0].translate(_ACCENTS)
    for part in parts[1:]:
        name, _, rest = part.partition(")")
        shown += f"%({name}){rest[:1]}{rest[1:].translate(_ACCENTS)}"
    return f"[{shown}··]"


@cache
def catalogue(language: str, folder: Path) -> gettext.NullTranslations:
    """Return the messages of `language`, compiled from its .po file; English needs none."""
    if language in PSEUDO:
        return _Pseudo()
    source = folder / language / "LC_MESSAGES" / "messages.po"
    if not source.exists():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with source.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def choose(wanted: str, accept_language: str) -> str:
    """Return the language of a reader who set `wanted` (may be empty) and whose browser asks `accept_language`."""
    if wanted in LANGUAGES or wanted in PSEUDO:
        return wanted
    asked = [part.split(";")[0].strip().replace("-", "_") for part in accept_language[:200].split(",") if part.strip()]
    return negotiate_locale(asked, list(LANGUAGES)) or "en"


def name_of(code: str, language: str) -> str:
    """Return the name of the language `code` in `language`; what is no code is its own name."""
    try:
        return Locale.parse(code.replace("-", "_")).get_display_name(language) or code
    except (ValueError, UnknownLocaleError):
        return code


def direction(language: str) -> str:
    """Return "rtl" or "ltr"."""
    return Locale.parse(language.split("-", maxsplit=1)[0]).text_direction


def translator(language: str, folder: Path) -> Callable[[str], str]:
    """Return gettext for `language`."""
    return catalogue(language, folder).gettext
