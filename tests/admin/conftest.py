"""The small company of identity's tests, with administration."""

import pytest
from fastapi import APIRouter

from identity.conftest import app, browser, company, heard, provider, settings, sign_in
from parley.admin import routes

__all__ = ["app", "browser", "company", "heard", "more_routers", "provider", "settings", "sign_in"]


@pytest.fixture
def more_routers() -> list[APIRouter]:
    """What the application under test serves beside identity and people."""
    return routes.routers()
