"""Screens of customers and administration render whole, in every language, and keep the rules of the house."""

import re
from functools import cache

import pytest
from jinja2 import Environment

from frontend import customers_gallery as screens
from frontend import customers_samples as c
from frontend import gallery
from frontend import samples as s

NAMES = [*screens.PAGES, *screens.PARTS]
HOSTILE = '</p><script>alert(1)</script><b hx-get=/x onclick=y>{{ 7*7 }}" onmouseover=z'


@cache
def environment(language: str = "en") -> Environment:
    return gallery.environment(language)


@cache
def rendered(name: str) -> str:
    return gallery.render(environment(), name)


@pytest.mark.parametrize("language", ["en", "en-XA", "ar-XB"])
@pytest.mark.parametrize("name", NAMES)
def test_it_renders_in_every_language(language: str, name: str) -> None:
    html = gallery.render(environment(language), name)
    assert html.strip()
    assert not re.search(r"%\(\w+\)s", html), "a message was not filled"


@pytest.mark.parametrize("name", NAMES)
def test_the_policy_is_kept(name: str) -> None:
    html = rendered(name)
    assert not re.search(r"<[^>]*\sstyle=", html)
    assert not re.search(r"<[^>]*\son\w+=", html)
    assert not re.search(r"hx-on|js:|hx-trigger=\"[^\"]*\[", html)
    assert not re.search(r"<script(?![^>]*\bsrc=\"/static/)", html)


@pytest.mark.parametrize("name", screens.PAGES)
def test_every_id_is_there_once(name: str) -> None:
    ids = re.findall(r'\sid="([^"]+)"', rendered(name))
    assert len(ids) == len(set(ids)), [each for each in ids if ids.count(each) > 1]


@pytest.mark.parametrize("name", screens.PAGES)
def test_every_form_that_changes_something_works_without_script(name: str) -> None:
    for form in re.findall(r'<form[^>]*method="post".*?</form>', rendered(name), re.DOTALL):
        assert re.search(r'<form[^>]*\saction="/', form), form
        assert 'name="csrf_token" value="token-of-this-session"' in form, form


@pytest.mark.parametrize("name", screens.LIVE)
def test_what_is_told_live_knows_no_reader(name: str) -> None:
    """It renders without a page at all, so it can hold neither a token nor the reader's own marks."""
    template, context = screens.LIVE[name]()
    assert "page" not in context
    html = environment().get_template(template).render(**context)
    assert "csrf" not in html
    assert html.lstrip().startswith("<")
    assert len(re.findall(r"^<(\w+)", html.lstrip())) == 1


def test_a_row_told_live_equals_the_row_of_the_page() -> None:
    part = rendered("customers/_row.html").strip()
    assert part in rendered("customers")


def test_outside_words_stay_words() -> None:
    """Names, subjects, addresses, file names and errors come from strangers; only `body_html` was cleaned before."""
    view = c.conversation(
        head=c.head(contact=c.contact(5, HOSTILE, HOSTILE), subject=HOSTILE),
        flow=[c.letter(31, "clean", sender=c.contact(5, HOSTILE), address=HOSTILE, subject=HOSTILE, cc=[HOSTILE], automatic=HOSTILE,
                       files=[c.v.LetterFile(HOSTILE, "/f", None, 1)], notes=[HOSTILE], new_participant=True),
              c.ours(None, 7, "clean", "failed", error=HOSTILE), c.act(1, "renamed", words=HOSTILE)],
        reply=c.reply(contact=c.contact(5, HOSTILE), to=HOSTILE, body=HOSTILE, cc=HOSTILE, signature=HOSTILE, conflict=HOSTILE))
    row = c.row(5, c.contact(5, HOSTILE, HOSTILE), HOSTILE, subject=HOSTILE)
    card = c.card(contact=c.contact(5, HOSTILE, HOSTILE), text=HOSTILE, subject=HOSTILE)
    for template, context in (
        ("customers/conversation.html", {"view": view, "page": s.page("x", "customers")}),
        ("customers/_row.html", {"row": row}), ("customers/_card.html", {"card": card}),
    ):
        html = environment().get_template(template).render(**context)
        assert "<script>alert" not in html
        assert "<b hx-get" not in html
        assert '" onmouseover' not in html
        assert "{{ 7*7 }}" in html


def test_cleaned_words_stand_where_htmx_is_off() -> None:
    for name in ("conversation", "conversation-troubles", "conversation-overtaken"):
        for before in re.findall(r"<([^>]*class=\"letter__body[^>]*)>", rendered(name)):
            assert "hx-ignore" in before


def test_the_two_composers_differ_in_words_and_place() -> None:
    outside, inside = rendered("conversation").split('id="inside"')
    assert "Send e-mail to Kim" in outside
    assert "kim.park@example.org" in outside
    assert "Comment to colleagues" not in outside
    assert "Comment to colleagues" in inside
    assert "<bdi>Kim Park</bdi> cannot see this" in inside
    assert "Send e-mail" not in inside
