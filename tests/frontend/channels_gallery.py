"""Screens and parts about channels, rails, direct messages and teams."""

from collections.abc import Callable
from typing import Any

from frontend import samples as s
from parley.channels.views import ChannelMenu, DirectForm, KindEffect, RailSection, RailView
from parley.people.views import DirectoryRow, ProfileChannel, TeamView
from parley.posts.views import ShareView

Page = Callable[[], tuple[str, dict[str, Any]]]
MINE = RailSection("Every day", s.rail()[0].channels, key="own:1", personal=True, own_order=True)
TEAM = TeamView(3, "plumbing", "Plumbing", [DirectoryRow(s.MAEVE, "Cork", [])], [ProfileChannel(7, "plumbing")], True)


def asked() -> Any:
    form = s.SETTINGS_FORM
    return type(form)(
        form.id, form.name, "private", form.purpose, effect=KindEffect("private", 214, 58, 9, closes=True)
    )


def menu() -> dict[str, Any]:
    sections = [MINE, *s.rail()[1:]]
    return {"menu": ChannelMenu(s.channel(), sections[1], sections, True, 41), "page": s.page("Menu")}


PAGES: dict[str, Page] = {
    "direct-new": lambda: (
        "channels/direct.html",
        {"page": s.page("New message", "direct"), "form": DirectForm([s.MAEVE, s.DAN], "Too many.", many=True)},
    ),
    "channel-private": lambda: (
        "channels/private.html",
        {"page": s.page("Make it a private channel"), "channel": s.channel(), "name": "", "error": "A name, please."},
    ),
    "channel-kind-asked": lambda: ("channels/form.html", {"page": s.page("Settings", "channel", 7), "form": asked()}),
    "team": lambda: ("people/team.html", {"page": s.page("Plumbing", "people"), "team": TEAM, "error": ""}),
    "share": lambda: (
        "posts/share.html",
        {"page": s.page("Share with them?"), "share": ShareView("/posts/7", [s.MAEVE], "care-leads", "")},
    ),
}
PARTS: dict[str, Page] = {
    "channels/_channel_menu.html": lambda: ("channels/_channel_menu.html", menu()),
    "channels/_section_menu.html": lambda: ("channels/_section_menu.html", {"section": MINE}),
    "channels/_rail_menu.html": lambda: (
        "channels/_rail_menu.html",
        {"rail": RailView([MINE], True), "page": s.page("Menu")},
    ),
    "channels/_state.html": lambda: (
        "channels/_state.html",
        {"channel": s.channel(archived=True, may_post=False), "page": s.page("Channel")},
    ),
    "layout/_rail_groups.html": lambda: (
        "layout/_rail_groups.html",
        {"rail": [MINE], "unread_only": False, "topics": {"channel:5": 41}},
    ),
}
