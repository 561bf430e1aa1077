from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.kit.emoji import emoji_for, emoji_table, is_emoji, one_emoji, search_emoji


def test_each_row_is_one_emoji_and_each_name_leads_to_one() -> None:
    assert [row.emoji for row in emoji_table() if not is_emoji(row.emoji)] == []
    for field in (lambda row: [row.emoji], lambda row: row.names):
        assert [
            key for key, count in Counter(key for row in emoji_table() for key in field(row)).items() if count > 1
        ] == []
    assert len(emoji_table()) >= 300


def test_names() -> None:
    assert (emoji_for("tada"), emoji_for("+1"), emoji_for("thumbsup"), emoji_for("nothing")) == ("🎉", "👍", "👍", None)


def test_search_prefers_names_and_beginnings() -> None:
    assert search_emoji("white check")[0].name == "white check mark"
    assert search_emoji("wrench")[0].emoji == "🔧"
    assert search_emoji(":thumbs")[0].emoji == "👍"
    assert "🔧" in [row.emoji for row in search_emoji("repair")]
    assert search_emoji("zzzz-none") == []
    assert len(search_emoji("", limit=5)) == 5


@pytest.mark.parametrize("text", ["👍", "👍🏽", "❤️", "❤", "🇮🇪", "👩‍🔧", "👨‍👩‍👧‍👦", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🫡", "🏳️‍🌈", "©️"])
def test_one_emoji_of_any_build_counts(text: str) -> None:
    assert is_emoji(text)


@pytest.mark.parametrize(
    "text", ["", "a", "1", "👍👍", "👍 ", "🇮", "\u200d", "\ufe0f", "🏽", "<b>", "👍\u200d", "👍" + "\u200d👍" * 9, "#"]
)
def test_anything_else_does_not(text: str) -> None:
    assert not is_emoji(text)
    assert one_emoji(text) is None


def test_a_picture_with_and_without_its_selector_is_one_reaction() -> None:
    assert one_emoji("❤") == one_emoji("❤️") == "❤️"
    assert one_emoji("🫥") == "🫥"


@given(st.text(max_size=20))
def test_a_stored_reaction_is_stable(text: str) -> None:
    stored = one_emoji(text)
    assert stored is None or one_emoji(stored) == stored
