"""The routers of identity."""

from fastapi import APIRouter

from parley.identity import pages


def routers() -> list[APIRouter]:
    """Return every router of this domain."""
    return [pages.router]
