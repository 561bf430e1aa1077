"""The tables: columns, constraints, relations; no verbs. Each file names the one domain that writes it."""

from parley.models import (
    admin,
    catch_up,
    channels,
    customers,
    identity,
    kinds,
    notifications,
    people,
    posts,
    search,
    threads,
    writing,
)

__all__ = [
    "admin",
    "catch_up",
    "channels",
    "customers",
    "identity",
    "kinds",
    "notifications",
    "people",
    "posts",
    "search",
    "threads",
    "writing",
]
