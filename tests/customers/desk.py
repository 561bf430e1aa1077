"""A small customer desk: a source, two channels, colleagues who own, share, must not; and mail for it."""

import email
import email.policy
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from uuid import uuid4

from sqlalchemy import func, select, text
from sqlmodel import SQLModel, col

from parley.core import jobs
from parley.core.machine import Machine
from parley.customers.composition import Customers
from parley.customers.connectors.base import RawMessage
from parley.customers.house import sealer
from parley.customers.service import claims, intake, replies, sources
from parley.customers.service.drafts import Draft
from parley.customers.service.sources import SourceDraft
from parley.kit import clock
from parley.models.channels import Channel, Membership
from parley.models.customers import Conversation, Message, Reply
from parley.models.identity import Person, RoleGrant
from parley.models.posts import File
from parley.policy.actor import Actor

ADDRESS = "care@fernhill.example"


@dataclass
class Desk:
    """The running desk. Alice leads, Bob is in the channel, Charlie is a colleague elsewhere, Gina is a guest."""

    machine: Machine
    customers: Customers
    alice: Actor
    bob: Actor
    charlie: Actor
    gina: Actor
    care: int
    plumbing: int
    source: int
    outbox: Path
    handled: list[str] = field(default_factory=list)

    async def post(
        self,
        raw: bytes,
        *,
        source: int | None = None,
        historic: bool = False,
        at: datetime | None = None,
        sender: str | None = None,
        to: tuple[str, ...] = (),
    ) -> int | None:
        """Deliver a mail without understanding it yet."""
        message = RawMessage(raw, at or clock.now(), envelope_from=sender, envelope_to=to, size=len(raw))
        return await intake.keep(
            self.machine, self.customers.house.blobs, source or self.source, message, historic=historic
        )

    async def receive(self, raw: bytes, **how) -> Message | None:
        """Deliver a mail and let it be filed; return the newest message."""
        await self.post(raw, **how)
        await self.work()
        return await self.newest()

    async def work(self, rounds: int = 50) -> None:
        """Run every job that is due, one after the other, until none is."""
        handlers = self.customers.jobs
        for _ in range(rounds):
            async with self.machine.database.writing() as session:
                taken = await jobs.claim(session, list(handlers), 10)
                await session.commit()
            if not taken:
                return
            for job in taken:
                self.handled.append(job.kind)
                await handlers[job.kind](self.machine, job)
                if not job.ended:
                    async with self.machine.database.writing() as session:
                        await job.complete(session)
                        await session.commit()
        raise AssertionError("the jobs do not come to an end")

    async def newest(self) -> Message | None:
        async with self.machine.database.reading() as session:
            return (
                await session.execute(select(Message).order_by(col(Message.id).desc()).limit(1))
            ).scalar_one_or_none()

    async def all(self, model: type[SQLModel]) -> list:
        async with self.machine.database.reading() as session:
            return list((await session.execute(select(model).order_by(text("1")))).scalars().all())

    async def count(self, model: type[SQLModel]) -> int:
        async with self.machine.database.reading() as session:
            return (await session.execute(select(func.count()).select_from(model))).scalar_one()

    async def get(self, model: type[SQLModel], key):
        async with self.machine.database.reading() as session:
            return await session.get_one(model, key)

    async def conversation(self, conversation_id: int) -> Conversation:
        return await self.get(Conversation, conversation_id)

    async def answer(
        self, actor: Actor, conversation_id: int, body: str = "Thank you, it is on its way.", **more
    ) -> Reply:
        """Write a reply as `actor`, who has seen everything."""
        seen = (await self.conversation(conversation_id)).last_message_id
        draft = Draft(body=body, **({"client_id": str(uuid4()), "expected_last_message": seen} | more))
        async with self.machine.units.begin() as unit:
            reply, _ = await replies.create(unit, actor, conversation_id, draft, self.customers.house.terms)
        return reply

    async def claim(self, actor: Actor, conversation_id: int, **how) -> None:
        async with self.machine.units.begin() as unit:
            await claims.claim(unit, actor, conversation_id, **how)

    async def file(self, owner: Actor, name: str, data: bytes) -> int:
        """Upload a file that is not attached yet."""
        stored = await self.customers.house.blobs.put_bytes(data)
        async with self.machine.units.begin() as unit:
            file = File(
                owner_id=owner.person_id,
                key=stored.key,
                name=name,
                content_type="text/plain",
                size=len(data),
                created_at=unit.now,
            )
            unit.session.add(file)
            await unit.session.flush()
            return file.id

    def left(self) -> list[EmailMessage]:
        """Every mail that left the house, in order."""
        paths = sorted(self.outbox.glob("*.eml")) if self.outbox.exists() else []
        return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in paths]


