"""Administration: people and leaving, providers, the audit log, health."""
