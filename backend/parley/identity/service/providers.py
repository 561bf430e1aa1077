"""Providers: the sign-in services that the company trusts, set up by IT."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import Table, select
from sqlmodel import col

from parley.core.crypto import Sealer
from parley.core.unit import Unit
from parley.core.upsert import upsert
from parley.kit.errors import Conflict, Invalid, NotFound
from parley.kit.text import clean_line
from parley.models.identity import Provider
from parley.policy import audit

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
RESERVED_SLUGS = frozenset({"link", "demo"})
"""`/auth/link/…` is the sign-in link's."""
_SHARED_TENANTS = ("/common", "/organizations", "/consumers")


class SlugTaken(Conflict):
    """409: another provider has this short name."""

    code = "slug_taken"
    sentence = "There is a provider with this short name already."

    def __init__(self) -> None:
        """Say it at the field."""
        super().__init__(fields={"slug": type(self).sentence})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A provider as the form or the command gives it; `client_secret` None keeps the one that is stored."""

    slug: str
    name: str
    issuer: str
    client_id: str
    client_secret: str | None = None
    groups_claim: str = ""
    domains: tuple[str, ...] = ()
    trust_email: bool = False
    jit: bool = False
    enabled: bool = True


def checked(wanted: Wanted, *, plain_http: bool = False) -> Wanted:
    """Return `wanted` in its clean form; raise `Invalid` with the fields that do not hold.

    `plain_http` allows an issuer without TLS: for a test provider beside an installation that has none itself.
    """
    clean = _cleaned(wanted)
    fields = _faults(clean, plain_http=plain_http)
    if fields:
        raise Invalid(fields=fields)
    return clean


async def save(
    unit: Unit, clean: Wanted, sealer: Sealer, *, by: int | None, via: str, provider_id: int | None = None
) -> Provider:
    """Add a provider, or change the one with `provider_id`, to what was `checked`; raise `SlugTaken`."""
    if provider_id is None:
        row = await get(unit, await _insert(unit, clean))
    else:
        row = await get(unit, provider_id)
        taken = select(col(Provider.id)).where(col(Provider.slug) == clean.slug)
        if (await unit.session.execute(taken)).scalar_one_or_none() not in {None, provider_id}:
            raise SlugTaken
    for name in ("slug", "name", "issuer", "client_id", "groups_claim", "trust_email", "jit", "enabled"):
        setattr(row, name, getattr(clean, name))
    row.domains = list(clean.domains)
    if clean.client_secret is not None:
        row.client_secret_sealed = sealer.seal(clean.client_secret, secret_context(row)) if clean.client_secret else ""
    unit.session.add(row)
    await unit.session.flush()
    await audit.record(
        unit,
        "provider.added" if provider_id is None else "provider.changed",
        actor_id=by,
        via=via,
        target=f"provider:{row.id}",
        slug=row.slug,
        issuer=row.issuer,
        domains=row.domains,
        jit=row.jit,
        trust_email=row.trust_email,
        enabled=row.enabled,
        secret_changed=clean.client_secret is not None,
    )
    return row


async def by_slug(unit: Unit, slug: str) -> Provider:
    """Return the provider with the short name `slug`, or raise `NotFound`."""
    row: Provider | None = (
        await unit.session.execute(select(Provider).where(col(Provider.slug) == slug))
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    return row


async def get(unit: Unit, provider_id: int) -> Provider:
    """Return the provider, or raise `NotFound`."""
    row: Provider | None = (
        await unit.session.execute(select(Provider).where(col(Provider.id) == provider_id))
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    return row


def secret_context(provider: Provider) -> str:
    """Return what ties a sealed client secret to its row: moved to another provider it does not open."""
    return f"provider:{provider.id}"


def _cleaned(wanted: Wanted) -> Wanted:
    domains = tuple(dict.fromkeys(domain.strip().lower().lstrip("@") for domain in wanted.domains if domain.strip()))
    return Wanted(
        slug=wanted.slug.strip().lower(),
        name=clean_line(wanted.name),
        issuer=wanted.issuer.strip(),
        client_id=wanted.client_id.strip(),
        client_secret=wanted.client_secret,
        groups_claim=wanted.groups_claim.strip(),
        domains=domains,
        trust_email=wanted.trust_email,
        jit=wanted.jit,
        enabled=wanted.enabled,
    )


async def _insert(unit: Unit, clean: Wanted) -> int:
    table: Table = Provider.__table__  # type: ignore[attr-defined]  # SQLModel does not type it
    new = upsert(unit.session, table).values(
        slug=clean.slug,
        name=clean.name,
        issuer=clean.issuer,
        client_id=clean.client_id,
        client_secret_sealed="",
        groups_claim="",
        domains=[],
        trust_email=False,
        jit=False,
        enabled=False,
        created_at=unit.now,
    )
    made: int | None = (
        await unit.session.execute(new.on_conflict_do_nothing().returning(table.c.id))
    ).scalar_one_or_none()
    if made is None:
        raise SlugTaken
    return made


def _faults(wanted: Wanted, *, plain_http: bool) -> dict[str, str]:
    fields: dict[str, str] = {}
    if not _SLUG.fullmatch(wanted.slug) or wanted.slug in RESERVED_SLUGS:
        fields["slug"] = "A short name is made of small letters, digits and dashes, like acme."
    if not 1 <= len(wanted.name) <= 80:
        fields["name"] = "A name has 1 to 80 characters."
    if not _issuer_holds(wanted.issuer, plain_http=plain_http):
        fields["issuer"] = "An issuer is an https address without query, as the provider writes it."
    if not 1 <= len(wanted.client_id) <= 500:
        fields["client_id"] = "The provider shows the client id where you registered Parley."
    if len(wanted.client_secret or "") > 2000:
        fields["client_secret"] = "This is too long."  # noqa: S105  (words for a person)
    if len(wanted.groups_claim) > 200:
        fields["groups_claim"] = "This is too long."
    if len(wanted.domains) > 50 or any(not _DOMAIN.fullmatch(domain) for domain in wanted.domains):
        fields["domains"] = "Write domains like example.com, with commas between them."
    if wanted.jit and not wanted.domains:
        fields["domains"] = "To make accounts at the first sign-in, say for which domains."
    if wanted.trust_email and _shared(wanted.issuer):
        fields["trust_email"] = "Anybody can have an account at this issuer: addresses from it cannot be trusted."
    return fields


def _issuer_holds(issuer: str, *, plain_http: bool) -> bool:
    try:
        parts = urlsplit(issuer)
        host = parts.hostname
    except ValueError:
        return False
    schemes = {"https", "http"} if plain_http else {"https"}
    return (
        len(issuer) <= 500
        and parts.scheme in schemes
        and bool(host)
        and not parts.query
        and not parts.fragment
        and parts.username is None
        and issuer.isascii()
        and issuer.isprintable()
        and " " not in issuer
    )


def _shared(issuer: str) -> bool:
    path = urlsplit(issuer).path.lower()
    return any(path == tenant or path.startswith(f"{tenant}/") for tenant in _SHARED_TENANTS)
