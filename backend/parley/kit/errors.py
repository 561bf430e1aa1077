"""Errors as facts: each has a status, a stable code and a sentence for a person.

The sentence is a message id for gettext; its values are put in after translation.
"""

from collections.abc import Mapping


class Problem(Exception):  # noqa: N818  (RFC 9457 calls it a problem)
    """A refusal with an HTTP `status`, a machine-readable `code` and a `sentence` with `%(name)s` places."""

    status = 400
    code = "bad_request"
    sentence = "This request could not be understood."

    def __init__(
        self,
        sentence: str | None = None,
        *,
        code: str | None = None,
        fields: Mapping[str, str] | None = None,
        **values: object,
    ) -> None:
        """Keep the sentence, the values for its places and, by field name, what is wrong with each field."""
        self.sentence = sentence or type(self).sentence
        self.code = code or type(self).code
        self.values = values
        self.fields = dict(fields or {})
        super().__init__(self.words)

    @property
    def words(self) -> str:
        """The sentence in English with its values."""
        return self.sentence % self.values if self.values else self.sentence


class NotSignedIn(Problem):
    """401: nobody, or nobody any more."""

    status = 401
    code = "not_signed_in"
    sentence = "Please sign in."


class Forbidden(Problem):
    """403: the person may see the thing but not do this."""

    status = 403
    code = "forbidden"
    sentence = "You may not do this."


class NotFound(Problem):
    """404: unknown, or not for this person; both answer alike."""

    status = 404
    code = "not_found"
    sentence = "There is nothing here, or it is not for you."


class Conflict(Problem):
    """409: the thing has changed, or already is what was asked."""

    status = 409
    code = "conflict"
    sentence = "Somebody was faster. Please look again."


class TooLarge(Problem):
    """413: more bytes than the limit."""

    status = 413
    code = "too_large"
    sentence = "This is too large."


class Invalid(Problem):
    """422: fields that do not hold; `fields` says which and why."""

    status = 422
    code = "invalid"
    sentence = "Please check what you entered."


class TooMany(Problem):
    """429: a limit was reached; try again after `retry_after` seconds."""

    status = 429
    code = "too_many_requests"
    sentence = "That was a lot at once. Please wait a moment."

    def __init__(self, retry_after: float = 1.0, limit: int = 0, remaining: int = 0) -> None:
        """Take seconds until a new try makes sense and the limit's numbers for the RateLimit headers."""
        super().__init__()
        self.retry_after = retry_after
        self.limit = limit
        self.remaining = remaining


class Unavailable(Problem):
    """503: the database or a part it needs does not answer; nothing was stored."""

    status = 503
    code = "unavailable"
    sentence = "The service is busy. Nothing was lost; please try again in a moment."


class StorageFull(Problem):
    """507: the disk is full; nothing was stored."""

    status = 507
    code = "storage_full"
    sentence = "There is no room left to store this. Nothing was saved."
