"""The routers of people."""

from fastapi import APIRouter

from parley.people import api, circle_pages, following_pages, pages, settings, team_pages


def routers() -> list[APIRouter]:
    """Return every router of this domain."""
    return [
        settings.router,
        circle_pages.pages,
        following_pages.router,
        team_pages.router,
        pages.router,
        api.router,
        circle_pages.router,
        following_pages.api,
        team_pages.api,
    ]
