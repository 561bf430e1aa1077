"""The living company: for two minutes its people post and its customers write, so that a newcomer sees the product at work.

Colleagues act through the same verbs as everybody; customers' mails go by SMTP to the listener, the whole way.
"""

import asyncio
from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import ClassVar
from uuid import uuid4

import aiosmtplib
from sqlalchemy import select
from sqlmodel import col

from parley.channels import queries as channels
from parley.core import log
from parley.core.machine import Machine
from parley.core.unit import Unit
from parley.customers.service import claims, replies
from parley.customers.service.drafts import Draft as ReplyDraft
from parley.customers.service.replies import Terms
from parley.demo.fernhill import Beat, Company
from parley.demo.seeding import people
from parley.demo.seeding.posts import client_id
from parley.kit.errors import Problem
from parley.models.channels import Channel
from parley.models.customers import ContactIdentity, Conversation, Message, Source
from parley.models.posts import Post
from parley.policy.actor import Actor
from parley.posts.service import comments, publishing, reactions
from parley.posts.service.words import prepare

logger = log.get("demo")


class Living:
    """Plays the beats of one run after the other, each when the button is pressed."""

    def __init__(
        self, machine: Machine, company: Company, terms: Terms, smtp: Callable[[], tuple[str, int] | None]
    ) -> None:
        """Take what the persons act with; `smtp` tells where mail is received."""
        self._machine = machine
        self._company = company
        self._terms = terms
        self._smtp = smtp
        self._run = 0
        self._task: asyncio.Task[None] | None = None
        self._posts: dict[str, int] = {}
        self._talks: dict[str, int] = {}

    @property
    def awake(self) -> bool:
        """Whether a run is being played."""
        return self._task is not None and not self._task.done()

    def begin(self) -> bool:
        """Let the company live for two minutes; return False when it does already."""
        if self.awake:
            return False
        self._task = asyncio.create_task(self._play(self._company.run(self._run)), name="living company")
        self._run += 1
        return True

    async def stop(self) -> None:
        """Let everybody rest."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _play(self, beats: tuple[Beat, ...]) -> None:
        started = asyncio.get_running_loop().time()
        for beat in beats:
            await asyncio.sleep(max(0.0, started + beat.second - asyncio.get_running_loop().time()))
            try:
                await self._act(beat)
            except Problem as problem:
                # A visitor may have answered, removed or archived what the script refers to.
                logger.info("beat_left_out", beat=beat.kind, who=beat.who, why=problem.code)

    async def _act(self, beat: Beat) -> None:
        if beat.kind in {"customer_mail", "customer_follow_up"}:
            await self._customer(beat)
            return
        async with self._machine.units.begin() as unit:
            actors = await people.known(unit, self._company)
            if beat.who in actors:
                await self._acts[beat.kind](self, unit, actors[beat.who], beat)

    async def _post(self, unit: Unit, actor: Actor, beat: Beat) -> None:
        entry = next(channel for channel in self._company.channels if channel.key == beat.where)
        room = (
            await unit.session.execute(select(col(Channel.id)).where(col(Channel.name_norm) == entry.name))
        ).scalar_one_or_none()
        if room is None:
            return
        await channels.get(unit.session, actor, room)
        post, _ = await publishing.publish(
            unit,
            actor,
            room,
            publishing.Draft(
                prepare(beat.text, title=beat.title or "", kind=beat.post_kind),
                beat.post_kind or "update",
                str(uuid4()),
            ),
        )
        if beat.key:
            self._posts[beat.key] = post.id or 0

    async def _comment(self, unit: Unit, actor: Actor, beat: Beat) -> None:
        post, _ = await publishing.find(unit, actor, await self._post_id(unit, beat.where))
        await comments.publish(unit, actor, thread_id=post.thread_id, words=prepare(beat.text))

    async def _reaction(self, unit: Unit, actor: Actor, beat: Beat) -> None:
        await reactions.on_post(unit, actor, await self._post_id(unit, beat.where), beat.text.strip(), on=True)

    async def _claim(self, unit: Unit, actor: Actor, beat: Beat) -> None:
        await claims.claim(unit, actor, (await self._conversation(unit, beat.where)).id or 0)

    async def _discuss(self, unit: Unit, actor: Actor, beat: Beat) -> None:
        talk = await self._conversation(unit, beat.where)
        await comments.publish(unit, actor, thread_id=talk.thread_id, words=prepare(beat.text))

    async def _reply(self, unit: Unit, actor: Actor, beat: Beat) -> None:
        talk = await self._conversation(unit, beat.where)
        await replies.create(
            unit,
            actor,
            talk.id or 0,
            ReplyDraft(beat.text, client_id=str(uuid4()), expected_last_message=talk.last_message_id),
            self._terms,
        )

    _acts: ClassVar[dict[str, Callable[["Living", Unit, Actor, Beat], Awaitable[None]]]] = {
        "post": _post,
        "comment": _comment,
        "reaction": _reaction,
        "claim": _claim,
        "reply": _reply,
        "comment_on_conversation": _discuss,
    }

    async def _post_id(self, unit: Unit, key: str) -> int:
        if key in self._posts:
            return self._posts[key]
        found = (
            await unit.session.execute(select(col(Post.id)).where(col(Post.client_id) == client_id(key)))
        ).scalar_one_or_none()
        return found or 0

    async def _conversation(self, unit: Unit, key: str) -> Conversation:
        written = {entry.key: entry for entry in self._company.conversations}
        statement = select(Conversation)
        if key in written:
            statement = statement.join(Message, col(Message.conversation_id) == Conversation.id).where(
                col(Message.external_id) == f"<{key}.0@mail.example.org>"
            )
        else:
            statement = statement.join(ContactIdentity, col(ContactIdentity.id) == Conversation.identity_id).where(
                col(ContactIdentity.address_norm) == self._mails[key]
            )
        found: Conversation | None = (
            await unit.session.execute(statement.order_by(col(Conversation.id).desc()).limit(1))
        ).scalar_one_or_none()
        if found is None:
            raise Problem("This conversation is not there yet.", code="not_yet")
        return found

    @property
    def _mails(self) -> dict[str, str]:
        contacts = {contact.key: contact.email.lower() for contact in self._company.contacts}
        return {
            beat.key: contacts[beat.who]
            for run in self._company.runs
            for beat in run
            if beat.kind == "customer_mail" and beat.key
        }

    async def _customer(self, beat: Beat) -> None:
        place = self._smtp()
        if place is None:
            return
        contact = next(entry for entry in self._company.contacts if entry.key == beat.who)
        mail = EmailMessage()
        mail["From"] = f"{contact.name} <{contact.email}>"
        mail["Date"], mail["Message-ID"] = formatdate(), make_msgid(domain="mail.example.org")
        if beat.kind == "customer_mail":
            source = next(entry for entry in self._company.sources if entry.key == beat.where)
            mail["To"], mail["Subject"] = source.address, beat.title or ""
        else:
            await self._continue(mail, beat)
        mail.set_content(beat.text)
        await aiosmtplib.send(mail, hostname=place[0], port=place[1], start_tls=False, timeout=10)

    async def _continue(self, mail: EmailMessage, beat: Beat) -> None:
        async with self._machine.units.begin() as unit:
            talk = await self._conversation(unit, beat.where)
            last = (
                await unit.session.execute(
                    select(Message)
                    .where(col(Message.conversation_id) == talk.id)
                    .order_by(col(Message.id).desc())
                    .limit(1)
                )
            ).scalar_one()
            source = await unit.session.get_one(Source, talk.source_id)
        mail["To"], mail["Subject"] = source.address, f"Re: {talk.subject}"
        mail["In-Reply-To"] = mail["References"] = last.external_id
