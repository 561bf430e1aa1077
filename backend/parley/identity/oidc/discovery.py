"""What a provider says about itself: endpoints and keys, read from its issuer and kept for about an hour."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from authlib.oidc.discovery import get_well_known_url
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from parley.core.http import GuardedClient
from parley.identity.oidc import wire
from parley.identity.problems import SignInRefused

KEEP_SECONDS = 3600.0
_REREAD_SECONDS = 30.0
"""Unknown keys make us read a provider's keys again; a stranger with made-up tokens must not do so endlessly."""


@dataclass(frozen=True, slots=True)
class Facts:
    """A provider's endpoints, as far as a sign-in needs them."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    says_issuer_on_return: bool
    auth_methods: tuple[str, ...]
    knows_pkce: bool


@dataclass(slots=True)
class _Kept:
    facts: Facts
    keys: KeySet
    at: float
    keys_at: float


class Discovery:
    """Reads providers' metadata and keys through the guarded client and keeps them for a while."""

    def __init__(self, http: GuardedClient, now: Callable[[], float] = time.monotonic) -> None:
        self._http = http
        self._now = now
        self._kept: dict[str, _Kept] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def facts(self, issuer: str) -> Facts:
        """Return the endpoints of `issuer`; raise `ProviderAway`, or `SignInRefused` when they do not fit it."""
        return (await self._fresh(issuer)).facts

    async def keys(self, issuer: str, *, again: bool = False) -> KeySet:
        """Return the signing keys of `issuer`; with `again` they are read anew, since a token named an unknown one."""
        kept = await self._fresh(issuer)
        if again:
            async with self._lock(issuer):
                if self._now() - kept.keys_at >= _REREAD_SECONDS:
                    kept.keys = await self._read_keys(kept.facts.jwks_uri)
                    kept.keys_at = self._now()
        return kept.keys

    def forget(self, issuer: str) -> None:
        """Read `issuer` anew at the next sign-in: its row was changed, or is being tested."""
        self._kept.pop(issuer, None)

    async def _fresh(self, issuer: str) -> _Kept:
        async with self._lock(issuer):
            kept = self._kept.get(issuer)
            if kept is None or self._now() - kept.at >= KEEP_SECONDS:
                facts = _read_facts(issuer, await wire.get_json(self._http, get_well_known_url(issuer, external=True)))
                moment = self._now()
                kept = _Kept(facts, await self._read_keys(facts.jwks_uri), moment, moment - _REREAD_SECONDS)
                self._kept[issuer] = kept
            return kept

    async def _read_keys(self, url: str) -> KeySet:
        document = await wire.get_json(self._http, url)
        entries = document.get("keys")
        # Symmetric "keys" have no business in a public set, and keys for encryption none under a signature.
        usable = (
            [
                entry
                for entry in entries
                if isinstance(entry, dict)
                and entry.get("kty") in {"RSA", "EC", "OKP"}
                and entry.get("use", "sig") == "sig"
            ]
            if isinstance(entries, list)
            else []
        )
        try:
            return KeySet.import_key_set({"keys": usable[:100]})
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise SignInRefused("keys_unreadable") from error

    def _lock(self, issuer: str) -> asyncio.Lock:
        return self._locks.setdefault(issuer, asyncio.Lock())


def _read_facts(issuer: str, document: Mapping[str, Any]) -> Facts:
    # Another issuer's metadata under this address would move the trust in its keys to ours (ASVS 10.5.3).
    if document.get("issuer") != issuer:
        raise SignInRefused("metadata_issuer")
    return Facts(
        issuer=issuer,
        authorization_endpoint=_endpoint(document, "authorization_endpoint", issuer),
        token_endpoint=_endpoint(document, "token_endpoint", issuer),
        jwks_uri=_endpoint(document, "jwks_uri", issuer),
        says_issuer_on_return=document.get("authorization_response_iss_parameter_supported") is True,
        auth_methods=_words(document.get("token_endpoint_auth_methods_supported")),
        knows_pkce="S256" in _words(document.get("code_challenge_methods_supported")),
    )


def _words(value: object) -> tuple[str, ...]:
    return tuple(word for word in value if isinstance(word, str)) if isinstance(value, list) else ()


def _endpoint(document: Mapping[str, Any], name: str, issuer: str) -> str:
    url = document.get(name)
    allowed = {"https", urlsplit(issuer).scheme}
    try:
        if isinstance(url, str) and len(url) <= 2000 and urlsplit(url).scheme in allowed and urlsplit(url).hostname:
            return url
    except ValueError:
        pass
    raise SignInRefused("metadata_endpoint")
