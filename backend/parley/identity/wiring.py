"""What talking to providers needs of the running machine: made at the first use, kept by the application."""

from dataclasses import dataclass
from typing import cast

from starlette.requests import HTTPConnection

from parley.core.crypto import Sealer, Unsealable, derive
from parley.core.http import GuardedClient
from parley.core.machine import Machine
from parley.core.settings import Settings
from parley.identity.oidc.discovery import Discovery
from parley.identity.problems import SignInRefused
from parley.identity.service.providers import secret_context
from parley.models.identity import Provider


@dataclass(frozen=True, slots=True)
class Federation:
    """The way to the providers."""

    http: GuardedClient
    discovery: Discovery
    sealer: Sealer

    def secret_of(self, provider: Provider) -> str:
        """Return the provider's client secret, empty for a public client."""
        if not provider.client_secret_sealed:
            return ""
        try:
            return self.sealer.unseal(provider.client_secret_sealed, secret_context(provider))
        except Unsealable as error:
            raise SignInRefused("secret_not_readable") from error


def seals(settings: Settings) -> Sealer:
    """Return what seals and opens the providers' secrets."""
    return Sealer([derive(settings.key, "seal")])


def build(settings: Settings) -> Federation:
    """Make the way to the providers that `settings` allow."""
    client = GuardedClient.of(settings)
    return Federation(client, Discovery(client), seals(settings))


def federation(connection: HTTPConnection) -> Federation:
    """Return the application's one way to the providers."""
    state = connection.app.state
    if not hasattr(state, "federation"):
        machine: Machine = state.machine
        state.federation = build(machine.settings)
    return cast(Federation, state.federation)
