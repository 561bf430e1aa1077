"""What each route is asked: with which ids, in which words, and for whom the thing behind the ids exists."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import quote

from fastapi.routing import APIRoute

from cast import HERE
from house.props import Props
from outsiders import READERS
from parley.kit.clock import now, rfc3339
from parley.web.visit import UNSAFE

UNKNOWN = 987_654
"""An id that nothing has."""
NOBODY = "nobody-here"
EVERYBODY = frozenset(HERE)
COLLEAGUES = EVERYBODY - {"gus"}
_CHANGED = {"square", "vault", "terrace", "hush-square", "valve", "hush", "upload", "picture"}
_ASKED_FOR = _CHANGED | {"cellar", "pair", "valve-terrace", "removed"}
"""The things that are asked for, each with another reason to be refused; changes are tried on fewer."""
_STATES = {"undo": "held", "retry": "failed", "resolution": "unknown", "discard": "draft", "DELETE": "held"}
"""In which state a reply must be for what is done to it."""
_SEEN_IN_PARTS = {"HX-Request": "true"}
_ASKED = {
    "/api/v1/conversations/{conversation_id}/surfacings/effect": "?channel_id=1",
    "/api/v1/search": "?q=canary",
    "/emoji": "?for=posts/1",
    "/uploads": "?ids=1",
}
"""What a route cannot be asked without."""
_KINDS = {
    "accepted-comment": "question",
    "acknowledgement": "announcement",
    "acknowledgement/undo": "announcement",
    "acknowledgements": "announcement",
    "acknowledgements.csv": "announcement",
    "reminders": "announcement",
    "vote": "poll",
    "votes": "poll",
    "close": "poll",
    "attendance": "event",
    "guests": "event",
    "event.ics": "event",
}
"""Of which kind a post must be for what is done to it."""
_WRITTEN = {("draft_id",), ("scheduled_id",)}
_TOKENS = {"/metrics": {"authorization": "Bearer scrape-me"}}
_PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63606060000000040001f61738"
    "550000000049454e44ae426082"
)

Things = Iterator[tuple[str, Mapping[str, object], frozenset[str]]]


@dataclass(frozen=True)
class Question:
    """One request. `readers` are those for whom the thing it names exists; `unknown` names one that is not there."""

    method: str
    route: str
    path: str
    readers: frozenset[str] = EVERYBODY
    unknown: str = ""
    thing: str = ""
    body: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    narrowed: bool = False

    @property
    def api(self) -> bool:
        return self.route.startswith("/api/")

    @property
    def names(self) -> tuple[str, ...]:
        """Who asks: everybody, but for parts and narrowed lists one for each way of seeing more or less."""
        first = self.thing in {"", "vault", "valve"} and (self.unsafe or not (self.headers or self.narrowed))
        return HERE if first else ("alice", "charlie", "gus", "mo", "lea")

    @property
    def unsafe(self) -> bool:
        return self.method in UNSAFE

    def about_nothing(self) -> "Question":
        """The same request about something that is not there."""
        return replace(self, path=self.unknown, unknown="")

    def parts(self) -> dict[str, object]:
        """What a client sends beside method and path."""
        more: dict[str, object] = {"headers": dict(self.headers)}
        if "file" in self.body:
            more["files"] = {"file": ("dot.png", self.body["file"], "image/png")}
        elif self.unsafe and self.method != "DELETE":
            more["json" if self.api else "data"] = dict(self.body)
        return more


def questions(route: APIRoute, props: Props) -> Iterator[Question]:
    """Every way in which `route` is asked."""
    for method in sorted(route.methods):
        unsafe, api = method in UNSAFE, route.path.startswith("/api/")
        for thing, values, readers in _things(route.path, method, props):
            if unsafe and thing and thing not in _CHANGED:
                continue
            asked = _ASKED.get(route.path, "")
            base = Question(
                method,
                route.path,
                _fill(route.path, values) + asked,
                readers,
                _fill(route.path, _nothing(values)) + asked if values else "",
                thing,
                _words(route.path, method, props),
                _SEEN_IN_PARTS if unsafe and not api else _TOKENS.get(route.path, {}),
            )
            yield base
            if unsafe or api:
                yield from _narrowed(base, props)
                continue
            for asked in _narrowed(base, props):
                yield from (asked, replace(asked, headers=_SEEN_IN_PARTS))
            yield replace(base, headers=_SEEN_IN_PARTS)
            if route.path == "/posts/{post_id}":
                yield replace(base, headers={**_SEEN_IN_PARTS, "HX-Target": "panel"})


def _narrowed(base: Question, props: Props) -> Iterator[Question]:
    queries = _queries(props).get(base.route, ()) if base.method == "GET" else ()
    for query in queries:
        unknown = base.unknown and f"{base.unknown}?{query}"
        yield replace(base, path=f"{base.path}?{query}", unknown=unknown, narrowed=True)


def _fill(path: str, values: Mapping[str, object]) -> str:
    return re.sub(r"{(\w+)(?::path)?}", lambda found: quote(str(values[found[1]]), safe=""), path)


def _nothing(values: Mapping[str, object]) -> dict[str, object]:
    """The same values with every id unknown; what is not an id but a word of ours stays."""
    kept = {"noun", "emoji", "name", "kind", "act"}
    return {
        name: value if name in kept else UNKNOWN if isinstance(value, int) else NOBODY for name, value in values.items()
    }


def _things(path: str, method: str, props: Props) -> Things:  # noqa: C901  (a table of what each parameter can name)
    """Every thing that the parameters of `path` can name."""
    cast = props.cast
    names = tuple(re.findall(r"{(\w+)(?::path)?}", path))
    kind = _KINDS.get(path.rpartition("/posts/{post_id}/")[2])
    match names:
        case ():
            yield "", {}, EVERYBODY
        case ("post_id",) if kind:
            for name in ("square", "vault"):
                yield name, {"post_id": props[f"{kind}-{name}"]}, cast.readers[name]
        case ("comment_id",) if path.endswith("accept"):
            for name in ("square", "vault"):
                yield name, {"comment_id": props[f"answer-{name}"]}, cast.readers[name]
        case ("channel_id",) if path.endswith("/private"):
            yield "", {"channel_id": props["trio"]}, frozenset({"alice", "bob", "lea"})
        case ("channel_id", *more):
            for name, number in _some(cast.channels):
                also = {"person_id": cast.bob.id, "team_id": props["team"], "kind": "open"}
                yield name, {"channel_id": number, **{each: also[each] for each in more}}, cast.readers[name]
        case ("post_id", "preview_id"):
            for name in ("square", "vault"):
                also = {"post_id": cast.posts[name], "preview_id": props[f"preview-{name}"]}
                yield name, also, cast.readers[name]
        case ("preview_id",):
            for name in ("square", "vault"):
                yield name, {"preview_id": props[f"preview-{name}"]}, cast.readers[name]
        case ("post_id", "channel_id"):
            yield "", {"post_id": cast.posts["square"], "channel_id": cast.channels["square"]}, cast.readers["square"]
        case ("post_id", "act"):
            for name in ("square", "vault", "terrace"):
                yield name, {"post_id": cast.posts[name], "act": "pass-on"}, cast.readers[name]
        case ("post_id", *more):
            for name, number in _some(cast.posts):
                yield name, {"post_id": number, **_emoji(more)}, _of_post(name, props)
        case ("comment_id",):
            for name, number in _some(cast.comments):
                yield name, {"comment_id": number}, cast.readers[name]
        case ("thread_id",):
            for name, _ in _some(cast.posts):
                if name.partition("-")[0] not in cast.talks and name != "removed":
                    yield name, {"thread_id": props[f"thread-{name}"]}, _of_post(name, props)
        case ("person_id",) if path.endswith("/circle"):
            yield "", {"person_id": cast.charlie.id}, COLLEAGUES
        case ("noun", "thing_id") if path.endswith(("/mentions", "/share")):
            yield "vault", {"noun": "posts", "thing_id": props["naming"]}, cast.readers["vault"]
        case ("noun", "thing_id", *more):
            for name, number in _some(cast.posts):
                yield name, {"noun": "posts", "thing_id": number, **_emoji(more)}, _of_post(name, props)
            for name, number in _some(cast.comments):
                yield name, {"noun": "comments", "thing_id": number, **_emoji(more)}, cast.readers[name]
        case ("file_id", *_) if path.startswith("/photos"):
            yield "", {"file_id": props["face"]}, COLLEAGUES
        case ("file_id", *_):
            for name, number in _some(cast.files):
                yield name, {"file_id": number, "name": "x"}, cast.readers[name.removesuffix("-comment")]
            yield "picture", {"file_id": props["picture"], "name": "x"}, cast.readers["vault"]
        case ("message_id" | "reply_id", *_):
            yield from _of_talks(names, path, method, props)
        case ("conversation_id",):
            for name, number in cast.talks.items():
                yield name, {"conversation_id": number}, READERS
        case ("contact_id",):
            for name in cast.talks:
                yield name, {"contact_id": cast.ids[f"contact_id-{name}"]}, READERS
        case ("stream_id",):
            yield "", {"stream_id": cast.ids["stream_id"]}, cast.readers["care"]
        case ("name",) if path.startswith("/static"):
            yield "", {"name": "manifest.json"}, EVERYBODY
        case ("key",):
            yield "", {"key": "channels"}, EVERYBODY - {"charlie"}
        case ("team_id", *more):
            yield "", {"team_id": props["team"], **({"person_id": cast.charlie.id} if more else {})}, COLLEAGUES
        case ("handle",) if path.startswith("/teams"):
            yield "", {"handle": "plumbing"}, COLLEAGUES
        case ("handle",):
            yield "", {"handle": "charlie"}, COLLEAGUES
            yield "", {"handle": cast.charlie.id}, COLLEAGUES
        case ("person_id",) if path.startswith("/api/"):
            yield "", {"person_id": cast.charlie.id}, COLLEAGUES
        case _:
            yield "", _of_the_house(names, props), _owners(names)


def _some(ids: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(name, number) for name, number in ids.items() if name.removesuffix("-comment") in _ASKED_FOR]


def _of_post(name: str, props: Props) -> frozenset[str]:
    talk, _, channel = name.partition("-")
    if channel:
        return READERS & props.cast.readers[channel]
    return props.cast.readers[{"edited": "vault", "removed": "square"}.get(talk, talk)]


def _of_talks(names: tuple[str, ...], path: str, method: str, props: Props) -> Things:
    ids = props.cast.ids
    verb = method if method == "DELETE" else path.rpartition("/")[2]
    for talk, other in (("valve", "hush"), ("hush", "valve")):
        if names[0] == "message_id":
            whole = {"message_id": ids[f"message_id-{talk}"], "name": "x"}
            file, foreign = ids[f"message_file_id-{talk}"], ids[f"message_file_id-{other}"]
            picture = props[f"message-picture-{talk}"]
        else:
            whole = {"reply_id": ids[f"reply_id-{talk}-{_STATES.get(verb, 'accepted')}"], "name": "x"}
            file, foreign = props[f"reply-picture-{talk}"], props[f"reply-picture-{other}"]
            picture = file
        yield talk, {**whole, "file_id": file}, READERS
        if "file_id" in names:
            yield talk, {**whole, "file_id": picture}, READERS
            yield talk, {**whole, "file_id": foreign}, frozenset()


def _of_the_house(names: tuple[str, ...], props: Props) -> dict[str, object]:
    cast = props.cast
    person = "dee" if "person_id" in names and "token_id" not in names else "alice"
    known = {
        "person_id": cast.people["fay"].id if person == "dee" else cast.alice.id,
        "token_id": props[f"token-{cast.alice.id}"],
        "session_id": cast.alice.session_id,
        "source_id": cast.ids["source_id"],
        "delivery_id": props["delivery"],
        "provider_id": props["provider"],
        "job_id": props["job"],
        "act_id": props["act"],
        "draft_id": props["draft"],
        "scheduled_id": props["scheduled"],
        "place": "home",
        "provider": "test",
        "token": props.link,
        "name": "ada",
    }
    return {name: known[name] for name in names}


def _owners(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset({"alice"}) if names in {("session_id",), ("token_id",), ("act_id",), *_WRITTEN} else EVERYBODY


def _emoji(more: list[str]) -> dict[str, object]:
    return {"emoji": "helpful"} if more else {}


def _queries(props: Props) -> dict[str, tuple[str, ...]]:
    """What narrows a page or list; each is another way to read."""
    square, care = props.cast.channels["square"], props.cast.channels["care"]
    every = "q=canary"
    return {
        "/": ("filter=customers", "filter=channels", "before=999999"),
        "/admin/audit": ("event=person.deactivated",),
        "/admin/people": ("show=all", "q=dee"),
        "/api/v1/channels/{channel_id}/posts": ("after=0", "before=99"),
        "/api/v1/contacts": (every,),
        "/api/v1/conversations": (f"channel_id={care}", "state=open"),
        "/api/v1/feed/home": ("filter=customers",),
        "/channels": (every, "kind=private", "joined=1", "section=x", f"team={props['team']}", "order=members"),
        "/channels/new": (f"kind=private&people={props.cast.bob.id}",),
        "/direct/new": (f"person={props.cast.charlie.id}",),
        "/channels/{channel_id}": ("tab=customers", "tab=decisions", "tab=files", "tab=about", "around=1", "after=0"),
        "/complete": (f"kind=channel&{every}", "kind=person&q=a"),
        "/conversations/{conversation_id}": ("tab=discussion", "tab=contact", "tab=history"),
        "/conversations/{conversation_id}/surface": (f"channel_id={square}",),
        "/questions": ("state=all", f"state=all&channel={square}"),
        "/questions/similar": (every,),
        "/own": (
            "posts=" + "+".join(str(number) for name, number in sorted(props.ids.items()) if name.endswith("-vault")),
        ),
        "/customers": ("list=all", f"list=all&channel={care}", "list=mine"),
        "/notifications": ("part=popover", "unread=1"),
        "/people": ("q=char",),
        "/catch-up": ("part=count",),
        "/threads": ("unread=1",),
        "/search": ("part=jump", every, f"{every}&part=palette", f"{every}&kind=posts"),
    }


def _words(path: str, method: str, props: Props) -> dict[str, object]:
    """What a change is asked for with, so that whoever may do it can."""
    cast, said = props.cast, {"body": "Said in a test."}
    api = path.startswith("/api/")
    if path.endswith(("/files", "/photo")):
        return {"file": _PICTURE}
    known: dict[str, dict[str, object]] = {
        "/admin/people/{person_id}/roles": {"role": "moderator"},
        "/admin/providers/new": _provider(props, "other"),
        "/admin/providers/{provider_id}": _provider(props, "test"),
        "/admin/providers/{provider_id}/test": _provider(props, "test"),
        "/channels/new": {"name": "garden"},
        "/channels/{channel_id}/follow": {"level": "all"},
        "/channels/{channel_id}/members": {"person": "charlie"},
        "/channels/{channel_id}/members/{person_id}": {"role": "member"},
        "/channels/{channel_id}/read": {"number": 1},
        "/channels/{channel_id}/settings": {"name": "garden", "purpose": "Green", "kind": "open"},
        "/channels/{channel_id}/streams": {"source_id": cast.ids["source_id"], "words": "drill"},
        "/channels/{channel_id}/unread-from": {"number": 1},
        "/channels/{channel_id}": {"purpose": "Another"},
        "/channels": {"name": "garden"},
        "/channels/{channel_id}/archive": {"on": "1"},
        "/channels/{channel_id}/default": {"on": "1"},
        "/channels/{channel_id}/private": {"name": "garden"},
        "/channels/{channel_id}/teams": {"team": props["team"]},
        "/people/{handle}/follow": {"on": "1"},
        "/rail": {"sections": []} if api else {"unread_only": "1"},
        "/rail/channels/{channel_id}": {"section": "channels"},
        "/rail/sections": {"title": "Mine"},
        "/rail/sections/{key}": {"shut": "1"},
        "/teams/{handle}/members": {"person": "bob"},
        "/{noun}/{thing_id}/mentions": {"people": [cast.charlie.id]},
        "/{noun}/{thing_id}/share": {"people": cast.charlie.id},
        "/comments/{comment_id}": said,
        "/contacts/{contact_id}": {"name": "Another name"},
        "/conversations": {
            "source_id": cast.ids["source_id"],
            "to": "new@mail.example.org",
            "subject": "Good news",
            **said,
        },
        "/conversations/{conversation_id}": {"state": "resolved"},
        "/conversations/{conversation_id}/assign": {"person_id": cast.alice.id},
        "/conversations/{conversation_id}/claim": {} if api else {"on": "1"},
        "/conversations/{conversation_id}/restrict": {"on": "1"},
        "/conversations/{conversation_id}/state": {"state": "resolved"},
        "/conversations/{conversation_id}/surfacings": {"channel_id": cast.channels["square"]},
        "/conversations/{conversation_id}/watch": {"on": "1"},
        "/direct": {"person": cast.bob.id},
        "/people/{person_id}": {"status": "busy"},
        "/posts/{post_id}": said,
        "/posts/{post_id}/accepted-comment": {"comment_id": props["answer-square"]},
        "/posts/{post_id}/attendance": {"answer": "yes"},
        "/posts/{post_id}/vote": {"option_ids": [props["option-square"]]}
        if api
        else {"option": props["option-square"]},
        "/replies/{reply_id}/resolution": {"it": "went_out"},
        "/settings": {"language": "de", "theme": "dark"},
        "/emoji/tone": {"for": "posts/1", "tone": "3"},
        "/drafts/{place}": said,
        "/scheduled": _later(props),
        "/scheduled/{scheduled_id}": _later(props),
        "/files/{file_id}": {"alt": "A wall"},
        "/files/{file_id}/alt": {"alt": "A wall"},
        "/posts/{post_id}/channel": {"channel_id": cast.channels["vault"]},
        "/posts/{post_id}/pass-on": {"channel_id": cast.channels["care"]},
        "/posts/{post_id}/place/{act}": {"channel_id": cast.channels["care"]},
        "/posts/{post_id}/split": {
            "channel_id": cast.channels["square"],
            "comment_ids": [cast.comments["square"]],
            "title": "Apart",
        },
        "/settings/circle": {"person": "charlie"},
        "/catch-up/done": {"kind": "channel", "thing": cast.channels["square"]},
        "/catch-up/later": {"kind": "channel", "thing": cast.channels["square"], "until": "hour"},
        "/catch-up/read": {"scope": "everything"},
        "/feed/catch-up/done": {"kind": "channel", "id": cast.channels["square"]},
        "/feed/catch-up/later": {
            "kind": "channel",
            "id": cast.channels["square"],
            "until": rfc3339(now() + timedelta(hours=1)),
        },
        "/feed/catch-up/read": {"scope": "everything"},
        "/threads/{thread_id}/read": {"comment_id": 1} if api else {"comment": 1},
        "/settings/profile": {"name": "Another Name"},
        "/settings/tokens": {"name": "laptop", "scope": "read"},
        "/sources/{source_id}": {"state": "paused"},
        "/streams/preview": {"source_id": cast.ids["source_id"], "words": "drill"},
    }
    if (
        path.startswith(("/admin/sources/", "/api/v1/sources"))
        and path.removeprefix("/api/v1") != "/sources/{source_id}"
    ):
        return {"name": "Press", "address": "press@example.org"}
    if path.endswith("/replies"):
        return {**said, "expected_last_message": UNKNOWN}
    if re.search(r"/(posts|comments|discussion|edit)$|^/preview", path):
        return said
    plain = path.removeprefix("/api/v1") if api else path
    return known.get(plain, {})


def _later(props: Props) -> dict[str, object]:
    """For the page and the program alike: a time with its zone is a time on any clock."""
    at = rfc3339(now() + timedelta(days=2))
    return {"channel_id": props.cast.channels["square"], "body": "Said later.", "send_at": at}


def _provider(props: Props, slug: str) -> dict[str, object]:
    return {"slug": slug, "name": "Other", "issuer": props.issuer, "client_id": "parley-test", "enabled": "1"}
