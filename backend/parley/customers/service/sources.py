"""Sources: the mailboxes customers write to. Their passwords are sealed; what they are is on the audit log."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from sqlalchemy import select
from sqlmodel import col

from parley.core.crypto import Sealer, Unsealable
from parley.core.eventlog import Hint
from parley.core.unit import Unit
from parley.customers.connectors.email.addresses import normalise_address
from parley.customers.connectors.email.servers import parse_server
from parley.customers.rows import first, key
from parley.customers.service import intake, secrets
from parley.customers.service.secrets import Secrets
from parley.kit.errors import Invalid, NotFound
from parley.kit.text import clean_line, clean_text
from parley.models.channels import Channel
from parley.models.customers import Source, Stream
from parley.policy import audit
from parley.policy import customers as policy
from parley.policy.actor import Actor

CHANGED = Hint("control", 0, "sources.changed")
"""Tells the pollers and the listener to look again."""
DAYS_BACK_LIMIT = 3650


@dataclass(frozen=True, slots=True)
class SourceDraft:
    """A mailbox as an administrator describes it. A password of None stays as it is; URLs may carry one."""

    name: str
    address: str
    display_name: str = ""
    signature: str = ""
    imap_url: str = ""
    imap_password: str | None = field(default=None, repr=False)
    smtp_url: str = ""
    smtp_password: str | None = field(default=None, repr=False)
    days_back: int = 0
    plus_addressing: bool = True
    authserv_id: str = ""


def tidy(draft: SourceDraft) -> SourceDraft:
    """Return `draft` with its words cleaned and passwords taken out of its URLs; raise `Invalid` for what cannot be."""
    imap_url, imap_password = without_password(draft.imap_url)
    smtp_url, smtp_password = without_password(draft.smtp_url)
    tidied = replace(
        draft,
        name=clean_line(draft.name),
        address=draft.address.strip(),
        display_name=clean_line(draft.display_name),
        signature=clean_text(draft.signature).strip(),
        imap_url=imap_url,
        smtp_url=smtp_url,
        imap_password=imap_password or draft.imap_password,
        smtp_password=smtp_password or draft.smtp_password,
        authserv_id=clean_line(draft.authserv_id),
    )
    wrong = {
        "name": "A name has 1 to 80 characters." if not 0 < len(tidied.name) <= 80 else "",
        "address": "" if normalise_address(tidied.address) else "This is not an e-mail address.",
        "display_name": "A display name has at most 120 characters." if len(tidied.display_name) > 120 else "",
        "signature": "A signature has at most 2,000 characters." if len(tidied.signature) > 2000 else "",
        "days_back": "" if 0 <= draft.days_back <= DAYS_BACK_LIMIT else "Choose 0 to 3650 days.",
        "imap_url": _server(tidied.imap_url, ("imap", "imaps")),
        "smtp_url": _server(tidied.smtp_url, ("smtp", "smtps", "outbox")),
        "authserv_id": "This name is too long." if len(tidied.authserv_id) > 255 else "",
    }
    if fields := {name: words for name, words in wrong.items() if words}:
        raise Invalid(fields=fields)
    return tidied


async def create(
    unit: Unit,
    actor: Actor | None,
    draft: SourceDraft,
    sealer: Sealer,
    *,
    channel_id: int | None = None,
    via: str = "page",
) -> Source:
    """Connect a mailbox; `channel_id` hears all of it from the start. `actor` is None for the command line."""
    if actor is not None:
        policy.may_manage_sources(actor)
    draft = tidy(draft)
    await _check_free(unit, draft, None)
    by = actor.person_id if actor else None
    source = Source(
        kind="email",
        name=draft.name,
        address=draft.address,
        address_norm=normalise_address(draft.address) or "",
        created_at=unit.now,
        created_by=by,
    )
    describe(source, draft)
    unit.session.add(source)
    await unit.session.flush()
    secrets.seal(sealer, source, Secrets(draft.imap_password or "", draft.smtp_password or ""))
    if channel_id is not None:
        await _listen(unit, channel_id, key(source), by)
    await audit.record(
        unit,
        "source.added",
        actor_id=by,
        via=via,
        target=f"source:{source.id}",
        name=source.name,
        address=source.address,
    )
    unit.tell(CHANGED)
    return source


async def update(unit: Unit, actor: Actor, source_id: int, draft: SourceDraft, sealer: Sealer) -> Source:
    """Change a mailbox; passwords that were not given stay. Another address begins to be read anew."""
    source = await find(unit, actor, source_id)
    draft = tidy(draft)
    await _check_free(unit, draft, source_id)
    norm = normalise_address(draft.address) or ""
    if (norm, draft.imap_url) != (source.address_norm, source.config.get("imap_url", "")):
        source.cursor = {}
    source.name, source.address, source.address_norm = draft.name, draft.address, norm
    describe(source, draft)
    secrets.seal(sealer, source, merged(sealer, source, draft))
    source.error = ""
    unit.session.add(source)
    await audit.record(
        unit,
        "source.changed",
        actor_id=actor.person_id,
        via="page",
        target=f"source:{source_id}",
        name=source.name,
        address=source.address,
    )
    unit.tell(CHANGED)
    return source


async def set_paused(unit: Unit, actor: Actor, source_id: int, *, paused: bool) -> Source:
    """Stop reading and sending for a source, or go on with everything that waited."""
    source = await find(unit, actor, source_id)
    state = "paused" if paused else "active"
    if source.state != state:
        source.state = state
        unit.session.add(source)
        if not paused:
            source.error = ""
            await unit.session.flush()
            await intake.enqueue_waiting(unit, source_id)
        await audit.record(
            unit,
            "source.paused" if paused else "source.resumed",
            actor_id=actor.person_id,
            via="page",
            target=f"source:{source_id}",
        )
        unit.tell(CHANGED)
    return source


async def find(unit: Unit, actor: Actor, source_id: int) -> Source:
    """Return a source for whoever may manage it, its row held; raise `NotFound` for unknown ones."""
    policy.may_manage_sources(actor)
    source = await first(unit.session, select(Source).where(col(Source.id) == source_id).with_for_update())
    if source is None:
        raise NotFound
    return source


async def note_fetched(unit: Unit, source_id: int, error: str = "", cursor: Mapping[str, Any] | None = None) -> None:
    """Store how reading a mailbox went: the error in words or none, and how far it was read."""
    source = await unit.session.get_one(Source, source_id)
    source.error = error[:500]
    if not error:
        source.fetched_at = unit.now
    if cursor is not None:
        source.cursor = dict(cursor)
    unit.session.add(source)


def is_polled(source: Source) -> bool:
    """Whether we read the source's mailbox; without one its mail is delivered to us directly."""
    return bool(source.config.get("imap_url"))


