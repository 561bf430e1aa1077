"""Verbs on posts, comments, reactions and files."""
