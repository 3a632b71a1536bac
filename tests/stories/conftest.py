"""One running demo for the stories of a file: it takes seconds to start, and each story brings its own tickets. It ends
with them, for an idle one costs a tenth of a processor."""

from collections.abc import Iterator

import pytest

from tests.conftest import short_directory
from tests.stories.running import Running


@pytest.fixture(scope="module")
def shared_demo() -> Iterator[Running]:
    """The demo, started once."""
    with short_directory() as directory:
        running = Running(directory)
        try:
            running.start()
            yield running
        finally:
            running.end()


@pytest.fixture
def demo(shared_demo: Running) -> Running:
    """The running demo; started again, should an earlier story have ended it."""
    if shared_demo.process is None or shared_demo.process.poll() is not None:
        shared_demo.start()
    return shared_demo
