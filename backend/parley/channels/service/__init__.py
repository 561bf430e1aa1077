"""Verbs on channels."""
