"""These tests play with the cast."""

from stage import api, app, cast, house, machine, scripts, settings, sign_in, staged

__all__ = ["api", "app", "cast", "house", "machine", "scripts", "settings", "sign_in", "staged"]
