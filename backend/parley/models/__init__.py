"""The tables: columns, constraints, relations; no verbs. Each file names the one domain that writes it."""

from parley.models import admin, channels, customers, identity, notifications, people, posts, search

__all__ = ["admin", "channels", "customers", "identity", "notifications", "people", "posts", "search"]
