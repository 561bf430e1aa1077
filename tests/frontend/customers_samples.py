"""Customers of Fernhill Hardware for the gallery: an ordinary morning, and the long, wrong and doubtful states."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from frontend import samples as s
from parley.customers import views as v
from parley.posts.views import ComposerView, LastComment

NOW = s.NOW
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
CARE_BOX = v.SourceRef(1, "Fernhill Care", "email", "care@fernhill.example")
PRESS_BOX = v.SourceRef(2, "Press desk", "email", "press@fernhill.example")


def ago(**span: float) -> Any:
    return NOW - timedelta(**span)


def contact(number: int, name: str, place: str = "") -> v.ContactRef:
    letters = "".join(word[0] for word in name.split()[:2]).upper()
    return v.ContactRef(number, name, letters, place)


KIM = contact(9, "Kim Park", "Leeds")
DECLAN = contact(8, "Declan Murphy", "Cork")
HARRIET = contact(12, "Harriet Cole")
WOLFE = contact(99, f"Wolfe {LONG}", LONG)


def clock(minutes: int, percent: int, state: str = "") -> v.ClockView:
    return v.ClockView(state, percent, minutes, datetime.now(UTC) + timedelta(minutes=minutes + .5))


def row(number: int, who: v.ContactRef, text: str, **changes: Any) -> v.QueueRow:
    facts: dict[str, Any] = {
        "id": number, "contact": who, "source": CARE_BOX, "subject": "", "state": "open", "waiting_on": "us", "last_text": text,
        "last_by_us": False, "last_at": ago(minutes=50), "since": ago(minutes=50), "clock": clock(180, 30), "tags": [],
        "holder": None, "assignee": None,
    }
    return v.QueueRow(**{**facts, **changes})


ROWS = [
    row(8, DECLAN, "Wrong boards again. I have four fitters here and 32 square metres of the grey one.", subject="Order 44871, wrong boards",
        clock=clock(-20, 100, "late"), since=ago(minutes=110), holder=s.WOUT, tags=["trouble"]),
    row(9, KIM, "I tightened it twice and it still weeps at the spindle. The cupboard floor is wet.", subject="Leaking isolating valve",
        clock=clock(41, 82, "soon"), holder=s.PRIYA, watcher_ids=[1, 2, 4]),
    row(12, HARRIET, "I am writing a piece for the weekend on recalls at hardware chains. Could somebody talk to me today?",
        subject="Weekend piece on recalls", source=PRESS_BOX, clock=clock(52, 74, "soon"), looking=[s.GRACE, s.RUTH], tags=["new_participant"]),
    row(10, contact(10, "Els Janssens", "Gent"), "Twee dagen en de muur plakt nog altijd. Mag ik er al overheen?", subject="Linen White plakt", assignee=s.LOTTE),
    row(13, contact(13, "Oyelaran Building"), "Please quote forty of the 18 mm ply to Bramley, kerbside, before Thursday.", subject="Quote, please", tags=["follows"]),
    row(14, contact(14, "Sean Whelan", "Cork"), "", subject="Photo of the cracked case", clock=clock(300, 10)),
    row(15, contact(15, "Marta Nowak"), "I am away until Monday and will read your mail then.", subject="Out of office", clock=None, since=None, tags=["automatic"]),
    row(99, WOLFE, "x" * 280, subject=LONG * 2, source=replace(PRESS_BOX, name=LONG), tags=["bounce", "unreadable", "follows"],
        holder=s.person(98, f"Wolfgang {LONG}", "", "", 8), clock=clock(9000, 1)),
    row(16, contact(16, "نادية رحمن"), "منظم الحرارة الذي اشتريته يعرض E4 والورقة تتوقف عند E3.", subject="E4"),
]
COUNTS = {"unclaimed": 6, "mine": 3, "watching": 5, "waiting": 8, "spam": 0}


def queue(**changes: Any) -> v.QueueView:
    facts: dict[str, Any] = {
        "list": "unclaimed", "rows": ROWS, "counts": COUNTS, "waiting": 14, "late": 1, "oldest_since": ago(minutes=110),
        "channels": [s.CARE, s.PLUMBING, s.PAINT], "channel_id": None, "next_url": "/customers?list=unclaimed&after=16", "may_write_first": True,
    }
    return v.QueueView(**{**facts, **changes})


def empty_queue(name: str) -> v.QueueView:
    return queue(list=name, rows=[], waiting=0, late=0, oldest_since=None, next_url=None, counts=dict.fromkeys(COUNTS, 0))


def head(**changes: Any) -> v.ConversationHead:
    facts: dict[str, Any] = {
        "id": 9, "contact": KIM, "source": CARE_BOX, "subject": "Leaking isolating valve", "state": "open", "waiting_on": "us",
        "clock": clock(41, 82, "soon"), "holder": s.PRIYA, "held_since": ago(minutes=8), "held_until": NOW + timedelta(minutes=7),
        "assignee": None, "watchers": [s.BO, s.MAEVE, s.TOM], "restricted": False, "channels": [s.CARE],
    }
    return v.ConversationHead(**{**facts, **changes})


PASSED = v.AuthenticityView("passed", "pass", "pass", "pass")


def letter(number: int, text: str, **changes: Any) -> v.InboundView:
    facts: dict[str, Any] = {
        "id": number, "sender": KIM, "address": "kim.park@example.org", "source": CARE_BOX, "to": ["care@fernhill.example"], "cc": [],
        "at": ago(minutes=50), "body_html": text and f"<p>{text}</p>", "more": False, "authenticity": PASSED,
    }
    return v.InboundView(**{**facts, **changes})


def ours(number: int | None, reply_id: int, text: str, state: str, **changes: Any) -> v.OutboundView:
    facts: dict[str, Any] = {
        "id": number, "reply_id": reply_id, "author": s.DAN, "source": CARE_BOX, "contact": KIM,
        "recipients": [v.RecipientView("to", "kim.park@example.org", state)], "at": ago(days=1, hours=13), "body_html": f"<p>{text}</p>",
        "state": state,
    }
    return v.OutboundView(**{**facts, **changes})


def act(number: int, kind: str, **changes: Any) -> v.ActView:
    return v.ActView(number, kind, changes.pop("at", ago(minutes=26)), changes.pop("actor", s.BO), **changes)


VALVE = v.LetterFile("valve-1.jpg", "/messages/31/files/1", "sample.svg", 420_000)
FLOOR = v.LetterFile("floor.jpg", "/messages/31/files/2", "sample.svg", 380_000)
RECEIPT = v.LetterFile(f"receipt-{LONG}.pdf", "/messages/31/files/3", None, 88_000)
FIRST = letter(28, "Hello, the 15 mm isolating valve I bought in Kirkstall on Saturday drips at the little screw. I followed the leaflet. Is that normal"
               " for the first days?", at=ago(days=1, hours=14))
ANSWER = ours(29, 17, "Hello Kim, no, it should stay dry from the first minute. Please tighten the nut behind the handle a little, with the water off,"
              " and tell us tomorrow how it looks.", "delivered")
LAST = letter(31, "I tightened it twice and it still weeps at the spindle. The cupboard floor is wet and your plumber wants £90 for a visit. What do you"
              " suggest?", more=True, files=[VALVE, FLOOR])
HELD = ours(None, 18, "Hello Kim, I am sorry about the cupboard. The nut left the factory loose on this batch. With the water off, turn it a quarter"
            " clockwise; if it still weeps, any of our stores swaps it today without a receipt.", "held", author=s.PRIYA, at=NOW,
            held_until=datetime.now(UTC) + timedelta(hours=1))
FLOW = [FIRST, ANSWER, LAST, act(51, "claimed"), act(52, "surfaced", channel=s.CARE, at=ago(minutes=17)), act(53, "assigned", person=s.PRIYA, at=ago(minutes=8))]
TROUBLES: list[v.InboundView | v.OutboundView | v.ActView] = [
    letter(40, "", unreadable="A part of it ends in the middle, and the rest is not text.", authenticity=v.AuthenticityView("unknown")),
    letter(41, "I am her brother and I have the invoice. Please send everything to me from now on.", sender=contact(21, f"Bob {LONG}"),
           address=f"bob@{LONG.lower()[:60]}.example", new_participant=True, authenticity=v.AuthenticityView("failed", "fail", "softfail", "fail"),
           cc=["kim.park@example.org"], subject="Fwd: Leaking isolating valve", files=[RECEIPT],
           notes=["This mail asks for answers to another address than the one it came from."]),
    letter(42, "I am out of the office until Monday.", automatic="auto-replied"),
    ours(43, 20, "Two colleagues of yours are in copy.", "accepted", recipients=[
        v.RecipientView("to", "kim.park@example.org", "accepted"), v.RecipientView("cc", "bob@example.org", "bounced", "550 No such user here")]),
    ours(44, 21, "Hello Kim, it is in the post.", "bounced", error="550 5.1.1 The address kim.park@example.org does not exist."),
    ours(None, 22, "Hello Kim, could you send a photo?", "failed", error="The mail server refused the sender: 554 rejected as spam."),
    ours(None, 23, "Hello Kim, the plumber comes on Friday at nine.", "unknown", error="The machine stopped while this was leaving."),
    ours(None, 24, "Hello Kim, we will pay the visit.", "held", retrying_at=NOW + timedelta(minutes=5), error="421 Try again later."),
    ours(None, 25, "Hello Kim, one moment, I am looking it up.", "sending"),
    ours(None, 26, "Hello Kim,<br>I wanted</p><p>to say", "draft", author=s.SAMIR),
    HELD, act(60, "bounced", actor=None, words="bob@example.org"),
]
EARLIER = [
    v.EarlierView(4, "Delivery of a worktop", CARE_BOX, ago(days=190), 8, "resolved", "Delivered a day late; Wout phoned ahead. Thank you for calling first.", s.WOUT),
    v.EarlierView(3, "", CARE_BOX, ago(days=240), 4, "closed", "The mineral paint did it. Here is the wall.", s.LOTTE),
]
IDENTITIES = [
    v.IdentityView("email", "kim.park@example.org", "Kim Park", "dmarc", ago(days=240)),
    v.IdentityView("email", f"k.{LONG.lower()[:50]}@example.org", "", "wrote_to_us", ago(days=9)),
    v.IdentityView("email", "kim@work.example", "", "entered_by_hand", ago(days=2)),
]
COMMENTS = [replace(each, post_id=31, topic="conversation:9") for each in (
    s.comment(11, s.BO, 'Same words as the lady on Tuesday. Batch? <a class="mention" href="/people/maeve.doyle">@Maeve Doyle</a>', 24),
    s.comment(12, s.MAEVE, "0417, I opened three here. The gland nut is finger-tight on all of them. Water off, a quarter turn clockwise, done. Not half,"
              " or the handle gets stiff.", 19, reactions=[s.reaction("helpful", [s.PRIYA, s.BO], 2)]),
    s.comment(13, s.DAN, "I told her “a little” on Thursday. My fault, too vague. Happy to ring her.", 15),
    s.comment(14, s.TOM, "We swap it at the desk, no receipt. And I would pay the visit, the supplier refunds us one per batch.", 11),
)]
HISTORY = [act(53, "assigned", person=s.PRIYA, at=ago(minutes=8)), act(52, "surfaced", channel=s.CARE, at=ago(minutes=17)), act(51, "claimed"),
           act(50, "heard", actor=None, channel=s.PLUMBING), act(49, "replied", actor=s.DAN, at=ago(days=1, hours=13)),
           *(act(30 - n, kind, person=s.MAEVE, words="went_out") for n, kind in enumerate((
               "taken_over", "released", "expired", "unassigned", "watched", "unwatched", "resolved", "reopened", "spam", "not_spam", "restricted",
               "unrestricted", "renamed", "reply_undone", "reply_retried", "reply_settled", "bounced"))),
           act(2, "released", actor=None, person=s.WOUT), act(1, "follows", actor=None, conversation_id=4, at=ago(days=1, hours=14))]


def reply(**changes: Any) -> v.ReplyForm:
    facts: dict[str, Any] = {
        "conversation_id": 9, "contact": KIM, "to": "kim.park@example.org", "source": CARE_BOX,
        "signature": "Priya Raman\nFernhill Hardware, customer care\nLeeds, Cork, Gent", "undo_seconds": 10, "expected_last_message": 31,
    }
    return v.ReplyForm(**{**facts, **changes})


TYPED = ("Hello Kim, I am sorry about the cupboard. The nut left the factory loose on this batch. With the water off, turn it a quarter clockwise;"
         " if it still weeps, any of our stores swaps it today without a receipt, and")


def discussion(**changes: Any) -> v.DiscussionView:
    composer = ComposerView("/conversations/9/discussion", "conversation:9", "Say what you know, @ brings somebody in", "Comment to colleagues",
                            "#comments-conversation-9")
    facts: dict[str, Any] = {"comments": COMMENTS, "count": 6, "composer": composer, "older_url": "/conversations/9/discussion?before=11"}
    return v.DiscussionView(**{**facts, **changes})


def conversation(**changes: Any) -> v.ConversationPage:
    facts: dict[str, Any] = {
        "head": head(), "flow": FLOW, "older_url": None, "earlier": EARLIER, "reply": reply(body=TYPED), "tab": "discussion", "room": "outside",
        "comment_count": 6, "looking": [s.BO, s.MAEVE], "mine": True, "watching": False, "may_act": True, "may_restrict": True,
        "discussion": discussion(), "history": HISTORY,
        "contact": v.ContactAside(IDENTITIES, ago(days=240), "English", EARLIER, [s.DAN, s.LOTTE]),
    }
    return v.ConversationPage(**{**facts, **changes})


def card(**changes: Any) -> v.ConversationCard:
    facts: dict[str, Any] = {
        "id": 9, "contact": KIM, "source": CARE_BOX, "subject": "Leaking isolating valve", "state": "open", "waiting_on": "us",
        "text": "I tightened it twice and it still weeps at the spindle. The cupboard floor is wet and your plumber wants £90 for a visit."
        " What do you suggest?", "clock": clock(41, 82, "soon"), "holder": s.PRIYA, "held_since": ago(minutes=8), "assignee": None,
        "watcher_ids": [1, 3], "comment_count": 6, "faces": [s.MAEVE, s.DAN, s.TOM],
        "last_comment": LastComment("Maeve", "Gland nut, a quarter turn. Then it holds."),
    }
    return v.ConversationCard(**{**facts, **changes})


WHOLE = v.WholeMail(31, 9, "Kim Park", [("From", "Kim Park <kim.park@example.org>"), ("To", "care@fernhill.example"), ("Subject", "Re: Leaking valve")],
                    "<p>I tightened it twice.</p><table><tr><th>Day</th><td>Saucers</td></tr></table>", "<p>On Thursday Fernhill wrote: no.</p>", "/messages/31/raw")
SURFACE = v.SurfaceForm(9, KIM, [s.CARE, s.PLUMBING, s.PAINT], 7, 142, 6)
ASSIGN = v.AssignForm(9, KIM, "", [s.MAEVE, s.DAN, s.TOM, s.LOTTE], s.PRIYA)


def contact_page(**changes: Any) -> v.ContactPage:
    facts: dict[str, Any] = {
        "contact": KIM, "language": "English", "first_seen_at": ago(days=240), "identities": IDENTITIES, "next_url": "/contacts/9?before=3",
        "conversations": [v.EarlierView(9, "Leaking isolating valve", CARE_BOX, ago(days=1), 3, "open", LAST.body_html[3:120], s.DAN), *EARLIER],
        "answered_by": [v.Answerer(s.DAN, 2, ago(days=1)), v.Answerer(s.LOTTE, 1, ago(days=240))],
        "files": [v.ContactFile(VALVE, 9, "Leaking isolating valve", False, NOW), v.ContactFile(RECEIPT, 4, "", True, ago(days=190))], "may_rename": True,
    }
    return v.ContactPage(**{**facts, **changes})


def new(**changes: Any) -> v.NewConversation:
    facts: dict[str, Any] = {"sources": [CARE_BOX, PRESS_BOX], "client_id": "0b8c"}
    return v.NewConversation(**{**facts, **changes})


def channel_customers(**changes: Any) -> v.ChannelCustomers:
    facts: dict[str, Any] = {
        "channel": s.PLUMBING, "rows": ROWS[:3], "waiting": 3, "next_url": None,
        "streams": [v.StreamRow(1, CARE_BOX, 'valve leak "stop tap"', ago(days=90)), v.StreamRow(2, PRESS_BOX, "", ago(days=20), paused=True)],
        "form": v.StreamForm([CARE_BOX, PRESS_BOX], 1, "olive", v.StreamPreview(200, 4, EARLIER), {}),
    }
    return v.ChannelCustomers(**{**facts, **changes})
