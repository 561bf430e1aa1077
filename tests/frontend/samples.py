"""What the templates are shown with: a morning at Fernhill Hardware, and the long and wrong states."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from parley.channels.views import (
    BrowseRow,
    BrowseView,
    ChannelAbout,
    ChannelFlow,
    ChannelForm,
    ChannelRef,
    ChannelView,
    MemberRow,
    MembersView,
    RailChannel,
    RailSection,
)
from parley.customers.views import ChannelCustomers, ClockView, ContactRef, ConversationCard, SourceRef
from parley.feed.views import HomeView, LeadView, OnDutyRow, OpenQuestion, WaitingRow
from parley.notifications.views import NotificationRow, NotificationsView
from parley.people.views import (
    DirectoryRow,
    DirectoryView,
    HelpfulAnswer,
    KnownTopic,
    PersonCard,
    Praise,
    ProfileChannel,
    ProfileView,
    SessionRow,
    SettingsView,
    TokenRow,
)
from parley.posts.kinds.views import (
    AnnouncementView,
    AnswerView,
    DecisionRef,
    DecisionRow,
    DecisionView,
    EventView,
    KindForm,
    NamesView,
    OptionView,
    OwnView,
    PersonRow,
    PollView,
    PraiseView,
    ProgressView,
    QuestionRow,
    QuestionView,
    SimilarRow,
)
from parley.posts.views import (
    CommentView,
    Completion,
    ComposerView,
    EditView,
    EmojiPicker,
    EmojiView,
    FileView,
    LastComment,
    MenuView,
    PostView,
    ReactionView,
    ThreadView,
    VersionView,
)
from parley.search.views import Chip, Hit, HitGroup, SearchView
from parley.web.shell import PageContext

NOW = datetime.now(UTC).replace(hour=8, minute=58, second=0, microsecond=0)
FACES = {"bo", "grace", "lotte", "maeve", "niamh", "priya", "ruth", "samir", "tom", "wout", "yasmin"}


def person(number: int, name: str, title: str, team: str, hue: int) -> PersonCard:
    first, _, last = name.partition(" ")
    photo = f"face-{first.lower()}.svg" if first.lower() in FACES else None
    return PersonCard(
        number, f"{first}.{last.replace(' ', '')}".lower(), name, title, team, (first[0] + last[0]).upper(), hue, photo
    )


PRIYA = person(1, "Priya Raman", "Customer care lead, Leeds", "Customer care", 2)
MAEVE = person(2, "Maeve Doyle", "Plumbing lead, Cork", "Plumbing", 4)
BO = person(3, "Bo Lindqvist", "Care adviser, Leeds", "Customer care", 6)
TOM = person(4, "Tom Ackroyd", "Store manager, Leeds", "Kirkstall", 2)
LOTTE = person(5, "Lotte De Smet", "Colour adviser, Gent", "Paint", 1)
SAMIR = person(6, "Samir Haddad", "Electrical adviser, Leeds", "Electrical", 4)
GRACE = person(7, "Grace Okafor", "Communications", "Head office", 7)
WOUT = person(8, "Wout Claes", "Driver, Gent", "Logistics", 5)
RUTH = person(9, "Ruth Whitaker", "Chief executive", "Head office", 2)
DAN = person(10, "Dan Marsh", "Plumbing adviser, Leeds", "Plumbing", 5)
AOIFE = person(11, "Aoife Brennan", "E-commerce lead, Cork", "E-commerce", 8)
ELINE = person(12, "Eline Maes", "Store adviser, Gent", "Gent Dok Zuid", 7)
NIAMH = person(13, "Niamh Walsh", "Garden adviser, Cork", "Garden", 4)
JOSEF = person(14, "Jonas Peeters", "Garden adviser, Gent", "Garden", 3)
EVERYBODY = [PRIYA, MAEVE, BO, TOM, LOTTE, SAMIR, GRACE, WOUT, RUTH, DAN, AOIFE, ELINE, NIAMH, JOSEF]

CARE = ChannelRef(5, "customer-care", "open")
PLUMBING = ChannelRef(7, "plumbing", "open")
PAINT = ChannelRef(8, "paint-and-colour", "open")
NOTICES = ChannelRef(2, "notices", "announcement")
WELL_DONE = ChannelRef(3, "well-done", "open")


def viewer(**changes: Any) -> SimpleNamespace:
    facts = {field: getattr(PRIYA, field) for field in PRIYA.__slots__}
    return SimpleNamespace(**{**facts, "roles": {"it_admin", "customer_lead"}, "is_guest": False, **changes})


def rail(current: int = 0) -> list[RailSection]:
    def channel(
        number: int, name: str, kind: str = "open", unread: int = 0, mentions: int = 0, who: PersonCard | None = None
    ) -> RailChannel:
        return RailChannel(number, name, kind, unread, mentions, number == current, who)

    return [
        RailSection(
            "My team",
            [
                channel(5, "customer-care", unread=3, mentions=1),
                channel(6, "care-leads", "private"),
                channel(9, "hand-over", unread=1),
            ],
        ),
        RailSection(
            "Know-how",
            [
                channel(7, "plumbing", unread=2),
                channel(8, "paint-and-colour"),
                channel(10, "electrical"),
                channel(11, "garden"),
                channel(12, "deliveries", unread=5),
            ],
        ),
        RailSection("Company", [channel(2, "notices", "announcement"), channel(3, "well-done")]),
        RailSection(
            "Direct",
            [
                channel(20, "Bo Lindqvist", "direct", 1, 1, BO),
                channel(21, "Aoife Brennan", "direct", who=AOIFE),
                channel(22, "Niamh, Tom", "direct", who=NIAMH),
            ],
        ),
    ]


def page(title: str, place: str = "", current: int = 0, **changes: Any) -> SimpleNamespace:
    facts: dict[str, Any] = {
        "title": title,
        "language": "en",
        "dir": "ltr",
        "theme": "auto",
        "organisation": "Fernhill Hardware",
        "viewer": viewer(),
        "csrf": "token-of-this-session",
        "rail": rail(current),
        "rail_unread_only": False,
        "browse_count": 31,
        "customers_unclaimed": 14,
        "customers_late": 1,
        "notifications_unread": 9,
        "live": {"channel:5": 41, "channel:7": 120, "person:1": 8},
        "place": place,
        "demo": None,
        "flash": [],
        "zone": "Europe/London",
    }
    plain = PageContext("", "en", "ltr", "auto", "")
    return SimpleNamespace(**{each.name: getattr(plain, each.name) for each in fields(plain)} | facts | changes)


def stranger(title: str, **changes: Any) -> SimpleNamespace:
    return page(title, viewer=None, rail=[], live={}, csrf="", **changes)


def reaction(emoji: str, people: list[PersonCard], more: int = 0) -> ReactionView:
    known = {
        "helpful": ("Helpful", "lightbulb"),
        "on-it": ("I’m on it", "hand"),
        "seen": ("Seen", "eye"),
        "answered": ("Customer answered", "mail-check"),
    }
    label, icon = known.get(emoji, (emoji, None))
    return ReactionView(
        emoji, label, icon, len(people) + more, [one.id for one in people], [one.name for one in people]
    )


def file(number: int, name: str, image: bool = False) -> FileView:
    thumb = "sample.svg" if image else None
    return FileView(
        number,
        name,
        f"/files/{number}/{name}",
        thumb,
        640 if image else None,
        420 if image else None,
        184_320,
        image,
        "Three strips of paint, wet, tacky and dry" if image else "",
    )


def post(number: int, **changes: Any) -> PostView:
    facts: dict[str, Any] = {
        "id": number,
        "number": number,
        "channel": PLUMBING,
        "author": MAEVE,
        "kind": "update",
        "title": "",
        "body_html": "",
        "created_at": NOW - timedelta(minutes=17),
        "edited_at": None,
        "removed": False,
        "pinned": False,
        "folded": False,
        "reactions": [],
        "files": [],
        "comment_count": 0,
        "faces": [],
        "last_comment": None,
        "conversation": None,
    }
    return PostView(**{**facts, **changes})


CARD = ConversationCard(
    9,
    ContactRef(4, "Kim Park", "KP", "Leeds"),
    SourceRef(1, "Care", "email", "care@fernhill.example"),
    "Still dripping",
    "I tightened it twice and it still weeps at the spindle. The cupboard floor is wet and your plumber wants £90 for a visit.",
    "open",
    "us",
    ClockView("soon", 82, 41, NOW + timedelta(minutes=41)),
    PRIYA,
    NOW - timedelta(minutes=8),
    None,
    [2],
    6,
    [MAEVE, DAN, TOM],
    LastComment("Maeve", "Gland nut, a quarter turn. Then it holds."),
)
CUSTOMERS = ChannelCustomers(PLUMBING, [], [], 0, None, None)

SURFACED = post(
    31,
    channel=CARE,
    author=BO,
    kind="conversation",
    conversation=CARD,
    body_html="<p>Second one from batch 0417 this week, and this cupboard is wet. Can plumbing say what we tell her before ten?</p>",
    reactions=[reaction("on-it", [PRIYA, MAEVE]), reaction("seen", [TOM, DAN], 3)],
)
QUESTION = post(
    30,
    author=DAN,
    kind="question",
    title="Does PTFE tape go on a compression fitting, yes or no?",
    body_html="<p>Two customers at the counter this morning, two opinions behind it. I would like one sentence we all say.</p>",
    created_at=NOW - timedelta(minutes=41),
    reactions=[reaction("helpful", [PRIYA, TOM], 9)],
    comment_count=5,
    faces=[TOM, SAMIR, MAEVE],
    last_comment=LastComment("Tom", "Printing this for the counter."),
    of_kind=QuestionView(AnswerView(61, MAEVE, "No tape on the olive. It seals metal on metal.", "Dan")),
)
PICTURED = post(
    29,
    channel=PAINT,
    author=LOTTE,
    title="Why the Linen White would not dry in Gent",
    created_at=NOW - timedelta(hours=15, minutes=38),
    edited_at=NOW - timedelta(hours=14),
    body_html="<p>Four customers, four kitchens, one tin size. It is not the paint. Our new rollers hold a third more, people put on one thick"
    " coat, and under 10 °C the skin closes before the inside has dried.</p><p>What worked: open the window, heat to 18 °C, wait two days,"
    ' sand lightly, then a thin second coat. I wrote it up as an <a href="https://example.org/">answer card</a> so nobody has to type it'
    " again.</p>",
    files=[file(4, "drying.png", image=True), file(5, "linen-white-answer-card-final-version-two.pdf")],
    reactions=[reaction("helpful", [BO], 22), reaction("answered", [ELINE, JOSEF], 2), reaction("🎉", [TOM], 1)],
    comment_count=9,
    faces=[ELINE, JOSEF, BO],
    last_comment=LastComment("Eline", "Sent the card to all four."),
)
PRAISE = post(
    28,
    channel=WELL_DONE,
    author=AOIFE,
    kind="praise",
    created_at=NOW - timedelta(hours=21),
    body_html='<p><a class="mention" href="/people/wout.claes">@Wout Claes</a> found the pallet that three of us had given up on, and'
    " phoned the customer from the lorry. Mr Murphy had his floor down by four.</p>",
    reactions=[reaction("❤️", [PRIYA, RUTH], 29)],
    comment_count=12,
    faces=[RUTH, MAEVE, TOM],
    last_comment=LastComment("Ruth", "That is the whole job in one call."),
    of_kind=PraiseView([WOUT]),
)
POLL = post(
    21,
    author=TOM,
    kind="poll",
    title="Which Sunday do we open late?",
    of_kind=PollView(
        [OptionView(1, "6 December", 9), OptionView(2, "13 December", 21), OptionView(3, "هذا الأحد", 14)],
        multiple=False,
        anonymous=False,
        closes_at=NOW + timedelta(days=2),
        closed=False,
        voters=44,
    ),
)
BALLOT = replace(
    POLL, id=20, of_kind=replace(POLL.of_kind, multiple=True, anonymous=True, closed=True, closes_at=None, voters=0)
)
EVENT = post(
    19,
    author=TOM,
    kind="event",
    title="The seasonal aisle changes sides",
    of_kind=EventView(
        starts_at=NOW + timedelta(days=3),
        ends_at=NOW + timedelta(days=3, hours=2),
        there_starts=NOW + timedelta(days=3, hours=1),
        there_ends=NOW + timedelta(days=3, hours=3),
        zone="Europe/Brussels",
        town="Brussels",
        twice=1,
        place="https://meet.example.org/aisle",
        link="https://meet.example.org/aisle",
        over=False,
        yes=9,
        maybe=2,
        no=0,
    ),
)
DECISION = post(
    18,
    author=MAEVE,
    kind="decision",
    title="The elbow is only sold with its liner",
    of_kind=DecisionView(DecisionRef(3, "We sell elbows"), DecisionRef(17, "We stop selling the elbow")),
)
LONG = post(
    27,
    author=TOM,
    folded=True,
    created_at=NOW - timedelta(days=1, hours=3),
    body_html="<p>Notes from the morning round, in full.</p>"
    + "".join(
        f"<p>Aisle {n}: the labels match, the hooks are full, and the bin under the sink is dry again. Nobody asked for more.</p>"
        for n in range(1, 9)
    )
    + "<ul><li>Order olives, 15 mm</li><li>Move the tape</li></ul><pre><code>isolate --quarter-turn clockwise --then wait && check</code></pre>"
    "<blockquote><p>Water off, a quarter turn, done.</p></blockquote>",
)
REMOVED = post(26, author=SAMIR, removed=True, created_at=NOW - timedelta(days=2))
HOSTILE = post(
    25,
    author=person(
        99,
        "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwaren Unterdachlattenverschraubungsbeauftragter",
        "Unterdachlattenverschraubungsbeauftragter für besonders lange Zeilen",
        "Dachlattenverschraubung",
        8,
    ),
    title="Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft " * 2,
    body_html="<p>" + "x" * 300 + "</p><p dir='auto'>هذا نص باللغة العربية مع كلمات English داخل الجملة.</p>",
    created_at=NOW - timedelta(days=200),
    reactions=[reaction(e, [BO], n) for n, e in enumerate("😀😃😄😁😆😅😂🤣🙂🙃😉😊")],
)
LEAD = post(
    24,
    channel=NOTICES,
    author=GRACE,
    kind="announcement",
    pinned=True,
    title="Valve batch 0417 comes off the shelf in every store today",
    body_html="<p>The gland nut was fitted loose at the factory. Nobody is in danger, but it drips. Swap it at the till without a receipt;"
    " the supplier pays for the part and for one plumber visit.</p>",
    created_at=NOW - timedelta(hours=1),
    reactions=[reaction("seen", [PRIYA, TOM], 185)],
    comment_count=3,
    faces=[TOM, DAN],
    last_comment=LastComment("Tom", "Kirkstall is clear."),
    of_kind=AnnouncementView(NOW + timedelta(days=1), 214, 187, 3),
)
KIND_FORM = KindForm("poll", {"options": ["Red", "Blue"]}, "Europe/London", [DecisionRef(3, "We sell elbows")])
OWNS = [OwnView(24, ["owed", "manages"]), OwnView(21, ["2", "voted"]), OwnView(19, ["yes"])]
QUESTION_ROWS = [
    QuestionRow(30, "/posts/30", QUESTION.title, DAN, "#plumbing", NOW, 5, answered=True),
    QuestionRow(16, "/posts/16", "Who still has the long fuse-wire cards?", TOM, "", NOW, 1, answered=False),
]
DECISION_ROWS = [
    DecisionRow(17, "We stop selling the elbow", "Eleven returns from 140 sold.", MAEVE, NOW, None),
    DecisionRow(18, DECISION.title, "", MAEVE, NOW, DecisionRef(17, "We stop selling the elbow")),
]
NAMES = NamesView(21, [("6 December", 1, [TOM]), ("13 December", 250, [DAN, MAEVE])])
SIMILAR = [SimilarRow("/posts/30", QUESTION.title, answered=True)]


def progress(**changes: Any) -> ProgressView:
    facts: dict[str, Any] = {
        "post_id": 24,
        "title": LEAD.title,
        "channel_id": 2,
        "show": "missing",
        "audience": 214,
        "acknowledged": 187,
        "missing": 25,
        "later": 2,
        "gone": 2,
        "due_at": NOW + timedelta(days=1),
        "changed_after": 3,
        "reminded_at": NOW - timedelta(hours=1),
        "may_remind": False,
        "rows": [PersonRow(TOM), PersonRow(DAN, NOW)],
        "next_url": "/posts/24/acknowledgements?cursor=x",
    }
    return ProgressView(**{**facts, **changes})


def comment(number: int, who: PersonCard, text: str, minutes: int, **changes: Any) -> CommentView:
    facts: dict[str, Any] = {
        "id": number,
        "post_id": 30,
        "topic": "channel:7",
        "author": who,
        "body_html": f"<p>{text}</p>",
        "created_at": NOW - timedelta(minutes=minutes),
        "edited_at": None,
        "removed": False,
        "reactions": [],
        "files": [],
        "accepted": False,
    }
    return CommentView(**{**facts, **changes})


COMMENTS = [
    comment(1, SAMIR, "My uncle would say always. My uncle also floods kitchens.", 37),
    comment(
        2,
        MAEVE,
        "No tape on the olive. It seals metal on metal, and tape keeps the nut from closing. Only on the threads of a"
        " tapered joint.",
        32,
        accepted=True,
        reactions=[reaction("helpful", [PRIYA], 10)],
    ),
    comment(3, DAN, "That is the sentence. Thank you.", 28),
    comment(
        4,
        TOM,
        'Printing this for the counter. Can we have it in Dutch for Gent, <a class="mention" href="/people/eline.maes">'
        "@Eline Maes</a>?",
        25,
        edited_at=NOW,
    ),
    comment(5, BO, "", 20, removed=True),
    comment(
        6,
        ELINE,
        "“Geen tape op de knelring.” Done, it is on the card.",
        6,
        reactions=[reaction("helpful", [DAN, TOM], 1)],
        files=[file(8, "knelring.png", image=True)],
    ),
]


def thread(**changes: Any) -> ThreadView:
    facts: dict[str, Any] = {"post": QUESTION, "comments": COMMENTS, "may_comment": True, "why_not_comment": ""}
    return ThreadView(**{**facts, **changes})


def composer(kind: str = "home", **changes: Any) -> ComposerView:
    ready: dict[str, dict[str, Any]] = {
        "home": {
            "action": "/channels/5/posts",
            "place": "home",
            "placeholder": "Share something useful, or ask who knows",
            "button": "Post",
            "target": "#feed",
            "channels": [CARE, PLUMBING, PAINT],
            "channel_id": 5,
            "kinds": ["update", "question", "praise"],
            "titled": True,
        },
        "channel": {
            "action": "/channels/7/posts",
            "place": "channel:7",
            "placeholder": "Post in #plumbing, 46 colleagues read it",
            "button": "Post",
            "target": "#feed",
            "kinds": ["update", "question"],
            "titled": True,
        },
        "thread": {
            "action": "/posts/30/comments",
            "place": "post:30",
            "placeholder": "Comment to Dan and 4 others",
            "button": "Comment",
            "target": "#comments-30",
        },
    }
    return ComposerView(**{**ready[kind], **changes})


def _due(minutes: int, percent: int, state: str) -> tuple[ClockView, str]:
    return ClockView(state, percent, minutes, NOW + timedelta(minutes=minutes)), state


def home(**changes: Any) -> HomeView:
    facts: dict[str, Any] = {
        "greeting": "Good morning, Priya",
        "today": NOW,
        "line": "Leeds opens in 12 minutes, and one customer is waiting too long",
        "topics": ["channel:5", "channel:7"],
        "filter": "all",
        "order": "newest",
        "customers_open": 14,
        "lead": LeadView(LEAD, 2),
        "posts": [SURFACED, QUESTION, PICTURED, PRAISE, LONG, REMOVED],
        "older_url": "/?before=26",
        "waiting": [
            WaitingRow("/conversations/8", "Declan Murphy", "DM", "Wrong delivery, Cork", *_due(-20, 100, "late")),
            WaitingRow("/conversations/9", "Kim Park", "KP", "Leaking valve, Leeds", *_due(41, 82, "soon")),
            WaitingRow("/conversations/10", "Els Janssens", "EJ", "Paint not drying, Gent", *_due(180, 30, "")),
        ],
        "on_duty": [
            OnDutyRow(PRIYA, "Customer care, until 14:00"),
            OnDutyRow(MAEVE, "Plumbing, until 16:00"),
            OnDutyRow(WOUT, "Deliveries, on the road"),
        ],
        "questions": [
            OpenQuestion(
                "/posts/60", "Which grit for teak that has gone grey?", JOSEF, "#garden · 2 h without an answer"
            ),
            OpenQuestion("/posts/61", "Who unlocks the yard on Sundays?", SAMIR, "#deliveries · yesterday"),
        ],
    }
    return HomeView(**{**facts, **changes})


def channel(**changes: Any) -> ChannelView:
    facts: dict[str, Any] = {
        "id": 7,
        "name": "plumbing",
        "kind": "open",
        "member_count": 46,
        "faces": [MAEVE, DAN, TOM, SAMIR],
        "joined": True,
        "purpose": "What drips, what fits, what we tell customers about it. Cork and Leeds counters.",
        "level": "mentions",
        "archived": False,
        "may_post": True,
        "why_not_post": "",
        "may_manage": True,
        "may_join": False,
        "customers_open": 4,
    }
    return ChannelView(**{**facts, **changes})


def flow(**changes: Any) -> ChannelFlow:
    facts: dict[str, Any] = {
        "read_number": 29,
        "last_number": 31,
        "unread": 2,
        "unread_since": NOW - timedelta(hours=16),
        "older_url": "/channels/7?before=26",
        "newer_url": None,
        "first_unread_url": None,
    }
    return ChannelFlow(**{**facts, **changes})


MEMBERS = [
    MemberRow(MAEVE, "owner", NOW - timedelta(days=400)),
    MemberRow(DAN, "moderator", NOW - timedelta(days=300)),
    *[
        MemberRow(one, "member", NOW - timedelta(days=90), "Plumbing team" if one is TOM else "")
        for one in (TOM, SAMIR, BO)
    ],
]
ABOUT = ChannelAbout(NOW - timedelta(days=400), MAEVE, MEMBERS, None)
MEMBER_PAGE = MembersView(MEMBERS, "", True, "/channels/7/members?after=5")
CHANNEL_FILES = [
    SimpleNamespace(file=file(4, "drying.png", image=True), author=LOTTE, at=NOW, post_url="/posts/29"),
    SimpleNamespace(
        file=file(5, "linen-white-answer-card-final-version-two.pdf"), author=BO, at=NOW, post_url="/posts/29"
    ),
]


def browse(rows: int = 6) -> BrowseView:
    known = [
        ("plumbing", "open", "What drips, what fits, what we tell customers about it.", True),
        ("notices", "announcement", "What everybody has to know. Short, and seldom.", True),
        ("care-leads", "private", "Shifts, hand-overs, and what needs three heads.", True),
        ("lunch-kirkstall", "open", "Who eats where. No work after half past one.", False),
        (
            "teak-and-oak",
            "open",
            "Everything about hardwood, from grit to oil; photographs welcome, and patience.",
            False,
        ),
        ("black-friday-2025", "open", "Planning of last year’s week.", False),
    ]
    return BrowseView(
        [
            BrowseRow(n + 1, name, kind, purpose, 46 - n, [MAEVE, DAN, TOM], NOW, joined, "2025" in name)
            for n, (name, kind, purpose, joined) in enumerate(known[:rows])
        ],
        31 if rows else 0,
        "",
        "",
        "",
        True,
        "/channels?after=6" if rows else None,
    )


BAD_FORM = ChannelForm(name="Boiler Room!", errors={"name": "Only small letters, digits and hyphens."})
SETTINGS_FORM = ChannelForm(id=7, name="plumbing", purpose="What drips, what fits.", who_may_post="members")


def profile(**changes: Any) -> ProfileView:
    facts: dict[str, Any] = {
        "card": replace(MAEVE, title="Plumbing lead"),
        "pronouns": "she / her",
        "place": "Cork",
        "zone": "Europe/Dublin",
        "time_there": "08:58 in Cork, same as yours",
        "status": "On the counter until 16:00",
        "email": "maeve.doyle@fernhill.example",
        "phone": "+353 21 555 0117",
        "about_html": "<p>Twenty-two years behind plumbing counters, eleven of them here. I would rather draw you the joint than describe it."
        " Fixing a 1962 dinghy on Sundays, so do not ask me about varnish.</p>",
        "hours": "Mon to Sat, 07:30 to 16:00",
        "languages": "English, Irish, some Polish",
        "away": "",
        "from_directory": ["name", "title", "team"],
        "manager": RUTH,
        "reports": [DAN],
        "reports_count": 7,
        "knows": [
            KnownTopic("Isolating and check valves", "9 accepted answers, 14 customers helped"),
            KnownTopic("Compression and push-fit joints", "6 accepted answers, 5 answer cards"),
            KnownTopic("Boilers before 2005", "says so herself, confirmed by Dan and Tom"),
        ],
        "helpful": [
            HelpfulAnswer(
                "/posts/30",
                "Does PTFE tape go on a compression fitting?",
                "No tape on the olive. It seals metal on metal, and tape keeps the nut from closing.",
                "11 found it helpful",
                NOW,
            ),
            HelpfulAnswer(
                "/conversations/9",
                "Kim Park, leaking valve",
                "Water off, a quarter turn clockwise, done.",
                "Quoted in a reply to the customer",
                NOW - timedelta(days=1),
                outside=True,
            ),
        ],
        "praise": [Praise("/posts/28", "", "Found the pallet that three of us had given up on.", "Aoife Brennan", NOW)],
        "channels": [ProfileChannel(7, "plumbing"), ProfileChannel(12, "deliveries"), ProfileChannel(3, "well-done")],
        "active": True,
        "is_me": False,
    }
    return ProfileView(**{**facts, **changes})


def directory(rows: int = 20) -> DirectoryView:
    return DirectoryView(
        [DirectoryRow(one, "Leeds", ["valves", "hard water"] if one is MAEVE else []) for one in EVERYBODY[:rows]],
        61 if rows else 0,
        "",
        "",
        "",
        [("plumbing", "Plumbing"), ("care", "Customer care")],
        [("leeds", "Leeds"), ("cork", "Cork")],
        "/people?after=14" if rows else None,
    )


NOTICE_ROWS = [
    NotificationRow(
        1,
        "/posts/30#comment-4",
        "Maeve Doyle mentioned you",
        "#plumbing",
        "@Priya can care send the 0417 text to everyone who bought one by card?",
        NOW - timedelta(minutes=3),
        True,
        MAEVE,
    ),
    NotificationRow(
        2,
        "/conversations/10",
        "Oyelaran Building wrote again",
        "answered by Colm",
        "Please quote forty of the 18 mm ply to Bramley, kerbside.",
        NOW - timedelta(minutes=23),
        True,
        contact="OB",
        outside=True,
    ),
    NotificationRow(
        3,
        "/posts/24",
        "Grace Okafor announced something",
        "#notices",
        "Valve batch 0417 comes off the shelf",
        NOW,
        False,
        GRACE,
    ),
    NotificationRow(
        4,
        "/settings/sessions",
        "A new browser signed in as you",
        "",
        "Firefox on Windows, Leeds",
        NOW - timedelta(days=3),
        False,
        icon="shield-check",
    ),
]


def notifications(rows: int = 4) -> NotificationsView:
    return NotificationsView(NOTICE_ROWS[:rows], 2 if rows else 0, False, "/notifications?before=1" if rows else None)


def search(q: str = "valve", groups: bool = True) -> SearchView:
    hits = [
        HitGroup(
            "person",
            "People",
            [
                Hit(
                    "/people/maeve.doyle",
                    "person",
                    "Maeve Doyle",
                    "knows <mark>valve</mark>s",
                    "Plumbing lead, Cork",
                    person=MAEVE,
                )
            ],
            None,
        ),
        HitGroup(
            "customer",
            "Customers",
            [
                Hit(
                    "/conversations/9",
                    "customer",
                    "Kim Park",
                    "The <mark>valve</mark> under the sink still weeps",
                    "e-mail · open",
                    NOW,
                    contact="KP",
                )
            ],
            "/search?q=valve&kind=customer",
        ),
        HitGroup(
            "post",
            "Posts",
            [
                Hit(
                    "/posts/24",
                    "post",
                    "Valve batch 0417 comes off the shelf in every store today",
                    "The gland nut of the <mark>valve</mark> was fitted loose at the factory.",
                    "Grace Okafor in #notices",
                    NOW,
                    person=GRACE,
                ),
                Hit("/channels/7", "channel", "plumbing", "", "46 members", icon="hash"),
            ],
            None,
        ),
    ]
    return SearchView(
        q,
        "",
        [Chip("in:plumbing", "/search?q=valve")] if groups and q else [],
        [("", "All", "/search?q=valve", True), ("post", "Posts", "/search?q=valve&kind=post", False)],
        hits if groups and q else [],
        4 if groups else 0,
        "/search?q=valve&before=4" if groups else None,
    )


def settings(**changes: Any) -> SettingsView:
    facts: dict[str, Any] = {
        "language": "en",
        "languages": [("en", "English"), ("de", "Deutsch")],
        "theme": "auto",
        "zone": "Europe/London",
        "zones": [("Europe/London", "London"), ("Europe/Dublin", "Dublin")],
        "sessions": [
            SessionRow(1, "Firefox on Linux", "127.0.0.1", NOW - timedelta(days=2), NOW, True),
            SessionRow(2, "Safari on iPhone", "192.0.2.7", NOW - timedelta(days=9), NOW - timedelta(hours=5), False),
        ],
        "tokens": [TokenRow(1, "Till report", ["read"], NOW - timedelta(days=30), NOW, None)],
        "scopes": [("read", "Read what you can read"), ("write", "Post and comment as you")],
        "new_token": "pat_sample_of_a_new_token_1234",
    }
    return SettingsView(**{**facts, **changes})


PROFILE_FORM = SimpleNamespace(
    card=PRIYA,
    values={"name": "Priya Raman", "title": "Customer care lead", "team": "Customer care", "knows": "refunds"},
    errors={"phone": "A phone number has digits."},
    locked={"name", "title", "team"},
    has_photo=True,
)
CAST = [
    SimpleNamespace(person=one, role=role, why=why, url=f"/demo/{one.id}")
    for one, role, why in [
        (PRIYA, "customer lead", "Sees every customer, claims and answers. Start here."),
        (MAEVE, "member", "Knows valves. Is asked, and her words end up in replies."),
        (GRACE, "communications", "Announces, approves replies, follows what comes of them."),
        (SAMIR, "IT admin", "Sets up sign-in and sources; reads nothing private."),
        (RUTH, "auditor", "Sees who did what, and may hold and export."),
        (BO, "member", "Answers at the care desk, mostly e-mail."),
    ]
]
MENU = MenuView("posts", 30, "/posts/30", may_edit=True, may_remove=True, edited=True, channel_id=7, number=30)
EDIT = EditView("posts", 30, "Two customers at the counter this morning.", "Does PTFE tape go on it?", titled=True)
VERSIONS = [
    VersionView(NOW, DAN, "Does PTFE tape go on a compression fitting, yes or no?", "<p>One sentence, please.</p>"),
    VersionView(NOW - timedelta(minutes=5), DAN, "PTFE?", "<p>Tape or no tape?</p>"),
]
PICKER = EmojiPicker(
    "posts",
    30,
    "",
    [
        EmojiView("helpful", "Helpful", "lightbulb"),
        EmojiView("on-it", "I’m on it", "hand"),
        EmojiView("seen", "Seen", "eye"),
        EmojiView("answered", "Customer answered", "mail-check"),
    ],
    [
        ("smileys", [EmojiView(e, e) for e in "😀😃😄😁😆😅😂🤣🙂🙃😉😊😇🥰😍"]),
        ("Hands", [EmojiView(e, e) for e in "👍👎👏🙌🙏🤝"]),
    ],
)
COMPLETIONS = [
    Completion("@maeve.doyle", "Maeve Doyle", "Plumbing lead, Cork", MAEVE),
    Completion("@bo.lindqvist", "Bo Lindqvist", "Care adviser", BO),
]
