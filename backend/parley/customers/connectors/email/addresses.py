"""Addresses: when two are the same, and the signed ones that prove a thread.

`care+c<conversation>.<mac>@domain` stands in Reply-To; `<r<reply>.<mac>@domain>` is the Message-ID of a reply.
Servers lower-case local parts, so the alphabet is lower-case base32 and reading ignores case.
A guessed number has one chance in 2^80: the conversation cannot be entered by counting.
"""

import base64
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Sequence

import idna

_LOCAL = re.compile(r"[^\x00-\x20\x7f\"(),:;<>@\[\\\]\s]+")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_TAG = re.compile(r"(?:^|\+)c(\d{1,18})\.([a-z2-7]{16})(?=\+|$)")
_MESSAGE_ID = re.compile(r"<?r(\d{1,18})\.([a-z2-7]{16})@[^\s<>@]{1,255}>?")
_MAC_BYTES = 10
_MAX_TAGS = 6


def normalise_address(address: str) -> str | None:
    """Return the form two equal addresses share (NFC, lower case, ASCII domain), or None if it is no address."""
    if not 3 <= len(address) <= 400:
        return None
    local, at, domain = unicodedata.normalize("NFC", address.strip()).rpartition("@")
    if len(local) > 2 and local[0] == local[-1] == '"':
        local = local[1:-1]  # Quoting that was not needed names the same mailbox; any other is refused below.
    exact = _normal_domain(domain)
    if not at or exact is None or not _LOCAL.fullmatch(local) or not _dots_fit(local):
        return None
    norm = f"{unicodedata.normalize('NFC', local.lower())}@{exact}"
    # Only text that survives the round trip to bytes is an address (lone surrogates are not).
    return norm if len(local.encode("utf-8", "replace")) <= 64 and norm.isprintable() else None


def domain_of(norm: str) -> str:
    """Return the exact domain of a normalised address."""
    return norm.rpartition("@")[2]


def address_forms(norm: str) -> tuple[str, ...]:
    """Return a normalised address and what is left of it without its plus tags, the last tag first.

    The first form that is a source's address names the source; a source's own address may hold a tag itself.
    """
    local, _, domain = norm.rpartition("@")
    parts = local.split("+")[:_MAX_TAGS]
    return tuple(f"{'+'.join(parts[:length])}@{domain}" for length in range(len(parts), 0, -1) if parts[0])


def signed_reply_address(address: str, conversation_id: int, key: bytes) -> str:
    """Return the source's `address` with the conversation and its proof as a plus tag."""
    local, _, domain = address.rpartition("@")
    signed = f"{local}+c{conversation_id}.{_mac(key, 'reply-address', conversation_id)}"
    if not local or len(signed.encode()) > 64:
        raise ValueError("this address is too long to carry the number of a conversation")
    return f"{signed}@{domain}"


def conversation_of(address: str, keys: Sequence[bytes]) -> int | None:
    """Return the conversation that a signed reply address proves under one of `keys`, or None."""
    local = address.rpartition("@")[0].strip().lower()
    for number, mac in _TAG.findall(local[:256]):
        if _proves(keys, "reply-address", int(number), mac):
            return int(number)
    return None


def signed_message_id(reply_id: int, domain: str, key: bytes) -> str:
    """Return the Message-ID of a reply of ours, the same on every attempt."""
    return f"<r{reply_id}.{_mac(key, 'message-id', reply_id)}@{domain}>"


def reply_of(message_id: str, keys: Sequence[bytes]) -> int | None:
    """Return the reply whose Message-ID this is, proven under one of `keys`, or None."""
    match = _MESSAGE_ID.fullmatch(message_id.strip().lower())
    if match and _proves(keys, "message-id", int(match[1]), match[2]):
        return int(match[1])
    return None


def _mac(key: bytes, purpose: str, number: int) -> str:
    digest = hmac.new(key, f"parley {purpose} {number}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:_MAC_BYTES]).decode().lower()


def _proves(keys: Sequence[bytes], purpose: str, number: int, mac: str) -> bool:
    # Every key is compared, so that the time does not tell which one it was.
    matches = [hmac.compare_digest(_mac(key, purpose, number), mac) for key in keys]
    return True in matches


def _dots_fit(local: str) -> bool:
    # Two dots in a row or a dot at the end are against the grammar, but Japanese carriers gave such addresses out.
    return not local.startswith(".")


def _normal_domain(domain: str) -> str | None:
    domain = domain.rstrip(".") if domain.endswith(".") and not domain.endswith("..") else domain
    if not domain or len(domain) > 253:
        return None
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return None
    lower = domain.lower()
    return lower if all(_LABEL.fullmatch(label) for label in lower.split(".")) and not lower[-1].isdigit() else None
