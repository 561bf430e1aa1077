"""One attempt to hand a mail to a server. It never tries again by itself, and it tells doubt from refusal.

Until DATA nothing can have been accepted: whatever breaks then is temporary. From DATA to the answer nobody
can know: that is unknown, and only a person may send it again. After the answer nothing can spoil it:
a server that is slow to say goodbye has accepted.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path

import aiosmtplib

from parley.customers.connectors.base import Health, SendResult
from parley.customers.connectors.email.charsets import tidy_line
from parley.customers.connectors.email.outbox import outbox_folder, write_mail
from parley.customers.connectors.email.servers import Dial, Server, Token, parse_server, tls_context
from parley.kit.text import told

Results = dict[str, SendResult]
_GOODBYE_SECONDS = 2.0
_DATA_FACTOR = 4
"""Big mails are scanned before they are answered (RFC 5321 asks for ten minutes): DATA may take longer."""


async def send(
    url: str,
    envelope_from: str,
    recipients: Sequence[str],
    raw: bytes,
    *,
    password: str = "",
    token: Token | None = None,
    timeout: float = 60.0,
    ca_file: Path | None = None,
    local_hostname: str | None = None,
    dial: Dial | None = None,
) -> Results:
    """Hand `raw` over once and return how it ended for each of the recipients; never raises for the network."""
    if not recipients:
        return {}
    if url.startswith("outbox:"):
        return await _to_folder(url, recipients, raw)
    server = parse_server(url, password=password)
    client = _client(server, timeout, ca_file, local_hostname)
    try:
        await _open(client, server, token, dial)
        accepted, refused = await _envelope(client, envelope_from, recipients, raw)
        if not accepted:
            return refused
        return refused | dict.fromkeys(accepted, await _data(client, raw, timeout * _DATA_FACTOR))
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        # Here no DATA has begun: _data answers for everything after that itself.
        return dict.fromkeys(recipients, _result_of(error))
    finally:
        await _close(client)


async def check_server(
    url: str,
    *,
    password: str = "",
    token: Token | None = None,
    timeout: float = 15.0,
    ca_file: Path | None = None,
    dial: Dial | None = None,
) -> Health:
    """Connect and sign in without sending anything, and say in words what was found."""
    if url.startswith("outbox:"):
        return Health(ok=True, words="Mails are written to a folder; nothing leaves this machine.")
    server = parse_server(url, password=password)
    client = _client(server, timeout, ca_file, None)
    try:
        await _open(client, server, token, dial)
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        return Health(ok=False, words=_result_of(error).reason)
    finally:
        await _close(client)
    return Health(ok=True, words="The outgoing server accepts the connection and the credentials.")


async def _to_folder(url: str, recipients: Sequence[str], raw: bytes) -> Results:
    try:
        path = await asyncio.to_thread(write_mail, outbox_folder(url), raw)
    except OSError as error:
        return dict.fromkeys(
            recipients, SendResult.temporary(told("The outbox folder cannot be written", error.strerror))
        )
    return dict.fromkeys(recipients, SendResult.accepted(path.name))


def _client(server: Server, timeout: float, ca_file: Path | None, local_hostname: str | None) -> aiosmtplib.SMTP:
    start_tls = {"implicit": False, "never": False, "required": True, "offered": None}[server.tls]
    return aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.tls == "implicit",
        start_tls=start_tls,
        timeout=timeout,
        tls_context=tls_context(server, ca_file),
        local_hostname=local_hostname,
    )


async def _open(client: aiosmtplib.SMTP, server: Server, token: Token | None, dial: Dial | None) -> None:
    if dial is not None:
        client.sock = await dial(server.host, server.port)
        client.port = None
    await client.connect()
    if server.xoauth2:
        if token is None:
            raise ValueError("There is no access token for this server.")
        # The library answers a refused token's challenge, but a server may not answer back.
        access = await token()
        await asyncio.wait_for(client.auth_xoauth2(server.username, access), client.timeout)
    elif server.username:
        await client.login(server.username, server.password)


async def _envelope(
    client: aiosmtplib.SMTP, envelope_from: str, recipients: Sequence[str], raw: bytes
) -> tuple[list[str], Results]:
    """Name sender and recipients; return who was accepted, and the results of those who were not."""
    international = not all(each.isascii() for each in (envelope_from, *recipients))
    await client.ehlo() if client.is_ehlo_or_helo_needed else None
    if international and not client.supports_extension("smtputf8"):
        return [], dict.fromkeys(recipients, SendResult.permanent("The server does not know addresses like this one."))
    options = ["SMTPUTF8"] if international else []
    limit = client.esmtp_extensions.get("size", "")
    if client.supports_extension("size"):
        options.append(f"size={len(raw)}")
    if limit.isdigit() and 0 < int(limit) < len(raw):
        return [], dict.fromkeys(recipients, SendResult.permanent("The mail is larger than the server accepts."))
    encoding = "utf-8" if international else "ascii"
    await client.mail(envelope_from, options=options, encoding=encoding)
    accepted: list[str] = []
    refused: Results = {}
    for recipient in recipients:
        try:
            await client.rcpt(recipient, encoding=encoding)
        except aiosmtplib.SMTPRecipientRefused as error:
            refused[recipient] = _result_of(error)
        else:
            accepted.append(recipient)
    return accepted, refused


async def _data(client: aiosmtplib.SMTP, raw: bytes, timeout: float) -> SendResult:
    """Send the mail and read the answer; without one, it is not known whether it was accepted."""
    try:
        answer = await client.data(raw, timeout=timeout)
    except aiosmtplib.SMTPDataError as error:
        if 200 <= error.code < 300:
            return SendResult.accepted(tidy_line(error.message))
        if 400 <= error.code < 600:
            return _result_of(error)
        return SendResult.unknown(told("The server took the mail and gave an answer without a meaning", error.code))
    except (aiosmtplib.SMTPException, OSError) as error:
        return SendResult.unknown(told("The server took the mail and did not answer", _words(error)))
    return SendResult.accepted(tidy_line(answer.message))


def _result_of(error: Exception) -> SendResult:
    """Return what an error before acceptance means: refused for good, or worth another attempt."""
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        # The message is fine and an administrator can repair this, so it waits.
        return SendResult.temporary(told("The server refuses the user name, password or token", _words(error)))
    if isinstance(error, aiosmtplib.SMTPResponseException):
        words = f"{error.code} {_words(error)}"
        return SendResult.permanent(words) if 500 <= error.code < 600 else SendResult.temporary(words)
    if isinstance(error, UnicodeError):
        return SendResult.permanent("The address has letters that cannot be sent.")
    return SendResult.temporary(told("The server cannot be reached", _words(error)))


def _words(error: Exception) -> str:
    words = error.message if isinstance(error, aiosmtplib.SMTPResponseException) else str(error)
    return tidy_line(words)[:400] or type(error).__name__


async def _close(client: aiosmtplib.SMTP) -> None:
    """Say goodbye, but not for long: what was answered stands."""
    with contextlib.suppress(aiosmtplib.SMTPException, OSError, ValueError):
        if client.is_connected:
            await asyncio.wait_for(client.quit(), _GOODBYE_SECONDS)
    client.close()
