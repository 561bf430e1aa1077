"""Every screen of the front end with sample people, without a server behind it: to look at and to test.

python tests/frontend/gallery.py FOLDER          writes one HTML file a screen
python tests/frontend/gallery.py --serve 8123    serves them under the product's content security policy
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from jinja2 import ChoiceLoader, DictLoader, Environment
from markupsafe import Markup

from frontend import channels_gallery, kinds_gallery
from frontend import samples as s
from parley.core import paths
from parley.core.settings import Settings
from parley.posts.shelf import Shown
from parley.posts.views import PostView
from parley.web.rendering import Renderer

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 420"><rect width="640" height="420" fill="#e9e4d8"/>'
    '<g fill="#f8f5ec"><rect x="40" y="60" width="150" height="280"/><rect x="244" y="60" width="150" height="280"/>'
    '<rect x="448" y="60" width="152" height="280"/></g></svg>'
)

Page = Callable[[], tuple[str, dict[str, Any]]]


PAGES: dict[str, Page] = {
    "home": lambda: (
        "feed/home.html",
        {"page": s.page("Home", "home", flash=["Your post is out."]), "home": s.home(), "composer": s.composer()},
    ),
    "home-demo": lambda: (
        "feed/home.html",
        {
            "page": s.page("Home", "home", demo={"mail": "care@fernhill.example", "life_url": "/demo/life"}),
            "home": s.home(lead=None),
            "composer": s.composer(errors={"body": "Say something first."}, body=" "),
        },
    ),
    "home-empty": lambda: (
        "feed/home.html",
        {
            "page": s.page("Home", "home"),
            "composer": s.composer(),
            "home": s.home(
                lead=None, posts=[], older_url=None, waiting=[], on_duty=[], questions=[], customers_open=0, line=""
            ),
        },
    ),
    "home-hostile": lambda: (
        "feed/home.html",
        {
            "page": s.page("Home", "home", organisation="Unterdachlattenverschraubungsgesellschaft mbH"),
            "home": s.home(lead=None, posts=[s.HOSTILE, s.SURFACED]),
            "composer": s.composer(),
        },
    ),
    "home-rtl": lambda: (
        "feed/home.html",
        {"page": s.page("Home", "home", language="ar-XB", dir="rtl"), "home": s.home(), "composer": s.composer()},
    ),
    "channel": lambda: (
        "channels/page.html",
        {
            "page": s.page("#plumbing", "channel", 7),
            "channel": s.channel(),
            "tab": "posts",
            "flow": s.flow(),
            "composer": s.composer("channel"),
            "posts": [s.SURFACED, s.QUESTION, s.PICTURED, s.PRAISE, s.LONG, s.REMOVED],
        },
    ),
    "channel-thread": lambda: (
        "posts/panel_sample.html",
        {
            "page": s.page("#plumbing", "channel", 7),
            "channel": s.channel(),
            "tab": "posts",
            "flow": s.flow(),
            "thread": s.thread(),
            "composer": s.composer("channel"),
            "thread_composer": s.composer("thread"),
            "posts": [s.SURFACED, s.QUESTION, s.PICTURED],
        },
    ),
    "channel-empty": lambda: (
        "channels/page.html",
        {
            "page": s.page("#plumbing", "channel", 7),
            "tab": "posts",
            "composer": s.composer("channel"),
            "posts": [],
            "channel": s.channel(joined=False, may_join=True, may_manage=False, customers_open=None),
            "flow": s.flow(unread=0, older_url=None),
        },
    ),
    "channel-archived": lambda: (
        "channels/page.html",
        {
            "page": s.page("#notices", "channel", 2),
            "tab": "posts",
            "posts": [s.LEAD],
            "channel": s.channel(
                name="notices",
                kind="announcement",
                archived=True,
                may_post=False,
                why_not_post="Only communications post here.",
            ),
            "flow": s.flow(unread=40, read_number=20, first_unread_url="/channels/7?around=21"),
        },
    ),
    "channel-files": lambda: (
        "channels/page.html",
        {
            "page": s.page("#plumbing", "channel", 7),
            "channel": s.channel(),
            "tab": "files",
            "files": s.CHANNEL_FILES,
            "older_url": None,
        },
    ),
    "channel-about": lambda: (
        "channels/page.html",
        {"page": s.page("#plumbing", "channel", 7), "channel": s.channel(), "tab": "about", "about": s.ABOUT},
    ),
    "channel-customers": lambda: (
        "channels/page.html",
        {
            "page": s.page("#plumbing", "channel", 7),
            "channel": s.channel(),
            "tab": "customers",
            "customers": s.CUSTOMERS,
        },
    ),
    "members": lambda: (
        "channels/members.html",
        {"page": s.page("Members", "channel", 7), "channel": s.channel(), "members": s.MEMBER_PAGE},
    ),
    "browse": lambda: ("channels/browse.html", {"page": s.page("Channels", "channels"), "browse": s.browse()}),
    "browse-empty": lambda: ("channels/browse.html", {"page": s.page("Channels", "channels"), "browse": s.browse(0)}),
    "channel-new": lambda: ("channels/form.html", {"page": s.page("New channel", "channels"), "form": s.BAD_FORM}),
    "channel-settings": lambda: (
        "channels/form.html",
        {"page": s.page("Settings", "channel", 7), "form": s.SETTINGS_FORM},
    ),
    "post": lambda: (
        "posts/page.html",
        {
            "page": s.page("Does PTFE tape go on it?", "channel", 7),
            "thread": s.thread(),
            "composer": s.composer("thread"),
        },
    ),
    "post-edit": lambda: ("posts/edit.html", {"page": s.page("Edit", "channel", 7), "edit": s.EDIT}),
    "post-history": lambda: (
        "posts/history.html",
        {"page": s.page("Earlier texts", "channel", 7), "versions": s.VERSIONS, "back_url": "/posts/30"},
    ),
    "people": lambda: ("people/directory.html", {"page": s.page("People", "people"), "directory": s.directory()}),
    "people-empty": lambda: (
        "people/directory.html",
        {"page": s.page("People", "people"), "directory": s.directory(0)},
    ),
    "person": lambda: ("people/profile.html", {"page": s.page("Maeve Doyle", "people"), "profile": s.profile()}),
    "person-me": lambda: (
        "people/profile.html",
        {
            "page": s.page("Priya Raman", "people"),
            "profile": s.profile(
                card=s.PRIYA,
                about_html="",
                knows=[],
                helpful=[],
                is_me=True,
                away="24 to 27 December, ask Dan",
                reports=[],
                manager=None,
                channels=[],
            ),
        },
    ),
    "settings": lambda: (
        "people/settings.html",
        {"page": s.page("Language and look", "settings"), "tab": "look", "settings": s.settings()},
    ),
    "settings-keys": lambda: (
        "people/settings.html",
        {"page": s.page("Keys", "settings"), "tab": "keys", "settings": s.settings()},
    ),
    "settings-sessions": lambda: (
        "people/settings.html",
        {"page": s.page("Sessions", "settings"), "tab": "sessions", "settings": s.settings()},
    ),
    "settings-tokens": lambda: (
        "people/settings.html",
        {"page": s.page("API tokens", "settings"), "tab": "tokens", "settings": s.settings()},
    ),
    "settings-profile": lambda: (
        "people/settings.html",
        {
            "page": s.page("Profile", "settings"),
            "tab": "profile",
            "settings": s.settings(),
            "profile_form": s.PROFILE_FORM,
        },
    ),
    "notifications": lambda: (
        "notifications/page.html",
        {"page": s.page("Notifications", "notifications"), "notifications": s.notifications()},
    ),
    "notifications-empty": lambda: (
        "notifications/page.html",
        {"page": s.page("Notifications", "notifications"), "notifications": s.notifications(0)},
    ),
    "search": lambda: ("search/page.html", {"page": s.page("Search", "search"), "search": s.search()}),
    "search-start": lambda: ("search/page.html", {"page": s.page("Search", "search"), "search": s.search("")}),
    "search-nothing": lambda: (
        "search/page.html",
        {"page": s.page("Search", "search"), "search": s.search("zinc", groups=False)},
    ),
    "sign-in": lambda: (
        "identity/sign_in.html",
        {
            "page": s.stranger("Sign in"),
            "providers": [s.SimpleNamespace(slug="fernhill", name="your Fernhill account")],
            "message": "You were signed out. Sign in again to go on.",
            "demo_url": "/demo",
            "next": "/channels/7",
        },
    ),
    "sign-in-bare": lambda: (
        "identity/sign_in.html",
        {"page": s.stranger("Sign in"), "providers": [], "message": "", "demo_url": None, "next": ""},
    ),
    "link": lambda: (
        "identity/link.html",
        {"page": s.stranger("Sign in"), "token": "abc", "person": s.PRIYA, "sentence": ""},
    ),
    "link-spent": lambda: (
        "identity/link.html",
        {"page": s.stranger("Sign in"), "token": "abc", "person": None, "sentence": ""},
    ),
    "demo": lambda: ("identity/demo.html", {"page": s.stranger("Demo"), "people": s.CAST}),
    "error": lambda: (
        "errors/page.html",
        {
            "page": s.stranger("Not found"),
            "status": 404,
            "title": "Not here",
            "sentence": "There is no such page, or you may not see it.",
            "retry": False,
        },
    ),
    "offline": lambda: ("errors/offline.html", {"page": s.stranger("No connection")}),
}
PAGES |= kinds_gallery.PAGES | channels_gallery.PAGES
PARTS: dict[str, Page] = {
    **kinds_gallery.PARTS,
    **channels_gallery.PARTS,
    "posts/_post.html": lambda: ("posts/_post.html", {"post": s.PICTURED}),
    "posts/_comment.html": lambda: ("posts/_comment.html", {"comment": s.COMMENTS[1]}),
    "posts/_talk.html": lambda: ("posts/_talk.html", {"post": s.QUESTION}),
    "posts/_reactions.html": lambda: (
        "posts/_reactions.html",
        {"noun": "posts", "id": 30, "reactions": s.QUESTION.reactions},
    ),
    "posts/_menu.html": lambda: ("posts/_menu.html", {"menu": s.MENU}),
    "posts/_emoji.html": lambda: ("posts/_emoji.html", {"picker": s.PICKER}),
    "posts/_emoji_grid.html": lambda: ("posts/_emoji_grid.html", {"picker": s.PICKER}),
    "posts/_complete.html": lambda: ("posts/_complete.html", {"completions": s.COMPLETIONS}),
    "posts/_upload.html": lambda: ("posts/_upload.html", {"file": s.file(4, "drying.png", image=True)}),
    "posts/_edit.html": lambda: ("posts/_edit.html", {"edit": s.EDIT, "page": s.page("Edit")}),
    "posts/_thread.html": lambda: (
        "posts/_thread.html",
        {"thread": s.thread(), "composer": s.composer("thread"), "page": s.page("Thread")},
    ),
    "feed/_flow.html": lambda: ("feed/_flow.html", {"posts": [s.QUESTION], "older_url": None}),
    "channels/_flow.html": lambda: ("channels/_flow.html", {"posts": [s.QUESTION, s.LONG], "flow": s.flow()}),
    "channels/_join.html": lambda: ("channels/_join.html", {"channel": s.channel(), "page": s.page("Channel")}),
    "channels/_browse.html": lambda: ("channels/_browse.html", {"browse": s.browse(), "page": s.page("Channels")}),
    "channels/_members.html": lambda: (
        "channels/_members.html",
        {"members": s.MEMBER_PAGE, "channel": s.channel(), "page": s.page("Members")},
    ),
    "channels/_form.html": lambda: ("channels/_form.html", {"form": s.BAD_FORM, "page": s.page("New channel")}),
    "people/_rows.html": lambda: ("people/_rows.html", {"directory": s.directory()}),
    "notifications/_rows.html": lambda: ("notifications/_rows.html", {"notifications": s.notifications()}),
    "notifications/_popover.html": lambda: (
        "notifications/_popover.html",
        {"notifications": s.notifications(), "page": s.page("Bell")},
    ),
    "search/_palette.html": lambda: ("search/_palette.html", {"search": s.search()}),
    "errors/_error.html": lambda: ("errors/_error.html", {"title": "Not here", "sentence": "There is no such thing."}),
}
WITH_PANEL = '{% extends "channels/page.html" %}{% block panel %}{% with composer = thread_composer %}{% include "posts/_thread.html" %}{% endwith %}{% endblock %}'


def environment(language: str = "en") -> Environment:
    """Return the product's own environment with what only samples need."""
    renderer = Renderer(Settings(_env_file=None))  # type: ignore[call-arg]  # pydantic-settings takes it
    made = renderer.environment(language)
    assert made.loader is not None
    made.loader = ChoiceLoader([DictLoader({"posts/panel_sample.html": WITH_PANEL}), made.loader])
    return made


