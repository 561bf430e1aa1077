import sys
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.hostile_markup import BOMBS, INJECTIONS
from kit.html_audit import Audit
from parley.kit.markup import (
    MAX_CHARACTERS,
    Mention,
    TooComplex,
    TooLong,
    fill,
    limits,
    plain_excerpt,
    plain_text,
    render,
)

ADA = {"ada": (3, "Ada Byrne")}
PLUMBING = {"plumbing": (7, "plumbing")}


def html(source: str) -> str:
    return render(source).html


# What people write


def test_marks_of_a_post() -> None:
    assert html("**b** _i_ ~~s~~ `c`") == ('<p dir="auto"><strong>b</strong> <em>i</em> <s>s</s> <code>c</code></p>')


def test_a_line_end_is_a_line_end() -> None:
    assert html("one\ntwo") == '<p dir="auto">one<br>\ntwo</p>'


def test_headings_stand_below_those_of_the_page() -> None:
    assert [html("#" * level + " x") for level in (1, 2, 3, 6)] == [
        f'<h{shown} dir="auto">x</h{shown}>' for shown in (3, 4, 5, 5)
    ]


def test_dashes_below_a_sentence_are_no_heading() -> None:
    assert "<h" not in html("Thanks\n--\nAda").replace("<hr>", "")
    assert html("Thanks\n---") == '<p dir="auto">Thanks</p>\n<hr>'


def test_code_keeps_its_words_and_loses_its_language() -> None:
    assert html("```python\nif a < b:\n    @ada :tada: #plumbing\n```") == (
        '<pre dir="ltr"><code>if a &lt; b:\n    @ada :tada: #plumbing\n</code></pre>'
    )


def test_tables_with_sides() -> None:
    shown = html("a | b\n--|--:\n1 | 2")
    assert '<th dir="auto">a</th>' in shown
    assert '<td align="right" dir="auto">2</td>' in shown


def test_tasks_are_signs_not_controls() -> None:
    shown = html("- [ ] open\n- [x] done\n- [y] no\n- [ ]x")
    assert [line for line in plain_text(shown).splitlines() if line] == ["☐ open", "☑ done", "[y] no", "[ ]x"]


def test_a_picture_of_ours_is_shown_and_one_from_elsewhere_is_a_link() -> None:
    assert html("![a tap](/files/12)") == '<p dir="auto"><img src="/files/12" alt="a tap" loading="lazy"></p>'
    assert html("![a tap](https://example.org/tap.png)") == (
        '<p dir="auto"><a href="https://example.org/tap.png" rel="noopener noreferrer nofollow">a tap</a></p>'
    )


def test_a_picture_from_elsewhere_inside_a_link_is_its_words() -> None:
    assert html("[![a tap](https://example.org/tap.png)](https://example.org)").count("<a ") == 1


@pytest.mark.parametrize(
    ("typed", "address", "words"),
    [
        ("see https://example.org/a_b_c.", "https://example.org/a_b_c", "https://example.org/a_b_c"),
        ("(https://example.org/a_(b))", "https://example.org/a_(b)", "https://example.org/a_(b)"),
        ("**https://example.org**", "https://example.org", "https://example.org"),
        ("https://example.org/@ada", "https://example.org/@ada", "https://example.org/@ada"),
        ("https://example.org/?q=#plumbing", "https://example.org/?q=#plumbing", "https://example.org/?q=#plumbing"),
        ("请看https://example.org/路。后", "https://example.org/%E8%B7%AF", "https://example.org/路"),
        ("www.example.org/x!", "https://www.example.org/x", "www.example.org/x"),
        ("mail first_last+x@example.org.", "mailto:first_last+x@example.org", "first_last+x@example.org"),
        ("<https://example.org/a b>", "https://example.org/a", "https://example.org/a"),
        ("[[https://example.org/a]]", "https://example.org/a", "https://example.org/a"),
        ("<https://example.org/a>", "https://example.org/a", "https://example.org/a"),
        ("[x](mailto:care@example.org)", "mailto:care@example.org", "x"),
        ("[](https://example.org)", "https://example.org", "https://example.org"),
        ("xhttps://example.org", None, None),
        ("README.md and main.py", None, None),
        ("`https://example.org`", None, None),
    ],
)
def test_plain_addresses_become_links(typed: str, address: str | None, words: str | None) -> None:
    shown = html(typed)
    assert Audit(shown).hrefs == ([address] if address else [])
    assert words is None or f">{escape(words, quote=False)}</a>" in shown


