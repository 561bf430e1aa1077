"""Authentication-Results (RFC 8601), believed only when our own receiving server wrote them.

Headers are added on top, so what the sender forged stands below. The topmost result of the trusted server
and those directly with it (no Received between) are its own; one further down came in with the mail.
"""

import re
from collections.abc import Collection, Iterable
from typing import Literal

from parley.customers.connectors.base import Authenticity

_MAX_HEADERS = 20
_MAX_VALUE = 8_000
_TOKEN = re.compile(r"[^\s=;]+")
_METHOD = re.compile(r"(dkim|spf|dmarc)\s*(?:/\s*\d+\s*)?=\s*([a-z]+)", re.IGNORECASE)
_PROPERTY = re.compile(
    r"\b([a-z]{1,16})\s{0,3}\.\s{0,3}([a-z0-9_-]{1,32})\s{0,3}=\s{0,3}\"?([^\s;\"]{1,320})", re.IGNORECASE
)
_BESIDE = {"authentication-results", "received-spf", "dkim-signature", "domainkey-signature", "x-received"}

Result = tuple[str, str, dict[str, str]]


def judge(
    headers: Iterable[tuple[str, str]], trusted: Collection[str], from_domain: str, *, several_from: bool = False
) -> Authenticity:
    """Return what the `trusted` servers found in `headers` (top first) about mail from `from_domain`."""
    results = _trusted_results(headers, {name.lower() for name in trusted})
    dkim, spf, dmarc = (_of_method(results, method, from_domain) for method in ("dkim", "spf", "dmarc"))
    verdict: Literal["passed", "failed", "unknown"] = "unknown"
    if dmarc == "fail":
        verdict = "failed"
    elif "pass" in (dmarc, dkim, spf) and not several_from:
        # Which of several senders the server judged cannot be told, so nothing is proven then.
        verdict = "passed"
    elif dmarc != "pass" and (spf == "fail" or (dkim == "fail" and spf != "pass")):
        verdict = "failed"
    return Authenticity(dkim, spf, dmarc, verdict)


def _trusted_results(headers: Iterable[tuple[str, str]], trusted: set[str]) -> list[Result]:
    found: list[Result] = []
    begun = False
    for name, value in headers:
        lower = name.lower()
        if lower == "authentication-results" and len(found) < _MAX_HEADERS:
            server, results = _parse(value)
            if server in trusted:
                begun = True
                found += results
            elif begun:
                break
        elif begun and lower not in _BESIDE and not lower.startswith("arc-"):
            break
    return found


def _parse(value: str) -> tuple[str, list[Result]]:
    parts = _without_comments(value[:_MAX_VALUE]).split(";")
    server = _TOKEN.match(parts[0].strip())
    results: list[Result] = []
    for part in parts[1:]:
        method = _METHOD.match(part.strip())
        if method:
            properties = {f"{m[1]}.{m[2]}".lower(): m[3].lower() for m in _PROPERTY.finditer(part)}
            results.append((method[1].lower(), method[2].lower(), properties))
    return (server[0].lower() if server else ""), results


def _of_method(results: list[Result], method: str, from_domain: str) -> str:
    """Return the result that counts: a pass only for the sender's own domain, else the first other one."""
    own = [
        result for name, result, properties in results if name == method and _aligned(method, properties, from_domain)
    ]
    foreign = [result for name, result, _ in results if name == method and result != "pass"]
    if "pass" in own:
        return "pass"
    other = [result for result in own if result != "pass"] or foreign
    if other:
        return other[0]
    return "unaligned" if any(name == method for name, _, _ in results) else ""


def _aligned(method: str, properties: dict[str, str], from_domain: str) -> bool:
    if method == "dmarc":
        return properties.get("header.from", from_domain).rstrip(".") == from_domain
    keys = ("header.d", "header.i") if method == "dkim" else ("smtp.mailfrom", "smtp.helo")
    named = next((properties[key] for key in keys if key in properties), "").rpartition("@")[2].rstrip(".")
    # Equal, or the signer is the parent. A child signing for its parent needs the list of public suffixes to
    # be judged (anyone.hosting.example is not hosting.example); with DMARC the server has judged it for us.
    return bool(named and from_domain) and (
        named == from_domain or ("." in named and from_domain.endswith(f".{named}"))
    )


def _without_comments(value: str) -> str:
    out: list[str] = []
    depth, quoted, escaped = 0, False, False
    for char in value:
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
            continue
        elif char == '"' and not depth:
            quoted = not quoted
        elif char == "(" and not quoted:
            depth += 1
            continue
        elif char == ")" and not quoted and depth:
            depth -= 1
            continue
        if not depth:
            out.append(char)
    return "".join(out)
