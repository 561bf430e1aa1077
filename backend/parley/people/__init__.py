"""Profiles, teams, the directory: who works here and what they can be asked about."""