def test_links_are_listed_once_without_mail_and_pictures() -> None:
    rendered = render("https://a.example [x](https://b.example) https://a.example a@c.example ![p](/files/1)")
    assert rendered.links == ("https://a.example", "https://b.example")


# Mentions


def test_mentions_of_each_kind() -> None:
    rendered = render("@Ada, @bob.smith-jones. (@team/support) #Plumbing-Help! @ada")
    assert rendered.mentions == (
        Mention("person", "ada"),
        Mention("person", "bob.smith-jones"),
        Mention("team", "support"),
        Mention("channel", "plumbing-help"),
    )


def test_channels_may_be_named_in_any_script() -> None:
    assert render("#größe #配管 見て@ada").mentions == (
        Mention("channel", "größe"),
        Mention("channel", "配管"),
        Mention("person", "ada"),
    )


@pytest.mark.parametrize(
    "typed",
    [
        "`@ada`", "```\n@ada\n```", "    @ada", "[@ada](https://example.org)", "![@ada](/files/1)", "\\@ada", "x@ada",
        "@ada@example.social", "https://example.org/@ada", "example.org/@ada", "@", "@@ada", "#123", "x#plumbing", "&#35;x;",
        "[x](https://example.org/@ada)", "[#plumbing][r]\n\n[r]: https://example.org", "@-", "<https://example.org/@ada>",
    ],
)  # fmt: skip
def test_no_mention(typed: str) -> None:
    rendered = render(typed)
    assert rendered.mentions == ()
    assert "data-" not in rendered.html


def test_fill_names_the_known_and_leaves_the_unknown() -> None:
    shown = fill(html("@ada @eve #plumbing #other @team/care @team/x"), ADA, PLUMBING, {"care": (2, "Care")})
    assert shown == (
        '<p dir="auto"><a class="mention" href="/people/ada">@Ada Byrne</a> @eve '
        '<a class="mention" href="/channels/7">#plumbing</a> #other '
        '<a class="mention" href="/teams/2">@Care</a> @team/x</p>'
    )


def test_a_person_wins_over_a_team_of_the_same_name() -> None:
    assert "/people/ada" in fill(html("@ada"), ADA, {}, {"ada": (1, "Ada team")})
    assert "/teams/1" in fill(html("@care"), ADA, {}, {"care": (1, "Care")})


def test_a_name_cannot_bring_markup_or_further_placeholders() -> None:
    evil = '<img src=x onerror=alert(1)><span data-person="ada">@ada</span>"\'&'
    shown = fill(html("@ada #plumbing"), {"ada": (3, evil)}, {"plumbing": (7, evil)})
    assert "<img" not in shown
    assert "<span" not in shown
    assert shown.count(escape(evil, quote=False)) == 2


def test_emoji_become_characters_and_the_company_s_own_become_pictures() -> None:
    rendered = render(":tada: :+1: 10:30:45 :fernhill: a:fernhill:")
    assert rendered.emoji == ("fernhill",)
    shown = fill(rendered.html, {}, {}, emoji={"fernhill": '/files/9"><script>'})
    assert shown == (
        '<p dir="auto">🎉 👍 10:30:45 <img class="emoji" src="/files/9&quot;&gt;&lt;script&gt;" alt=":fernhill:"'
        ' title=":fernhill:"> a:fernhill:</p>'
    )
    assert fill(rendered.html, {}, {}) == '<p dir="auto">🎉 👍 10:30:45 :fernhill: a:fernhill:</p>'


# Attacks


