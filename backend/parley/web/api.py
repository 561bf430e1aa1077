"""What all routes of the JSON API share."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, Field, PlainSerializer

from parley.kit.clock import rfc3339
from parley.kit.paging import MAX_LIMIT, decode_cursor
from parley.web.visit import MAX_ID

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
Cursor = Annotated[str | None, Query(max_length=200)]
BodyId = Annotated[int, Field(ge=1, le=MAX_ID)]
Moment = Annotated[datetime, PlainSerializer(rfc3339, when_used="json")]
"""A time as the API writes it: RFC 3339 in UTC."""


def place(cursor: str | None, start: int) -> int:
    """Return the number that `cursor` goes on from, or `start` without one; raise `Invalid` for a made-up one."""
    return int(decode_cursor(cursor, int)[0]) if cursor else start


class ProblemOut(BaseModel):
    """RFC 9457: what went wrong, in words and as a code."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    fields: dict[str, str]


_WORDS = {
    400: "not understood",
    401: "not signed in",
    403: "not allowed",
    404: "unknown, or not for the caller",
    409: "somebody was faster",
    413: "too large",
    422: "fields that do not hold",
    429: "too many requests",
    503: "busy, nothing was stored",
}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": words,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemOut"}}},
    }
    for status, words in _WORDS.items()
}
"""Every route can answer these."""


def known(stored: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    """The answer to a creation that was asked for before: what is stored."""
    return {200: {"model": stored, "description": "known already; what is stored"}}
