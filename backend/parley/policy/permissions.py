"""The table of who may what in a channel, worked out by asking the rules themselves; docs/permissions.md is this text."""

from collections.abc import Callable

from parley.kit import clock
from parley.kit.errors import Forbidden
from parley.models.channels import Channel, Membership
from parley.policy import channels
from parley.policy.actor import Actor

Rule = Callable[[Actor, Channel, Membership | None], None]
_ROLES = ("", "guest", "moderator", "communications", "customer_lead", "it_admin", "auditor")
_INSIDE = (None, "member", "moderator", "owner")
_KINDS = ("open", "announcement", "private", "direct")
_FROM_THE_START = {
    "open": ("members", "members"),
    "announcement": ("moderators", "members"),
    "private": ("members", "owners"),
    "direct": ("members", "owners"),
}
_VERBS: dict[str, Rule] = {
    "post": channels.may_post,
    "announce": lambda actor, _channel, member: channels.may_announce(actor, member),
    "comment": channels.may_comment,
    "react": channels.may_react,
    "let others in": channels.may_invite,
    "put a member out": lambda actor, channel, member: channels.may_expel(actor, channel, member, _member("member")),
    "settings, roles, teams, archive": channels.may_manage,
    "newcomers join it": lambda actor, channel, _member: channels.may_set_default(actor, channel),
}
HEAD = """# Who may what in a channel

Worked out from `policy/channels.py` by `policy/permissions.py`; `tests/channels/test_permissions.py` fails when this page
says something else (`PARLEY_TEST_WRITE_PERMISSIONS=1` writes it anew). For each kind of channel with the rules it starts
with: a cell holds those roles *in the channel* (outside, member, moderator, owner) to whom the verb is open. Who may not
read a channel gets no further than a 404: guests and outsiders of private and direct channels see none of it.

An archived channel refuses every verb but its settings, which bring it back. Nobody leaves a channel without an owner.
"""


def table() -> str:
    """Return the page: one table for each kind, verbs down, roles in the company across."""
    parts = [HEAD]
    for kind in _KINDS:
        parts.append(f"\n## {kind.capitalize()}\n\n| verb | " + " | ".join(_name(role) for role in _ROLES) + " |")
        parts.append("|---" * (len(_ROLES) + 1) + "|")
        for verb, rule in _VERBS.items():
            cells = [_cell(rule, kind, role) for role in _ROLES]
            parts.append(f"| {verb} | " + " | ".join(cells) + " |")
    return "\n".join(parts) + "\n"


def _name(role: str) -> str:
    return role.replace("_", " ").replace("it admin", "IT admin") or "colleague"


def _cell(rule: Rule, kind: str, role: str) -> str:
    posts, invites = _FROM_THE_START[kind]
    channel = Channel(id=1, name="x", kind=kind, who_posts=posts, who_invites=invites, created_at=clock.now())
    actor = Actor(1, "x", "X", frozenset({role} - {""}))
    may = [inside for inside in _INSIDE if _reads(channel, role, inside) and _allows(rule, actor, channel, inside)]
    readers = [inside for inside in _INSIDE if _reads(channel, role, inside)]
    if may == readers:
        return "all who read it"
    return ", ".join(inside or "outside" for inside in may) or "–"


def _reads(channel: Channel, role: str, inside: str | None) -> bool:
    if channel.kind == "direct" and inside in {"moderator", "owner"}:
        return False
    return inside is not None or (channel.kind in channels.OPEN and role != "guest")


def _allows(rule: Rule, actor: Actor, channel: Channel, inside: str | None) -> bool:
    try:
        rule(actor, channel, _member(inside) if inside else None)
    except Forbidden:
        return False
    return True


def _member(role: str) -> Membership:
    return Membership(channel_id=1, person_id=1, role=role, since=clock.now())
