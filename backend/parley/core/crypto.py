"""Keys, tokens, seals and signatures: thin uses of well-known primitives."""

import base64
import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Sequence
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12
_VERSION = "s1"
MAX_PASSWORD = 1_024
# RFC 9106, second choice: 64 MiB, three passes, four lanes.
_PASSWORDS = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


class Unsealable(Exception):  # noqa: N818  (says what is wrong)
    """A seal was made with another key, for another row, or was changed."""


def derive(secret: bytes, purpose: str) -> bytes:
    """Return 32 bytes for one `purpose` from the installation's secret (HKDF, RFC 5869)."""
    return HKDF(SHA256(), 32, salt=None, info=f"parley:{purpose}".encode()).derive(secret)


class Sealer:
    """Seals secrets with AES-GCM, bound to where they stand; the first key seals, all keys open."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Take 32-byte keys, the newest first."""
        self._keys = {hashlib.sha256(key).hexdigest()[:8]: AESGCM(key) for key in keys}
        self._newest = next(iter(self._keys))

    def seal(self, plain: str, context: str) -> str:
        """Seal `plain` so that it opens only with the same `context`, like `source:7`."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = nonce + self._keys[self._newest].encrypt(nonce, plain.encode(), context.encode())
        return f"{_VERSION}:{self._newest}:{_text(sealed)}"

    def unseal(self, sealed: str, context: str) -> str:
        """Open a seal; raise `Unsealable` for a wrong key, a wrong `context` or a changed byte."""
        try:
            version, key, body = sealed.split(":")
            raw = _bytes(body)
            cipher = self._keys[key] if version == _VERSION else None
            if cipher is None:
                raise Unsealable
            return cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], context.encode()).decode()
        except (ValueError, KeyError, InvalidTag) as error:
            raise Unsealable from error

    def needs_reseal(self, sealed: str) -> bool:
        """Whether a seal was made with an older key."""
        return not sealed.startswith(f"{_VERSION}:{self._newest}:")


def new_token(prefix: str = "") -> tuple[str, str]:
    """Return a token of 256 bits and the hash under which it is stored."""
    token = prefix + secrets.token_urlsafe(32)
    return token, hash_token(token)


def hash_token(token: str) -> str:
    """Return the hash of a token; fast, since a token has 256 bits that nobody guesses."""
    return hashlib.sha256(_utf8(token)).hexdigest()


def same(one: str | bytes, other: str | bytes) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(_utf8(one), _utf8(other))


def sign(key: bytes, message: str) -> str:
    """Return a short signature of `message` (HMAC-SHA256, 128 bits, URL-safe)."""
    return _text(hmac.digest(key, _utf8(message), "sha256")[:16]).rstrip("=")


def verify(key: bytes, message: str, signature: str) -> bool:
    """Whether `signature` is ours for `message`."""
    return same(sign(key, message), signature)


def csrf_token(key: bytes, session_id: str) -> str:
    """Return the session's token under a fresh mask: compressed answers would leak a constant one (BREACH)."""
    true = hmac.digest(key, _utf8(session_id), "sha256")
    mask = secrets.token_bytes(len(true))
    return _text(mask + _xor(mask, true))


def csrf_valid(key: bytes, session_id: str, token: str) -> bool:
    """Whether `token` is a masked token of this session."""
    true = hmac.digest(key, _utf8(session_id), "sha256")
    try:
        raw = _bytes(token)
    except ValueError:
        return False
    half = len(true)
    return len(raw) == 2 * half and same(_xor(raw[:half], raw[half:]), true)


def hash_password(password: str) -> str:
    """Return the argon2id hash of `password`; slow on purpose, so in a thread and never inside a unit of work."""
    if len(password) > MAX_PASSWORD:
        raise ValueError("longer than a password may be")
    return _PASSWORDS.hash(_norm(password))


def check_password(stored: str | None, password: str) -> bool:
    """Whether `password` is the one behind `stored`; takes as long where there is none, so that nobody learns it."""
    # A password of megabytes would be hashed at our expense.
    if len(password) > MAX_PASSWORD:
        return False
    try:
        return _PASSWORDS.verify(stored or _nobody(), _norm(password)) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def password_needs_rehash(stored: str) -> bool:
    """Whether `stored` was made with weaker parameters than those of today."""
    return _PASSWORDS.check_needs_rehash(stored)


@cache
def _nobody() -> str:
    return _PASSWORDS.hash(secrets.token_urlsafe(32))


def _norm(password: str) -> bytes:
    # The same keys give other code points on other keyboards.
    return _utf8(unicodedata.normalize("NFKC", password))


def _utf8(text: str | bytes) -> bytes:
    # JSON can carry half a surrogate pair; it is a wrong secret, not an error of the server.
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    """Decode strictly: the lenient way reads many texts as the same bytes. Raises ValueError."""
    raw = base64.b64decode(text, altchars=b"-_", validate=True)
    if _text(raw) != text:
        raise ValueError("bits left over")
    return raw


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
