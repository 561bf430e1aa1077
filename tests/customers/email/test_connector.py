"""The whole way of a conversation without a database: a mail in, a reply out, the answer to it recognised."""

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from customers.email.sinks import Sink
from parley.customers.connectors.base import Connector, Outbound, RawMessage, SendState
from parley.customers.connectors.email.body import BodyReader
from parley.customers.connectors.email.connector import EmailConnector, EmailSettings

KEY = b"k" * 32
CAME = datetime(2026, 11, 3, 12, 30, tzinfo=UTC)


async def test_a_conversation_goes_there_and_back(reader: BodyReader, tmp_path) -> None:
    settings = EmailSettings(
        "care@fernhill.example",
        "Fernhill Care",
        smtp_url=f"outbox://{tmp_path}",
        trusted_servers=("mx.fernhill.example",),
    )
    connector: Connector = EmailConnector(settings, reader, [KEY])
    first = await connector.read(
        RawMessage(
            b"Authentication-Results: mx.fernhill.example; dmarc=pass header.from=example.org\r\nFrom: Anna <anna@example.org>\r\nTo: care@fernhill.example\r\n"
            b"Subject: The valve\r\nMessage-ID: <a1@example.org>\r\nReferences: <a0@example.org>\r\n\r\nIt leaks.",
            CAME,
        )
    )
    assert first.sender is not None
    assert first.tokens.conversations == ()
    assert (first.authenticity.verdict, first.text, first.unreadable, first.bounce) == (
        "passed",
        "It leaks.",
        None,
        None,
    )
    reply = Outbound(
        42,
        7,
        (first.sender,),
        (),
        first.subject,
        "Close the tap.",
        "Fernhill Care",
        first.message_id,
        first.references,
        CAME,
    )
    results = await connector.send(reply, ["anna@example.org"])
    assert results["anna@example.org"].state is SendState.ACCEPTED
    sent = email.message_from_bytes(next(tmp_path.glob("*.eml")).read_bytes(), policy=email.policy.default)
    assert sent["References"] == "<a0@example.org> <a1@example.org>"
    back = (
        f"From: anna@example.org\r\nTo: {sent['Reply-To'].addresses[0].addr_spec.upper()}\r\nSubject: AW: Re: The valve\r\nIn-Reply-To: {sent['Message-ID']}\r\n"
        f"\r\nThanks!\r\n\r\nAm 03.11.2026 um 13:30 schrieb Fernhill Care:\r\n> Close the tap.\r\n"
    ).encode()
    answer = await connector.read(RawMessage(back, CAME))
    assert (answer.tokens.conversations, answer.tokens.replies) == ((42,), (7,))
    assert (answer.text, answer.authenticity.verdict) == ("Thanks!", "unknown")
    stranger = await connector.read(
        RawMessage(back.replace(b"Subject: AW:", b"Subject: [#42] AW:").replace(b"+C42.", b"+C41."), CAME)
    )
    assert stranger.tokens.conversations == ()
    assert connector.capabilities.cc


async def test_what_cannot_be_read_is_still_filed(reader: BodyReader) -> None:
    connector = EmailConnector(EmailSettings("care@fernhill.example"), reader, [KEY])
    for raw in (b"", b"\0\0\0", b"From: anna@example.org", b"\xff" * 5_000):
        message = await connector.read(RawMessage(raw, CAME))
        assert message.external_id.startswith("made:")
        assert message.sent_at == CAME
    report = await connector.read(RawMessage(b"X-Failed-Recipients: anna@example.org\r\n\r\n550 5.1.1 no", CAME))
    assert (report.automatic, report.bounce is not None and report.bounce.permanent) == ("delivery report", True)


async def test_the_connection_test_says_both_ways(reader: BodyReader) -> None:
    async with Sink().open() as sink:
        settings = EmailSettings(
            "care@fernhill.example", smtp_url=sink.url, imap_url="imap://a:b@127.0.0.1:1?tls=never"
        )
        found = await EmailConnector(settings, reader, [KEY]).test()
        assert not found.ok
        assert set(found.details) == {"imap", "smtp"}
        assert "cannot be reached" in found.details["imap"]
        assert (await EmailConnector(replace(settings, imap_url=""), reader, [KEY]).test()).ok


@pytest.mark.parametrize("secret", ["imap_password", "smtp_password"])
def test_settings_do_not_show_their_secrets(secret: str) -> None:
    assert "hunter2" not in repr(EmailSettings("care@fernhill.example", **{secret: "hunter2"}))
