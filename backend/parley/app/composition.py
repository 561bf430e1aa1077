"""What every process of the house is made of: who reacts to what, which jobs there are, how events are told."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse

from parley.admin import routes as admin_routes
from parley.channels import handlers as channels_handlers
from parley.channels import live as channels_live
from parley.channels.service import feeding
from parley.core.blobs import Blobs
from parley.core.crypto import derive
from parley.core.http import GuardedClient
from parley.core.machine import Machine
from parley.core.runner import Handler
from parley.core.schedules import Schedule
from parley.customers import composition as customers
from parley.customers.composition import Customers
from parley.events.channels import ChannelRead
from parley.events.customers import ConversationChanged, ReplyChanged
from parley.events.identity import PersonCreated, PersonDeactivated, PersonReactivated
from parley.events.kinds import AcknowledgementMissed, EventNear, PersonsPraised, QuestionAnswered
from parley.events.people import TeamChanged
from parley.events.posts import (
    CommentEdited,
    CommentPublished,
    CommentRemoved,
    CommentsSplit,
    MentionShared,
    PostEdited,
    PostMoved,
    PostPublished,
    PostRemoved,
    PostRestored,
    ScheduledChanged,
)
from parley.events.threads import CatchUpTakenBack, CaughtUp, ThreadRead
from parley.feed import catch_up_live
from parley.feed.catch_up_service import DUE
from parley.identity import routes as identity_routes
from parley.notifications import handlers as notifications_handlers
from parley.notifications import live as notifications_live
from parley.people import handlers as people_handlers
from parley.people import routes as people_routes
from parley.posts import writing_live
from parley.posts.jobs import publish_due
from parley.posts.kinds import handlers as kinds_handlers
from parley.posts.kinds import reminding
from parley.posts.kinds.live import KindVoice
from parley.posts.live import PostVoice, post_data
from parley.posts.previews import Previews
from parley.posts.queries import SurfacedCards
from parley.posts.service import following, links, passing, scheduling, stamps
from parley.posts.service.links import Links
from parley.posts.threads_live import ThreadVoice
from parley.realtime.parts import Voices
from parley.search import handlers as search_handlers
from parley.web.visit import Reader
from parley.worker import Service


@dataclass(slots=True)
class House:
    """The ties between the domains, for one machine."""

    surfaced: SurfacedCards
    voices: Voices
    jobs: Mapping[str, Handler]
    schedules: Sequence[Schedule]
    services: Sequence[Service]
    customers: Customers
    blobs: Blobs
    closing: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    async def close(self) -> None:
        """Let what runs beside requests end."""
        for close in self.closing:
            await close()


def compose(machine: Machine) -> House:
    """Tie the domains together on `machine`."""
    blobs = Blobs(machine.settings.data_dir / "files")
    outside = customers.join(machine, blobs)
    http = GuardedClient.of(machine.settings)
    linking = Links(machine.settings.public_url)
    _welcome(machine)
    for event in (PostPublished, PostEdited, PostRestored):
        machine.on(event, search_handlers.follow)
    machine.on(PostRemoved, search_handlers.forget)
    machine.on(PostMoved, search_handlers.follow)
    for changed in (PostEdited, PostRemoved, PostRestored, PostMoved):
        machine.on(changed, passing.follow)
    machine.on(CommentsSplit, notifications_handlers.comments_split)
    for event in (PostPublished, PostEdited):
        machine.on(event, following.on_post)
        machine.on(event, linking.follow)
        machine.on(event, notifications_handlers.post_words)
    for spoken in (CommentPublished, CommentEdited):
        machine.on(spoken, following.on_comment)
    machine.on(CommentRemoved, following.on_return)
    machine.on(CommentsSplit, following.on_split)
    machine.on(CommentsSplit, kinds_handlers.answer_left)
    machine.on(ThreadRead, notifications_handlers.thread_read)
    machine.on(CaughtUp, notifications_handlers.caught_up)
    machine.on(CatchUpTakenBack, notifications_handlers.taken_back)
    for spoken in (CommentPublished, CommentEdited):
        machine.on(spoken, notifications_handlers.comment_words)
    for decided in (PostEdited, PostRemoved, PostRestored, PostMoved):
        machine.on(decided, kinds_handlers.decision_changed)
    for said in (CommentEdited, CommentRemoved):
        machine.on(said, kinds_handlers.answer_changed)
    machine.on(PersonsPraised, notifications_handlers.praised)
    machine.on(QuestionAnswered, notifications_handlers.answer_accepted)
    machine.on(AcknowledgementMissed, notifications_handlers.acknowledgement_missed)
    machine.on(EventNear, notifications_handlers.event_near)
    machine.on(MentionShared, notifications_handlers.shared_words)
    machine.on(ChannelRead, notifications_handlers.channel_read)
    machine.on(ScheduledChanged, notifications_handlers.not_published)
    machine.on(ConversationChanged, notifications_handlers.assigned)
    machine.on(ReplyChanged, notifications_handlers.reply_trouble)
    for shown in stamps.events():
        machine.on(shown, stamps.touch)
    voices = Voices()
    posts_voice = PostVoice(outside.surfaced)
    posts_voice.join(voices)
    KindVoice(posts_voice.post_parts, post_data, derive(machine.settings.key, "ballots")).join(voices)
    channels_live.join(voices)
    writing_live.join(voices)
    notifications_live.join(voices)
    catch_up_live.join(voices)
    ThreadVoice(posts_voice).join(voices)
    outside.speak(voices)
    return House(
        outside.surfaced,
        voices,
        {
            **outside.jobs,
            scheduling.JOB: publish_due,
            links.JOB: Previews(http, blobs).run,
            **reminding.HANDLERS,
            DUE: catch_up_live.come_back,
        },
        (*outside.schedules, *reminding.SCHEDULES),
        outside.services,
        outside,
        blobs,
        [outside.close, http.aclose],
    )


def _welcome(machine: Machine) -> None:
    """Who comes, goes or changes teams is let into channels and out of them."""
    machine.on(PersonCreated, people_handlers.introduce)
    machine.on(PersonCreated, channels_handlers.welcome)
    machine.on(PersonDeactivated, channels_handlers.farewell)
    machine.on(PersonReactivated, channels_handlers.come_back)
    machine.on(TeamChanged, feeding.follow_team)


def identity_routers() -> list[APIRouter]:
    """The routers of identity and people."""
    return [*identity_routes.routers(), *people_routes.routers()]


def admin_routers() -> list[APIRouter]:
    """The routers of administration."""
    return admin_routes.routers()


def openapi_route(app: FastAPI) -> None:
    """Serve the description of the API to those who are signed in."""

    @app.get("/openapi.json", include_in_schema=False)
    async def openapi(_visit: Reader) -> JSONResponse:
        return JSONResponse(app.openapi())
