import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.customers.connectors.email.addresses import signed_message_id, signed_reply_address
from parley.customers.connectors.email.headers import Arrival, Filed, file_headers, parents, split_head

KEY = b"k" * 32
CAME = datetime(2026, 11, 3, 12, 30, tzinfo=UTC)
HERE = Arrival("care@fernhill.example", CAME)


def filed(*lines: str | bytes, body: bytes = b"Hello", arrival: Arrival = HERE, trusted: tuple[str, ...] = ()) -> Filed:
    head = b"\r\n".join(line if isinstance(line, bytes) else line.encode() for line in lines)
    return file_headers(head + b"\r\n\r\n" + body, arrival, keys=[KEY], trusted_servers=trusted)


def test_an_ordinary_mail_is_filed() -> None:
    found = filed(
        "Message-ID: <a1@example.org>",
        "From: Anna <anna@example.org>",
        "Reply-To: help@example.org",
        "To: care@fernhill.example, Bob <bob@example.org>",
        "Cc: carl@example.org",
        "Subject: =?utf-8?q?Das_Ventil_tropft_=E2=98=94?=",
        "Date: Tue, 3 Nov 2026 13:00:00 +0100",
        "In-Reply-To: <p2@fernhill.example>",
        "References: <p1@fernhill.example>\r\n <p2@fernhill.example>",
    )
    assert (found.external_id, found.message_id) == ("<a1@example.org>", "<a1@example.org>")
    assert found.sender is not None
    assert (found.sender.name, found.sender.norm) == ("Anna", "anna@example.org")
    assert [each.norm for each in found.reply_to] == ["help@example.org"]
    assert [(each.kind, each.address.norm) for each in found.recipients] == [
        ("to", "care@fernhill.example"),
        ("to", "bob@example.org"),
        ("cc", "carl@example.org"),
    ]
    assert found.subject == "Das Ventil tropft ☔"
    assert found.sent_at == datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
    assert parents(found.in_reply_to, found.references) == ("<p2@fernhill.example>", "<p1@fernhill.example>")
    assert found.automatic is None
    assert found.authenticity.verdict == "unknown"


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["Message-ID:"],
        ["Message-ID: <>"],
        ["Message-ID: <<<@>>"],
        ["Message-ID: no brackets"],
        ["Message-ID: <a b@c>"],
        ["Message-ID: <" + "x" * 600 + "@y>"],
        ["Message-ID: <one@example.org>", "Message-ID: <two@example.org>"],
        [b"Message-ID: <\xff@example.org>"],
    ],
)
def test_a_missing_doubled_or_malformed_id_is_made_from_mailbox_and_mail(lines: list[str]) -> None:
    one, again = filed(*lines, "From: a@example.org"), filed(*lines, "From: a@example.org")
    assert one.message_id == ""
    assert one.external_id.startswith("made:")
    assert one.external_id == again.external_id
    assert len(one.external_id) <= 500
    assert one.external_id != filed(*lines, "From: a@example.org", body=b"Other").external_id
    assert (
        one.external_id
        != filed(*lines, "From: a@example.org", arrival=Arrival("shop@fernhill.example", CAME)).external_id
    )


def test_the_same_id_twice_is_one_id_and_a_comment_after_it_is_none_of_it() -> None:
    assert filed("Message-ID: <a@example.org>", "Message-ID: <a@example.org>").message_id == "<a@example.org>"
    assert filed("Message-ID: <a@example.org> (added by postmaster@example.org)").message_id == "<a@example.org>"


def test_an_id_used_for_two_mails_shows_in_the_hash_of_the_body() -> None:
    one = filed("Message-ID: <a@x.org>", "Received: from here", body=b"Hello\r\nyou")
    assert one.body_hash == filed("Message-ID: <a@x.org>", "Received: from there", body=b"Hello\nyou").body_hash
    assert one.body_hash != filed("Message-ID: <a@x.org>", body=b"Another mail").body_hash


@pytest.mark.parametrize(
    ("lines", "sender"),
    [
        (["From: anna@example.org, bob@example.org"], "anna@example.org"),
        (["From: anna@example.org", "From: bob@example.org"], "anna@example.org"),
        (["From: Team: anna@example.org;"], "anna@example.org"),
        (["From: " + "(" * 3000 + "x" + ")" * 3000 + " anna@example.org"], "anna@example.org"),
        (["From: nobody", "Sender: anna@example.org"], "anna@example.org"),
        (["From: <>"], None),
        (["From:"], None),
        ([], None),
        (["From: MAILER-DAEMON (Mail Delivery System)"], None),
    ],
)
def test_the_sender_is_found_or_is_nobody(lines: list[str], sender: str | None) -> None:
    found = filed(*lines)
    assert (found.sender.norm if found.sender else None) == sender


