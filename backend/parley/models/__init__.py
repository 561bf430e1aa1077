"""The tables: columns, constraints, relations; no verbs. Each file names the one domain that writes it."""

from parley.models import admin, channels, customers, identity, kinds, notifications, people, posts, search, writing

__all__ = ["admin", "channels", "customers", "identity", "kinds", "notifications", "people", "posts", "search", "writing"]
