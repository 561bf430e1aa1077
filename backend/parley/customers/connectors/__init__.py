"""One folder for each kind of source, and the contract they all keep."""
