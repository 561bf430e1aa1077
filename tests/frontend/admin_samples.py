"""Administration of Fernhill Hardware for the gallery."""

from datetime import timedelta
from typing import Any

from frontend import samples as s
from frontend.customers_samples import LONG
from parley.admin import views as v
from parley.people.views import SessionRow, TokenRow

NOW = s.NOW
ROLES = ["it_admin", "customer_lead", "communications", "moderator", "auditor", "guest"]
PEOPLE = [
    v.AdminPersonRow(s.PRIYA, "priya.raman@fernhill.example", ["customer_lead"], True, NOW),
    v.AdminPersonRow(s.MAEVE, "maeve.doyle@fernhill.example", [], True, NOW - timedelta(minutes=8)),
    v.AdminPersonRow(s.NIAMH, "niamh.walsh@fernhill.example", ["it_admin", "auditor"], True, None, break_glass=True),
    v.AdminPersonRow(s.WOUT, "wout.claes@fernhill.example", [], False, NOW - timedelta(days=9)),
    v.AdminPersonRow(s.person(98, f"Wolfgang {LONG}", LONG, "", 8), f"{LONG.lower()[:50]}@fernhill.example", ["guest"], True, None),
]


def people(**changes: Any) -> v.AdminPeople:
    facts: dict[str, Any] = {"rows": PEOPLE, "total": 61, "q": "", "show": "active", "role": "", "roles": ROLES, "next_url": "/admin/people?after=98"}
    return v.AdminPeople(**{**facts, **changes})


SESSIONS = [SessionRow(1, "Firefox on Linux", "192.0.2.7", NOW - timedelta(days=2), NOW, current=False)]
TOKENS = [TokenRow(3, "stock sync", ["read"], NOW - timedelta(days=40), NOW - timedelta(days=1), None)]


def person(**changes: Any) -> v.AdminPerson:
    facts: dict[str, Any] = {
        "card": s.WOUT, "email": "wout.claes@fernhill.example", "active": True, "break_glass": False, "created_at": NOW - timedelta(days=400),
        "seen_at": NOW - timedelta(minutes=4), "left_at": None, "roles": ["moderator"], "all_roles": ROLES, "is_me": False,
        "ways": [v.SignInWay("Fernhill Entra", "8f2c1e55-0c3b-44b1", NOW - timedelta(days=300))], "sessions": SESSIONS, "tokens": TOKENS,
    }
    return v.AdminPerson(**{**facts, **changes})


KIM = v.HeldConversation(9, "Kim Park", "KP", "Leaking isolating valve")
DECLAN = v.HeldConversation(8, "Declan Murphy", "DM", "")


def leaving(**changes: Any) -> v.Leaving:
    facts: dict[str, Any] = {
        "card": s.WOUT, "sessions": 2, "tokens": 1, "claimed": [DECLAN], "assigned": [KIM, DECLAN], "held_replies": [KIM], "more": 12, "watching": 5,
        "successors": [s.BO, s.PRIYA], "successor_id": 3,
    }
    return v.Leaving(**{**facts, **changes})


TROUBLE = v.Fault("The server does not answer", "imap.fernhill.example:993")
SOURCES = [
    v.SourceRow(1, "Fernhill Care", "email", "care@fernhill.example", [s.CARE, s.PLUMBING], "active", None, NOW - timedelta(minutes=1), 14, 0, polled=True),
    v.SourceRow(2, "Press desk", "email", "press@fernhill.example", [], "active", TROUBLE, NOW - timedelta(hours=3), 1, 2, polled=True),
    v.SourceRow(3, f"Old {LONG}", "email", f"{LONG.lower()[:60]}@fernhill.example", [s.PAINT], "paused", None, None, 0, 0, polled=False),
]
DEAD_MAILS = [v.UnreadMail(5, NOW - timedelta(hours=2), "kim.park@example.org", 420_000, v.Fault("A part of it ends in the middle.")),
              v.UnreadMail(6, NOW - timedelta(hours=4), "", 9_400_000, v.Fault("Something broke on our side.", "x" * 200))]


