"""The pages of `customers`, one file for each thing they show."""
