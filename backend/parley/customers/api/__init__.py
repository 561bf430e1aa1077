"""The JSON API of `customers`, one file for each thing it is about."""
