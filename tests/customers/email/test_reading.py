"""Bodies in the shapes that are known to go wrong, read without the child."""

import base64
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.customers.connectors.email.flowed import join_flowed
from parley.customers.connectors.email.mime import MAX_PARTS, read_parts, safe_name
from parley.customers.connectors.email.reading import (
    MAX_TEXT,
    NOTE_ENCRYPTED,
    NOTE_FILES,
    NOTE_PARTS,
    NOTE_TEXT,
    Body,
    read_body,
)

PNG = base64.b64encode(b"\x89PNG picture").decode()


def multipart(*parts: str, kind: str = "mixed", head: str = "", boundary: str = "b1") -> bytes:
    inner = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    return f'{head}Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\nold readers see this\r\n{inner}--{boundary}--\r\nepilogue'.encode()


def nested(*parts: str, kind: str, boundary: str) -> str:
    return multipart(*parts, kind=kind, boundary=boundary).decode().removesuffix("epilogue")


PLAIN = "Content-Type: text/plain; charset=utf-8\r\n\r\nThe plain words."
HTML = "Content-Type: text/html; charset=utf-8\r\n\r\n<p>The <b>rich</b> words.</p>"


def test_plain_text_is_preferred_for_reading_and_html_for_showing() -> None:
    body = read_body(multipart(PLAIN, HTML, kind="alternative"))
    assert body.text == "The plain words."
    assert body.html == "<p>The <b>rich</b> words.</p>"
    assert body.attachments == ()


@pytest.mark.parametrize("empty", ["Content-Type: text/plain\r\n\r\n", "Content-Type: text/plain\r\n\r\n \r\n\t\r\n"])
def test_html_alone_or_beside_an_empty_text_gives_both(empty: str) -> None:
    for raw in (HTML.encode(), multipart(empty, HTML, kind="alternative")):
        body = read_body(raw)
        assert body.text == "The rich words."
        assert body.html == "<p>The <b>rich</b> words.</p>"


def test_text_alone_has_no_html() -> None:
    assert read_body(PLAIN.encode()) == Body(text="The plain words.")


def test_pictures_inside_the_html_and_files_beside_it() -> None:
    related = nested(
        'Content-Type: text/html\r\n\r\n<p>See <img src="cid:pic@x"></p>',
        f"Content-Type: image/png\r\nContent-ID: <pic@x>\r\nContent-Disposition: inline; filename=p.png\r\nContent-Transfer-Encoding: base64\r\n\r\n{PNG}",
        kind="related",
        boundary="b3",
    )
    alternative = nested(PLAIN, related, kind="alternative", boundary="b2")
    pdf = "Content-Type: application/pdf; name=bill.pdf\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment\r\n\r\nJVBERi0="
    invite = "Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR"
    tnef = "Content-Type: application/ms-tnef; name=winmail.dat\r\n\r\nx"
    body = read_body(multipart(alternative, pdf, invite, tnef))
    assert body.text == "The plain words."
    assert body.html == '<p>See <img src="cid:pic@x" alt=""></p>'
    assert [(each.name, each.content_type, each.inline) for each in body.attachments] == [
        ("p.png", "image/png", True),
        ("bill.pdf", "application/pdf", False),
        ("attachment.ics", "text/calendar", False),
        ("winmail.dat", "application/ms-tnef", False),
    ]
    assert body.attachments[0].data == b"\x89PNG picture"
    assert body.attachments[0].content_id == "pic@x"


def test_text_picture_text_of_apple_mail_is_one_text() -> None:
    body = read_body(
        multipart(
            "Content-Type: text/plain\r\n\r\nBefore",
            f"Content-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\n{PNG}",
            "Content-Type: text/plain\r\n\r\nAfter",
        )
    )
    assert body.text == "Before\n\nAfter"
    assert len(body.attachments) == 1


def test_text_that_is_a_file_stays_a_file() -> None:
    body = read_body(
        multipart(
            PLAIN,
            "Content-Type: text/plain; name=log.txt\r\n\r\nlines",
            "Content-Type: text/html\r\nContent-Disposition: attachment; filename=page.html\r\n\r\n<p>x",
            "Content-Type: text/csv\r\nContent-Disposition: attachment\r\n\r\na,b",
        )
    )
    assert body.text == "The plain words."
    assert [each.name for each in body.attachments] == ["log.txt", "page.html", "attachment.csv"]
    assert body.html is None


