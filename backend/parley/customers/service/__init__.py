"""The verbs of `customers`: one file for each thing they act on."""
