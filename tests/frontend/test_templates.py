"""The social screens render whole, in every language, and keep the rules of the house."""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from jinja2 import Environment, UndefinedError

from frontend import gallery
from frontend import samples as s
from parley.core import paths

NAMES = [*gallery.PAGES, *gallery.PARTS]
TOLD_LIVE = ["posts/_post.html", "posts/_comment.html", "posts/_talk.html", "posts/_reactions.html"]
HOSTILE = "</p><script>alert(1)</script><b hx-get=/x onclick=y>{{ 7*7 }}\" onmouseover=z '"
TEMPLATES = sorted(paths.templates_dir().rglob("*.html"))


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


def test_a_missing_variable_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        environment().get_template("posts/_post.html").render()


@pytest.mark.parametrize("name", NAMES)
def test_the_policy_is_kept(name: str) -> None:
    html = rendered(name)
    assert not re.search(r"<[^>]*\sstyle=", html)
    assert not re.search(r"<[^>]*\son\w+=", html)
    assert not re.search(r"hx-on|js:|hx-trigger=\"[^\"]*\[", html)
    assert not re.search(r"<script(?![^>]*\bsrc=\"/static/)", html)


@pytest.mark.parametrize("name", gallery.PAGES)
def test_every_id_is_there_once(name: str) -> None:
    ids = re.findall(r'\sid="([^"]+)"', rendered(name))
    assert len(ids) == len(set(ids)), [each for each in ids if ids.count(each) > 1]


@pytest.mark.parametrize("name", gallery.PAGES)
def test_every_form_that_changes_something_works_without_script(name: str) -> None:
    for form in re.findall(r'<form[^>]*method="post".*?</form>', rendered(name), re.DOTALL):
        assert re.search(r'<form[^>]*\saction="/', form), form
        assert 'name="csrf_token"' in form, form


@pytest.mark.parametrize("name", TOLD_LIVE)
def test_what_is_told_live_knows_no_reader(name: str) -> None:
    """It renders without a page at all, so it can hold neither a token nor the reader's own marks."""
    template, context = gallery.PARTS[name]()
    assert "page" not in context
    html = environment().get_template(template).render(**context)
    assert "csrf" not in html
    assert len(re.findall(r"^<(\w+)", html.lstrip())) == 1


def test_a_post_told_live_equals_the_post_of_the_page() -> None:
    told = gallery.with_photos(
        environment(), environment().get_template("posts/_post.html").render(post=s.QUESTION)
    ).strip()
    assert told in rendered("channel")
    assert told in rendered("home")


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: str(file.relative_to(paths.templates_dir())))
def test_every_icon_is_in_the_sprite(file: Path) -> None:
    sprite = set(re.findall(r'id="i-([\w-]+)"', (paths.templates_dir().parent / "icons.svg").read_text()))
    named = set(re.findall(r'ui\.icon\("([\w-]+)"\)', file.read_text()))
    assert named <= sprite, named - sprite


def test_what_people_typed_stays_words() -> None:
    """Everything but what was cleaned before (`…_html`) is escaped, wherever it stands."""
    who = replace(s.MAEVE, name=HOSTILE, title=HOSTILE, team=HOSTILE, initials=HOSTILE[:2])
    post = replace(
        s.PICTURED,
        author=who,
        title=HOSTILE,
        faces=[who],
        last_comment=s.LastComment(HOSTILE, HOSTILE),
        channel=replace(s.PAINT, name=HOSTILE),
        reactions=[replace(s.reaction("🎉", [who]), label=HOSTILE, emoji=HOSTILE)],
        files=[replace(s.file(4, "a", image=True), name=HOSTILE, alt=HOSTILE), replace(s.file(5, "b"), name=HOSTILE)],
    )
    page = s.page(
        HOSTILE,
        organisation=HOSTILE,
        flash=[HOSTILE],
        demo={"mail": HOSTILE},
        live={f"channel:{HOSTILE}": 1},
        rail=[s.RailSection(HOSTILE, [s.RailChannel(1, HOSTILE, "open", 1, 0, False, who)])],
        viewer=s.viewer(name=HOSTILE),
    )
    shown = [
        (
            "feed/home.html",
            {
                "home": s.home(posts=[post], lead=replace(s.home().lead, post=post), greeting=HOSTILE, line=HOSTILE),
                "composer": s.composer(placeholder=HOSTILE, body=HOSTILE, title=HOSTILE, errors={"body": HOSTILE}),
            },
        ),
        (
            "channels/page.html",
            {
                "channel": s.channel(name=HOSTILE, purpose=HOSTILE),
                "tab": "posts",
                "flow": s.flow(),
                "posts": [post],
                "composer": s.composer("channel"),
            },
        ),
        (
            "people/profile.html",
            {
                "profile": s.profile(
                    card=who,
                    pronouns=HOSTILE,
                    status=HOSTILE,
                    email=HOSTILE,
                    away=HOSTILE,
                    knows=[s.KnownTopic(HOSTILE, HOSTILE)],
                    phone=HOSTILE,
                )
            },
        ),
        ("search/page.html", {"search": s.search(HOSTILE, groups=False)}),
        ("posts/history.html", {"versions": [replace(s.VERSIONS[0], title=HOSTILE)], "back_url": "/posts/30"}),
    ]
    for template, context in shown:
        made = environment()
        html = made.get_template(template).render(page=page, **gallery.off_the_shelf(made, template, context))
        assert "<script>alert" not in html
        assert "<b hx-get" not in html
        assert "49" not in re.findall(r"\{\{.*?\}\}|onclick=y>(\d+)", html)
        for tag in re.findall(r"<[a-z][^>]*>", html):
            bare = re.sub(r'"[^"]*"|\'[^\']*\'', "", tag)
            assert "onmouseover" not in bare, tag


def test_cleaned_words_stand_where_htmx_is_off() -> None:
    ours = [file for file in TEMPLATES if file.parent.name not in {"customers", "admin", "mail"}]
    for file in ours:
        for line in file.read_text().splitlines():
            for found in re.finditer(r"\{\{[^}]*\|\s*safe\s*\}\}", line):
                assert "_html" in found[0], f"{file.name}: {found[0]}"
                assert "hx-ignore" in line, f"{file.name}: {line.strip()}"
