"""Where to go after signing in: a path of this very site, whatever the address bar was given."""

import re
from urllib.parse import unquote

HOME = "/"
_LONGEST = 2000
_PLAIN = re.compile(r"/(?![/\\])[^\\\x00-\x1f\x7f]*")
_NOT_AFTERWARDS = ("/sign-in", "/sign-out", "/auth/", "/demo", "/api/")


def local_path(wanted: str) -> str:
    r"""Return `wanted` if it is a plain path here, else Home.

    Browsers take `//host`, `/\host` and forms with tabs or line ends inside for other hosts; percent-coded forms of
    these may be decoded on the way, so every stage of decoding must hold.
    """
    form = wanted
    for _ in range(4):
        path = form.partition("?")[0]
        if len(form) > _LONGEST or not _PLAIN.fullmatch(form) or "//" in path or " " in path:
            return HOME
        decoded = unquote(form)
        if decoded == form:
            return HOME if wanted.startswith(_NOT_AFTERWARDS) else wanted
        form = decoded
    return HOME
