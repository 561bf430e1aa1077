"""Conditions are built once for each actor: a page asks for the same five again and again, and building costs as much as asking."""

from functools import lru_cache

remembered = lru_cache(maxsize=2048)
"""For functions of an actor, or of a person's id, that make an SQL condition: immutable, and safe in many statements."""
