"""A real post office on loopback: Exim takes mail by SMTP, hands it to Dovecot by LMTP, Dovecot gives it by IMAP."""

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DOMAIN = "parley.test"
USER = f"care@{DOMAIN}"
PASSWORD = "secret"
GOOD_TOKEN = "good-token"

_DOVECOT = """
base_dir = {d}/run
state_dir = {d}/state
log_path = {d}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <{d}/server.pem
ssl_key = <{d}/server.key
disable_plaintext_auth = no
recipient_delimiter = +
default_internal_user = nobody
default_internal_group = nogroup
default_login_user = nobody
first_valid_uid = 1
mail_uid = nobody
mail_gid = nogroup
mail_location = maildir:{d}/mail/%u
auth_mechanisms = plain xoauth2 oauthbearer
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {d}/oauth2.ext
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={d}/mail/%u
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
"""

_OAUTH2 = """
introspection_mode = post
introspection_url = http://127.0.0.1:{tokens}/introspect
client_id = parley
client_secret = parley
username_attribute = username
active_attribute = active
active_value = true
"""

_EXIM = """
primary_hostname = mx.parley.test
spool_directory = {d}/spool
log_file_path = {d}/log/%slog
exim_user = nobody
exim_group = nogroup
never_users =
keep_environment =
daemon_smtp_ports = {smtp}
local_interfaces = 127.0.0.1
acl_smtp_rcpt = ok
host_lookup =
rfc1413_query_timeout = 0s
begin acl
ok:
  accept
begin routers
gone:
  driver = redirect
  domains = parley.test
  local_parts = gone
  data = :fail: no such customer
  allow_fail
local:
  driver = manualroute
  domains = parley.test
  local_part_suffix = +*
  local_part_suffix_optional
  route_list = * 127.0.0.1
  self = send
  transport = lmtp
begin transports
lmtp:
  driver = smtp
  protocol = lmtp
  port = {lmtp}
  rcpt_include_affixes = true
  allow_localhost = true
  hosts_try_chunking =
begin retry
* * F,2h,1m
"""


@dataclass(frozen=True)
class PostOffice:
    folder: Path
    smtp: int
    imap: int
    imaps: int
    lmtp: int
    tokens: int

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def smtp_url(self) -> str:
        return f"smtp://127.0.0.1:{self.smtp}?tls=never"

    def imap_url(self, *, user: str = USER, auth: str = "") -> str:
        return f"imap://{user.replace('@', '%40')}@127.0.0.1:{self.imap}/INBOX?tls=never" + (
            f"&auth={auth}" if auth else ""
        )


def missing() -> str:
    """Why the post office cannot be opened here; empty when it can."""
    absent = [name for name in ("dovecot", "exim4") if not _find(name)]
    if absent:
        return f"{' and '.join(absent)} not installed (apt-get install dovecot-imapd dovecot-lmtpd exim4-daemon-light)"
    return "" if os.geteuid() == 0 else "Dovecot and Exim start only as root"


@contextlib.contextmanager
def open_post_office(folder: Path) -> Iterator[PostOffice]:
    """Start the servers on free ports; another process may take a port between finding and using it, so try again."""
    for attempt in range(3):
        room = folder / str(attempt)
        room.mkdir(parents=True)
        office = PostOffice(room, *(free_port() for _ in range(5)))
        processes = _start(office)
        try:
            for port in (office.smtp, office.imap, office.imaps, office.lmtp, office.tokens):
                wait_for_port(port, processes)
        except RuntimeError:
            _end(processes)
            if attempt == 2:
                raise
            continue
        try:
            yield office
        finally:
            _end(processes)
        return


def _start(office: PostOffice) -> list[subprocess.Popen[bytes]]:
    folder = office.folder
    for name in ("run", "state", "mail", "spool", "log"):
        (folder / name).mkdir()
    for name in ("mail", "spool", "log"):
        shutil.chown(folder / name, "nobody", "nogroup")
    for parent in (folder, *folder.parents):
        if parent == Path(tempfile.gettempdir()):
            break
        parent.chmod(0o755)
    ports = {
        "smtp": office.smtp,
        "imap": office.imap,
        "imaps": office.imaps,
        "lmtp": office.lmtp,
        "tokens": office.tokens,
    }
    values = {"d": folder, "password": PASSWORD, **ports}
    write_certificate(folder)
    (folder / "dovecot.conf").write_text(_DOVECOT.format(**values))
    (folder / "oauth2.ext").write_text(_OAUTH2.format(**values))
    (folder / "exim.conf").write_text(_EXIM.format(**values))
    commands = (
        [sys.executable, "-c", _TOKENS, str(office.tokens), GOOD_TOKEN, USER],
        [str(_find("dovecot")), "-F", "-c", str(folder / "dovecot.conf")],
        [str(_find("exim4")), "-C", str(folder / "exim.conf"), "-bdf", "-q1m"],
    )
    return [subprocess.Popen(each, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for each in commands]


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in reversed(processes):
        process.terminate()
    for process in processes:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def write_certificate(folder: Path) -> None:
    """Make a certificate authority and a certificate for 127.0.0.1, as a company with its own authority would."""
    moment = datetime.now(UTC)
    names = {
        name: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        for name in ("Parley test authority", "127.0.0.1")
    }
    authority, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority_name, server_name = names.values()

    def certificate(subject: x509.Name, public: ec.EllipticCurvePublicKey, *extensions: x509.ExtensionType) -> bytes:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(authority_name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(moment - timedelta(days=1))
            .not_valid_after(moment + timedelta(days=1))
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        return builder.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    (folder / "ca.pem").write_bytes(
        certificate(authority_name, authority.public_key(), x509.BasicConstraints(ca=True, path_length=None))
    )
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    (folder / "server.pem").write_bytes(certificate(server_name, key.public_key(), alternative))
    (folder / "server.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, processes: list[subprocess.Popen[bytes]], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and all(process.poll() is None for process in processes):
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)  # polling a port of another process, which cannot tell us
    raise RuntimeError(f"nothing listens on port {port}")


def _find(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


async def until(check, seconds: float = 15.0):
    """Ask `check` again until it answers; another process cannot tell us when it is done."""
    async with asyncio.timeout(seconds):
        while True:
            found = await check()
            if found:
                return found
            await asyncio.sleep(0.05)


_TOKENS = """
import json, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

class Introspect(BaseHTTPRequestHandler):
    def do_POST(self):
        body = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
        good = body.get("token") == [sys.argv[2]]
        answer = json.dumps({"active": True, "username": sys.argv[3]} if good else {"active": False}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        pass

HTTPServer(("127.0.0.1", int(sys.argv[1])), Introspect).serve_forever()
"""
