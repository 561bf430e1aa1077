"""Trying a provider before people do: what it says about itself, and whether it knows us."""

from dataclasses import dataclass

from authlib.oauth2.rfc6749.parameters import prepare_token_request

from parley.core import crypto
from parley.identity.oidc import flow, wire
from parley.identity.oidc.discovery import Facts
from parley.identity.problems import ProviderAway, SignInRefused
from parley.identity.wiring import Federation

_WORDS = {
    "metadata_issuer": "The address answers, but says that it is another issuer. Copy the issuer exactly as it stands there.",
    "metadata_endpoint": "An address that a sign-in needs is missing there, or does not begin with https.",
    "keys_unreadable": "No key for signatures could be read there.",
    "no_json": "What stands there is not an OpenID provider's description.",
}
_UNKNOWN_CLIENT = ("invalid_client", "unauthorized_client")


@dataclass(frozen=True, slots=True)
class Trial:
    """How it went: a sentence, the values of its places, and what was found on the way."""

    ok: bool
    sentence: str
    found: tuple[tuple[str, str], ...] = ()
    detail: str = ""


async def run(outside: Federation, issuer: str, client_id: str, secret: str, redirect_uri: str) -> Trial:
    """Read the provider anew, and offer its token endpoint a made-up code: that it refuses the code is a good sign."""
    outside.discovery.forget(issuer)
    try:
        facts = await outside.discovery.facts(issuer)
        keys = await outside.discovery.keys(issuer)
    except ProviderAway:
        return Trial(ok=False, sentence="Nothing answers at this issuer, or it may not be reached from here.")
    except SignInRefused as refused:
        return Trial(
            ok=False,
            sentence=_WORDS.get(refused.reason, "The issuer answered in an unexpected way."),
            detail=refused.reason,
        )
    found = (
        ("authorization_endpoint", facts.authorization_endpoint),
        ("token_endpoint", facts.token_endpoint),
        ("jwks_uri", facts.jwks_uri),
        ("keys", ", ".join(str(key.kid) for key in keys)),
        ("PKCE", "S256" if facts.knows_pkce else "?"),
    )
    refusal = await _offer(outside, facts, client_id, secret, redirect_uri)
    if any(word in refusal for word in _UNKNOWN_CLIENT) or refusal.startswith("status_401"):
        return Trial(ok=False, sentence="The provider does not know this client, or the secret is wrong.", found=found)
    return Trial(ok=True, sentence="Discovery and keys were read, and the provider knows this client.", found=found)


async def _offer(outside: Federation, facts: Facts, client_id: str, secret: str, redirect_uri: str) -> str:
    """Return why the provider refuses a made-up code."""
    body = prepare_token_request(
        "authorization_code", redirect_uri=redirect_uri, code=crypto.new_token()[0], code_verifier=crypto.new_token()[0]
    )
    url, headers, body = flow.token_request(facts, client_id, secret, body)
    try:
        await wire.post_form(outside.http, url, headers, body)
    except SignInRefused as refused:
        return refused.reason
    except ProviderAway:
        return "invalid_client"
    return ""
