"""Names of languages, in the reader's own."""

import pytest

from parley.web.i18n import name_of


@pytest.mark.parametrize(
    ("code", "language", "name"),
    [
        ("nl", "de", "Niederländisch"),
        ("nl", "en", "Dutch"),
        ("de-AT", "de", "Deutsch (Österreich)"),
        ("Klingon", "de", "Klingon"),
        ("", "de", ""),
    ],
)
def test_a_language_is_named_in_the_language_of_the_reader(code: str, language: str, name: str) -> None:
    assert name_of(code, language) == name
