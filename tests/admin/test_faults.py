"""What went wrong is said in the reader's language; what the machines said of it stands apart."""

import pytest

from parley.admin.faults import fault
from parley.admin.views import Fault
from parley.core import paths
from parley.customers.connectors.email.imap_words import MailboxError
from parley.kit.text import told
from parley.web import i18n


@pytest.mark.parametrize(
    ("noted", "shown"),
    [
        (
            str(MailboxError(told("The connection was lost", "EOF: 5 bytes"))),
            Fault("Die Verbindung riss ab", "EOF: 5 bytes"),
        ),
        (
            "The server offers no encryption, so the password was not sent.",
            Fault("Der Server bietet keine Verschlüsselung, deshalb wurde das Passwort nicht gesendet."),
        ),
        ("ValueError: no such thing", Fault("Bei uns ging etwas kaputt.", "ValueError: no such thing")),
        ("550 5.1.1", Fault("Bei uns ging etwas kaputt.", "550 5.1.1")),
    ],
)
def test_a_fault_is_a_sentence_and_its_detail(noted: str, shown: Fault) -> None:
    assert fault(noted, i18n.translator("de", paths.locales_dir())) == shown
