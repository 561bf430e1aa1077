"""Reading a mailbox in the order of its UIDs, without touching its flags."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from parley.customers.connectors.base import Health, RawMessage
from parley.customers.connectors.email.body import MAX_MAIL
from parley.customers.connectors.email.cursor import Cursor
from parley.customers.connectors.email.headers import MAX_HEADER_BYTES
from parley.customers.connectors.email.imap import ImapConnection, Response, transfer_seconds
from parley.customers.connectors.email.imap_words import MailboxError, SignInRefusedError, folder_name
from parley.customers.connectors.email.servers import Dial, Token, parse_server, tls_context
from parley.kit.clock import now
from parley.kit.text import told

__all__ = ["Cursor", "Fetched", "Mailbox", "MailboxError", "SignInRefusedError", "check_mailbox"]

_WINDOW = 50_000
"""UIDs asked for at once: the answer to a search is one line, and lines are bounded."""
IDLE_SECONDS = 9 * 60
"""RFC 2177 allows 29 minutes, but address translators forget a silent connection sooner."""
_CODE = re.compile(rb"\[(UIDVALIDITY|UIDNEXT) (\d{1,10})\]", re.IGNORECASE)
_UID = re.compile(rb"[( ]UID (\d{1,10})", re.IGNORECASE)
_SIZE = re.compile(rb"[( ]RFC822\.SIZE (\d{1,12})", re.IGNORECASE)
_DATE = re.compile(
    rb"[( ]INTERNALDATE \"\s?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)\"", re.IGNORECASE
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Fetched:
    """One mail, and where reading stands once it is stored."""

    uid: int
    message: RawMessage
    cursor: Cursor
    historic: bool


@dataclass(frozen=True, slots=True)
class _Meta:
    uid: int
    size: int
    came_at: datetime


class Mailbox:
    """An open mailbox, read-only."""

    def __init__(self, connection: ImapConnection, folder: str, poll_seconds: float) -> None:
        """Take a signed-in connection; `open` is the way to get a mailbox."""
        self._connection = connection
        self._folder = folder
        self._poll_seconds = poll_seconds
        self._seen_exists = 0
        self._position: Cursor | None = None

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        password: str = "",
        token: Token | None = None,
        timeout: float = 20.0,
        poll_seconds: float = 60.0,
        ca_file: Path | None = None,
        dial: Dial | None = None,
    ) -> Self:
        """Connect, sign in and open the folder; raise MailboxError or SignInRefusedError in words."""
        server = parse_server(url, password=password)
        connection = await ImapConnection.open(
            server, tls_context(server, ca_file), token=token, timeout=timeout, dial=dial
        )
        return cls(connection, server.folder, poll_seconds)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._connection.__aexit__(kind, error, trace)

    @property
    def position(self) -> Cursor | None:
        """Where reading stands now, mails that were passed over included; None before the first reading."""
        return self._position

    async def first_cursor(self, days_back: int = 0, at: datetime | None = None) -> Cursor:
        """Return where a first reading begins: from now on, or `days_back` days in the past."""
        # The server tells time in whole seconds: a mail of this very second must not look older than now.
        moment = (at or now()).replace(microsecond=0)
        uidvalidity, uidnext = await self._examine()
        if days_back <= 0:
            return Cursor(uidvalidity, uidnext - 1, started_at=moment, since=moment)
        return Cursor(uidvalidity, 0, started_at=moment, since=moment - timedelta(days=days_back), scan_below=uidnext)

    async def fetch_after(self, cursor: Cursor, limit: int = 50) -> AsyncIterator[Fetched]:
        """Yield at most `limit` mails after `cursor`, the oldest first.

        When the folder was made anew (another UIDVALIDITY) everything since the first reading is yielded again.
        """
        uidvalidity, uidnext = await self._examine()
        if cursor.uidvalidity != uidvalidity:
            cursor = replace(cursor, uidvalidity=uidvalidity, last_uid=0, scan_below=uidnext)
        self._position = cursor
        left = limit
        while left > 0:
            uids, reached = await self._search(cursor, uidnext)
            batch = uids[:left]
            for meta in await self._metas(batch):
                cursor = replace(cursor, last_uid=meta.uid)
                if meta.uid >= cursor.scan_below or meta.came_at >= cursor.since:
                    message = await self._message(meta)
                    if message is not None:
                        left -= 1
                        historic = meta.uid < cursor.scan_below and meta.came_at < cursor.started_at
                        yield Fetched(meta.uid, message, cursor, historic)
                self._position = cursor
            # Also past what is gone meanwhile; the rest of this window first, if there is more than was wanted.
            done = batch[-1] if len(batch) < len(uids) else max(cursor.last_uid, reached)
            cursor = self._position = replace(cursor, last_uid=done)
            if len(batch) == len(uids) and reached >= uidnext - 1:
                return

    async def wait(self, seconds: float) -> bool:
        """Wait for new mail, at most `seconds`; return whether there may be some.

        A server that can push is listened to; any other is to be asked again after a while.
        """
        if self._connection.exists > self._seen_exists:
            return True
        if "IDLE" in self._connection.capabilities:
            return await self._connection.idle(min(seconds, IDLE_SECONDS))
        await asyncio.sleep(min(seconds, self._poll_seconds))
        await self._connection.command("NOOP")
        return self._connection.exists > self._seen_exists

    async def count(self) -> int:
        """Return how many mails the folder holds."""
        await self._examine()
        return self._connection.exists

    @property
    def pushes(self) -> bool:
        """Whether the server tells of new mail by itself."""
        return "IDLE" in self._connection.capabilities

    async def _examine(self) -> tuple[int, int]:
        """Open the folder read-only (so not even `recent` is taken away) and return UIDVALIDITY and UIDNEXT."""
        codes: dict[bytes, int] = {}
        try:
            responses = await self._connection.command("EXAMINE", folder_name(self._folder))
        except MailboxError as error:
            raise MailboxError(told("The folder cannot be opened", f"{self._folder}, {error}")) from error
        for response in responses:
            codes |= {match[1].upper(): int(match[2]) for match in _CODE.finditer(response.text)}
        self._seen_exists = self._connection.exists
        if b"UIDNEXT" not in codes:
            last = [_number(_UID, each) for each in await self._fetch("*", "(UID)")] if self._seen_exists else []
            codes[b"UIDNEXT"] = max(last, default=0) + 1
        return codes.get(b"UIDVALIDITY", 0), codes[b"UIDNEXT"]

    async def _search(self, cursor: Cursor, uidnext: int) -> tuple[list[int], int]:
        """Return the next UIDs after the cursor, and up to which UID that is all."""
        first = cursor.last_uid + 1
        last = first + _WINDOW - 1
        words = ["UID", "SEARCH", "UID", f"{first}:{last}"]
        if first < cursor.scan_below:
            last = min(last, cursor.scan_below - 1)
            # The server compares days in its own time zone; the exact moment is compared afterwards.
            day = (cursor.since - timedelta(days=1)).astimezone(UTC)
            words = [
                "UID",
                "SEARCH",
                "UID",
                f"{first}:{last}",
                "SINCE",
                f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}",
            ]
        found: list[int] = []
        for response in await self._connection.command(*words):
            if response.text.upper().startswith(b"* SEARCH"):
                found += [int(word) for word in response.text.split()[2:] if word.isdigit()]
        return sorted({uid for uid in found if first <= uid <= last}), min(last, max(uidnext - 1, *found, 0))

    async def _metas(self, uids: list[int]) -> list[_Meta]:
        if not uids:
            return []
        wanted = set(uids)
        found: dict[int, _Meta] = {}
        for response in await self._fetch(",".join(map(str, uids)), "(UID RFC822.SIZE INTERNALDATE)"):
            uid = _number(_UID, response)
            if uid in wanted:
                found[uid] = _Meta(uid, _number(_SIZE, response), _moment(response))
        return [found[uid] for uid in uids if uid in found]

    async def _message(self, meta: _Meta) -> RawMessage | None:
        """Return the mail, only its headers if it is too large, or None if it is gone or not handed over."""
        complete = meta.size <= MAX_MAIL
        wanted = f"BODY.PEEK[]<0.{MAX_MAIL + 1}>" if complete else f"BODY.PEEK[HEADER]<0.{MAX_HEADER_BYTES}>"
        try:
            responses = await self._fetch(str(meta.uid), f"(UID {wanted})", literal_limit=MAX_MAIL + 1, size=meta.size)
        except MailboxError as error:
            if self._connection.is_closed:
                raise
            return RawMessage(b"", meta.came_at, size=meta.size, complete=False, problem=str(error)[:300])
        raw = next((each.literals[0] for each in responses if each.literals and _number(_UID, each) == meta.uid), None)
        if raw is None:
            return None
        # Some servers only estimate the size: what turned out larger is cut and filed by its headers.
        return RawMessage(raw, meta.came_at, size=max(meta.size, len(raw)), complete=complete and len(raw) <= MAX_MAIL)

    async def _fetch(self, uids: str, items: str, literal_limit: int = 1024, size: int = 0) -> list[Response]:
        # Twice the size it names, since some servers only estimate it.
        patience = transfer_seconds(min(2 * size, MAX_MAIL))
        responses = await self._connection.command(
            "UID", "FETCH", uids, items, literal_limit=literal_limit, data_seconds=patience
        )
        return [each for each in responses if re.match(rb"\* \d+ FETCH ", each.text, re.IGNORECASE)]


async def check_mailbox(
    url: str,
    *,
    password: str = "",
    token: Token | None = None,
    timeout: float = 15.0,
    ca_file: Path | None = None,
    dial: Dial | None = None,
) -> Health:
    """Connect, sign in and open the folder, and say in words what was found."""
    try:
        async with await Mailbox.open(
            url, password=password, token=token, timeout=timeout, ca_file=ca_file, dial=dial
        ) as mailbox:
            count = await mailbox.count()
            pushes = "Signed in; the server tells of new mail at once"
            words = pushes if mailbox.pushes else "Signed in; the server has to be asked for new mail"
            return Health(ok=True, words=told(words, f"INBOX {count}"))
    except MailboxError as error:
        return Health(ok=False, words=str(error))


def _number(pattern: re.Pattern[bytes], response: Response) -> int:
    match = pattern.search(response.text)
    return int(match[1]) if match else 0


def _moment(response: Response) -> datetime:
    """Return when the mail came into the folder; a server that does not say is answered with now."""
    match = _DATE.search(response.text)
    if match:
        day, month, year, hour, minute, second, sign, hours, minutes = (part.decode() for part in match.groups())
        offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
        with contextlib.suppress(ValueError):
            number = _MONTHS.index(month.title()) + 1
            moment = datetime(int(year), number, int(day), int(hour), int(minute), min(int(second), 59), tzinfo=UTC)
            return moment - offset
    return now()
