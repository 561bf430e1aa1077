"""Feeds: Home and a channel's page."""
