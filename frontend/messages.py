"""Collects every sentence that people read into the catalogues: from templates, and from the words of Python.

Run it after changing words: `python frontend/messages.py` updates `locales/*/LC_MESSAGES/messages.po`;
`--check` only says what is missing and exits with 1.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

FRONTEND = Path(__file__).resolve().parent
BACKEND = FRONTEND.parent / "backend" / "parley"
LOCALES = FRONTEND / "locales"
LANGUAGES = ("de",)
_HEADER = """# {name} words of Parley.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""
_SILENT = ("cli", "demo", "worker", "models", "events")
"""Packages whose words nobody reads on a page."""
_CODES = {
    "app/health.py",
    "core/database.py",
    "core/http.py",
    "core/migrating.py",
    "core/settings.py",
    "identity/devices.py",
    "kit/emoji.py",
    "web/i18n.py",
    "web/middleware.py",
    "web/rendering.py",
    "web/static.py",
}
"""Files whose strings are names, settings and codes: only what they say by a call is read."""
_SENTENCE = re.compile(r"^[A-Z“%][^<>{}|\n]*$")
_CODE = re.compile(r"\b(SELECT|INSERT|CREATE|UPDATE|DELETE|PRAGMA|BEGIN|AND|WHERE)\b|^[^a-z]*$|^[A-Z][\w-]*/")
_SPEAKING = {"say", "Invalid", "Forbidden", "Conflict", "NotFound", "Problem", "_", "N_"}


def collect() -> Catalog:
    """Return the catalogue of everything that is said."""
    catalog = Catalog(project="Parley", charset="utf-8")
    found = extract_from_dir(
        FRONTEND / "templates",
        method_map=[("**.html", "jinja2"), ("**.txt", "jinja2")],
        options_map={"**.html": {"newstyle_gettext": "true", "trimmed": "false"}},
    )
    for name, _line, message, comments, _context in found:
        catalog.add(message, locations=[(f"templates/{name}", 0)], auto_comments=comments)
    for file in sorted(BACKEND.rglob("*.py")):
        part = file.relative_to(BACKEND)
        if part.parts[0] not in _SILENT:
            for words in sentences(ast.parse(file.read_text()), only_said=str(part) in _CODES):
                catalog.add(words, locations=[(str(part), 0)])
    return catalog


def sentences(tree: ast.Module, *, only_said: bool = False) -> Iterator[str]:
    """Every string in `tree` that is said: what a speaking call is given, and what looks like a sentence or a label.

    Docstrings, logs and code-like words are none.
    """
    nodes = list(ast.walk(tree))
    silent = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    silent |= {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    calls = [node for node in nodes if isinstance(node, ast.Call) and node.args]
    said = {id(node.args[0]) for node in calls if getattr(node.func, "attr", getattr(node.func, "id", "")) in _SPEAKING}
    labels = {id(value) for node in nodes if isinstance(node, ast.Dict) for value in node.values}
    for node in nodes:
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str)) or id(node) in silent:
            continue
        words = node.value
        like_words = _SENTENCE.match(words) and not _CODE.search(words) and (" " in words.strip() or id(node) in labels)
        if id(node) in said or (like_words and not only_said):
            yield words


def _told(message: Message) -> bool:
    return all(message.string or ()) if message.pluralizable else bool(message.string)


def _write(file: Path, catalog: Catalog) -> None:
    """Write `catalog` without dates and names, so that the file changes when the words do."""
    header = _HEADER.format(name=catalog.locale.english_name, language=catalog.locale, plurals=catalog.plural_forms)
    with file.open("wb") as stream:
        stream.write(header.encode())
        write_po(stream, catalog, width=120, no_location=True, omit_header=True, sort_output=True, ignore_obsolete=True)


def main() -> int:
    """Update the catalogues, or with --check only look; return the exit code."""
    template = collect()
    missing = 0
    for language in LANGUAGES:
        file = LOCALES / language / "LC_MESSAGES" / "messages.po"
        file.parent.mkdir(parents=True, exist_ok=True)
        catalog = Catalog(locale=language, project="Parley", charset="utf-8")
        if file.exists():
            with file.open("rb") as stream:
                catalog = read_po(stream, locale=language)
        catalog.update(template, no_fuzzy_matching=True)
        untold = [message.id for message in catalog if message.id and not _told(message)]
        missing += len(untold)
        for words in untold[:40] if "--check" in sys.argv else []:
            print(f"{language}: no words for {words!r}")
        if "--check" not in sys.argv:
            _write(file, catalog)
    print(f"{len(template)} messages, {missing} without words")
    return 1 if missing and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