def render(made: Environment, name: str, theme: str = "auto") -> str:
    """Return the HTML of a screen or part, photos and theme put in."""
    template, context = (PAGES.get(name) or PARTS[name])()
    if "page" in context:
        context["page"].theme = theme
    return with_photos(made, made.get_template(template).render(**off_the_shelf(made, template, context)))


def off_the_shelf(made: Environment, template: str, context: dict[str, Any]) -> dict[str, Any]:
    """Return `context` with the posts of Home as its template takes them: rendered before."""

    def shown(posts: Sequence[PostView]) -> list[Shown]:
        post = made.get_template("posts/_post.html")
        return [Shown(each.id, each.number, each.created_at, Markup(post.render(post=each))) for each in posts]  # noqa: S704

    if "home" in context:
        return {**context, "home": replace(context["home"], posts=shown(context["home"].posts))}
    flows = template in {"feed/_flow.html", "channels/_flow.html", "channels/page.html", "posts/panel_sample.html"}
    if not flows:
        return context
    return {"moved": {}, "pins": [], "composer": s.composer("channel"), **context, "posts": shown(context.get("posts", []))}


def with_photos(made: Environment, html: str) -> str:
    """Return `html` with the addresses of sample photos, which samples name without them."""
    for face in s.FACES:
        html = html.replace(f'src="face-{face}.svg"', f'src="{made.globals["asset"](f"face-{face}.svg")}"')  # type: ignore[operator]
    return html.replace('src="sample.svg"', 'src="/sample.svg"')


