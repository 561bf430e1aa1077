"""Built assets: names carry a hash, so they are kept for ever; the smallest encoding the browser takes is served."""

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response

from parley.core import paths
from parley.kit.errors import NotFound
from parley.web.visit import Anyone

router = APIRouter(include_in_schema=False)
_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".png": "image/png",
    ".json": "application/json",
    ".map": "application/json",
    ".webmanifest": "application/manifest+json",
}
_KNOWN: dict[str, Path] = {}


def _files() -> dict[str, Path]:
    if not _KNOWN and paths.dist_dir().exists():
        _KNOWN.update(
            {str(file.relative_to(paths.dist_dir())): file for file in paths.dist_dir().rglob("*") if file.is_file()}
        )
    return _KNOWN


@router.get("/static/{name:path}")
async def static(name: str, request: Request, _visit: Anyone) -> Response:
    """Serve one built file; only names that were there at the start exist, so no path can lead elsewhere."""
    files = _files()
    file = files.get(name)
    if file is None or file.suffix not in _TYPES or not file.exists():
        raise NotFound
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    accepted = request.headers.get("accept-encoding", "")
    for coding, ending in (("br", ".br"), ("gzip", ".gz")):
        if coding in accepted and name + ending in files:
            return FileResponse(
                files[name + ending], media_type=_TYPES[file.suffix], headers={**headers, "Content-Encoding": coding}
            )
    return FileResponse(file, media_type=_TYPES[file.suffix], headers=headers)
