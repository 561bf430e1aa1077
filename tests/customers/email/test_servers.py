import ssl

import pytest

from parley.customers.connectors.email.servers import parse_server, tls_context
from parley.kit.errors import Invalid


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "imaps://care%40x.org:p%40ss@mail.x.org",
            ("imaps", "mail.x.org", 993, "care@x.org", "p@ss", "INBOX", "implicit", False),
        ),
        (
            "imap://care:p@mail.x.org:1143/Kunden%2FNeu",
            ("imap", "mail.x.org", 1143, "care", "p", "Kunden/Neu", "required", False),
        ),
        ("imap://care:p@127.0.0.1?tls=never", ("imap", "127.0.0.1", 143, "care", "p", "INBOX", "never", False)),
        ("smtps://u@mail.x.org?auth=xoauth2", ("smtps", "mail.x.org", 465, "u", "", "INBOX", "implicit", True)),
        ("smtp://mail.x.org", ("smtp", "mail.x.org", 25, "", "", "INBOX", "offered", False)),
        ("smtp://mail.x.org?tls=required", ("smtp", "mail.x.org", 25, "", "", "INBOX", "required", False)),
        ("smtp://u:p@mail.x.org:587?tls=offered", ("smtp", "mail.x.org", 587, "u", "p", "INBOX", "required", False)),
        ("smtp://u:p@[::1]:2525?tls=never", ("smtp", "::1", 2525, "u", "p", "INBOX", "never", False)),
    ],
)
def test_an_address_says_where_who_and_how_protected(url: str, expected: tuple) -> None:
    server = parse_server(url)
    found = (
        server.scheme,
        server.host,
        server.port,
        server.username,
        server.password,
        server.folder,
        server.tls,
        server.xoauth2,
    )
    assert found == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.x.org",
        "http://mail.x.org",
        "imap://",
        "imap://:143",
        "imap://x:99999",
        "smtp://u:p@mail.x.org?tls=never",
        "imap://u:p@mail.x.org?tls=maybe",
        "imap://u%0d%0aX:p@mail.x.org",
        "imap://u:p%0a@mail.x.org",
        "imap://u:p@mail.x.org/IN%0aBOX",
        "imap://[::1",
        "imap://u:p@127.0.0.1.evil.example?tls=never",
    ],
)
def test_what_is_unclear_or_would_send_a_password_in_the_open_is_refused(url: str) -> None:
    with pytest.raises(Invalid):
        parse_server(url)


def test_a_password_is_never_shown() -> None:
    server = parse_server("imaps://care:hunter2@mail.x.org", password="")
    assert "hunter2" not in f"{server!r} {server} {server.shown}"
    assert parse_server("imaps://care@mail.x.org", password="sealed").password == "sealed"


def test_certificates_are_checked_except_where_plain_text_would_do_too() -> None:
    assert tls_context(parse_server("imaps://u:p@x.org")).verify_mode is ssl.CERT_REQUIRED
    assert tls_context(parse_server("smtp://u:p@x.org")).check_hostname
    assert tls_context(parse_server("smtp://x.org")).verify_mode is ssl.CERT_NONE
