"""`make bench` or `python -m bench [NAME ...]`."""

import sys

from bench import pipeline, spine

BENCHES = {"spine": spine.main, "pipeline": pipeline.main}

for name in sys.argv[1:] or BENCHES:
    BENCHES[name]()
