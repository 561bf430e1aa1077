"""The kinds of posts and their screens, with every state at once."""

from collections.abc import Callable
from typing import Any

from frontend import samples as s

Page = Callable[[], tuple[str, dict[str, Any]]]

PAGES: dict[str, Page] = {
    "questions": lambda: (
        "posts/kinds/questions.html",
        {
            "page": s.page("Questions", "questions"),
            "questions": s.QUESTION_ROWS,
            "next_url": "/questions?before=9",
            "state": "open",
            "channel": None,
        },
    ),
    "questions-empty": lambda: (
        "posts/kinds/questions.html",
        {
            "page": s.page("Questions", "questions"),
            "questions": [],
            "next_url": None,
            "state": "open",
            "channel": s.channel(),
        },
    ),
    "progress": lambda: (
        "posts/kinds/progress.html",
        {"page": s.page("Who has read it", "channel", 2), "progress": s.progress()},
    ),
    "progress-done": lambda: (
        "posts/kinds/progress.html",
        {
            "page": s.page("Who has read it", "channel", 2),
            "progress": s.progress(missing=0, gone=0, rows=[], next_url=None, show="later", due_at=None),
        },
    ),
    "decisions": lambda: (
        "channels/page.html",
        {
            "page": s.page("#plumbing", "channel", 7),
            "channel": s.channel(),
            "tab": "decisions",
            "decisions": s.DECISION_ROWS,
            "next_url": "/channels/7/decisions?before=9",
        },
    ),
}

PARTS: dict[str, Page] = {
    **{
        f"posts/_post.html {kept.kind} {kept.id}": lambda kept=kept: ("posts/_post.html", {"post": kept})
        for kept in (s.LEAD, s.QUESTION, s.POLL, s.BALLOT, s.EVENT, s.DECISION, s.PRAISE)
    },
    "posts/kinds/_owns.html": lambda: ("posts/kinds/_owns.html", {"owns": s.OWNS}),
    "posts/kinds/_zones.html": lambda: ("posts/kinds/_zones.html", {"zones": ["Europe/London", "UTC"]}),
    "posts/kinds/_choices.html": lambda: (
        "posts/kinds/_choices.html",
        {"decisions": s.KIND_FORM.decisions, "chosen": "3"},
    ),
    "posts/kinds/_names.html": lambda: ("posts/kinds/_names.html", {"names": s.NAMES}),
    "posts/kinds/_similar.html": lambda: ("posts/kinds/_similar.html", {"similar": s.SIMILAR}),
    "feed/_lead.html": lambda: ("feed/_lead.html", {"lead": None}),
}