def merged(sealer: Sealer, source: Source, draft: SourceDraft) -> Secrets:
    """Return the passwords that a change leaves: those given, else those that were."""
    try:
        before = secrets.unseal(sealer, source)
    except Unsealable:
        before = Secrets()
    return Secrets(
        before.imap_password if draft.imap_password is None else draft.imap_password,
        before.smtp_password if draft.smtp_password is None else draft.smtp_password,
    )


def without_password(url: str) -> tuple[str, str | None]:
    """Return a server's URL without its password, and the password if there was one."""
    try:
        parts = urlsplit(url.strip())
        password = parts.password
    except ValueError:
        return url.strip(), None
    if password is None:
        return url.strip(), None
    user, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}@{host}")), unquote(password)


def with_user(url: str, user: str) -> str:
    """Return a server's URL with the name of who signs in, unless it has one."""
    parts = urlsplit(url.strip())
    if not user.strip() or not parts.netloc or "@" in parts.netloc:
        return url.strip()
    return urlunsplit(parts._replace(netloc=f"{quote(user.strip(), safe='')}@{parts.netloc}"))


def without_user(url: str) -> str:
    """Return a server's URL without the name of who signs in."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if "@" in parts.netloc else url


def _server(url: str, schemes: tuple[str, ...]) -> str:
    if not url:
        return ""
    if len(url) > 1000:
        return "This address is too long."
    if url.startswith("outbox:"):
        return "" if "outbox" in schemes else "The address of a mail server begins with imaps:// or imap://."
    try:
        server = parse_server(url)
    except Invalid as refusal:
        return refusal.sentence
    return "" if server.scheme in schemes else "This is the address of another kind of server."


def describe(source: Source, draft: SourceDraft) -> None:
    """Put what is not secret of `draft` into `source`."""
    source.display_name, source.signature = draft.display_name, draft.signature
    source.config = {
        "imap_url": draft.imap_url,
        "smtp_url": draft.smtp_url,
        "days_back": draft.days_back,
        "plus_addressing": draft.plus_addressing,
        "authserv_id": draft.authserv_id,
    }


async def _check_free(unit: Unit, draft: SourceDraft, source_id: int | None) -> None:
    norm = normalise_address(draft.address)
    rows = (
        await unit.session.execute(
            select(col(Source.name), col(Source.address_norm)).where(
                (col(Source.name) == draft.name) | (col(Source.address_norm) == norm),
                col(Source.id) != (source_id or 0),
            )
        )
    ).all()
    fields = {"name": "There is a source of this name."} if any(row.name == draft.name for row in rows) else {}
    if any(row.address_norm == norm for row in rows):
        fields["address"] = "There is a source for this address."
    if fields:
        raise Invalid(fields=fields, code="source_exists")


async def _listen(unit: Unit, channel_id: int, source_id: int, by: int | None) -> None:
    channel = await unit.session.get(Channel, channel_id)
    if channel is None or channel.archived_at is not None or channel.kind == "direct":
        raise Invalid(fields={"channel_id": "Choose a channel."})
    unit.session.add(Stream(channel_id=channel_id, source_id=source_id, words="", created_by=by, created_at=unit.now))
