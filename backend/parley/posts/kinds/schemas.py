"""The kinds of posts as the API gives and takes them."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from parley.people.views import PersonCard
from parley.posts.kinds import views
from parley.web.api import BodyId, Moment


class PersonOut(BaseModel):
    """A person, named."""

    id: int
    handle: str
    name: str


class QuestionOut(BaseModel):
    """A question; without an accepted comment it is open."""

    answered: bool
    accepted_comment_id: int | None


class AnnouncementOut(BaseModel):
    """How many were asked, and have acknowledged. `changed_after`: how many had when the words were last changed."""

    due_at: Moment | None
    audience: int
    acknowledged: int
    changed_after: int


class OptionOut(BaseModel):
    """One option and its votes."""

    id: int
    text: str
    votes: int


class PollOut(BaseModel):
    """A poll and its results. Who chose what is told by `GET /posts/{id}/votes`, of an anonymous one by nothing."""

    options: list[OptionOut]
    multiple: bool
    anonymous: bool
    closes_at: Moment | None
    closed: bool
    voters: int


class PraiseOut(BaseModel):
    """Who is praised."""

    people: list[PersonOut]


class EventOut(BaseModel):
    """When and where, and how many come."""

    starts_at: Moment
    ends_at: Moment
    zone: str
    location: str
    yes: int
    maybe: int
    no: int


class DecisionOut(BaseModel):
    """Which decision this one replaced, and which replaced it."""

    supersedes: int | None
    superseded_by: int | None


class KindOut(BaseModel):
    """What a post has beside its words: the part of its own kind, or nothing."""

    question: QuestionOut | None = None
    announcement: AnnouncementOut | None = None
    poll: PollOut | None = None
    praise: PraiseOut | None = None
    event: EventOut | None = None
    decision: DecisionOut | None = None


class AcceptIn(BaseModel):
    """The comment that answers the question."""

    model_config = ConfigDict(extra="forbid")

    comment_id: BodyId


class VoteIn(BaseModel):
    """What one chooses; nothing takes the vote back."""

    model_config = ConfigDict(extra="forbid")

    option_ids: list[BodyId] = Field(max_length=10)


class AttendanceIn(BaseModel):
    """Whether one comes."""

    model_config = ConfigDict(extra="forbid")

    answer: Literal["yes", "maybe", "no"]


class AcknowledgementOut(BaseModel):
    """One person and when they acknowledged; `later` for those who joined after it was published."""

    person: PersonOut
    acknowledged_at: Moment | None
    later: bool


class Acknowledgements(BaseModel):
    """A part of those an announcement was published to, by name."""

    items: list[AcknowledgementOut]
    next: str | None
    audience: int
    acknowledged: int


class Reminded(BaseModel):
    """How many were reminded."""

    reminded: int


class NamesOut(BaseModel):
    """Those who chose one thing. `count` is the whole number, `people` at most 200 of them."""

    name: str
    count: int
    people: list[PersonOut]


class Names(BaseModel):
    """Who chose what."""

    items: list[NamesOut]


def person_out(card: PersonCard) -> PersonOut:
    """Return a card as the API names a person."""
    return PersonOut(id=card.id, handle=card.handle, name=card.name)


def kind_out(view: views.KindView | None) -> KindOut:
    """Return what a post of a kind shows, as the API gives it."""
    match view:
        case views.QuestionView(answer):
            comment = answer.comment_id if answer else None
            return KindOut(question=QuestionOut(answered=comment is not None, accepted_comment_id=comment))
        case views.AnnouncementView():
            return KindOut(
                announcement=AnnouncementOut(
                    due_at=view.due_at,
                    audience=view.audience,
                    acknowledged=view.acknowledged,
                    changed_after=view.changed_after,
                )
            )
        case views.PollView():
            options = [OptionOut(id=option.id, text=option.words, votes=option.votes) for option in view.options]
            return KindOut(
                poll=PollOut(
                    options=options,
                    multiple=view.multiple,
                    anonymous=view.anonymous,
                    closes_at=view.closes_at,
                    closed=view.closed,
                    voters=view.voters,
                )
            )
        case views.PraiseView(people):
            return KindOut(praise=PraiseOut(people=[person_out(card) for card in people]))
        case views.EventView():
            return KindOut(
                event=EventOut(
                    starts_at=view.starts_at,
                    ends_at=view.ends_at,
                    zone=view.zone,
                    location=view.place,
                    yes=view.yes,
                    maybe=view.maybe,
                    no=view.no,
                )
            )
        case views.DecisionView():
            return KindOut(
                decision=DecisionOut(
                    supersedes=view.supersedes.id if view.supersedes else None,
                    superseded_by=view.superseded_by.id if view.superseded_by else None,
                )
            )
    return KindOut()
