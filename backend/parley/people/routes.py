"""The routers of people."""

from fastapi import APIRouter

from parley.people import api, pages, settings


def routers() -> list[APIRouter]:
    """Return every router of this domain."""
    return [settings.router, pages.router, api.router]
