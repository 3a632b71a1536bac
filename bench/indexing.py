"""What it costs to write a passage into a library of any size: milliseconds in the database, without embedding.

Real passages are embedded once and remembered (`--memory`), then multiplied as the bench `scale` does. After each
`--step` of them the figures of that step are printed: the whole of what indexing does there, term counts and vector
indexes included.
"""

import argparse
import time
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import numpy as np

from app.embedded.postgres import LOGIN_ROLE, EmbeddedPostgres
from bench.remembering import Remembering
from bench.scale import ACCOUNT, grow_passages, put_passages, real_passages
from desk.platform.accounts import add_account
from desk.platform.database import Database
from desk.platform.encryption import Sealer, new_key
from knowledge.ingest.index_source import finish_index
from migrations.run import migrate
from tests.conftest import short_directory

AT_ONCE = 100


def main(argv: Sequence[str]) -> None:
    """Fill a library step by step, and print what each cost."""
    options = _options(argv)
    embedder = Remembering(options.memory)
    real = real_passages(options.corpus, embedder, options.real)
    vectors = np.array(embedder.embed_documents([passage.embedded for passage in real]), np.float32)
    grown = grow_passages(real, vectors, options.passages)
    with ExitStack() as stack:
        server = stack.enter_context(EmbeddedPostgres(stack.enter_context(short_directory())))
        migrate(server.owner_url, LOGIN_ROLE)
        db = Database(server.url, Sealer([new_key()]))
        stack.callback(db.close)
        add_account(db, ACCOUNT)
        print(f"{len(real)} real passages\n{'passages':>10} {'ms a passage':>14}")
        for start in range(0, options.passages, options.step):
            began = time.monotonic()
            for place in range(start, min(start + options.step, options.passages), AT_ONCE):
                put_passages(db, embedder, place // AT_ONCE, list(islice(grown, AT_ONCE)))
            finish_index(db, ACCOUNT, embedder.name)
            print(f"{start + options.step:>10} {(time.monotonic() - began) * 1000 / options.step:>14.2f}", flush=True)


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench indexing", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", type=Path, action="append", required=True, help="JSON lines with id, title, text")
    parser.add_argument("--memory", type=Path, help="file in which vectors are kept between runs")
    parser.add_argument("--real", type=int, default=10_000, help="so many real passages at the most")
    parser.add_argument("--passages", type=int, default=50_000, help="so many in all")
    parser.add_argument("--step", type=int, default=1_000, help="so many a line")
    return parser.parse_args(argv)
