"""`make bench` or `python -m bench [NAME ...]`; `python -m bench NAME --option …` for one that takes options."""

import importlib
import sys

ALONE = ("spine", "pipeline")
"""Need nothing but the product."""

WITH_OPTIONS = ("acts", "backlog", "indexing", "retrieval", "scale")
"""Take long, or need question sets or corpora, which are not in the repository; `--help` says what."""

names = sys.argv[1:] or list(ALONE)
if names[0] in WITH_OPTIONS:
    importlib.import_module(f"bench.{names[0]}").main(names[1:])
else:
    for name in names:
        if name not in ALONE:
            sys.exit(f"no bench {name!r}; there are {', '.join(ALONE + WITH_OPTIONS)}")
        importlib.import_module(f"bench.{name}").main()
