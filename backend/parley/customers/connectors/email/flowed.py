"""format=flowed (RFC 3676): lines that end in a space go on in the next one of the same quotation depth."""

import re

_MARKS = re.compile(r">*")


def join_flowed(text: str, *, delete_space: bool = False) -> str:
    """Return `text` with its soft line breaks joined and its space-stuffing undone."""
    out: list[str] = []
    pending: list[str] = []
    pending_depth = 0
    for line in text.split("\n"):
        depth = len(_MARKS.match(line)[0])  # type: ignore[index]  # matches the empty string too
        body = line[depth:].removeprefix(" ")
        if pending and depth != pending_depth:
            out.append(_quote(pending, pending_depth))
            pending = []
        pending.append(body)
        pending_depth = depth
        soft = body.endswith(" ") and body != "-- "
        if soft and delete_space:
            pending[-1] = body[:-1]
        if not soft:
            out.append(_quote(pending, depth))
            pending = []
    if pending:
        out.append(_quote(pending, pending_depth))
    return "\n".join(out)


def _quote(parts: list[str], depth: int) -> str:
    text = "".join(parts)
    return f"{'>' * depth} {text}" if depth else text
