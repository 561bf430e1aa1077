"""All figures, one JSON line each; name some (`fanout home posting start`) to run only those."""

import sys

from bench import fanout, home, posting, start

WORKS = {"start": start.run, "home": home.run, "posting": posting.run, "fanout": fanout.run}

if __name__ == "__main__":
    for name in sys.argv[1:] or WORKS:
        WORKS[name]()