def test_an_attached_mail_keeps_its_exact_bytes_and_is_named_by_its_subject() -> None:
    inner = "Subject: =?utf-8?q?The_=C3=A4lder/valve?=\r\nFrom: x@example.org\r\n\r\nbody\r\nwith  spaces "
    body = read_body(multipart(PLAIN, f"Content-Type: message/rfc822\r\n\r\n{inner}"))
    assert body.attachments[0].data == inner.encode()
    assert body.attachments[0].name == "The älder valve.eml"


@pytest.mark.parametrize(
    ("head", "data", "text"),
    [
        ("text/plain", "Gr\xfc\xdfe".encode("latin-1"), "Grüße"),
        ("text/plain; charset=base64", "Grüße".encode(), "Grüße"),
        ("text/plain; charset=rot13", b"Hello", "Hello"),
        ('text/plain; charset="utf-8"; charset=hex', "Grüße".encode(), "Grüße"),
        ("text/plain; charset=utf-16", "Grüße".encode("utf-16"), "Grüße"),
        ("text/plain; charset=windows-1252", "€ 5".encode("cp1252"), "€ 5"),
        ("text/html; charset=x-unknown", "<p>Grüße</p>".encode(), "Grüße"),
        ("text/html", "<meta charset=iso-8859-2><p>Zażółć</p>".encode("iso8859-2"), "Zażółć"),
        ("garbage", b"Hello", "Hello"),
        ("", b"Hello", "Hello"),
        ("text", b"Hello", "Hello"),
        ("text/plain; charset", b"Hello", "Hello"),
        ("text/plain", b"a\0b\x1b[31mc", "ab[31mc"),
        ("text/plain", "a\u202eb".encode(), "ab"),
        ("text/plain", b"one\rtwo\r\nthree\nfour", "one\ntwo\nthree\nfour"),
    ],
)
def test_undeclared_wrong_and_absurd_charsets_still_give_text(head: str, data: bytes, text: str) -> None:
    assert read_body(f"Content-Type: {head}\r\n\r\n".encode() + data).text == text


@pytest.mark.parametrize(
    ("encoding", "data", "text"),
    [
        ("quoted-printable", b"Gr=C3=BC=C3=9Fe=\r\n!", "Grüße!"),
        ("QUOTED-PRINTABLE (yes)", b"a=3Db", "a=b"),
        ("quoted-printable", b"bad =ZZ = end=", "bad =ZZ = end"),
        ("base64", b"SGVs\r\nbG8=", "Hello"),
        ("base64", b"SGVsbG8", "Hello"),
        ("base64", b"SGVsbG8hQ", "Hello!"),
        ("base64", b"!!SGVsbG8=", "Hello"),
        ("base64", b"S", ""),
        ("hex", b"48656c6c6f", "48656c6c6f"),
        ("8bit", "ä".encode(), "ä"),
        ("", b"x", "x"),
    ],
)
def test_transfer_encodings_are_undone_as_far_as_they_go(encoding: str, data: bytes, text: str) -> None:
    raw = f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + data
    assert read_body(raw).text == text


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: multipart/mixed\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nHello\r\n--x--",
        b"Content-Type: multipart/mixed; boundary=wrong\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nHello\r\n--x--",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nHello",
        b'Content-Type: multipart/mixed; boundary="x"\n\n--x\nContent-Type: text/plain\n\nHello\n--x--\n',
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x  \r\nContent-Type: text/plain\r\n\r\nHello\r\n--x--  \r\n",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nHello\r\n--x--",
    ],
)
def test_missing_wrong_and_unclosed_boundaries_still_give_the_text(raw: bytes) -> None:
    assert read_body(raw).text == "Hello"