def test_without_a_from_the_envelope_names_the_sender() -> None:
    found = filed("Subject: x", arrival=Arrival("care@fernhill.example", CAME, envelope_from="anna@example.org"))
    assert found.sender is not None
    assert found.sender.norm == "anna@example.org"


def test_two_senders_are_never_proven() -> None:
    result = "Authentication-Results: mx; dmarc=pass header.from=example.org"
    assert filed(result, "From: a@example.org", trusted=("mx",)).authenticity.verdict == "passed"
    assert filed(result, "From: a@example.org, b@example.org", trusted=("mx",)).authenticity.verdict == "unknown"
    assert (
        filed(result, "From: a@example.org", "From: b@evil.example", trusted=("mx",)).authenticity.verdict == "unknown"
    )
    assert filed(result, "From: a@example.org").authenticity.verdict == "unknown"


@pytest.mark.parametrize("header", ["To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To"])
def test_the_signed_address_is_found_wherever_servers_leave_it(header: str) -> None:
    signed = signed_reply_address("care@fernhill.example", 42, KEY)
    crowd = ", ".join(f"p{number}@example.org" for number in range(3000))
    assert filed("To: x@example.org", f"{header}: Care <{signed.upper()}>").tokens.conversations == (42,)
    assert filed(f"{header}: {signed}", f"To: {crowd}" if header != "To" else "X: y").tokens.conversations == (42,)
    assert filed(f"{header}: care+c42.aaaaaaaaaaaaaaaa@fernhill.example").tokens.conversations == ()
    assert filed(f"{header}: care+c42@fernhill.example", "Subject: Re: [#42]").tokens.conversations == ()


def test_the_envelope_recipient_counts_like_the_headers() -> None:
    signed = signed_reply_address("care@fernhill.example", 42, KEY)
    found = filed("To: care@fernhill.example", arrival=Arrival("care@fernhill.example", CAME, "", (signed,)))
    assert found.tokens.conversations == (42,)
    assert found.recipients[0].kind == "envelope"


def test_our_own_ids_are_found_the_nearest_first_and_forged_ones_are_not() -> None:
    ids = [signed_message_id(number, "fernhill.example", KEY) for number in (5, 6, 7)]
    found = filed(
        f"In-Reply-To: {ids[1]}", f"References: {ids[0]} {ids[1]} {ids[2]} <r8.aaaaaaaaaaaaaaaa@fernhill.example>"
    )
    assert found.tokens.replies == (6, 7, 5)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["In-Reply-To: <a@x.org> <b@x.org>"], ("<a@x.org>", "<b@x.org>")),
        (["In-Reply-To: <a@x.org>", "In-Reply-To: <b@x.org>"], ("<a@x.org>", "<b@x.org>")),
        (['In-Reply-To: Your message of "Tue, 3 Nov" <a@x.org>'], ("<a@x.org>",)),
        (["In-Reply-To: a@x.org"], ("<a@x.org>",)),
        (["In-Reply-To: <self@x.org>", "Message-ID: <self@x.org>"], ()),
        (["In-Reply-To: <unclosed@x.org"], ("<unclosed@x.org>",)),
        (["In-Reply-To: nothing here"], ()),
    ],
)
def test_what_a_mail_answers_is_found_in_every_form(lines: list[str], expected: tuple[str, ...]) -> None:
    assert filed(*lines).in_reply_to == expected


def test_references_are_bounded_and_keep_the_nearest() -> None:
    many = filed("References: " + " ".join(f"<{number}@x.org>" for number in range(9000)))
    assert len(many.references) == 100
    assert many.references[-1] == "<8999@x.org>"
    assert filed("References: <1@x.org><2@x.org>,<3@x.org>\t<1@x.org>").references == (
        "<1@x.org>",
        "<2@x.org>",
        "<3@x.org>",
    )


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["Auto-Submitted: auto-replied"], "auto-submitted: auto-replied"),
        (["Auto-Submitted: auto-generated (rejected)"], "auto-submitted: auto-generated"),
        (["Auto-Submitted: no"], None),
        (["Auto-Submitted: No (a person)"], None),
        (["X-Autoreply: yes"], "x-autoreply"),
        (["Precedence: bulk"], "precedence: bulk"),
        (["Precedence: auto_reply"], "precedence: auto_reply"),
        (["Precedence: first-class"], None),
        (["List-Id: <garden.example.org>"], "list-id"),
        (["Return-Path: <>"], "return-path: empty"),
        (["Return-Path: <anna@example.org>"], None),
        (["X-Auto-Response-Suppress: All"], None),
        (["Auto-Submitted: " + "x" * 500], "auto-submitted: " + "x" * 24),
    ],
)
def test_what_a_machine_wrote_is_told_by_its_signs(lines: list[str], reason: str | None) -> None:
    assert filed("From: a@example.org", *lines).automatic == reason


