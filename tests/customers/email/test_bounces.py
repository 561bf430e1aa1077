import pytest

from parley.customers.connectors.email.addresses import signed_message_id
from parley.customers.connectors.email.bounces import read_bounces
from parley.customers.connectors.email.mime import read_parts

OURS = signed_message_id(7, "fernhill.example", b"k" * 32)


def report(
    *blocks: str,
    original: str = f"Message-ID: {OURS}\r\nSubject: Re: valve\r\n",
    kind: str = "message/rfc822",
    head: str = "From: MAILER-DAEMON@mx.example\r\n",
) -> bytes:
    status = "Reporting-MTA: dns; mx.example\r\n\r\n" + "\r\n".join(blocks)
    parts = [
        "Content-Type: text/plain\r\n\r\nYour mail could not be delivered.",
        f"Content-Type: message/delivery-status\r\n\r\n{status}",
    ]
    if original:
        parts.append(f"Content-Type: {kind}\r\n\r\n{original}\r\nthe body")
    inner = "".join(f"--b\r\n{part}\r\n" for part in parts)
    return f"{head}Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n{inner}--b--".encode()


def block(
    recipient: str = "rfc822; anna@example.org",
    action: str = "failed",
    status: str = "5.1.1",
    code: str = "smtp; 550 5.1.1 No such user",
) -> str:
    return f"Final-Recipient: {recipient}\r\nAction: {action}\r\nStatus: {status}\r\nDiagnostic-Code: {code}\r\n"


def bounces(raw: bytes) -> list[tuple[str, str, str, str, bool]]:
    return [
        (b.original_message_id, b.recipient, b.action, b.status, b.permanent)
        for b in read_bounces(read_parts(raw).root)
    ]


def test_a_report_names_the_very_reply_and_recipient() -> None:
    found = read_bounces(read_parts(report(block())).root)
    assert bounces(report(block())) == [(OURS, "anna@example.org", "failed", "5.1.1", True)]
    assert found[0].reason == "550 5.1.1 No such user"
    assert found[0].is_failure


@pytest.mark.parametrize(
    ("kind", "original"),
    [
        ("text/rfc822-headers", f"Subject: x\r\nMessage-ID: {OURS}\r\n"),
        ("message/rfc822", f"Received: x\r\nMESSAGE-ID:\r\n {OURS}\r\n"),
        ("message/global", f"Message-ID: {OURS}\r\n"),
        ("text/plain", f"The headers were:\r\n> Message-ID: {OURS}\r\n"),
    ],
)
def test_the_original_is_found_attached_as_headers_or_quoted(kind: str, original: str) -> None:
    assert bounces(report(block(), original=original, kind=kind))[0][0] == OURS


def test_a_report_without_the_original_still_names_the_recipient() -> None:
    assert bounces(report(block(), original="")) == [("", "anna@example.org", "failed", "5.1.1", True)]


def test_delayed_is_no_failure_and_a_soft_failure_is_not_permanent() -> None:
    delayed = read_bounces(read_parts(report(block(action="delayed", status="4.4.1"))).root)[0]
    assert not delayed.is_failure
    assert not delayed.permanent
    soft = read_bounces(read_parts(report(block(status="4.2.2", code="smtp; 452 mailbox full"))).root)[0]
    assert soft.is_failure
    assert not soft.permanent


def test_several_recipients_have_a_line_each() -> None:
    raw = report(
        block(),
        block("rfc822;BOB@Example.org", "delivered", "2.0.0", ""),
        block("x-local; carl", status="", code="x-unix; 552 too big"),
    )
    assert bounces(raw) == [
        (OURS, "anna@example.org", "failed", "5.1.1", True),
        (OURS, "bob@example.org", "delivered", "2.0.0", False),
        (OURS, "carl", "failed", "5.0.0", True),
    ]


@pytest.mark.parametrize(
    "head", ["", "From: <>\r\n", "From: postmaster@mx.example\r\nAuto-Submitted: auto-replied\r\n"]
)
def test_a_report_needs_no_sender(head: str) -> None:
    assert bounces(report(block(), head=head))[0][1] == "anna@example.org"


def test_the_older_kind_names_the_recipient_in_a_header() -> None:
    raw = (
        f"X-Failed-Recipients: anna@example.org, bob@example.org\r\nFrom: Mail Delivery System <Mailer-Daemon@mx.example>\r\nAuto-Submitted: auto-replied\r\n\r\n"
        f"A message that you sent could not be delivered:\r\n  anna@example.org\r\n    550 5.1.1 no such user\r\n\r\nMessage-ID: {OURS}\r\nSubject: Re: valve\r\n"
    ).encode()
    assert bounces(raw) == [
        (OURS, "anna@example.org", "failed", "5.1.1", True),
        (OURS, "bob@example.org", "failed", "5.1.1", True),
    ]


@pytest.mark.parametrize(
    ("subject", "action"),
    [
        ("Undelivered Mail Returned to Sender", "failed"),
        ("Unzustellbar: Re: valve", "failed"),
        ("failure notice", "failed"),
        ("Warning: delivery failure, message delayed 4 hours", "delayed"),
    ],
)
def test_a_report_that_is_only_text_is_read_by_its_words(subject: str, action: str) -> None:
    raw = (
        f"From: MAILER-DAEMON@mx.example\r\nTo: care@fernhill.example\r\nSubject: {subject}\r\n\r\nHi. I could not deliver your message of care@fernhill.example.\r\n"
        f"<anna@example.org>:\r\n550 unknown user\r\n--- Below this line is a copy.\r\nMessage-ID: {OURS}\r\n"
    ).encode()
    found = bounces(raw)[0]
    assert found[:3] == (OURS, "anna@example.org", action)


@pytest.mark.parametrize(
    "raw",
    [
        b"From: anna@example.org\r\nSubject: Undelivered mail?\r\n\r\nI got: 550 unknown user <bob@example.org>",
        b"From: mailer-daemon@mx.example\r\nSubject: Weekly statistics\r\n\r\n<bob@example.org> 550",
        b"From: anna@example.org\r\nAuto-Submitted: auto-replied\r\nSubject: Out of office\r\n\r\nI am away.",
        b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nread receipt\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\nFinal-Recipient: rfc822; a@b.c\r\n--b--",
        b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\r\n--b--",
        b"",
    ],
)
def test_what_is_no_delivery_report_gives_none(raw: bytes) -> None:
    assert bounces(raw) == []


def test_hostile_reports_are_bounded() -> None:
    assert len(bounces(report(*[block()] * 5_000))) <= 100
    found = read_bounces(
        read_parts(report(block(recipient="rfc822; " + "x" * 5_000, action="\0\r\n x", code="y" * 9_000))).root
    )
    assert all(len(each.recipient) <= 320 and len(each.reason) <= 300 for each in found)
