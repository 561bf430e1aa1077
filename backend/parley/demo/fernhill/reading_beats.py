"""Reads a run of the living company: ``=== second | kind | who | where``, optionally with ``key=name``."""

from parley.demo.fernhill.model import Beat
from parley.demo.fernhill.script import read


def run(name: str, text: str) -> tuple[Beat, ...]:
    """The beats of one run in the order of their seconds."""
    beats = []
    for block in read(f"life/{name}", text):
        if len(block.parts) < 4:
            raise block.wrong("a beat opens with second | kind | who | where")
        second, kind, who, where = block.parts[:4]
        beats.append(
            Beat(
                second=int(second),
                kind=kind,
                who=who,
                where=where,
                text=block.body,
                title=block.one("title") or block.one("subject"),
                key=block.option("key"),
                post_kind=block.one("kind") or "update",
            )
        )
    return tuple(sorted(beats, key=lambda beat: beat.second))