def test_the_envelope_tells_of_a_null_sender_and_is_believed_over_the_header() -> None:
    assert filed("From: a@example.org", arrival=Arrival("m", CAME, envelope_from="")).automatic == "return-path: empty"
    assert filed("Return-Path: <>", arrival=Arrival("m", CAME, envelope_from="a@example.org")).automatic is None


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Tue, 3 Nov 2026 12:00:00 +0000", datetime(2026, 11, 3, 12, tzinfo=UTC)),
        ("3 Nov 2026 13:00 +0100", datetime(2026, 11, 3, 12, tzinfo=UTC)),
        ("Tue, 3 Nov 2026 12:35:00 +0000", datetime(2026, 11, 3, 12, 35, tzinfo=UTC)),
        ("Tue, 3 Nov 2026 12:45:00 +0000", CAME),
        ("Fri, 31 Dec 9999 23:59:59 +0000", CAME),
        ("Tue, 3 Nov 0000 12:00:00 +0000", datetime(2000, 11, 3, 12, tzinfo=UTC)),
        ("Tue, 3 Nov 1970 12:00:00 +0000", CAME),
        ("Tue, 3 Nov 2026 12:00:00 +99999999", datetime(2026, 11, 3, 12, tzinfo=UTC)),
        ("Tue, 35 Foo 2026", CAME),
        ("", CAME),
        ("never", CAME),
        ("Tue, 3 Nov 2026 99:99:99 +0000", CAME),
        ("9" * 3000, CAME),
    ],
)
def test_the_date_is_believed_where_it_can_be_true(date: str, expected: datetime) -> None:
    assert filed(f"Date: {date}").sent_at == expected


def test_where_headers_end_and_what_is_not_one() -> None:
    assert split_head(b"A: b\r\n\r\nbody") == (b"A: b", 8)
    assert split_head(b"A: b\n\nbody") == (b"A: b", 6)
    assert split_head(b"\r\nbody") == (b"", 2)
    assert split_head(b"A: b") == (b"A: b", 4)
    assert split_head(b"") == (b"", 0)
    assert filed("Subject: one\rBcc: two").subject == "one"


BOMBS = {
    "comments": b"From: " + b"(" * 100_000,
    "id": b"Message-ID: <<<@>>",
    "recipients": b"To: " + b", ".join(b"p%d@example.org" % number for number in range(20_000)),
    "words": b"Subject: " + b"=?utf-8?q?a?= " * 20_000,
    "parameters": b"Content-Type: text/plain" + b"".join(b"; a%d=b" % number for number in range(5_000)),
    "fields": b"\r\n".join(b"X-%d: y" % number for number in range(50_000)),
    "one long line": b"Subject: " + b"x" * 5_000_000,
    "references": b"References: " + b"<a@b> " * 200_000,
    "unclosed ids": b"References: " + b"<a@b" * 60_000,
    "results": b"Authentication-Results: mx; " + b"dkim=pass header.d=" * 20_000,
    "results of dots": b"Authentication-Results: mx; dkim=pass " + b"a" * 8_000,
    "comments in results": b"Authentication-Results: mx; " + b"(" * 200_000,
    "folds": b"Subject: a" + b"\r\n b" * 60_000,
    "no colon": b"x\r\n" * 100_000,
    "NUL": b"Subject: a\0b\r\nFrom: a\0@example.org",
    "bare CR": b"Subject: a\r\r\r\rb",
    "date": b"Date: " + b"1" * 100_000,
    "mixed": bytes(range(256)) * 200,
}


@pytest.mark.parametrize("name", BOMBS)
def test_hostile_headers_cost_little_and_never_raise(name: str) -> None:
    began = time.process_time()
    found = file_headers(BOMBS[name] + b"\r\n\r\nbody", HERE, keys=[KEY], trusted_servers=["mx"])
    assert time.process_time() - began < 1.0
    assert "\0" not in found.subject
    assert len(found.recipients) <= 1000


HEADER = st.sampled_from(
    [
        "From",
        "To",
        "Subject",
        "Message-ID",
        "References",
        "In-Reply-To",
        "Date",
        "Auto-Submitted",
        "Authentication-Results",
        "Delivered-To",
        "Return-Path",
    ]
)


@given(st.lists(st.tuples(HEADER, st.binary(max_size=60)), max_size=12), st.binary(max_size=40))
def test_any_bytes_are_filed(lines: list[tuple[str, bytes]], body: bytes) -> None:
    raw = b"\r\n".join(name.encode() + b": " + value for name, value in lines) + body
    found = file_headers(raw, HERE, keys=[KEY], trusted_servers=["mx"])
    found.subject.encode()
    assert found.external_id
    assert found.sent_at <= CAME + timedelta(minutes=10)
