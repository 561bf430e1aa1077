"""The routers of channels."""

from fastapi import APIRouter

from parley.channels import api, direct_pages, member_pages, pages, rail_api, rail_pages, settings_pages


def routers() -> list[APIRouter]:
    """Return every router of this domain."""
    return [
        pages.router,
        settings_pages.router,
        member_pages.router,
        direct_pages.router,
        rail_pages.router,
        api.router,
        rail_api.router,
    ]
