"""Reading forms: missing fields are empty, wrong ones are words at the field."""

from fastapi import Request
from starlette.datastructures import FormData

from parley.kit.errors import Invalid
from parley.kit.paging import query

__all__ = ["Form", "query", "read", "whole"]

_MAX_FIELD = 100_000


class Form:
    """The text fields of one submitted form."""

    def __init__(self, data: FormData) -> None:
        """Keep the fields; files are not looked at here."""
        self._data = data

    def text(self, name: str) -> str:
        """Return one field, empty when it is missing."""
        value = self._data.get(name, "")
        if not isinstance(value, str) or len(value) > _MAX_FIELD:
            raise Invalid(fields={name: "This is too long."})
        return _storable(value, name)

    def texts(self, name: str) -> list[str]:
        """Return every value of a field that may come several times, at most a hundred."""
        return [_storable(value, name) for value in self._data.getlist(name)[:100] if isinstance(value, str)]

    def on(self, name: str) -> bool:
        """Whether a switch is on."""
        return self.text(name) in {"1", "on", "true"}

    def number(self, name: str) -> int:
        """Return a whole number; raise `Invalid` with the field when it is none."""
        return whole(self.text(name), name)

    def ids(self, name: str) -> tuple[int, ...]:
        """Return the ids of a field that may come several times."""
        return tuple(whole(value, name) for value in self.texts(name))


def _storable(text: str, name: str) -> str:
    """Return `text` without NUL; a charset that the sender names can still smuggle in half characters."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Invalid(fields={name: "This contains characters that cannot be stored."}) from error
    return text.replace("\x00", "")


def whole(text: str, name: str) -> int:
    """Return `text` as a number that fits an id; raise `Invalid` for field `name` otherwise."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise Invalid(fields={name: "This is not a number."})
    return min(int(text), 2**31 - 1)


async def read(request: Request) -> Form:
    """Read the form of `request`."""
    return Form(await request.form(max_files=0, max_fields=500))
