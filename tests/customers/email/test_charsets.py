import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.customers.connectors.email.charsets import codec_for, decode_bytes, decode_header


@pytest.mark.parametrize(
    "name",
    [
        "base64",
        "hex",
        "rot13",
        "rot_13",
        "idna",
        "punycode",
        "zlib",
        "bz2",
        "uu",
        "quopri",
        "unicode_escape",
        "raw_unicode_escape",
        "undefined",
        "mbcs",
        "utf-7",
        "nonsense",
        "",
        "../../etc",
        "x" * 500,
        "\0",
    ],
)
def test_a_name_that_is_no_charset_never_reaches_a_codec(name: str) -> None:
    assert codec_for(name) is None
    assert decode_bytes("Grüße".encode(), name) == "Grüße"
    assert decode_bytes("Grüße".encode("latin-1"), name) == "Grüße"


@pytest.mark.parametrize(
    ("data", "declared", "text"),
    [
        ("Grüße".encode("latin-1"), "iso-8859-1", "Grüße"),
        ("Grüße".encode("latin-1"), "us-ascii", "Grüße"),
        ("Grüße".encode("latin-1"), "utf-8", "Grüße"),
        ("Grüße".encode(), "iso-8859-1", "Grüße"),
        ("Grüße – „so“".encode("cp1252"), "ISO-8859-1", "Grüße – „so“"),
        ("Zażółć".encode("iso8859-2"), "ISO_8859-2", "Zażółć"),
        ("Привет".encode("koi8-r"), "KOI8-R", "Привет"),
        ("Привет".encode("cp1251"), "windows-1251", "Привет"),
        ("你好".encode("gb2312"), "GB2312", "你好"),
        ("こんにちは".encode("iso-2022-jp"), "ISO-2022-JP", "こんにちは"),
        ("こんにちは".encode("cp932"), "Shift_JIS", "こんにちは"),
        ("안녕".encode("cp949"), "ks_c_5601-1987", "안녕"),
        ("\ufeffhello".encode(), "utf-8", "hello"),
        (b"caf\xc3\xa9 \xff ok", "utf-8", "café \ufffd ok"),
        ("你好".encode("gb2312") + b"\xff", "gb2312", "你好\ufffd"),
        ("Grüße".encode(), "gb18030*en", "Gr眉脽e"),
    ],
)
def test_bytes_become_text(data: bytes, declared: str, text: str) -> None:
    assert decode_bytes(data, declared) == text


@given(
    st.binary(max_size=80),
    st.text(max_size=20)
    | st.sampled_from(
        ["utf-8", "gb18030", "iso-2022-kr", "hz", "utf-16", "cp1252", "big5", "shift_jis", "iso-2022-jp"]
    ),
)
def test_any_bytes_under_any_name_become_text(data: bytes, declared: str) -> None:
    assert isinstance(decode_bytes(data, declared), str)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?utf-8?b?R3LDvA==?= =?utf-8?b?w59l?=", "Grüße"),
        ("=?utf-8?b?R3LD?= =?UTF-8?b?vMOfZQ==?=", "Grüße"),
        ("Re: =?iso-8859-1?Q?Gr=FC=DFe?= an alle", "Re: Grüße an alle"),
        ("=?base64?b?R3I=?=", "Gr"),
        ("=?utf-8?b?R3I?=", "Gr"),
        ("=?utf-8?b?!!!?=", ""),
        ("=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
        ("plain", "plain"),
        ("two\r\n words\t here", "two words here"),
        ("nul\x00 bell\x07 \u202eoverride", "nul bell override"),
        ("=?utf-8?q?nul=00_cr=0D=0ABcc:?=", "nul cr Bcc:"),
        (b"Gr\xc3\xbc\xc3\x9fe".decode("ascii", "surrogateescape"), "Grüße"),
        (b"Gr\xfc\xdfe".decode("ascii", "surrogateescape"), "Grüße"),
    ],
)
def test_headers_become_one_tidy_line(value: str, text: str) -> None:
    assert decode_header(value) == text


@given(
    st.text(alphabet=st.characters(codec=None, exclude_categories=[]), max_size=60)
    | st.from_regex(r"(=\?[a-z0-9-]{1,8}\?[bq]\?[^?]{0,12}\?= ?){1,4}", fullmatch=True)
)
def test_no_header_raises_or_brings_what_a_database_refuses(value: str) -> None:
    text = decode_header(value)
    text.encode()
    assert "\0" not in text
    assert "\n" not in text


def test_twenty_thousand_encoded_words_cost_little() -> None:
    began = time.process_time()
    decode_header("=?utf-8?q?a?= " * 20_000)
    assert time.process_time() - began < 0.5
