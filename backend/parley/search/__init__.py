"""Finding posts, persons and channels."""
