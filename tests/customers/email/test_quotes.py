import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.email import letters
from parley.kit.mailtext import split_quoted, split_signature


@pytest.mark.parametrize("program", letters.REPLIES)
def test_only_what_was_written_anew_is_shown(program: str) -> None:
    visible, quoted = split_quoted(letters.REPLIES[program].strip("\n"))
    assert visible.startswith(letters.ANSWER)
    assert "fernhill" not in visible.lower(), "the header of the quotation belongs to it"
    assert "close the tap" in quoted or "Hahn" in quoted or "robinet" in quoted
    assert letters.ANSWER not in quoted


def test_an_answer_inside_the_quotation_keeps_the_question() -> None:
    visible, quoted = split_quoted(letters.INLINE.strip())
    assert visible.endswith("> And since when does it drip?\nSince Monday.")
    assert "> Which valve is it?\nThe brass one." in visible
    assert quoted == "> Kind regards\n> Fernhill Care"


def test_a_short_question_above_its_answer_stays_and_a_long_quotation_does_not() -> None:
    assert split_quoted(letters.QUESTION_THEN_ANSWER.strip()) == (letters.QUESTION_THEN_ANSWER.strip(), "")
    visible, quoted = split_quoted(letters.BOTTOM_POST.strip())
    assert visible == "The brass one."
    assert quoted.endswith("> eight")


@pytest.mark.parametrize("text", [letters.FORWARD, letters.DELIVERY_NOTE, "> only\n> quoted", "", "Hello", "From: me"])
def test_what_is_no_quotation_of_ours_stays_visible(text: str) -> None:
    assert split_quoted(text.strip()) == (text.strip(), "")


LINES = st.sampled_from(
    [
        "",
        "Hello",
        "> quoted",
        ">> twice",
        "On Tue, Nov 3, 2026 at 12:30 PM X <x@example.org> wrote:",
        "-- ",
        "Sent from my iPhone",
        "-----Original Message-----",
        "From: a",
        "Sent: 3 November",
        "To: b",
        "Subject: c",
        "________________",
        "Begin forwarded message:",
        "Am 3.11.2026 um 12:30 schrieb Y:",
        "\u00a0",
        "a" * 400 + ":",
    ]
) | st.text(max_size=40)


@given(st.lists(LINES, max_size=40).map("\n".join))
def test_no_line_is_ever_lost(text: str) -> None:
    visible, quoted = split_quoted(text)
    expected = sorted(line for line in text.split("\n") if line.strip())
    assert sorted(line for line in f"{visible}\n{quoted}".split("\n") if line.strip()) == expected
    assert not text.strip() or visible.strip()
    body, signature = split_signature(text)
    assert sorted(line for line in f"{body}\n{signature}".split("\n") if line.strip()) == expected


@pytest.mark.parametrize(
    ("text", "signature"),
    [
        ("Hello\n\n-- \nAnna\n4 Mill Lane", "-- \nAnna\n4 Mill Lane"),
        ("Hello\n--\nAnna", "--\nAnna"),
        ("Hello\n\nSent from my iPhone", "Sent from my iPhone"),
        ("Hallo\n\nVon meinem iPad gesendet", "Von meinem iPad gesendet"),
        ("Hello\n\nKind regards\nAnna", ""),
        ("-- \nAnna", ""),
        ("Sent from my iPhone", ""),
    ],
)
def test_a_signature_is_told_by_its_delimiter_or_by_the_telephone(text: str, signature: str) -> None:
    assert split_signature(text)[1] == signature


@pytest.mark.parametrize(
    "line",
    [
        "On Mon " + "a " * 140 + ":",
        "From: x\nDate:" + " " * 280,
        "> " * 100 + "wrote:",
        "-" * 290,
        "Le " + "a écrit " * 30 + ":",
    ],
)
def test_hostile_lines_cost_little_more_than_harmless_ones(line: str) -> None:
    began = time.process_time()
    split_quoted("\n".join([line] * (200_000 // len(line))))
    assert time.process_time() - began < 3.0
