import email
import email.policy
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.customers.connectors.base import Address, Outbound, OutboundFile
from parley.customers.connectors.email.addresses import conversation_of, normalise_address, reply_of
from parley.customers.connectors.email.compose import Mailbox, compose, reply_subject
from parley.customers.connectors.email.headers import Arrival, file_headers
from parley.customers.connectors.email.reading import read_body
from parley.kit.errors import Invalid

KEY = b"k" * 32
CARE = Mailbox("care@fernhill.example", "Fernhill Care")
REPLY = Outbound(
    conversation_id=42,
    reply_id=7,
    to=(Address("Anna.Smith@example.org", "anna.smith@example.org", "Anna Smith"),),
    cc=(),
    subject="The valve",
    text="Dear Anna,\n\nplease close the tap: https://fernhill.example/tap?a=1&b=2.\n\n<Kind> regards",
    signature="",
    in_reply_to="<a1@example.org>",
    references=("<a0@example.org>",),
    written_at=datetime(2026, 11, 3, 12, 30, tzinfo=UTC),
)


def address(written: str, name: str = "") -> Address:
    return Address(written, normalise_address(written) or "", name)


def parsed(reply: Outbound = REPLY, mailbox: Mailbox = CARE) -> email.message.EmailMessage:
    return email.message_from_bytes(compose(reply, mailbox, KEY), policy=email.policy.default)


def test_a_reply_carries_what_the_thread_needs_and_nothing_of_the_colleague() -> None:
    mail = parsed()
    assert str(mail["From"]) == "Fernhill Care <care@fernhill.example>"
    assert str(mail["To"]) == "Anna Smith <Anna.Smith@example.org>"
    assert mail["Subject"] == "Re: The valve"
    assert mail["In-Reply-To"] == "<a1@example.org>"
    assert mail["References"] == "<a0@example.org> <a1@example.org>"
    assert mail["Date"] == "Tue, 03 Nov 2026 12:30:00 +0000"
    assert reply_of(mail["Message-ID"], [KEY]) == 7
    assert conversation_of(mail["Reply-To"].addresses[0].addr_spec, [KEY]) == 42
    assert mail["Reply-To"].addresses[0].display_name == "Fernhill Care"
    assert sorted({name.lower() for name in mail}) == sorted(
        [
            "from",
            "reply-to",
            "to",
            "subject",
            "date",
            "message-id",
            "in-reply-to",
            "references",
            "mime-version",
            "content-type",
        ]
    ), "neither Auto-Submitted, which other desks drop, nor anything that names who wrote it"


def test_every_attempt_has_the_same_id_and_the_same_words() -> None:
    one, two = parsed(), parsed()
    assert one["Message-ID"] == two["Message-ID"]
    assert one.get_body(("plain",)).get_content() == two.get_body(("plain",)).get_content()


def test_text_and_html_say_the_same() -> None:
    reply = replace(REPLY, signature="Fernhill Care\nLeeds")
    mail = parsed(reply)
    assert (
        mail.get_body(("plain",)).get_content().replace("\r\n", "\n") == reply.text + "\n\n-- \nFernhill Care\nLeeds\n"
    )
    html = mail.get_body(("html",)).get_content()
    assert '<a href="https://fernhill.example/tap?a=1&amp;b=2">https://fernhill.example/tap?a=1&amp;b=2</a>.' in html
    assert "&lt;Kind&gt; regards" in html
    body = read_body(compose(reply, CARE, KEY))
    assert body.text.replace("\n\n", "\n").startswith("Dear Anna,\nplease close the tap")
    assert body.html is not None
    assert "<p>Dear Anna,</p>" in body.html


def test_files_go_with_it_under_harmless_names() -> None:
    mail = parsed(
        replace(
            REPLY,
            files=(
                OutboundFile("Rechnung März.pdf", "application/pdf", b"%PDF"),
                OutboundFile("../x\r\ny.txt", "text/plain", "ä".encode()),
                OutboundFile("m", "message/rfc822", b"x"),
                OutboundFile("n", "not a type\r\nX: y", b"x"),
            ),
        )
    )
    files = list(mail.iter_attachments())
    assert [each.get_filename() for each in files] == ["Rechnung März.pdf", "x y.txt", "m", "n"]
    assert [each.get_content_type() for each in files] == [
        "application/pdf",
        "text/plain",
        "application/octet-stream",
        "application/octet-stream",
    ]
    assert files[0].get_content() == b"%PDF"
    assert files[1].get_payload(decode=True) == "ä".encode()


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("The valve", "Re: The valve"),
        ("Re: The valve", "Re: The valve"),
        ("RE: AW: Re[2]: The valve", "Re: The valve"),
        ("", "Re:"),
        ("Re:", "Re:"),
        ("回复\uff1a阀门", "Re: 阀门"),
        ("Regarding: x", "Re: Regarding: x"),
        ("Fwd: x", "Re: Fwd: x"),
    ],
)
def test_re_stands_once(subject: str, expected: str) -> None:
    assert reply_subject(subject) == expected