def test_a_boundary_that_begins_another_does_not_end_it() -> None:
    inner = "--b12\r\nContent-Type: text/plain\r\n\r\none\r\n--b12\r\nContent-Type: text/plain\r\n\r\ntwo\r\n--b12--"
    body = read_body(
        multipart(
            f"Content-Type: multipart/mixed; boundary=b12\r\n\r\n{inner}", "Content-Type: text/plain\r\n\r\nthree"
        )
    )
    assert body.text == "one\n\ntwo\n\nthree"


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ("attachment; filename=bill.pdf", "bill.pdf"),
        ("attachment; filename*=utf-8''Rechnung%20M%C3%A4rz.pdf", "Rechnung März.pdf"),
        ("attachment; filename*0*=utf-8''Rech; filename*1*=n%C3%BCng; filename*2=.pdf", "Rechnüng.pdf"),
        ("attachment; filename*=base64''x%FF.pdf", "xÿ.pdf"),
        ('attachment; filename="=?utf-8?q?R=C3=A4der=2Epdf?="', "Räder.pdf"),
        ('attachment; filename="R\u00e4der.pdf"', "Räder.pdf"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="C:\\\\Users\\\\x\\\\bill.pdf"', "bill.pdf"),
        ('attachment; filename="..%2f..%2fx"', "%2f..%2fx"),
        ('attachment; filename="CON.pdf"', "file-CON.pdf"),
        ('attachment; filename="nul"', "file-nul"),
        ('attachment; filename="\u202efdp.exe"', "fdp.exe"),
        ('attachment; filename="a\tb<c>|.pdf"', "a bc.pdf"),
        ('attachment; filename="..."', "attachment.pdf"),
        ("attachment; filename=", "attachment.pdf"),
        ("attachment", "attachment.pdf"),
        ("attachment; filename*99999999999999999999=x", "x"),
        ('attachment; filename="' + "x" * 500 + '.pdf"', "x" * 129 + ".pdf"),
    ],
)
def test_file_names_are_decoded_and_harmless(disposition: str, name: str) -> None:
    body = read_body(multipart(PLAIN, f"Content-Type: application/pdf\r\nContent-Disposition: {disposition}\r\n\r\nx"))
    assert [each.name for each in body.attachments] == [name]


@given(st.text(max_size=300), st.sampled_from(["application/pdf", "image/png", "x/y"]))
def test_any_name_becomes_a_harmless_one(name: str, kind: str) -> None:
    safe = safe_name(name, kind)
    assert safe
    assert len(safe) <= 150
    assert not set(safe) & set('/\\\0\r\n<>:"|?*\u202e')
    assert safe not in {".", ".."}
    assert not safe.startswith(".")


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("one \ntwo\nthree", "one two\nthree"),
        ("> q1 \n> q2\nanswer", "> q1 q2\nanswer"),
        (" >not quoted\n From", ">not quoted\nFrom"),
        ("-- \nAnna", "-- \nAnna"),
        ("one \n> two", "one \n> two"),
        ("", ""),
        ("end ", "end "),
        (">> a \n>> b\n> c", ">> a b\n> c"),
    ],
)
def test_flowed_lines_are_joined(text: str, joined: str) -> None:
    assert join_flowed(text) == joined


def test_flowed_with_deleted_spaces() -> None:
    assert join_flowed("Donau \ndampf", delete_space=True) == "Donaudampf"
    raw = b"Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes\r\n\r\nDonau \r\ndampf\r\n"
    assert read_body(raw).text == "Donaudampf"


def test_quotation_and_forwarding() -> None:
    text = "New words\r\n\r\nOn 3 Nov 2026, at 12:30, Care <c@x.example> wrote:\r\n> old words"
    reply = read_body(f"Subject: Re: x\r\n\r\n{text}".encode())
    assert (reply.text, reply.quoted_text.endswith("> old words")) == ("New words", True)
    for prefix in ("Fwd:", "FW:", "WG:", "TR :"):
        assert read_body(f"Subject: {prefix} x\r\n\r\n{text}".encode()).quoted_text == ""


def test_encrypted_mail_says_so() -> None:
    body = read_body(
        multipart(
            "Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1",
            "Content-Type: application/octet-stream; name=encrypted.asc\r\n\r\n-----BEGIN",
            kind="encrypted",
        )
    )
    assert body.notes == (NOTE_ENCRYPTED,)
    assert [each.name for each in body.attachments][1] == "encrypted.asc"


def test_other_forms_of_the_same_words_are_no_files_and_an_invitation_is_one() -> None:
    amp = "Content-Type: text/x-amp-html\r\n\r\n<html amp4email>"
    invite = "Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR"
    body = read_body(multipart(PLAIN, amp, HTML, invite, kind="alternative"))
    assert (body.text, body.html) == ("The plain words.", "<p>The <b>rich</b> words.</p>")
    assert [each.name for each in body.attachments] == ["attachment.ics"]
    sealed = read_body(b"Content-Type: application/pkcs7-mime; name=smime.p7m\r\n\r\nx")
    assert sealed.notes == (NOTE_ENCRYPTED,)


