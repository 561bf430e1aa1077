"""What this domain needs of the installation beside the machine: keys, seals, files, and connectors for its sources."""

from dataclasses import dataclass
from datetime import timedelta

from parley.core import crypto
from parley.core.blobs import Blobs
from parley.core.crypto import Sealer, Unsealable
from parley.core.settings import Settings
from parley.customers.connectors.email.body import BodyReader
from parley.customers.connectors.email.connector import EmailConnector, EmailSettings
from parley.customers.connectors.email.servers import Dial
from parley.customers.service.replies import Terms
from parley.customers.service.secrets import Secrets, unseal
from parley.kit.errors import Unavailable
from parley.models.customers import Source


def mail_key(settings: Settings) -> bytes:
    """Return the key that signs reply addresses and Message-IDs."""
    return crypto.derive(settings.key, "mail")


def sealer(settings: Settings) -> Sealer:
    """Return what seals the passwords of sources."""
    return Sealer([crypto.derive(settings.key, "seal")])


def mail_terms(settings: Settings) -> Terms:
    """Return what replies need: the signing key and the time to undo."""
    return Terms(mail_key(settings), timedelta(seconds=settings.undo_seconds))


@dataclass(slots=True)
class House:
    """One for each process; `close` it before the loop ends."""

    settings: Settings
    blobs: Blobs
    reader: BodyReader
    dial: Dial | None = None

    @property
    def terms(self) -> Terms:
        """What replies need: the signing key and the time to undo."""
        return mail_terms(self.settings)

    def connector(self, source: Source) -> EmailConnector:
        """Return the connector of a source, its passwords opened."""
        try:
            secrets = unseal(sealer(self.settings), source)
        except Unsealable as error:
            raise Unavailable("The passwords of this source cannot be opened with this installation's key.") from error
        return connector(self, source, secrets)

    async def close(self) -> None:
        """End the children that read mail."""
        await self.reader.close()


def connector(house: House, source: Source, secrets: Secrets) -> EmailConnector:
    """Return a connector with passwords that need not be stored yet: the test button uses it."""
    config = source.config
    trusted = str(config.get("authserv_id", ""))
    settings = EmailSettings(
        address=source.address,
        display_name=source.display_name,
        signed_replies=bool(config.get("plus_addressing", True)),
        imap_url=str(config.get("imap_url", "")),
        imap_password=secrets.imap_password,
        smtp_url=str(config.get("smtp_url", "")),
        smtp_password=secrets.smtp_password,
        trusted_servers=(trusted,) if trusted else (),
        ca_file=house.settings.ca_file,
        dial=house.dial,
    )
    return EmailConnector(settings, house.reader, [mail_key(house.settings)])
