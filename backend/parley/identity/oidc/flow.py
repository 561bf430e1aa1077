"""One sign-in through a provider: out with a transaction row, back with a code, and what the code is worth.

The callback is two units of work with the calls to the provider between them: nothing waits for a network while it
holds the writer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from sqlalchemy import delete, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from parley.core import crypto
from parley.core.http import GuardedClient
from parley.core.unit import Unit
from parley.identity.oidc import id_token, wire
from parley.identity.oidc.discovery import Discovery, Facts
from parley.identity.oidc.id_token import Claims, Expected
from parley.identity.problems import SignInRefused
from parley.kit import clock
from parley.kit.errors import NotFound
from parley.kit.text import clean_line
from parley.models.identity import Provider, SignInTransaction

LIFETIME = timedelta(minutes=10)
SCOPE = "openid profile email"
_MAX_PARAMETER = 4000


@dataclass(frozen=True, slots=True)
class Outbound:
    """A sign-in that begins: where the browser goes, and the state that comes back with it."""

    url: str
    state: str
    nonce: str
    code_verifier: str


@dataclass(frozen=True, slots=True)
class Pending:
    """A sign-in on its way, as its row kept it; a copy, since the row is gone."""

    provider_id: int
    binding_hash: str
    nonce: str
    code_verifier: str
    next: str
    created_at: datetime


async def enabled_provider(session: AsyncSession, slug: str) -> Provider:
    """Return the provider `slug` if it is switched on; raise `NotFound` otherwise."""
    row: Provider | None = (
        await session.execute(select(Provider).where(col(Provider.slug) == slug, col(Provider.enabled).is_(True)))
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    return row


def outbound(provider: Provider, facts: Facts, redirect_uri: str, login_hint: str = "") -> Outbound:
    """Prepare a sign-in: fresh state, nonce and code verifier, and the address that carries them."""
    state, nonce, verifier = (crypto.new_token()[0] for _ in range(3))
    more = {"login_hint": login_hint} if login_hint else {}
    url = prepare_grant_uri(
        facts.authorization_endpoint,
        provider.client_id,
        "code",
        redirect_uri=redirect_uri,
        scope=SCOPE,
        state=state,
        nonce=nonce,
        code_challenge=create_s256_code_challenge(verifier),
        code_challenge_method="S256",
        **more,
    )
    return Outbound(url, state, nonce, verifier)


async def remember(unit: Unit, provider_id: int, going: Outbound, *, binding: str, next_path: str) -> None:
    """Write the transaction's row; rows that are too old go on this occasion."""
    await unit.session.execute(delete(SignInTransaction).where(col(SignInTransaction.created_at) < unit.now - LIFETIME))
    unit.session.add(
        SignInTransaction(
            state_hash=crypto.hash_token(going.state),
            provider_id=provider_id,
            binding_hash=crypto.hash_token(binding),
            nonce=going.nonce,
            code_verifier=going.code_verifier,
            next=next_path,
            created_at=unit.now,
        )
    )
    await unit.session.flush()


async def take(unit: Unit, state: str) -> Pending | None:
    """Take the transaction of `state` by deleting its row; None when it is unknown, too old, or taken already."""
    row = (
        await unit.session.execute(
            delete(SignInTransaction)
            .where(
                col(SignInTransaction.state_hash) == crypto.hash_token(state),
                col(SignInTransaction.created_at) >= unit.now - LIFETIME,
            )
            .returning(
                col(SignInTransaction.provider_id),
                col(SignInTransaction.binding_hash),
                col(SignInTransaction.nonce),
                col(SignInTransaction.code_verifier),
                col(SignInTransaction.next),
                col(SignInTransaction.created_at),
            )
        )
    ).one_or_none()
    return Pending(*row) if row else None


def check_return(pending: Pending, provider: Provider, facts: Facts, binding: str, query: Mapping[str, str]) -> str:
    """Return the code that came back; raise `SignInRefused` unless the answer is for this browser and provider."""
    if not crypto.same(pending.binding_hash, crypto.hash_token(binding)):
        raise SignInRefused("other_browser", "This sign-in was begun in another browser. Please begin again here.")
    if pending.provider_id != provider.id:
        raise SignInRefused("other_provider")
    issuer = query.get("iss")
    # RFC 9207: an answer of another provider, slipped in under our state, would send its code to this one.
    if (issuer is None and facts.says_issuer_on_return) or (issuer is not None and issuer != facts.issuer):
        raise SignInRefused("callback_issuer")
    if "error" in query:
        raise SignInRefused(
            f"provider:{clean_line(query['error'])[:60]}", "The sign-in service refused. Nobody was signed in."
        )
    code = query.get("code", "")
    if not code or len(code) > _MAX_PARAMETER:
        raise SignInRefused("no_code")
    return code


async def redeem(
    http: GuardedClient,
    discovery: Discovery,
    provider: Provider,
    secret: str,
    *,
    code: str,
    pending: Pending,
    redirect_uri: str,
) -> Claims:
    """Change `code` for an ID token and return what it says; raise `SignInRefused` or `ProviderAway`."""
    facts = await discovery.facts(provider.issuer)
    body = prepare_token_request(
        "authorization_code", redirect_uri=redirect_uri, code=code, code_verifier=pending.code_verifier
    )
    url, headers, body = token_request(facts, provider.client_id, secret, body)
    answer = await wire.post_form(http, url, headers, body)
    token, access_token = answer.get("id_token"), answer.get("access_token")
    if not isinstance(token, str):
        # The userinfo endpoint would say somebody's name as well, but nothing ties that to this sign-in.
        raise SignInRefused("no_id_token")
    expected = Expected(
        provider.issuer, provider.client_id, pending.nonce, access_token if isinstance(access_token, str) else ""
    )
    try:
        return id_token.verify(token, await discovery.keys(provider.issuer), expected, clock.now())
    except id_token.UnknownKey:
        pass
    try:
        return id_token.verify(token, await discovery.keys(provider.issuer, again=True), expected, clock.now())
    except id_token.UnknownKey as error:
        raise SignInRefused("unknown_key") from error


def token_request(facts: Facts, client_id: str, secret: str, body: str) -> tuple[str, dict[str, str], str]:
    """Return address, headers and body of a request to the token endpoint, with our name and secret in them."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    url, headers, body = ClientAuth(client_id, secret, _auth_method(facts, secret)).prepare(
        "POST", facts.token_endpoint, headers, body
    )
    return url, headers, body


def _auth_method(facts: Facts, secret: str) -> object:
    if not secret:
        return "none"
    if "client_secret_post" in facts.auth_methods:
        return "client_secret_post"
    return _basic


def _basic(
    client: ClientAuth, _method: str, uri: str, headers: dict[str, str], body: str
) -> tuple[str, dict[str, str], str]:
    """RFC 6749 2.3.1 wants both parts form-encoded before they are joined; Authlib joins them as they are."""
    headers["Authorization"] = wire.basic(quote(client.client_id, safe=""), quote(client.client_secret, safe=""))
    return uri, headers, body