def source_form(**changes: Any) -> v.SourceForm:
    facts: dict[str, Any] = {
        "id": 1, "name": "Fernhill Care", "address": "care@fernhill.example", "display_name": "Fernhill Hardware", "channels": [s.CARE, s.PLUMBING],
        "imap_url": "imaps://imap.fernhill.example", "imap_user": "care", "has_imap_password": True, "smtp_url": "smtps://smtp.fernhill.example",
        "smtp_user": "care", "has_smtp_password": True, "signature": "{name}\nFernhill Hardware", "authserv_id": "mx.fernhill.example",
    }
    return v.SourceForm(**{**facts, **changes})


WELL = v.SourceHealth("active", None, NOW - timedelta(minutes=1), NOW - timedelta(minutes=50), 1204, 931, [], polled=True)
ILL = v.SourceHealth("active", TROUBLE, NOW - timedelta(hours=3), None, 3, 0, DEAD_MAILS, polled=True)
WORKS = v.Outcome(ok=True, words="Signed in and read the folder INBOX: 1,204 mails. The SMTP server takes mail from care@fernhill.example.",
                  facts=[("IMAP", "INBOX 1204")])
FAILS = v.Outcome(ok=False, words="The mail server refused user and password.")


def provider_form(**changes: Any) -> v.ProviderForm:
    facts: dict[str, Any] = {
        "callback_url": "https://parley.fernhill.example/auth/fernhill/callback", "id": 1, "slug": "fernhill", "name": "Fernhill Entra",
        "issuer": "https://login.fernhill.example/v2.0", "client_id": "parley-fernhill", "has_secret": True, "groups_claim": "groups",
        "domains": "fernhill.example", "jit": True,
    }
    return v.ProviderForm(**{**facts, **changes})


CLAIMS = [v.Claim("sub", "8f2c1e55-0c3b-44b1", "who it is"), v.Claim("name", "Niamh Walsh", "shown name"),
          v.Claim("groups", "it, cork, parley-admins", "kept for later"), v.Claim("zoneinfo", "Europe/Dublin", "time zone")]
PROVIDERS = [v.ProviderRow(1, "fernhill", "Fernhill Entra", "https://login.fernhill.example/v2.0", enabled=True, people=58),
             v.ProviderRow(2, "old", f"Old {LONG}", f"https://{LONG.lower()[:60]}.example", enabled=False, people=1)]
EVENTS = ["person.deactivated", "person.reactivated", "provider.changed", "roles.changed", "sign_in.link", "source.changed", "stream.added"]
ENTRIES = [
    v.AuditEntry(90, NOW, s.NIAMH, "page", "person.deactivated", "person:8", "/admin/people/8", "192.0.2.7", [("sessions", "2"), ("tokens", "1"), ("successor_id", "3")]),
    v.AuditEntry(89, NOW - timedelta(minutes=9), s.PRIYA, "page", "stream.added", "channel:7", "/channels/7", "", [("words", "valve leak")]),
    v.AuditEntry(88, NOW - timedelta(hours=3), None, "command", "sign_in.link", "person:1", None, "", []),
    v.AuditEntry(87, NOW - timedelta(days=3), s.NIAMH, "api", "roles.changed", LONG, None, "2001:db8::77", [("before", ""), ("after", LONG)]),
]


def audit(**changes: Any) -> v.AuditView:
    facts: dict[str, Any] = {"rows": ENTRIES, "actor": "", "event": "", "since": "", "until": "", "events": EVENTS, "next_url": "/admin/audit?before=87",
                             "csv_url": "/admin/audit.csv"}
    return v.AuditView(**{**facts, **changes})


def health(**changes: Any) -> v.HealthView:
    facts: dict[str, Any] = {
        "checks": [v.Check("database", "ok", "SQLite answers in 2 ms.", "214 MB, WAL 4 MB"), v.Check("migrations", "ok", "The schema is the newest."),
                   v.Check("bus", "ok", "In this process."), v.Check("worker", "soon", "Last seen 48 seconds ago."),
                   v.Check("mail", "down", "Notifications cannot be sent: the server refuses the password.", "smtp.fernhill.example:587"),
                   v.Check("disk", "ok", "31 GB free.")],
        "queued": 3, "running": 1, "waiting_seconds": 12, "dead_more": 4, "sources": SOURCES, "version": "0.1.0", "started_at": NOW - timedelta(days=2),
        "dead": [v.DeadJob(7, "customers.send_reply", "reply 22 to Kim Park", 20, v.Fault("Something broke on our side.", "ConnectionRefusedError: [Errno 111] " + "smtp " * 60), NOW - timedelta(hours=9))],
    }
    return v.HealthView(**{**facts, **changes})
