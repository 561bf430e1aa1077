"""The e-mail source as the contract wants it: its parts, set up for one mailbox."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from parley.customers.connectors.base import Capabilities, Health, InboundMessage, Outbound, RawMessage, SendResult
from parley.customers.connectors.email import smtp_out
from parley.customers.connectors.email.body import BodyReader
from parley.customers.connectors.email.compose import Mailbox as Sender
from parley.customers.connectors.email.compose import compose
from parley.customers.connectors.email.mail import read_mail
from parley.customers.connectors.email.mailbox import Mailbox, check_mailbox
from parley.customers.connectors.email.servers import Dial, Token

CAPABILITIES = Capabilities(subject=True, cc=True, attachments=True, threading=True, private=True)


@dataclass(frozen=True, slots=True)
class EmailSettings:
    """How one mailbox is read and answered from. The passwords are unsealed only for as long as this lives."""

    address: str
    display_name: str = ""
    signed_replies: bool = True
    imap_url: str = ""
    imap_password: str = field(default="", repr=False)
    smtp_url: str = ""
    smtp_password: str = field(default="", repr=False)
    trusted_servers: tuple[str, ...] = ()
    """Names under which the receiving server writes what it found about senders (authserv-id)."""
    ca_file: Path | None = None
    local_hostname: str | None = None
    token: Token | None = None
    dial: Dial | None = None


class EmailConnector:
    """One mailbox. `keys` prove our own addresses and ids; the first one signs."""

    def __init__(self, settings: EmailSettings, reader: BodyReader, keys: Sequence[bytes]) -> None:
        """Share `reader` between the mailboxes of a process."""
        self._settings = settings
        self._reader = reader
        self._keys = keys

    @property
    def capabilities(self) -> Capabilities:
        """What mail allows."""
        return CAPABILITIES

    async def read(self, raw: RawMessage) -> InboundMessage:
        """Understand one mail; never raises for what is in it."""
        return await read_mail(
            raw, self._settings.address, self._reader, keys=self._keys, trusted_servers=self._settings.trusted_servers
        )

    async def send(self, outbound: Outbound, recipients: Sequence[str]) -> Mapping[str, SendResult]:
        """Make one attempt to send a reply to `recipients`."""
        settings = self._settings
        sender = Sender(settings.address, settings.display_name, settings.signed_replies)
        raw = compose(outbound, sender, self._keys[0])
        return await smtp_out.send(
            settings.smtp_url,
            settings.address,
            recipients,
            raw,
            password=settings.smtp_password,
            token=settings.token,
            ca_file=settings.ca_file,
            local_hostname=settings.local_hostname,
            dial=settings.dial,
        )

    async def test(self) -> Health:
        """Try reading and sending servers, and say in words what was found."""
        settings = self._settings
        found: dict[str, Health] = {}
        if settings.imap_url:
            found["imap"] = await check_mailbox(
                settings.imap_url,
                password=settings.imap_password,
                token=settings.token,
                ca_file=settings.ca_file,
                dial=settings.dial,
            )
        if settings.smtp_url:
            found["smtp"] = await smtp_out.check_server(
                settings.smtp_url,
                password=settings.smtp_password,
                token=settings.token,
                ca_file=settings.ca_file,
                dial=settings.dial,
            )
        return Health(
            ok=all(each.ok for each in found.values()),
            words=" ".join(each.words for each in found.values()),
            details={name: each.words for name, each in found.items()},
        )

    async def open_mailbox(self) -> Mailbox:
        """Open the mailbox for reading; use it as an async context manager."""
        settings = self._settings
        return await Mailbox.open(
            settings.imap_url,
            password=settings.imap_password,
            token=settings.token,
            ca_file=settings.ca_file,
            dial=settings.dial,
        )
