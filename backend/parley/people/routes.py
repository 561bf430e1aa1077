"""The routers of people."""

from fastapi import APIRouter

from parley.people import api, following_pages, pages, settings, team_pages


def routers() -> list[APIRouter]:
    """Return every router of this domain."""
    return [
        settings.router,
        following_pages.router,
        team_pages.router,
        pages.router,
        api.router,
        following_pages.api,
        team_pages.api,
    ]
