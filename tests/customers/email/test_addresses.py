import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.customers.connectors.email.addresses import (
    address_forms,
    conversation_of,
    domain_of,
    normalise_address,
    reply_of,
    signed_message_id,
    signed_reply_address,
)
from parley.customers.connectors.email.addresslist import parse_addresses

KEY, OLD, OTHER = b"k" * 32, b"o" * 32, b"x" * 32
NUMBERS = st.integers(min_value=1, max_value=2**53)


@pytest.mark.parametrize(
    ("written", "norm"),
    [
        ("Anna@Example.ORG", "anna@example.org"),
        (" anna@example.org ", "anna@example.org"),
        ("anna@bücher.example", "anna@xn--bcher-kva.example"),
        ("anna@example.org.", "anna@example.org"),
        ("A\u0308nna@example.org", "änna@example.org"),
        ('"anna"@example.org', "anna@example.org"),
        ("root@localhost", "root@localhost"),
        ("a_b+tag@sub_domain.example.org", "a_b+tag@sub_domain.example.org"),
        ("anna..m@docomo.example", "anna..m@docomo.example"),
    ],
)
def test_equal_addresses_have_one_form(written: str, norm: str) -> None:
    assert normalise_address(written) == norm


@pytest.mark.parametrize(
    "written",
    [
        "",
        "@",
        "a@",
        "@b.c",
        "anna",
        "a b@example.org",
        '"a b"@example.org',
        "a@b@example.org",
        "a@exa mple.org",
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "a@-x.example",
        "a@x..y",
        "a,b@example.org",
        "a\n@example.org",
        "a@example.org\r\nBcc: b@example.org",
        "a\0@example.org",
        "anna@example.org>",
        "<anna@example.org",
        "a\u200b@example.org",
        "a\ud800@example.org",
        "x" * 65 + "@example.org",
        "a@" + "b." * 130 + "org",
        "a@.org",
        ".a@x.org",
    ],
)
def test_what_is_no_address_has_no_form(written: str) -> None:
    assert normalise_address(written) is None


@given(st.text(max_size=60) | st.from_regex(r"[^@]{1,20}@[^@]{1,30}", fullmatch=True))
def test_the_form_is_its_own_form(written: str) -> None:
    norm = normalise_address(written)
    if norm is not None:
        assert normalise_address(norm) == norm
        assert norm.isprintable()
        norm.encode()


def test_domains_are_compared_whole() -> None:
    assert domain_of("anna@evil-example.org") != domain_of("anna@example.org")
    assert domain_of("anna@example.org.evil.test") == "example.org.evil.test"


@given(NUMBERS, st.sampled_from(["care@fernhill.example", "care+shop@fernhill.example", "CARE@Fernhill.Example"]))
def test_a_signed_address_names_its_conversation_also_in_capitals_and_with_further_tags(
    number: int, address: str
) -> None:
    signed = signed_reply_address(address, number, KEY)
    local, _, domain = signed.partition("@")
    for form in (
        signed,
        signed.upper(),
        signed.lower(),
        f"{local}+more@{domain}",
        f"  {signed}",
        f"{local}@elsewhere.example",
    ):
        assert conversation_of(form, [KEY]) == number
    assert conversation_of(signed, [OTHER, KEY]) == number
    assert normalise_address(signed)


@given(NUMBERS, st.integers(min_value=0, max_value=15))
def test_a_forged_changed_or_foreign_signature_names_nothing(number: int, place: int) -> None:
    signed = signed_reply_address("care@fernhill.example", number, KEY)
    local, _, domain = signed.partition("@")
    mac = local[-16:]
    changed = mac[:place] + ("a" if mac[place] != "a" else "b") + mac[place + 1 :]
    assert conversation_of(signed, [OTHER]) is None
    assert conversation_of(signed, []) is None
    for forged in (
        f"{local[:-16]}{changed}@{domain}",
        f"care+c{number + 1}.{mac}@{domain}",
        f"care+c{number}.@{domain}",
        f"care+c{number}@{domain}",
        f"care+c{number}.{mac[:15]}@{domain}",
        f"c{number}.{mac}",
        f"xc{number}.{mac}@{domain}",
    ):
        assert conversation_of(forged, [KEY]) is None
    assert reply_of(f"<r{number}.{mac}@{domain}>", [KEY]) is None, "a proof for one purpose is none for another"


