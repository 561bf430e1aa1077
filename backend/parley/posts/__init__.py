"""Posts, comments, reactions, files."""
