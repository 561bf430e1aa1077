"""Calls to a provider: through the guarded client, JSON objects only, whatever goes wrong said as one of two facts."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from parley.core.http import GuardedClient, Refused
from parley.identity.problems import ProviderAway, SignInRefused
from parley.kit.text import clean_line


async def get_json(http: GuardedClient, url: str) -> Mapping[str, Any]:
    """Return the JSON object at `url`; raise `ProviderAway`, or `SignInRefused` when it is none."""
    return await _call(http, "GET", url, {"Accept": "application/json"}, None)


async def post_form(http: GuardedClient, url: str, headers: Mapping[str, str], body: str) -> Mapping[str, Any]:
    """Post an encoded form and return the JSON object that comes back."""
    return await _call(http, "POST", url, headers, body.encode())


def basic(user: str, password: str) -> str:
    """Return the value of an Authorization header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


async def _call(
    http: GuardedClient, method: str, url: str, headers: Mapping[str, str], content: bytes | None
) -> Mapping[str, Any]:
    try:
        # Trusted: an administrator configured this issuer, so it may stand in a network of our own.
        answer = await http.fetch(method, url, headers=headers, content=content, trusted=True)
    except Refused as error:
        raise ProviderAway from error
    if answer.status >= 500 or answer.status == 429:
        raise ProviderAway
    try:
        document = json.loads(answer.content)
    except (ValueError, RecursionError) as error:
        raise SignInRefused("no_json") from error
    if not isinstance(document, dict):
        raise SignInRefused("no_json")
    if answer.status != 200:
        raise SignInRefused(f"status_{answer.status}:{clean_line(str(document.get('error', '')))[:60]}")
    return document
