"""The routes of the kinds of posts."""

from fastapi import APIRouter

from parley.posts.kinds import api, pages, progress


def routers() -> list[APIRouter]:
    """Return them, to stand before the posts' own, whose paths are wider."""
    return [api.router, pages.router, progress.router]
