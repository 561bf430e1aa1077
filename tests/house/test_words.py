"""Words: everything that is said can be said in German, with the same places to fill, on every screen."""

import importlib.util
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages import Catalog, Message
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, nodes

from frontend import customers_gallery, gallery
from parley.core import paths
from tree import TEMPLATES

SCREENS = [*gallery.PAGES, *gallery.PARTS, *customers_gallery.PAGES, *customers_gallery.PARTS]
NAMES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
PLACES = re.compile(r"%\(\w+\)[a-z]|%%|\{\w+\}|</?[a-z]+>")
SAID = ("aria-label", "title", "placeholder", "alt")
NO_WORDS = {"Parley", "Ctrl", "Enter", "Esc", "Shift", "DKIM", "SPF", "DMARC"}
"""Names of keys and of standards; they are the same in every language."""


def messages() -> ModuleType:
    """The collector, as a module of its own, so that a test may point it elsewhere."""
    spec = importlib.util.spec_from_file_location("messages", paths.locales_dir().parent / "messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def german() -> Catalog:
    with (paths.locales_dir() / "de" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale="de")


def pairs(message: Message) -> Iterator[tuple[str, str]]:
    """Each form of `message` beside its translation; German has as many forms as English."""
    if message.pluralizable:
        yield from zip(message.id, message.string or (), strict=True)
    else:
        yield str(message.id), str(message.string)


def said() -> list[Message]:
    return [message for message in german() if message.id]


def places(words: str) -> list[str]:
    return sorted(PLACES.findall(words))


def check(collector: ModuleType, monkeypatch: pytest.MonkeyPatch, locales: Path) -> int:
    monkeypatch.setattr(collector, "LOCALES", locales)
    monkeypatch.setattr("sys.argv", ["messages.py", "--check"])
    code: int = collector.main()
    return code


def test_every_sentence_has_german_words(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(messages(), monkeypatch, paths.locales_dir()) == 0, capsys.readouterr().out


def test_a_sentence_without_words_is_noticed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    catalog = Catalog(locale="de")
    for message in said():
        catalog.add(message.id, "" if message.id == "Undo" else message.string)
    target = tmp_path / "de" / "LC_MESSAGES" / "messages.po"
    target.parent.mkdir(parents=True)
    with target.open("wb") as file:
        write_po(file, catalog)
    assert check(messages(), monkeypatch, tmp_path) == 1
    assert "de: no words for 'Undo'" in capsys.readouterr().out.splitlines()


def test_the_same_places_are_filled() -> None:
    assert {
        words: places(english)
        for message in said()
        for english, words in pairs(message)
        if places(english) != places(words)
    } == {}


def test_the_catalogue_is_sound() -> None:
    assert german().num_plurals == 2
    assert [(message.id, [str(error) for error in errors]) for message, errors in german().check()] == []
    assert [message.id for message in said() if message.fuzzy] == []


def test_quotes_and_spaces_are_set_as_german_sets_them() -> None:
    for message in said():
        for english, words in pairs(message):
            assert '"' not in words.replace('="', ""), words
            assert words.count("„") == words.count("“"), words
            assert words == words.strip(), words
            assert english.endswith("…") == words.endswith("…"), words


@cache
def environment(language: str = "en") -> Environment:
    return gallery.environment(language)


@pytest.mark.parametrize("name", SCREENS)
def test_it_renders_in_german(name: str) -> None:
    html = gallery.render(environment("de"), name)
    assert html.strip()
    assert not re.search(r"%\(\w+\)s", html), "a message was not filled"


def test_a_screen_in_german_speaks_german() -> None:
    html = gallery.render(environment("de"), "home")
    assert "Mitteilungen" in html
    assert "Notifications" not in html


def bare(source: str) -> set[str]:
    """What a template says without asking the catalogue: text between tags, attributes that are read, constants."""
    tree = environment().parse(source)
    text = "{}".join(node.data for node in tree.find_all(nodes.TemplateData))
    read = [match[2] for match in re.finditer(rf"""\s({"|".join(SAID)})="([^"]*)\"""", text)]
    quiet = re.sub(r"<(code|dt|script)\b[^>]*>.*?</\1>|<[^>]*>|&\w+;", " ", text, flags=re.DOTALL)
    quiet = re.sub(r"""\s[\w-]+="[^"]*"|[\w-]+--[\w-]+""", " ", quiet)
    asked = {
        id(part)
        for call in tree.find_all(nodes.Call)
        if getattr(call.node, "name", "") in {"_", "gettext", "ngettext"}
        for part in call.find_all(nodes.Const)
    }
    constants = [
        node.value
        for node in tree.find_all(nodes.Const)
        if id(node) not in asked and isinstance(node.value, str) and re.match(r"[A-Z][a-z]+( |$)", node.value)
    ]
    return {word for words in [quiet, *read, *constants] for word in re.findall(r"[A-Za-z]{3,}", words)} - NO_WORDS


@pytest.mark.parametrize("name", NAMES)
def test_no_template_says_what_the_catalogue_does_not_hold(name: str) -> None:
    assert bare((TEMPLATES / name).read_text()) == set()


@pytest.mark.parametrize("source", ["<p>Hello</p>", '<a title="Hello">x</a>', '{{ ui.badge("Hello") }}'])
def test_words_beside_the_catalogue_are_found(source: str) -> None:
    assert bare(source) == {"Hello"}
    assert (
        bare(source.replace("Hello", '{{ _("Hello") }}' if "{{" not in source else "1").replace('"1"', '_("Hello")'))
        == set()
    )
