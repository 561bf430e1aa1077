"""The HTTP kit that all routes share."""
