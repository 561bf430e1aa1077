"""The ID token: what must hold before anything in it is believed."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError, SecurityWarning
from joserfc.jwk import KeySet

from parley.identity.problems import SignInRefused
from parley.kit.text import clean_line

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
"""Pinned: what a provider's metadata lists does not widen it, so neither `none` nor HMAC with a public key passes."""
LEEWAY_SECONDS = 60
_LONGEST = 20_000


class UnknownKey(Exception):  # noqa: N818  (a fact, answered by reading the provider's keys once more)
    """The token names a key that the provider had not published when its keys were read."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the token must say."""

    issuer: str
    client_id: str
    nonce: str
    access_token: str


@dataclass(frozen=True, slots=True)
class Claims:
    """What a good token says about somebody. Only the subject says who it is."""

    issuer: str
    subject: str
    sid: str
    email: str
    email_verified: bool
    name: str
    raw: Mapping[str, Any]


def verify(token: str, keys: KeySet, expected: Expected, now: datetime) -> Claims:
    """Return what `token` says; raise `SignInRefused` with the reason, or `UnknownKey`."""
    if len(token) > _LONGEST:
        raise SignInRefused("token_too_long")
    try:
        with warnings.catch_warnings():
            # RFC 9864 renames EdDSA to Ed25519; providers go on saying EdDSA for years.
            warnings.simplefilter("ignore", SecurityWarning)
            decoded = jwt.decode(token, keys, ALGORITHMS)
        raw = decoded.claims
        CodeIDToken(
            raw,
            decoded.header,
            {"iss": {"essential": True, "value": expected.issuer}, "sub": {"essential": True}},
            {"nonce": expected.nonce, "client_id": expected.client_id, "access_token": expected.access_token},
        ).validate(int(now.timestamp()), LEEWAY_SECONDS)
    except InvalidKeyIdError as error:
        raise UnknownKey from error
    except JoseError as error:
        raise SignInRefused(_reason(error)) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        # Shapes that the libraries do not expect: a list for a string, a header that is no object.
        raise SignInRefused("malformed_token") from error
    _audience(raw.get("aud"), expected.client_id)
    return _claims(raw, expected.issuer)


def _audience(audience: object, client_id: str) -> None:
    """Ours and nobody else's: with an empty list, or another client's name beside ours, the library is content."""
    if audience not in (client_id, [client_id]):
        raise SignInRefused("audience")


def _claims(raw: Mapping[str, Any], issuer: str) -> Claims:
    subject = raw.get("sub")
    if not isinstance(subject, str) or not subject.strip() or len(subject) > 255:
        raise SignInRefused("subject")
    sid, email = raw.get("sid"), raw.get("email")
    name = raw.get("name") or " ".join(
        part for part in (raw.get("given_name"), raw.get("family_name")) if isinstance(part, str)
    )
    return Claims(
        issuer=issuer,
        subject=subject,
        sid=sid if isinstance(sid, str) and len(sid) <= 255 else "",
        email=clean_line(email)[:320] if isinstance(email, str) else "",
        # Only the boolean: the string "false" is as true as any other.
        email_verified=raw.get("email_verified") is True or raw.get("xms_edov") is True,
        name=clean_line(name)[:120] if isinstance(name, str) else "",
        raw=raw,
    )


def _reason(error: JoseError) -> str:
    claim = getattr(error, "claim", "")
    return f"{error.error}:{claim}" if claim else str(error.error)
