"""Templates become HTML: one environment a language, strict about unknown variables, escaping everything."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from babel import dates, numbers
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from parley.core import paths
from parley.core.settings import Settings
from parley.kit import clock
from parley.kit.errors import Problem
from parley.policy.actor import Actor
from parley.web import days, i18n
from parley.web.shell import PageContext, Viewer, viewer

_DAY = 24 * 3600
_FRAGMENTS = 3000
"""About 12 MB of rendered posts."""


_TOKEN = secrets.token_urlsafe(24)
"""Stands for the token of a page; nobody can write it into what is kept."""
_LARGEST = 60_000
"""A part is kept only up to so many characters: what somebody writes does not fill the memory of all."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What a kept part sees of the page around it."""

    viewer: Viewer | None
    place: str
    flash: tuple[str, ...]
    unpublished: int
    csrf: str = _TOKEN


class Renderer:
    """Renders the templates of the house in any language."""

    def __init__(self, settings: Settings) -> None:
        """Prepare; templates are read at their first use and kept."""
        self.settings = settings
        self._environments: dict[str, Environment] = {}
        self._fragments: dict[tuple[str, str, str], Markup] = {}

    @cached_property
    def _manifest(self) -> dict[str, str]:
        file: Path = paths.dist_dir() / "manifest.json"
        found: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        return found

    def asset(self, name: str) -> str:
        """Return the path under which the built file `name` is served for ever."""
        return f"/static/{self._manifest.get(name, name)}"

    def kept(self, language: str, template: str, page: PageContext | None = None, **context: Any) -> Markup:  # noqa: ANN401  (what templates show)
        """Render a part of a page once for each state of what it shows, and keep it.

        The state is the context's own text, so there is nothing to forget when something changes. Of the page a part
        sees who reads it, where, and its token, which is another at every request and is put in afterwards.
        """
        if page is not None:
            context["page"] = Frame(page.viewer, page.place, tuple(page.flash), page.unpublished)
        state = (language, template, repr(context))
        found = self._fragments.get(state)
        if found is None:
            found = Markup(self.render(template, language, **context))  # noqa: S704  # nosec B704  (our template escaped)
            if len(self._fragments) >= _FRAGMENTS:
                for old in list(self._fragments)[: _FRAGMENTS // 4]:
                    del self._fragments[old]
            if len(state[2]) + len(found) <= _LARGEST:
                self._fragments[state] = found
        return found.replace(_TOKEN, page.csrf) if page is not None else found

    def language_for(self, actor: Actor | None, accept_language: str) -> str:
        """Return the language of a reader: their own choice, then the browser's."""
        return i18n.choose(actor.language if actor else "", accept_language)

    def say(self, problem: Problem, language: str) -> str:
        """Return the sentence of `problem` in `language`."""
        sentence = i18n.translator(language, paths.locales_dir())(problem.sentence)
        return sentence % problem.values if problem.values else sentence

    def translate(self, message: str, language: str) -> str:
        """Return `message` in `language`."""
        return i18n.translator(language, paths.locales_dir())(message)

    def environment(self, language: str) -> Environment:
        """Return the environment of `language`."""
        if language not in self._environments:
            self._environments[language] = self._build(language)
        return self._environments[language]

    def render(self, template: str, language: str, **context: Any) -> str:  # noqa: ANN401  (what templates show)
        """Render `template` in `language`; an unknown variable raises."""
        return self.environment(language).get_template(template).render(**context)

    def bare_page(self, actor: Actor | None, language: str, title: str = "", csrf: str = "") -> PageContext:
        """Return the context of what needs no database: sign-in, errors, parts of pages."""
        theme = actor.theme if actor else "auto"
        return PageContext(
            title=title or self.settings.organisation,
            language=language,
            dir=i18n.direction(language),
            theme=theme,
            organisation=self.settings.organisation,
            zone=actor.time_zone if actor else "",
            csrf=csrf,
            viewer=viewer(actor) if actor else None,
        )

    def _build(self, language: str) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(paths.templates_dir()),
            autoescape=True,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
        )
        messages = i18n.catalogue(language, paths.locales_dir())
        environment.install_gettext_callables(  # type: ignore[attr-defined]  # added by the i18n extension
            messages.gettext, messages.ngettext, newstyle=True
        )
        environment.filters.update(_filters(language))
        environment.globals["asset"] = self.asset
        environment.globals["kept"] = partial(self.kept, language)
        environment.globals["ui"] = environment.get_template("ui/macros.html").module
        return environment


def _filters(language: str) -> Mapping[str, Any]:
    locale = language.split("-", maxsplit=1)[0]

    def day(moment: datetime) -> str:
        return days.day(moment, language)

    def clock_time(moment: datetime) -> str:
        return dates.format_time(moment, "HH:mm", locale=locale)

    def filesize(size: int) -> str:
        for unit, step in (("MB", 1_000_000), ("kB", 1_000)):
            if size >= step:
                return f"{numbers.format_decimal(round(size / step, 1 if unit == 'MB' else 0), locale=locale)} {unit}"
        return f"{size} B"

    def age(moment: datetime) -> str:
        seconds = max(0, round((clock.now() - moment).total_seconds()))
        if seconds < 60:
            return dates.format_timedelta(60, threshold=2, format="short", locale=locale)
        return dates.format_timedelta(
            seconds, threshold=2 if seconds < 2 * _DAY else 1.5, format="short", locale=locale
        )

    return {
        "iso": clock.rfc3339,
        "clock": clock_time,
        "day": day,
        "date": lambda moment: days.date(moment, language),
        "filesize": filesize,
        "tongue": lambda code: i18n.name_of(code, locale),
        "age": age,
        "day_time": lambda moment: f"{day(moment)} {clock_time(moment)}",
    }
