"""Parley: the company's own social network, with its customers in the room."""

__version__ = "0.1.0"