def test_what_is_not_ascii_travels_encoded_and_comes_back() -> None:
    subject = "Das Ventil tropft noch immer, und zwar ziemlich stark – siehe Foto ☔ 日本語"
    reply = replace(
        REPLY,
        subject=subject,
        to=(address("änna@bücher.example", "Änna, die „Große“"), address("bob@example.org", 'Bob "the" Builder')),
    )
    raw = compose(reply, Mailbox("care@fernhill.example", "Fernhill Pflege für Kunden"), KEY)
    head = raw.partition(b"\r\n\r\n")[0]
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert all(len(line) <= 100 for line in head.split(b"\r\n"))
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert mail["Subject"] == "Re: " + subject
    assert mail["From"].addresses[0].display_name == "Fernhill Pflege für Kunden"
    filed = file_headers(raw, Arrival("x", datetime(2026, 11, 4, tzinfo=UTC)), keys=[KEY])
    assert [(each.address.name, each.address.norm) for each in filed.recipients] == [
        ("Änna, die „Große“", "änna@xn--bcher-kva.example"),
        ('Bob "the" Builder', "bob@example.org"),
    ]


def test_long_ids_and_long_chains_stay_whole() -> None:
    chain = tuple(f"<{'x' * 200}.{number}@a-very-long-host.example.org>" for number in range(60))
    raw = compose(replace(REPLY, references=chain, in_reply_to=chain[-1]), CARE, KEY)
    filed = file_headers(raw, Arrival("x", datetime(2026, 11, 4, tzinfo=UTC)), keys=[KEY])
    assert filed.references == (chain[0], *chain[-29:])
    assert filed.in_reply_to == (chain[-1],)
    assert b"=?" not in raw.partition(b"\r\n\r\n")[0]


def test_malformed_ids_of_others_are_left_out() -> None:
    mail = parsed(
        replace(REPLY, in_reply_to="made:0123", references=("<a b@c>", "<ok@x.org>", "<x\r\nBcc: evil@example.org>"))
    )
    assert mail["In-Reply-To"] is None
    assert mail["References"] == "<ok@x.org>"


def test_the_signed_address_can_be_switched_off() -> None:
    assert parsed(mailbox=replace(CARE, signed_replies=False))["Reply-To"] is None


@pytest.mark.parametrize(
    "reply",
    [
        replace(REPLY, subject="x\r\nBcc: evil@example.org"),
        replace(REPLY, subject="ä\nBcc: evil@example.org", cc=(Address("a@b.c\r\nX: y", "a@b.c"),)),
        replace(REPLY, to=(Address("anna@example.org\r\nBcc: evil@example.org", "anna@example.org"),)),
        replace(REPLY, to=(Address("anna@example.org", "x", "A\r\nBcc: evil@example.org"),)),
        replace(REPLY, to=(Address("anna@example.org, evil@example.org", "x"),)),
        replace(REPLY, to=(Address("anna@example.org> <evil@example.org", "x"),)),
        replace(REPLY, cc=(Address("", ""),)),
        replace(REPLY, to=()),
        replace(REPLY, subject="x\0y"),
    ],
)
def test_what_would_add_a_header_or_a_recipient_is_refused(reply: Outbound) -> None:
    assert parsed(REPLY)["Bcc"] is None
    with pytest.raises(Invalid):
        compose(reply, CARE, KEY)


WORDS = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=120)


@given(WORDS, WORDS, st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
def test_any_words_leave_as_exactly_the_headers_they_should(subject: str, name: str, text: str) -> None:
    raw = compose(replace(REPLY, subject=subject, text=text, to=(address("anna@example.org", name),)), CARE, KEY)
    head = raw.partition(b"\r\n\r\n")[0]
    names = re.findall(rb"^([A-Za-z-]+):", head, re.MULTILINE)
    assert names == [
        b"From",
        b"Reply-To",
        b"To",
        b"Subject",
        b"Date",
        b"Message-ID",
        b"In-Reply-To",
        b"References",
        b"MIME-Version",
        b"Content-Type",
    ]
    filed = file_headers(raw, Arrival("x", datetime(2026, 11, 4, tzinfo=UTC)), keys=[KEY])
    assert [each.address.norm for each in filed.recipients] == ["anna@example.org"]