@pytest.mark.parametrize("name", INJECTIONS)
def test_an_injection_stays_text(name: str) -> None:
    rendered = render(INJECTIONS[name])
    audit = Audit(rendered.html)
    assert audit.faults == []
    assert len(audit.placeholders) == rendered.html.count("<span ")
    assert "\x00" not in rendered.html
    rendered.html.encode()
    filled = fill(rendered.html, ADA, PLUMBING)
    assert filled.count('class="mention"') == len([m for m in rendered.mentions if m.name == "ada"])


@pytest.mark.parametrize("name", [name for name in INJECTIONS if name.startswith("forged placeholder")])
def test_a_placeholder_cannot_be_forged(name: str) -> None:
    honest = render("@ada")
    assert len(Audit(honest.html).placeholders) == 1
    forged = render(INJECTIONS[name])
    # Where the typed text holds an honest mention it stands between the angles, which stay text.
    assert len(Audit(forged.html).placeholders) == len(forged.mentions)


@pytest.mark.parametrize(
    ("source", "host"),
    [
        ("[https://bank.example/login](https://evil.example)", "evil.example"),
        ("[bank.example](https://evil.example/x)", "evil.example"),
        ("[Sign in at www.bank.example now](https://evil.example)", "evil.example"),
        ("[bank。example](https://evil.example)", "evil.example"),
        ("[bank.example](https://bank.example.evil.example)", "bank.example.evil.example"),
        ("[**bank**.example](https://evil.example)", "evil.example"),
        ("[![bank.example](https://x.example/y)](https://evil.example)", "evil.example"),
        ("https://\u0430pple.example", "xn--pple-43d.example"),
        ("[BANK.EXAMPLE](https://evil.example:8443)", "evil.example:8443"),
    ],
)
def test_a_link_that_names_another_host_shows_its_own(source: str, host: str) -> None:
    assert f"</a> ({host})" in html(source)


@pytest.mark.parametrize(
    "source",
    [
        "[bank.example](https://www.bank.example/x)", "[version 3.11.7](https://example.org)", "https://bank.example",
        "[the docs](https://example.org)", "[BANK.example](https://bank.EXAMPLE)", "https://müller.example",
    ],
)  # fmt: skip
def test_an_honest_link_is_left_alone(source: str) -> None:
    assert "</a> (" not in html(source)


def test_bidi_overrides_and_controls_are_gone_and_joiners_stay() -> None:
    shown = html("a\u202eb\u2066c\x00d\x1be\ufefff 👩\u200d🔧 \u200f")
    assert plain_text(shown) == "abcdef 👩\u200d🔧 \u200f"


def test_the_source_to_store_is_what_was_rendered() -> None:
    assert render("a\r\nb\x00 e\u0301\ud800\u202e").source == "a\nb é"


def test_text_is_stored_composed_and_towers_of_marks_are_cut() -> None:
    assert "é" in html("e\u0301")
    assert len(plain_text(html("a" + "\u0301" * 500))) < 20


# Limits


def test_length() -> None:
    assert render("a" * MAX_CHARACTERS).html
    with pytest.raises(TooLong) as refusal:
        render("a" * (MAX_CHARACTERS + 1))
    assert (refusal.value.status, refusal.value.code) == (422, "too_long")
    assert "16,000" in refusal.value.words


def test_length_counts_after_composing() -> None:
    with pytest.raises(TooLong):
        render("\U0001d160" * 6_000)


