"""A small outside world on loopback: a server that says what it is told, names, and a net that leads to it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from socket import inet_aton, inet_ntoa

import httpcore2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from parley.kit import clock

PUBLIC = "93.184.215.14"
"""An address that belongs to the public; nothing in these tests connects to it."""


@dataclass
class Server:
    """Answers each request with the next of `answers` (the last again and again) and keeps what it was asked."""

    answers: list[bytes | Callable[[asyncio.StreamWriter], object]]
    port: int = 0
    asked: list[bytes] = field(default_factory=list)
    connections: int = 0
    tasks: list[asyncio.Task[None] | None] = field(default_factory=list)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.tasks.append(asyncio.current_task())
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                for line in head.lower().split(b"\r\n"):
                    if line.startswith(b"content-length:"):
                        head += await reader.readexactly(int(line.split(b":")[1]))
                self.asked.append(head)
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if callable(answer):
                    done = answer(writer)
                    if asyncio.iscoroutine(done):
                        await done
                else:
                    writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving(
    *answers: bytes | Callable[[asyncio.StreamWriter], object], tls: ssl.SSLContext | None = None
) -> AsyncIterator[Server]:
    """Serve on a free port of loopback."""
    server = Server(list(answers))
    listening = await asyncio.start_server(server._serve, "127.0.0.1", 0, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for task in server.tasks:
            task.cancel()
        await asyncio.gather(*server.tasks)


def answer(body: bytes = b"hello", status: str = "200 OK", **headers: str) -> bytes:
    """Return the bytes of one answer."""
    lines = [
        f"{name.replace('_', '-')}: {value}" for name, value in {"content-length": str(len(body)), **headers}.items()
    ]
    return (f"HTTP/1.1 {status}\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode() + body


def redirect(location: str, status: str = "302 Found") -> bytes:
    return answer(b"", status, location=location)


class Net(httpcore2.AnyIOBackend):
    """A net in which every address and port leads to one loopback port; it keeps which were dialled."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.dialled: list[tuple[str, int]] = []

    async def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):  # noqa: ARG002  (the interface)
        self.dialled.append((host, port))
        return await super().connect_tcp("127.0.0.1", self.port, timeout)


class Names:
    """A resolver: names by a table (a list of answers, one a question, is a name that changes), numbers as the system reads them."""

    def __init__(self, **names: str | list[str]) -> None:
        self.names = {name.replace("_", "."): found for name, found in names.items()}
        self.questions = 0

    async def __call__(self, host: str, port: int) -> list[str]:  # noqa: ARG002  (the interface)
        self.questions += 1
        name = host.lower().rstrip(".")
        if name in self.names:
            found = self.names[name]
            return (found.pop(0) if isinstance(found, list) else found).split()
        if name == "localhost":
            return ["127.0.0.1", "::1"]
        try:
            return [str(ip_address(host))]
        except ValueError:
            pass
        try:
            return [inet_ntoa(inet_aton(host))]
        except OSError as error:
            raise OSError("Name or service not known") from error


def certificate(folder: Path, *hosts: str) -> tuple[ssl.SSLContext, Path]:
    """Return what a server with a certificate for `hosts` needs, and the file of the private issuer."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test issuer")])
    now = clock.now()
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    issuer, chain = folder / "issuer.pem", folder / "chain.pem"
    issuer.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    chain.write_bytes(
        issuer.read_bytes()
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context, issuer
