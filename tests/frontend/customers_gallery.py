"""The screens of customers and administration in the gallery: `PAGES` and `PARTS` as `gallery` has them.

python tests/frontend/customers_gallery.py --serve 8124
"""

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from frontend import admin_samples as a
from frontend import customers_samples as c
from frontend import gallery
from frontend import samples as s
from frontend.gallery import Page


def at_desk(template: str, title: str, **context: Any) -> Page:
    return lambda: (template, {"page": s.page(title, "customers", live={"person:1": 8, "conversation:9": 40, "customers": 70}), **context})


def conversation(**changes: Any) -> Page:
    view = c.conversation(**changes)
    return at_desk("customers/conversation.html", view.head.contact.name, view=view)


def administered(template: str, title: str, tab: str, **context: Any) -> Page:
    return lambda: (template, {"page": s.page(title, "admin"), "tab": tab, **context})


def queue(view: Any) -> Page:
    return at_desk("customers/queue.html", "Customers", queue=view)


SOMEBODY_ELSE = {"head": c.head(holder=s.BO), "mine": False, "watching": True}
NEW_SOURCE = a.source_form(id=None, name="", address="care", imap_url="http://imap", errors={
    "name": "Give it a name.", "address": "This is not an e-mail address.", "imap_url": "The address of a mail server begins with imaps://.",
    "_form": "There is a source with this address already."})