def test_what_is_left_out_is_said() -> None:
    assert NOTE_TEXT in read_body(b"\r\n" + b"words " * MAX_TEXT).notes
    many = multipart(*["Content-Type: image/png\r\n\r\nx"] * 150)
    body = read_body(many)
    assert len(body.attachments) == 100
    assert body.notes == (NOTE_FILES,)
    assert NOTE_PARTS in read_body(multipart(*[PLAIN] * 2000)).notes


def deep(kind: str, levels: int) -> bytes:
    if kind == "multipart":
        return (
            b"".join(
                b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level) for level in range(levels)
            )
            + b"\nend"
        )
    return b"Content-Type: message/rfc822\n\n" * levels + b"\nend"


BOMBS = {
    "deep multiparts": deep("multipart", 1_000),
    "deep mails": deep("message", 1_000),
    "many parts": b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\nhi\n" * 20_000 + b"--x--",
    "parameters": b"Content-Type: text/plain" + b"".join(b"; a%d=b" % number for number in range(5_000)) + b"\n\nhi",
    "continuations": b"Content-Type: text/plain"
    + b"".join(b"; name*%d*=%%41" % number for number in range(5_000))
    + b"\n\nhi",
    "quotes in parameters": b"Content-Type: text/plain; name=" + b'"' * 60_000 + b"\n\nhi",
    "delimiters in one line": b"Content-Type: multipart/mixed; boundary=-\n\n" + b"-" * 3_000_000,
    "empty delimiters": b'Content-Type: multipart/mixed; boundary=""\n\n' + b"--\n" * 200_000,
    "guessed delimiters": b"Content-Type: multipart/mixed\n\n" + b"--a\n" * 200_000,
    "html depth": b"Content-Type: text/html\n\n" + b"<div>" * 100_000,
    "html in an alternative of alternatives": b"Content-Type: multipart/alternative; boundary=x\n\n"
    + b"--x\nContent-Type: text/html\n\n<p>a" * 900,
    "base64 of nothing": b"Content-Transfer-Encoding: base64\n\n" + b"=" * 3_000_000,
    "soft breaks": b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=\n" * 500_000,
    "uuencode": b"\n" + b"begin 644 x\nM" * 100_000,
    "flowed": b"Content-Type: text/plain; format=flowed\n\n" + b"a \n" * 300_000,
    "flowed depths": b"Content-Type: text/plain; format=flowed\n\n"
    + b"".join(b">" * (n % 900) + b" a \n" for n in range(3_000)),
    "NUL": b"Content-Type: text/plain\n\n" + b"\0" * 1_000_000,
    "everything": bytes(range(256)) * 4_000,
    "empty": b"",
    "no body": b"Subject: x",
    "only a boundary": b"Content-Type: multipart/mixed; boundary=x\n\n--x",
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_read_or_cut_within_seconds(name: str) -> None:
    began = time.process_time()
    body = read_body(BOMBS[name])
    assert time.process_time() - began < 6.0
    assert len(body.text) + len(body.quoted_text) <= MAX_TEXT + 10
    assert read_parts(BOMBS[name]).parts <= MAX_PARTS


PIECES = st.sampled_from(
    [
        b"Content-Type: multipart/mixed; boundary=x\r\n",
        b"Content-Type: multipart/alternative; boundary=x\r\n",
        b"Content-Type: text/html\r\n",
        b"\r\n",
        b"\n",
        b"--x\r\n",
        b"--x--\r\n",
        b"--x",
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Type: message/rfc822\r\n",
        b"Content-Type: message/delivery-status\r\n",
        b"Content-Disposition: attachment; filename=a\r\n",
        b"<p>hi",
        b"SGVsbG8=",
        b"Final-Recipient: rfc822; a@b\r\n",
        b"Action: failed\r\n",
    ]
) | st.binary(max_size=20)


@given(st.lists(PIECES, max_size=25).map(b"".join))
def test_any_bytes_are_read(raw: bytes) -> None:
    body = read_body(raw)
    for text in (body.text, body.quoted_text, body.html or "", *(each.name for each in body.attachments)):
        text.encode()
        assert "\0" not in text
