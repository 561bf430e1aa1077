"""Sockets, topics, presence."""
