"""One archive with everything an installation is: its database, its files, and its key when it stands beside them."""

import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from alembic.script import ScriptDirectory

from parley import __version__
from parley.cli.running import finish
from parley.core import migrating, paths
from parley.core.settings import Settings

MANIFEST, DATABASE, BLOBS, KEY = "manifest.json", "database", "blobs", "secret.key"


class Refused(Exception):  # noqa: N818  (a sentence for the operator)
    """This cannot be backed up or restored as it stands."""


def write(settings: Settings, file: Path) -> str:
    """Write the archive `file`; return what to tell. The database first: every file it names exists then already."""
    if file.exists():
        raise Refused(f"{file} exists already; a backup never overwrites one.")
    engine = "sqlite" if settings.embedded else "postgresql"
    coming = file.with_name(file.name + ".coming")
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        copy = Path(folder) / DATABASE
        (_copy_sqlite if settings.embedded else _dump_postgresql)(settings, copy)
        about = {
            "parley": __version__,
            "engine": engine,
            "schema": finish(migrating.standing(settings)),
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        (Path(folder) / MANIFEST).write_text(json.dumps(about))
        try:
            with (
                os.fdopen(os.open(coming, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as raw,
                tarfile.open(fileobj=raw, mode="w") as archive,
            ):
                archive.add(Path(folder) / MANIFEST, MANIFEST)
                archive.add(copy, DATABASE)
                for name in (BLOBS, KEY):
                    if (settings.data_dir / name).exists():
                        archive.add(settings.data_dir / name, name)
            coming.replace(file)
        finally:
            coming.unlink(missing_ok=True)
    keyed = (settings.data_dir / KEY).exists()
    beside = (
        "It holds the key of sealed secrets: keep it as safe as a password."
        if keyed
        else "The key of sealed secrets is not in it: keep PARLEY_SECRET_KEY as well."
    )
    return f"{file}: {file.stat().st_size / (1 << 20):.1f} MiB, schema {about['schema']}. {beside}"


def read(settings: Settings, file: Path) -> str:
    """Fill the empty installation of `settings` from the archive `file`; return what to tell."""
    engine = "sqlite" if settings.embedded else "postgresql"
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.data_dir) as folder:
        try:
            with tarfile.open(file) as archive:
                archive.extractall(folder, filter="data")
            about = json.loads((Path(folder) / MANIFEST).read_text())
        except (tarfile.TarError, FileNotFoundError, json.JSONDecodeError) as error:
            raise Refused(f"{file} is not a backup of Parley.") from error
        if about["engine"] != engine:
            raise Refused(f"This backup is of {about['engine']}; the settings name {engine}.")
        if about["schema"] not in _chain():
            raise Refused(f"This backup is of a newer version ({about['parley']}); upgrade Parley first.")
        _refuse_unless_empty(settings)
        (_place_sqlite if settings.embedded else _restore_postgresql)(settings, Path(folder) / DATABASE)
        for name in (BLOBS, KEY):
            if (Path(folder) / name).exists():
                shutil.move(Path(folder) / name, settings.data_dir / name)
    return f"Restored from {file}, which was written {about['at']}."


def _chain() -> set[str]:
    return {script.revision for script in ScriptDirectory(str(paths.migrations_dir())).walk_revisions()}


def _refuse_unless_empty(settings: Settings) -> None:
    taken = [name for name in (BLOBS, KEY) if (settings.data_dir / name).exists()]
    if _sqlite_file(settings).exists() if settings.embedded else bool(finish(migrating.standing(settings))):
        taken.insert(0, "a database")
    if taken:
        raise Refused(
            f"There is something here already ({', '.join(taken)}); restore fills only an empty installation."
        )


def _sqlite_file(settings: Settings) -> Path:
    return Path(settings.resolved_database_url.split("///", 1)[1])


def _copy_sqlite(settings: Settings, copy: Path) -> None:
    source = _sqlite_file(settings)
    if not source.exists():
        raise Refused(f"There is no database at {source}.")
    # The online backup: writers go on meanwhile, the copy is of one moment.
    with sqlite3.connect(source, timeout=30) as here, sqlite3.connect(copy) as there:
        here.backup(there, pages=2000, sleep=0.01)
    here.close()
    there.close()


def _place_sqlite(settings: Settings, copy: Path) -> None:
    target = _sqlite_file(settings)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(copy, target)


def _dump_postgresql(settings: Settings, copy: Path) -> None:
    _client(settings, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={copy}")


def _restore_postgresql(settings: Settings, copy: Path) -> None:
    name = urlsplit(_plain_url(settings)).path[1:]
    _client(
        settings,
        "pg_restore",
        "--no-owner",
        "--no-privileges",
        "--exit-on-error",
        "--single-transaction",
        f"--dbname={name}",
        str(copy),
    )


def _plain_url(settings: Settings) -> str:
    return settings.resolved_database_url.replace("postgresql+asyncpg://", "postgresql://", 1)


def _client(settings: Settings, tool: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own tools; the password goes by the environment, where others cannot list it."""
    found = shutil.which(tool)
    if found is None:
        raise Refused(f"{tool} is not installed here; it comes with PostgreSQL's client programs.")
    parts = urlsplit(_plain_url(settings))
    environment = {
        **os.environ,
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port or 5432),
        "PGUSER": parts.username or "",
        "PGPASSWORD": parts.password or "",
        "PGDATABASE": parts.path[1:],
    }
    done = subprocess.run([found, *arguments], env=environment, capture_output=True, text=True, check=False)  # noqa: S603  (our own words)
    if done.returncode:
        raise Refused(f"{tool} failed: {done.stderr.strip()[-500:]}")