async def open_desk(machine: Machine, customers: Customers, folder: Path) -> Desk:
    """Fill a fresh house with the people of the desk."""
    outbox = folder / "outbox"
    async with machine.units.begin() as unit:
        people = {}
        for handle, roles in (("alice", ("customer_lead",)), ("bob", ()), ("charlie", ()), ("gina", ("guest",))):
            person = Person(
                handle=handle,
                email=f"{handle}@parley.test",
                email_norm=f"{handle}@parley.test",
                name=f"{handle.title()} Desk",
                created_at=unit.now,
            )
            unit.session.add(person)
            await unit.session.flush()
            for role in roles:
                unit.session.add(RoleGrant(person_id=person.id, role=role, granted_at=unit.now))
            people[handle] = Actor(person.id, handle, person.name, frozenset(roles))
        care = Channel(name="customer-care", name_norm="customer-care", kind="private", created_at=unit.now)
        plumbing = Channel(name="plumbing", name_norm="plumbing", kind="open", created_at=unit.now)
        unit.session.add_all([care, plumbing])
        await unit.session.flush()
        for channel, handle, role in (
            (care, "alice", "owner"),
            (care, "bob", "member"),
            (care, "gina", "member"),
            (plumbing, "charlie", "owner"),
            (plumbing, "bob", "member"),
        ):
            unit.session.add(
                Membership(channel_id=channel.id, person_id=people[handle].person_id, role=role, since=unit.now)
            )
        source = await sources.create(
            unit,
            people["alice"],
            SourceDraft(
                "Customer care",
                ADDRESS,
                "Fernhill Care",
                "Fernhill Hardware\nCustomer care",
                smtp_url=f"outbox://{outbox}",
            ),
            sealer(machine.settings),
            channel_id=care.id,
        )
    return Desk(
        machine,
        customers,
        people["alice"],
        people["bob"],
        people["charlie"],
        people["gina"],
        care.id,
        plumbing.id,
        source.id,
        outbox,
    )


def mail(
    body: str = "My valve drips.\n",
    *,
    sender: str = "Kim Park <kim.park@example.org>",
    to: str = ADDRESS,
    subject: str = "The valve",
    message_id: str | None = None,
    reply_to: str | None = None,
    references: str | None = None,
    files: tuple[tuple[str, bytes], ...] = (),
    **headers: str,
) -> bytes:
    """Return a mail from outside; `reply_to` is the Message-ID it answers."""
    message = EmailMessage()
    if sender:
        message["From"] = sender
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = email.utils.format_datetime(clock.now())
    message["Message-ID"] = message_id or f"<{uuid4().hex}@mail.example.org>"
    if reply_to:
        message["In-Reply-To"] = reply_to
    if references or reply_to:
        message["References"] = references or reply_to
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(body)
    for name, data in files:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def bounce(original: EmailMessage, recipient: str, *, action: str = "failed", status: str = "5.1.1") -> bytes:
    """Return a delivery report about a mail of ours."""
    boundary = "=report="
    return "\r\n".join(
        [
            "From: Mail Delivery System <mailer-daemon@mx.example.org>",
            f"To: {ADDRESS}",
            "Subject: Undelivered Mail Returned to Sender",
            f"Message-ID: <{uuid4().hex}@mx.example.org>",
            "Auto-Submitted: auto-replied",
            "MIME-Version: 1.0",
            f'Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"',
            "",
            f"--{boundary}",
            "Content-Type: text/plain",
            "",
            "This is the mail system. Your message could not be delivered.",
            "",
            f"--{boundary}",
            "Content-Type: message/delivery-status",
            "",
            "Reporting-MTA: dns; mx.example.org",
            "",
            f"Final-Recipient: rfc822; {recipient}",
            f"Action: {action}",
            f"Status: {status}",
            "Diagnostic-Code: smtp; 550 no such customer here",
            "",
            f"--{boundary}",
            "Content-Type: text/rfc822-headers",
            "",
            f"Message-ID: {original['Message-ID']}",
            f"Subject: {original['Subject']}",
            "",
            f"--{boundary}--",
            "",
        ]
    ).encode()


async def make_source(desk: Desk, name: str, address: str, channel_id: int | None = None, **more: str) -> int:
    """Connect another mailbox."""
    async with desk.machine.units.begin() as unit:
        draft = SourceDraft(name, address, smtp_url=f"outbox://{desk.outbox}", **more)
        source = await sources.create(unit, desk.alice, draft, sealer(desk.machine.settings), channel_id=channel_id)
    return source.id