@given(NUMBERS)
def test_our_message_ids_are_recognised_under_the_old_key_too(number: int) -> None:
    message_id = signed_message_id(number, "fernhill.example", OLD)
    assert reply_of(message_id, [KEY, OLD]) == number
    assert reply_of(message_id.upper(), [KEY, OLD]) == number
    assert reply_of(message_id, [KEY]) is None
    assert reply_of(message_id.replace(f"r{number}.", f"r{number + 1}."), [OLD]) is None


def test_an_address_too_long_to_sign_says_so() -> None:
    with pytest.raises(ValueError, match="too long"):
        signed_reply_address("c" * 50 + "@fernhill.example", 10**15, KEY)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Anna <anna@example.org>", [("Anna", "anna@example.org")]),
        ('"Smith, Anna" <a@example.org>, b@example.org', [("Smith, Anna", "a@example.org"), ("", "b@example.org")]),
        ("a@example.org (Anna)", [("Anna", "a@example.org")]),
        (
            "Team: a@example.org, B <b@example.org>; c@example.org",
            [("", "a@example.org"), ("B", "b@example.org"), ("", "c@example.org")],
        ),
        ("undisclosed-recipients:;", []),
        ("=?utf-8?b?w4RubmE=?= <a@example.org>", [("Änna", "a@example.org")]),
        (
            "=?utf-8?q?boss=40corp=2Eexample_=3Cboss=40corp=2Eexample=3E?= <evil@example.org>",
            [("boss@corp.example <boss@corp.example>", "evil@example.org")],
        ),
        ('"boss@corp.example" <evil@example.org>', [("boss@corp.example", "evil@example.org")]),
        ("boss@corp.example <evil@example.org>", [("boss@corp.example", "evil@example.org")]),
        ("<@relay.example:a@example.org>", [("", "a@example.org")]),
        ("a@example.org)b@evil.example", []),
        ("a@example.org(x)", [("x", "a@example.org")]),
        ("a@example.org, A@EXAMPLE.org", [("", "a@example.org")]),
        ('"a\\"b" <a@example.org>', [('a"b', "a@example.org")]),
        ('"unclosed <a@example.org>', []),
        (
            "(((nested) comments) <b@example.org>) a@example.org",
            [("((nested) comments) <b@example.org>", "a@example.org")],
        ),
        ("Anna \u202egro.elpmaxe@anna <a@example.org>", [("Anna gro.elpmaxe@anna", "a@example.org")]),
        ("", []),
        (',;,;:<>@"', []),
    ],
)
def test_an_address_header_gives_its_addresses(value: str, expected: list[tuple[str, str]]) -> None:
    assert [(each.name, each.address) for each in parse_addresses(value)] == expected


@pytest.mark.parametrize(
    "value",
    [
        "(" * 60_000,
        "(" * 1000 + ")" * 1000 + " a@example.org",
        ", ".join(f"p{n}@example.org" for n in range(20_000)),
        ":" * 60_000,
        "@" + ":" * 60_000,
        '"' * 60_001,
        "<" * 60_000,
        "\\" * 60_000,
        "a@b," * 15_000,
        '"\\' * 30_000,
    ],
)
def test_hostile_address_headers_cost_little(value: str) -> None:
    began = time.process_time()
    assert len(parse_addresses(value, 1000)) <= 1000
    assert time.process_time() - began < 1.0


@given(st.text(alphabet=st.sampled_from(list('ab@.,;:<>()"\\ =?\n\t\u00e4\ud800')), max_size=80))
def test_no_address_header_raises(value: str) -> None:
    for each in parse_addresses(value):
        assert normalise_address(each.norm) == each.norm


def test_an_address_is_ours_with_and_without_its_tags() -> None:
    assert address_forms("care@x.org") == ("care@x.org",)
    assert address_forms("care+shop+c42.abc@x.org") == ("care+shop+c42.abc@x.org", "care+shop@x.org", "care@x.org")
    assert address_forms("+c42@x.org") == ()
    assert len(address_forms("a" + "+b" * 30 + "@x.org")) <= 6