@pytest.mark.parametrize(
    ("limit", "within", "beyond"),
    [
        ("quotes", ">" * limits.MAX_QUOTES + " a", ">" * (limits.MAX_QUOTES + 1) + " a"),
        ("depth", "- " * 7 + "a", "- " * 12 + "a"),
        ("emphasis", "*a _b " * 10 + "c" + "_*" * 10, "*a _b " * 13 + "c" + "_*" * 13),
        ("definitions", "".join(f"[{n}]: http://a.b\n" for n in range(100)), "".join(f"[{n}]: http://a.b\n" for n in range(101))),
        ("cells", "a|b\n-|-\n" + "c|d\n" * 900, "a|b\n-|-\n" + "c|d\n" * 1_100),
        ("filled cells", "|" + "a|" * 30 + "\n|" + "-|" * 30 + "\n" + "c\n" * 50, "|" + "a|" * 30 + "\n|" + "-|" * 30 + "\n" + "c\n" * 90),
        ("brackets", "[ " * 300, "[ " * 900),
        ("marks", "*a* " * 1_500, "*a* " * 4_000),
        ("blocks", "- a\n" * 800, "- a\n" * 4_000),
        ("mentions", "@ada " * 500, "@ada " * 501),
        ("quotes broken off", "> ---\na\n" * 50, "> ---\na\n" * 300),
    ],
)  # fmt: skip
def test_limits_have_two_sides(limit: str, within: str, beyond: str) -> None:
    assert Audit(html(within)).faults == []
    with pytest.raises(TooComplex) as refusal:
        render(beyond)
    assert (refusal.value.status, refusal.value.code) == (422, "too_complex")


def test_a_long_paste_of_code_is_not_too_complex() -> None:
    line = '    for (int i = 0; i < rows[j][k]; i++) { *out++ = table[i] | mask_of_row(j, "a:b"); }\n'
    assert "<pre" in html("```c\n" + line * 170 + "```")


def test_a_long_ordinary_post_is_not_too_complex() -> None:
    line = (
        "- **Boiler 42**: see [the manual](https://example.org/a/42), ask @ada or #plumbing, part `XR-1_2` :wrench:\n"
    )
    assert len(render(line * 140).mentions) == 2


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_or_done_within_bounded_work(name: str) -> None:
    """Counts calls, not seconds: the same on every machine. An ordinary post of this length makes about 60,000."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        rendered = render(BOMBS[name])
    except (TooComplex, TooLong):
        rendered = None
    finally:
        sys.setprofile(before)
    assert calls < 500_000
    if rendered:
        assert len(rendered.html) < 20 * MAX_CHARACTERS


# Any text

PIECES = st.sampled_from([
    *"<>\"'&[]()!`*_~#@:|-\\\n\t {}=/a", "<script>", "](", "![", "```", "@ada", "#plumbing", ":tada:", ":fernhill:",
    "https://a.example", "javascript:", "hx-get", "<hx-x ", "/files/1", "&lt;", "&#60;", "\x00", "\ud800", "\u202e",
    "\u0301", "\u0430", "- ", "> ", '<span data-person="ada">', "--|--\n", "onerror=", "<!--", "]]>", "mailto:a@b.example",
    "www.a.example", "| a |", "1. ", "[r]: https://b.example\n", "    ",
])  # fmt: skip
TEXTS = st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=60).map("".join))


@given(TEXTS)
def test_whatever_is_typed_comes_out_clean(source: str) -> None:
    try:
        rendered = render(source)
    except TooComplex:
        return
    audit = Audit(rendered.html)
    assert audit.faults == []
    named = {(mention.kind, mention.name) for mention in rendered.mentions} | {
        ("emoji", name) for name in rendered.emoji
    }
    assert {(name.removeprefix("data-"), value) for name, value in audit.placeholders} == named
    (rendered.html + rendered.source).encode()
    assert render(rendered.source) == rendered


@given(TEXTS)
def test_rendering_is_a_function(source: str) -> None:
    try:
        assert render(source) == render(source)
    except TooComplex:
        with pytest.raises(TooComplex):
            render(source)


@given(st.text(max_size=200), st.integers(min_value=1, max_value=80))
def test_an_excerpt_is_one_plain_line(source: str, length: int) -> None:
    excerpt = plain_excerpt("<p>" + escape(source) + "</p>", length)
    assert len(excerpt) <= length
    assert "\n" not in excerpt


def test_an_excerpt_reads_like_the_post() -> None:
    rendered = render("# Leak\n\n- one\n- two & three\n\n![a tap](/files/1) <b> `x`\n\n|a|b|\n|-|-|\n|c|d|")
    assert rendered.excerpt == "Leak one two & three a tap <b> x a b c d"
