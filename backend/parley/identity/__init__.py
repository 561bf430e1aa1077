"""Accounts: who signs in and how, sessions, links, API tokens, roles, and leaving."""
