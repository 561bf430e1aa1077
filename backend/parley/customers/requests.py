"""What the API takes: the fields that are named, each with its limit, and no others."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Id = Annotated[int, Field(ge=1, le=2**31 - 1)]
Address = Annotated[str, Field(max_length=400)]


class Strict(BaseModel):
    """What comes in has the fields that are named, and no others."""

    model_config = ConfigDict(extra="forbid")


class ConversationChange(Strict):
    """What a PATCH may change; what is left out stays."""

    state: Literal["open", "resolved", "spam"] | None = None
    assignee_id: Id | None = None
    restricted: bool | None = None


class ClaimIn(Strict):
    """How to claim."""

    take_over: bool = False


class ReplyIn(Strict):
    """A reply to send."""

    body: str = Field(max_length=16_000)
    client_id: str | None = Field(default=None, max_length=36)
    expected_last_message: int | None = Field(default=None, ge=0, le=2**31 - 1)
    cc: list[Address] = Field(default=[], max_length=20)
    attachments: list[Id] = Field(default=[], max_length=10)
    confirm_files: bool = False


class OpeningIn(Strict):
    """A conversation that we begin."""

    source_id: Id
    to: Address
    name: str = Field(default="", max_length=120)
    subject: str = Field(max_length=200)
    body: str = Field(max_length=16_000)
    client_id: str | None = Field(default=None, max_length=36)
    cc: list[Address] = Field(default=[], max_length=20)
    attachments: list[Id] = Field(default=[], max_length=10)
    confirm_files: bool = False


class ResolutionIn(Strict):
    """What became of an unknown reply."""

    it: Literal["went_out", "send_again"]


class SurfacingIn(Strict):
    """Where to surface, with which words."""

    channel_id: Id
    body: str = Field(default="", max_length=16_000)
    client_id: str | None = Field(default=None, max_length=36)


class StreamIn(Strict):
    """A stream to add."""

    source_id: Id
    words: str = Field(default="", max_length=500)


class ContactChange(Strict):
    """What a PATCH of a contact may change."""

    name: str = Field(max_length=120)


class SourceIn(Strict):
    """A mailbox to connect."""

    name: str = Field(max_length=80)
    address: Address
    display_name: str = Field(default="", max_length=120)
    signature: str = Field(default="", max_length=2000)
    imap_url: str = Field(default="", max_length=1000)
    imap_password: str | None = Field(default=None, max_length=1000)
    smtp_url: str = Field(default="", max_length=1000)
    smtp_password: str | None = Field(default=None, max_length=1000)
    days_back: int = Field(default=0, ge=0, le=3650)
    plus_addressing: bool = True
    authserv_id: str = Field(default="", max_length=255)
    channel_id: Id | None = None


class SourceChange(Strict):
    """What a PATCH of a source may change: whether it works."""

    state: Literal["active", "paused"]
