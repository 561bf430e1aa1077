"""Bytes of a mail to text. The mail names a charset, we decide which codecs exist.

Python's codec names include base64, hex, rot13 and idna; asked for one of those, it raises or does something
else than decode. So the name in the mail only chooses from a table, and text always comes out.
"""

import base64
import binascii
import quopri
import re

from parley.kit.text import clean_line, clean_text

_SINGLE_BYTE = "cp1252"
_TABLE = (
    {
        "utf8": "utf-8",
        "unicode11utf8": "utf-8",
        "utf16": "utf-16",
        "utf16le": "utf-16-le",
        "utf16be": "utf-16-be",
        "usascii": _SINGLE_BYTE,
        "ascii": _SINGLE_BYTE,
        "ansix341968": _SINGLE_BYTE,
        "iso88591": _SINGLE_BYTE,
        "latin1": _SINGLE_BYTE,
        "l1": _SINGLE_BYTE,
        "windows1252": _SINGLE_BYTE,
        "cp1252": _SINGLE_BYTE,
        "ansi": _SINGLE_BYTE,
        "iso8859": _SINGLE_BYTE,
        "gb2312": "gb18030",
        "gbk": "gb18030",
        "gb18030": "gb18030",
        "xgbk": "gb18030",
        "cp936": "gb18030",
        "hzgb2312": "hz",
        "big5": "big5hkscs",
        "big5hkscs": "big5hkscs",
        "cp950": "cp950",
        "shiftjis": "cp932",
        "sjis": "cp932",
        "xsjis": "cp932",
        "mskanji": "cp932",
        "windows31j": "cp932",
        "cp932": "cp932",
        "eucjp": "euc_jp",
        "xeucjp": "euc_jp",
        "iso2022jp": "iso2022_jp_2",
        "iso2022jp2": "iso2022_jp_2",
        "euckr": "cp949",
        "ksc56011987": "cp949",
        "ksc5601": "cp949",
        "cp949": "cp949",
        "windows949": "cp949",
        "iso2022kr": "iso2022_kr",
        "koi8r": "koi8-r",
        "koi8u": "koi8-u",
        "macintosh": "mac-roman",
        "macroman": "mac-roman",
        "xmaccyrillic": "mac-cyrillic",
        "tis620": "cp874",
        "windows874": "cp874",
        "cp874": "cp874",
        "cp437": "cp437",
        "ibm437": "cp437",
        "cp850": "cp850",
        "ibm850": "cp850",
        "cp866": "cp866",
        "ibm866": "cp866",
    }
    | {f"windows125{n}": f"cp125{n}" for n in range(9)}
    | {f"cp125{n}": f"cp125{n}" for n in range(9)}
    | {f"iso8859{n}": f"iso8859-{n}" for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)}
    | {"iso88599": "cp1254", "iso885911": "cp874", "latin2": "iso8859-2", "latin5": "cp1254", "latin9": "iso8859-15"}
)

_SEPARATORS = re.compile(r"[^a-z0-9]+")
_SURROGATES = re.compile("[\ud800-\udfff\x80-\x9f]")
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]{0,3000})\?=")
_MAX_HEADER = 8_000
_MAX_WORDS = 200


def codec_for(charset: str) -> str | None:
    """Return the codec we use for a charset as mails name it, or None when we know none by that name."""
    return _TABLE.get(_SEPARATORS.sub("", charset.lower()[:60].split("*", 1)[0]))


def decode_bytes(data: bytes, charset: str = "") -> str:
    """Return `data` as text: by the declared charset if it fits, else UTF-8 if it fits, else single bytes."""
    codec = codec_for(charset) or _SINGLE_BYTE
    try:
        # Declared ASCII, Latin-1 or nothing, and valid as UTF-8: that does not happen by chance.
        return data.decode("utf-8-sig" if codec in {_SINGLE_BYTE, "utf-8"} else codec)
    except UnicodeError:
        pass
    if codec == _SINGLE_BYTE:
        return _single_bytes(data)
    if codec == "utf-8":
        text = data.decode("utf-8", "replace")
        # A few broken bytes among good ones are shown as such; with none good it was another charset.
        return text if any(char > "\x7f" and char != "\ufffd" for char in text) else _single_bytes(data)
    try:
        return data.decode("utf-8-sig")
    except UnicodeError:
        return data.decode(codec, "replace")


def decode_header(value: str) -> str:
    """Return a header's value as one tidy line: encoded words and raw bytes decoded, within limits."""
    text = undo_escapes(value[:_MAX_HEADER])
    parts: list[str] = []
    position = 0
    pending: tuple[str, bytes] | None = None
    for count, match in enumerate(_WORD.finditer(text)):
        if count >= _MAX_WORDS:
            break
        between = text[position : match.start()]
        charset, word = match[1], _word_bytes(match[2], match[3])
        if pending and not between.strip():
            # Some writers cut one character's bytes over two words: join words of one charset before decoding.
            if pending[0].lower() == charset.lower():
                pending = (charset, pending[1] + word)
                position = match.end()
                continue
            between = ""
        if pending:
            parts.append(decode_bytes(pending[1], pending[0]))
        parts.append(between)
        pending = (charset, word)
        position = match.end()
    if pending:
        parts.append(decode_bytes(pending[1], pending[0]))
    parts.append(text[position:])
    return tidy_line("".join(parts))


def undo_escapes(value: str) -> str:
    """Return a header's value with the parser's surrogate escapes decoded: bytes that stood there as they were."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return decode_bytes(value.encode("utf-8", "surrogateescape" if _escapes_only(value) else "replace"))
    return value


def tidy_line(text: str) -> str:
    """Return `text` on one line, fit for the database: no control, surrogate or bidi override characters."""
    return clean_line(_SURROGATES.sub("", text))


def tidy_text(text: str) -> str:
    """Return `text` with its lines, fit for the database: no control, surrogate or bidi override characters."""
    return clean_text(_SURROGATES.sub("", text))


def _single_bytes(data: bytes) -> str:
    try:
        return data.decode(_SINGLE_BYTE)
    except UnicodeError:
        return data.decode("latin-1")


def _escapes_only(value: str) -> bool:
    return all(not "\ud800" <= char <= "\udfff" or "\udc80" <= char <= "\udcff" for char in value)


def _word_bytes(encoding: str, text: str) -> bytes:
    data = text.encode("ascii", "replace")
    if encoding in "qQ":
        return quopri.decodestring(data, header=True)
    try:
        return base64.b64decode(data + b"=" * (-len(data) % 4))
    except (ValueError, binascii.Error):
        return data