class Handler(BaseHTTPRequestHandler):
    """Screens at /NAME (?theme=dark), built assets at /static, a few parts where the scripts ask for them."""

    made: Environment
    routes: ClassVar[dict[str, str]] = {
        "/posts/30/menu": "posts/_menu.html",
        "/emoji": "posts/_emoji.html",
        "/posts/30": "posts/_thread.html",
        "/complete": "posts/_complete.html",
        "/notifications": "notifications/_popover.html",
        "/posts/30/edit": "posts/_edit.html",
    }

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path.startswith("/static/"):
            return self._static(url.path.removeprefix("/static/"))
        if url.path == "/sample.svg":
            return self._answer(PICTURE.encode(), "image/svg+xml")
        if url.path == "/search" and "palette" in url.query:
            return self._answer(render(self.made, "search/_palette.html").encode())
        if self.headers.get("HX-Request") and url.path in self.routes:
            return self._answer(render(self.made, self.routes[url.path]).encode())
        name = url.path.strip("/") or "home"
        if name not in PAGES:
            return self.send_error(404)
        theme = "dark" if "theme=dark" in url.query else "light" if "theme=light" in url.query else "auto"
        return self._answer(render(self.made, name, theme).encode())

    def _static(self, name: str) -> None:
        file = paths.dist_dir() / name
        kinds = {
            ".css": "text/css",
            ".js": "text/javascript",
            ".svg": "image/svg+xml",
            ".woff2": "font/woff2",
            ".png": "image/png",
            ".webmanifest": "application/manifest+json",
        }
        if "/" in name or not file.is_file() or file.suffix not in kinds:
            return self.send_error(404)
        return self._answer(file.read_bytes(), kinds[file.suffix])

    def _answer(self, body: bytes, kind: str = "text/html; charset=utf-8") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


def serve(port: int = 0) -> ThreadingHTTPServer:
    """Return a server on loopback that is ready to run."""
    Handler.made = environment()
    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


def main() -> None:
    """Write or serve."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--serve", type=int)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve).serve_forever()
    if options.folder:
        options.folder.mkdir(parents=True, exist_ok=True)
        made = environment()
        for name in PAGES:
            (options.folder / f"{name}.html").write_text(render(made, name))


if __name__ == "__main__":
    main()
