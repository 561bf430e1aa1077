"""Figures: ours beside a floor, measured in one run. `make bench` prints a JSON line for each."""
