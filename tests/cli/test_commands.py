"""The command line: what is done, what is refused in which words, and with which exit code."""

import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from engines import PostgresDatabases, SqliteFiles
from parley.cli.main import app
from parley.core import crypto, migrating

SECRET = "a key that no test needs to know, only to keep"


@pytest.fixture
def place(databases: SqliteFiles | PostgresDatabases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """An installation of its own; returns where its files are."""
    monkeypatch.chdir(tmp_path)
    url = databases.fresh(tmp_path / "data")
    monkeypatch.setenv("PARLEY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PARLEY_DATABASE_URL", url)
    monkeypatch.setenv("PARLEY_SECRET_KEY", SECRET)
    yield tmp_path
    databases.drop(url)


def parley(*words: str) -> Result:
    return CliRunner().invoke(app, words)


def done(*words: str) -> str:
    result = parley(*words)
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def refused(*words: str) -> str:
    result = parley(*words)
    assert (result.exit_code, result.stdout) == (1, ""), result.output
    assert "Traceback" not in result.stderr
    return result.stderr.strip()


def test_a_break_glass_admin_gets_a_link_and_a_token(place: Path) -> None:
    assert "ada@example.org is an IT admin" in done("admin", "create", "ada@example.org", "--name", "Ada Example")
    assert done("admin", "create", "ada@example.org"), "a second time changes nothing"
    link = done("sign-in-link", "ada@example.org")
    assert link.startswith("http://127.0.0.1:8000/auth/link/")
    token = done("token", "create", "--person", "ada@example.org", "--name", "t", "--scope", "read", "--scope", "write")
    assert token.startswith("parley_")
    assert len(token.split()) == 1, "the secret stands alone"
    assert done("scim-token", "create", "--name", "idp").startswith("parley_")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["sign-in-link", "nobody@example.org"], "There is nobody with the address nobody@example.org."),
        (
            ["token", "create", "--person", "ada@example.org", "--name", "t", "--scope", "all"],
            "There is no such scope.",
        ),
        (["admin", "create", "not an address"], "This is not an e-mail address."),
        (["person", "deactivate", "nobody@example.org"], "There is nobody with the address nobody@example.org."),
        (["person", "deactivate", "ada@example.org"], "admin"),
        (["source", "test", "care"], "There is no source care."),
        (
            ["source", "add", "email", "care", "--address", "care@example.org", "--channel", "no"],
            "There is no channel no.",
        ),
        (["provider", "test", "acme"], "There is no provider acme."),
        (["provider", "add", "acme", "--issuer", "nonsense", "--client-id", "x"], "issuer"),
        (
            ["provider", "add", "a", "--issuer", "https://a", "--client-id", "x", "--client-secret-file", "no"],
            "cannot be read",
        ),
        (["serve", "--processes", "2"], "needs Redis"),
        (["serve", "--no-worker"], "needs Redis"),
        (["worker"], "needs Redis"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_is_refused_with_a_sentence(place: Path, words: list[str], sentence: str) -> None:
    done("admin", "create", "ada@example.org")
    assert sentence in refused(*words)


def test_usage_is_another_exit_code(place: Path) -> None:
    for words in (["no-such-command"], ["serve", "--port", "0"], ["token", "create"], ["sign-in-link"]):
        assert parley(*words).exit_code == 2


def test_a_leaver_has_no_token_left(place: Path) -> None:
    done("admin", "create", "ada@example.org")
    done("admin", "create", "bob@example.org")
    done("token", "create", "--person", "bob@example.org", "--name", "t", "--scope", "read")
    assert "is deactivated" in done("person", "deactivate", "bob@example.org")
    assert refused("token", "create", "--person", "bob@example.org", "--name", "t", "--scope", "read")
    assert refused("sign-in-link", "bob@example.org")
    assert done("sign-in-link", "ada@example.org")


def test_sources_and_providers_keep_their_secrets(place: Path) -> None:
    (place / "secret").write_text("s3cret-of-the-client\n")
    added = done(
        "source",
        "add",
        "email",
        "care",
        "--address",
        "care@example.org",
        "--imap-url",
        "imaps://care:s3cret-of-the-box@127.0.0.1:1",
    )
    assert added == "care (care@example.org) is connected."
    assert done("source", "list").split("\t")[:4] == ["care", "email", "care@example.org", "active"]
    assert "cannot be reached" in refused("source", "test", "care")
    back = done(
        "provider",
        "add",
        "acme",
        "--issuer",
        "http://127.0.0.1:9",
        "--client-id",
        "x",
        "--client-secret-file",
        str(place / "secret"),
    )
    assert back == "http://127.0.0.1:8000/auth/acme/callback"
    assert refused("provider", "test", "acme")
    assert "s3cret" not in done("doctor")


def test_doctor_says_where_each_setting_came_from_and_masks_secrets(place: Path, monkeypatch) -> None:
    (place / ".env").write_text("PARLEY_ORGANISATION=Fernhill\nPARLEY_SMTP_URL=smtps://bot:hunter2@127.0.0.1:465\n")
    report = done("doctor")
    lines = {line.split()[0]: line.split()[1:] for line in report.splitlines() if line.startswith("  PARLEY_")}
    assert lines["PARLEY_ORGANISATION"] == ["Fernhill", ".env"]
    assert lines["PARLEY_DATA_DIR"][-1] == "environment"
    assert lines["PARLEY_UNDO_SECONDS"] == ["10", "default"]
    assert lines["PARLEY_SECRET_KEY"] == ["[masked]", "environment"]
    assert lines["PARLEY_SMTP_URL"] == ["smtps://bot:[masked]@127.0.0.1:465", ".env"]
    assert SECRET not in report
    monkeypatch.setenv("PARLEY_PUBLIC_URL", "http://parley.test")
    result = parley("doctor")
    assert (result.exit_code, "FAIL public address" in result.stdout) == (1, True)


def test_the_demo_cannot_be_switched_on_for_a_real_house(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done("migrate")
    monkeypatch.setenv("PARLEY_DEMO", "1")
    for words in (["migrate"], ["serve"], ["worker"]):
        assert "Only `parley demo` may do that" in refused(*words)


def test_a_setting_that_cannot_be_read_is_named(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_PUBLIC_URL", "parley")
    assert refused("migrate").startswith("PARLEY_PUBLIC_URL: ")


def test_a_backup_is_restored_elsewhere_with_everything(
    place: Path, databases: SqliteFiles | PostgresDatabases, monkeypatch: pytest.MonkeyPatch
) -> None:
    done("admin", "create", "ada@example.org")
    done("source", "add", "email", "care", "--address", "care@example.org")
    (place / "data" / "blobs" / "ab").mkdir(parents=True)
    (place / "data" / "blobs" / "ab" / "file").write_bytes(b"\0\1")
    archive = place / "all.tar"
    assert f"schema {migrating.head()}" in done("backup", str(archive))
    assert archive.stat().st_mode & 0o077 == 0, "nobody else may read it"
    assert "never overwrites" in refused("backup", str(archive))
    assert "already" in refused("restore", str(archive)), "only an empty installation is filled"

    elsewhere = place / "elsewhere"
    monkeypatch.setenv("PARLEY_DATA_DIR", str(elsewhere))
    new = f"sqlite:///{elsewhere / 'parley.db'}" if isinstance(databases, SqliteFiles) else databases.empty()
    monkeypatch.setenv("PARLEY_DATABASE_URL", new)
    assert "Restored" in done("restore", str(archive))
    assert done("source", "list").startswith("care\t")
    assert done("sign-in-link", "ada@example.org")
    assert (elsewhere / "blobs" / "ab" / "file").read_bytes() == b"\0\1"
    (place / "not.tar").write_text("nothing")
    assert "not a backup" in refused("restore", str(place / "not.tar"))
    databases.drop(new)


def test_a_schema_behind_is_not_worked_on(tmp_path: Path, databases, monkeypatch: pytest.MonkeyPatch) -> None:
    if isinstance(databases, SqliteFiles):
        monkeypatch.setenv("PARLEY_DATA_DIR", str(tmp_path / "new"))
        assert done("source", "list") == "", "an embedded database is migrated by itself"
        with sqlite3.connect(tmp_path / "new" / "parley.db") as connection:
            assert connection.execute("SELECT version_num FROM alembic_version").fetchone()
        connection.close()
        return
    url = databases.empty()
    monkeypatch.setenv("PARLEY_DATABASE_URL", url)
    monkeypatch.setenv("PARLEY_SECRET_KEY", SECRET)
    assert "Run `parley migrate` first." in refused("source", "list")
    done("migrate")
    assert done("source", "list") == ""
    databases.drop(url)


def test_an_unknown_key_is_said_plainly(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done("source", "add", "email", "care", "--address", "care@example.org", "--imap-url", "imaps://u:p@127.0.0.1:1")
    monkeypatch.setenv("PARLEY_SECRET_KEY", crypto.new_token()[0])
    assert "this installation's key" in refused("source", "test", "care")
