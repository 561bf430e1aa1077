"""Templates: each can be compiled, and none brings what the content security policy would refuse."""

import re

import pytest
from jinja2 import nodes

from parley.core.settings import Settings
from parley.web.rendering import Renderer
from tree import TEMPLATES

NAMES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*") if path.is_file())
REFUSED = {
    "an inline style": re.compile(r"<[^>{]*\sstyle\s*=", re.IGNORECASE),
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "an inline handler": re.compile(r"<[^>{]*\s(?:on[a-z]+|hx-on[:\w-]*)\s*=", re.IGNORECASE),
    "an address with code": re.compile(r"javascript:", re.IGNORECASE),
    "escaping switched off": re.compile(r"autoescape\s+false|(?<!html)\s*\|\s*safe\b"),
}


@pytest.fixture(scope="module")
def environment():
    return Renderer(Settings(_env_file=None)).environment("en")


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith((".html", ".txt"))])
def test_each_can_be_compiled_and_finds_its_parts(environment, name: str) -> None:
    tree = environment.parse((TEMPLATES / name).read_text())
    environment.get_template(name)
    for node in tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
        if isinstance(node.template, nodes.Const):
            assert node.template.value in NAMES, f"{name} asks for {node.template.value}"


@pytest.mark.parametrize("name", NAMES)
def test_none_brings_what_the_policy_refuses(name: str) -> None:
    text = (TEMPLATES / name).read_text()
    assert {what: match[0] for what, pattern in REFUSED.items() if (match := pattern.search(text))} == {}


def test_what_was_cleaned_when_it_was_written_may_stand_as_it_is() -> None:
    assert not REFUSED["escaping switched off"].search("{{ post.body_html|safe }}")


def test_the_search_would_find_it() -> None:
    bad = '<p style="a">', "<script>", "<style>", '<a onclick="x">', "javascript:x", "{{ x|safe }}"
    for pattern, text in zip(REFUSED.values(), bad, strict=True):
        assert pattern.search(text)