PAGES: dict[str, Page] = {
    "customers": queue(c.queue()),
    "customers-filtered": queue(c.queue(list="mine", channel_id=7, rows=c.ROWS[:2], next_url=None, may_write_first=False)),
    "customers-waiting": queue(c.queue(list="waiting", rows=[c.row(
        9, c.KIM, "Hello Kim, it should stay dry.", waiting_on="customer", last_by_us=True, clock=None, since=None, holder=s.PRIYA)])),
    **{f"customers-no-{name}": queue(c.empty_queue(name)) for name in ("unclaimed", "mine", "watching", "waiting", "resolved", "spam")},
    "conversation": conversation(),
    "conversation-inside": conversation(room="inside"),
    "conversation-contact": conversation(tab="contact", room="inside"),
    "conversation-history": conversation(tab="history", room="inside"),
    "conversation-first": conversation(
        head=c.head(holder=None, held_since=None, held_until=None, watchers=[], channels=[]), mine=False, earlier=[], flow=[c.FIRST], looking=[],
        reply=c.reply(), comment_count=0, discussion=c.discussion(comments=[], count=0, older_url=None), may_restrict=False),
    "conversation-held": conversation(flow=[*c.FLOW, c.HELD], reply=c.reply()),
    "conversation-other": conversation(**SOMEBODY_ELSE),
    "conversation-overtaken": conversation(reply=c.reply(
        body=c.TYPED, conflict="The conversation has gone on. Read what is new; your text is kept.", newer=[c.LAST, c.ANSWER])),
    "conversation-refused": conversation(reply=c.reply(body=c.TYPED, cc="bob, ", files=[s.file(4, "drying.png", image=True), s.file(5, f"{c.LONG}.pdf")], errors={
        "body": "A reply has at most 16,000 characters.", "cc": "One of these is not an e-mail address.",
        "attachments": "These files leave the house. Confirm that they may."})),
    "conversation-troubles": conversation(flow=c.TROUBLES, older_url="/conversations/9?before=28"),
    "conversation-resolved": conversation(head=c.head(state="resolved", clock=None, holder=None, held_until=None, resolved_at=c.NOW), mine=False),
    "conversation-spam": conversation(
        head=c.head(state="spam", clock=None, holder=None, held_until=None), mine=False, reply=c.reply(closed="This is marked as spam. Take the mark away to answer it.")),
    "conversation-long": conversation(
        head=c.head(contact=c.WOLFE, subject=c.LONG * 3, restricted=True, historic=True, assignee=s.LOTTE, channels=[s.CARE, s.PLUMBING, s.PAINT]),
        reply=c.reply(contact=c.WOLFE, to=f"wolfe@{c.LONG.lower()[:60]}.example", signature="x" * 300), watching=True,
        flow=[c.letter(31, "x" * 600, sender=c.WOLFE)], discussion=c.discussion(closed="Guests do not answer customers.")),
    "conversation-rtl": lambda: ("customers/conversation.html", {
        "page": s.page("Kim Park", "customers", language="ar-XB", dir="rtl"), "view": c.conversation(flow=[*c.FLOW, c.HELD])}),
    "customers-rtl": lambda: ("customers/queue.html", {"page": s.page("Customers", "customers", language="ar-XB", dir="rtl"), "queue": c.queue()}),
    "whole-mail": at_desk("customers/whole.html", "The whole mail", whole=c.WHOLE),
    "surface": at_desk("customers/surface.html", "Surface in a channel", surface=c.SURFACE),
    "assign": at_desk("customers/assign.html", "Assign", assign=c.ASSIGN),
    "contact": at_desk("customers/contact.html", "Kim Park", view=c.contact_page()),
    "contact-long": at_desk("customers/contact.html", "Wolfe", view=c.contact_page(
        contact=c.WOLFE, conversations=[], files=[], next_url=None, answered_by=[], name="", errors={"name": "Give it a name."})),
    "customer-new": at_desk("customers/new.html", "Write to a customer", form=c.new()),
    "customer-new-refused": at_desk("customers/new.html", "Write to a customer", form=c.new(
        to="kim", subject="", body="Hello", errors={"to": "This is not an e-mail address.", "subject": "Give it a subject."})),
    "customer-new-none": at_desk("customers/new.html", "Write to a customer", form=c.new(sources=[])),
    "admin-people": administered("admin/people.html", "People", "people", people=a.people()),
    "admin-people-none": administered("admin/people.html", "People", "people", people=a.people(rows=[], total=0, q="zinc", next_url=None)),
    "admin-person": administered("admin/person.html", "Wout Claes", "people", person=a.person(
        link="https://parley.fernhill.example/auth/link/4f1b", errors={"roles": "A guest holds no other role."})),
    "admin-person-left": administered("admin/person.html", "Wout Claes", "people", person=a.person(
        active=False, sessions=[], tokens=[], ways=[], seen_at=None, left_at=a.NOW)),
    "admin-person-blocked": administered("admin/person.html", "Niamh", "people", person=a.person(
        card=s.NIAMH, break_glass=True, blocked="Without this account nobody could let others in.", is_me=True)),
    "admin-deactivate": administered("admin/deactivate.html", "Close the account", "people", leaving=a.leaving()),
    "admin-deactivate-nothing": administered("admin/deactivate.html", "Close the account", "people", leaving=a.leaving(
        sessions=0, tokens=0, claimed=[], assigned=[], held_replies=[], more=0, watching=0, errors={"successor": "Choose a colleague who is here."})),
    "admin-sources": administered("admin/sources.html", "Sources", "sources", sources=a.SOURCES),
    "admin-sources-none": administered("admin/sources.html", "Sources", "sources", sources=[]),
    "admin-source": administered("admin/source.html", "Fernhill Care", "sources", source=a.v.SourcePage(a.source_form(), a.WELL, a.WORKS)),
    "admin-source-ill": administered("admin/source.html", "Press desk", "sources", source=a.v.SourcePage(a.source_form(name="Press desk"), a.ILL, a.FAILS)),
    "admin-source-new": administered("admin/source.html", "Connect a mailbox", "sources", source=a.v.SourcePage(NEW_SOURCE, None)),
    "admin-providers": administered("admin/providers.html", "Sign-in", "providers", providers=a.PROVIDERS),
    "admin-providers-none": administered("admin/providers.html", "Sign-in", "providers", providers=[]),
    "admin-provider": administered("admin/provider.html", "Fernhill Entra", "providers", provider=a.v.ProviderPage(a.provider_form(), a.WORKS, a.CLAIMS)),
    "admin-provider-new": administered("admin/provider.html", "Add a provider", "providers", provider=a.v.ProviderPage(
        a.provider_form(id=None, name="", has_secret=False, errors={"name": "A name has 1 to 80 characters.", "trust_email": "Anybody can have an account there."}))),
    "admin-audit": administered("admin/audit.html", "Audit", "audit", audit=a.audit()),
    "admin-audit-none": administered("admin/audit.html", "Audit", "audit", audit=a.audit(rows=[], next_url=None, since="2026-02-31", errors={"since": "There is no such day."})),
    "admin-health": administered("admin/health.html", "Health", "health", health=a.health()),
    "admin-health-well": administered("admin/health.html", "Health", "health", health=a.health(
        checks=a.health().checks[:3], dead=[], dead_more=0, sources=[], queued=0, running=0, waiting_seconds=0)),
    "channel-hears": lambda: ("channels/page.html", {
        "page": s.page("#plumbing", "channel", 7), "channel": s.channel(), "tab": "customers", "customers": c.channel_customers()}),
    "channel-hears-nothing": lambda: ("channels/page.html", {
        "page": s.page("#plumbing", "channel", 7), "channel": s.channel(), "tab": "customers",
        "customers": c.channel_customers(streams=[], rows=[], waiting=0, form=None)}),
}
LIVE: dict[str, Page] = {
    "customers/_row.html": lambda: ("customers/_row.html", {"row": c.ROWS[0]}),
    "customers/_card.html": lambda: ("customers/_card.html", {"card": c.card()}),
    "customers/_title.html": lambda: ("customers/_title.html", {"head": c.head()}),
    "customers/_facts.html": lambda: ("customers/_facts.html", {"head": c.head()}),
    "customers/_holder.html": lambda: ("customers/_holder.html", {"head": c.head(holder=s.BO)}),
    "customers/_event.html": lambda: ("customers/_event.html", {"item": c.FLOW[-1]}),
    **{f"customers/_message.html#{item.id or item.reply_id}": (lambda item=item: ("customers/_message.html", {"item": item}))
       for item in [*c.FLOW[:3], *c.TROUBLES[:-1]]},
}
"""Parts that are told live: rendered without a page, so without a reader and without a token."""
PARTS: dict[str, Page] = {
    **LIVE,
    "customers/_rows.html": lambda: ("customers/_rows.html", {"queue": c.queue()}),
    "customers/_older.html": lambda: ("customers/_older.html", {"flow": c.FLOW, "older_url": None}),
    "customers/_comments.html": lambda: ("customers/_comments.html", {"comments": c.COMMENTS, "older_url": None}),
    "customers/_whole.html": lambda: ("customers/_whole.html", {"whole": c.WHOLE}),
    "customers/_reply.html": lambda: ("customers/_reply.html", {"reply": c.reply(body=c.TYPED), "page": s.page("")}),
    "customers/_discuss.html": lambda: ("customers/_discuss.html", {"composer": c.discussion().composer, "contact": c.KIM, "page": s.page("")}),
    "customers/_surface.html": lambda: ("customers/_surface.html", {"surface": c.SURFACE, "page": s.page("")}),
    "customers/_assign.html": lambda: ("customers/_assign.html", {"assign": c.ASSIGN, "page": s.page("")}),
    "customers/_contact_name.html": lambda: ("customers/_contact_name.html", {"view": c.contact_page(), "page": s.page("")}),
    "customers/_contact_conversations.html": lambda: ("customers/_contact_conversations.html", {"conversations": c.EARLIER, "next_url": None}),
    "customers/_new.html": lambda: ("customers/_new.html", {"form": c.new(), "page": s.page("")}),
    "customers/_streams.html": lambda: ("customers/_streams.html", {"customers": c.channel_customers(), "page": s.page("")}),
    "admin/_people_rows.html": lambda: ("admin/_people_rows.html", {"people": a.people()}),
    "admin/_audit_rows.html": lambda: ("admin/_audit_rows.html", {"audit": a.audit()}),
    "admin/_source_outcome.html": lambda: ("admin/_source_outcome.html", {"outcome": a.WORKS}),
    "admin/_source_form.html": lambda: ("admin/_source_form.html", {"source": a.v.SourcePage(NEW_SOURCE, None), "page": s.page("")}),
    "admin/_provider_outcome.html": lambda: ("admin/_provider_outcome.html", {"provider": a.v.ProviderPage(a.provider_form(), a.FAILS)}),
    "admin/_provider_form.html": lambda: ("admin/_provider_form.html", {"provider": a.v.ProviderPage(a.provider_form()), "page": s.page("")}),
}

gallery.PAGES.update(PAGES)
gallery.PARTS.update(PARTS)

if __name__ == "__main__":
    gallery.Handler.routes.update({"/conversations/9/surface": "customers/_surface.html", "/conversations/9/assign": "customers/_assign.html",
                                   "/messages/31/whole": "customers/_whole.html"})
    gallery.main()
