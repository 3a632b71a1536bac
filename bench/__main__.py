"""`make bench` or `python -m bench [NAME ...]`."""

import sys

from bench import spine

BENCHES = {"spine": spine.main}

for name in sys.argv[1:] or BENCHES:
    BENCHES[name]()
