"""The small company of identity's tests."""

from identity.conftest import app, browser, company, heard, more_routers, settings, sign_in

__all__ = ["app", "browser", "company", "heard", "more_routers", "settings", "sign_in"]
