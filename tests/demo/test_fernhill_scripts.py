"""The plain-text scripts: what is read, and what is refused with its line."""

import re

import pytest

from demo.fernhill_house import FERNHILL
from parley.demo.fernhill import Moment, Post
from parley.demo.fernhill.reading_beats import run
from parley.demo.fernhill.reading_letters import conversations
from parley.demo.fernhill.reading_posts import drafts, published
from parley.demo.fernhill.script import ScriptError, read

GOOD_POST = (
    "=== question | dan | 0 08:17\ntitle: Why?\naccepted: 1\nreact: helpful tom *2\n\nBody\n\n--- maeve +4m\nSo.\n"
)


def plumbing(text: str) -> tuple[Post, ...]:
    """A script read as posts of #plumbing."""
    return published(list(drafts("plumbing.txt", text)), FERNHILL.persons, FERNHILL.channels)


def test_a_good_script_is_read() -> None:
    (post,) = plumbing(GOOD_POST)
    assert (post.author, post.title, post.body, post.accepted) == ("dan", "Why?", "Body", 0)
    assert post.comments[0].when == Moment(0, "08:21", "Europe/London")
    assert post.reactions[0].by[0] == "tom"
    assert len(post.reactions[0].by) == 3
    assert plumbing(GOOD_POST) == (post,)


@pytest.mark.parametrize(
    ("wrong", "right", "says"),
    [
        ("| nobody |", "| dan |", "plumbing.txt:1: nobody is called nobody"),
        ("| soon\n", "| 0 08:17\n", "plumbing.txt:1: not a time: soon"),
        ("title", "Title", "plumbing.txt:2: neither a field nor a blank line"),
        ("tom *99", "tom *2", "more are asked for"),
        ("=== question | dan\n", "=== question | dan | 0 08:17\n", "a post opens with kind | author | time"),
        ("title: Why?\ntitle: How?", "title: Why?", "title stands twice"),
    ],
)
def test_a_slip_in_a_script_is_named_with_its_line(wrong: str, right: str, says: str) -> None:
    slipped = GOOD_POST.replace("title", "Title") if right == "Title" else GOOD_POST.replace(right, wrong)
    assert slipped != GOOD_POST
    with pytest.raises(ScriptError, match=re.escape(says)):
        plumbing(slipped)


def test_letters_and_beats_name_their_slips_too() -> None:
    good = "=== k | kim-park | care | open\nsubject: S\n\n<<< 1 10:00\nHello\n"
    assert next(conversations("x.txt", good, FERNHILL.persons, FERNHILL.contacts)).contact == "kim-park"
    with pytest.raises(ScriptError, match="no contact is called"):
        next(conversations("x.txt", good.replace("kim-park", "kim-bark"), FERNHILL.persons, FERNHILL.contacts))
    assert run("x.txt", "=== 2 | post | tom | cork\n\nHello\n")[0].text == "Hello"
    with pytest.raises(ScriptError, match=r"life/x.txt:1: a beat opens with"):
        run("x.txt", "=== 2 | post | tom\n\nHello\n")
    assert [block.mark for block in read("x", "preface\n=== a\n\nb\n--- c d\ne")] == ["===", "---"]
