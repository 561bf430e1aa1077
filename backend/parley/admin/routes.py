"""The routers of administration."""

from fastapi import APIRouter

from parley.admin import audit, health, pages, people, providers, sources


def routers() -> list[APIRouter]:
    """Return every router of this domain."""
    return [pages.router, people.router, providers.router, sources.router, audit.router, audit.api, health.router]
