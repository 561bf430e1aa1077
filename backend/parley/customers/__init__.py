"""Conversations with people outside: sources, contacts, messages, replies."""
