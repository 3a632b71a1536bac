"""Logs: JSON lines on standard error, each with the context of the ticket at hand, none with what customers wrote."""

import logging
import sys
import traceback
from collections.abc import Iterator
from types import TracebackType

import structlog
from structlog.typing import EventDict

from desk.errors import FirstlineError

OUR_WORDS = (FirstlineError, OSError)
"""Errors whose words are ours or the system's. Others may quote what they were given: Postgres does, and `int()`."""

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def set_up_logs(level: str) -> None:
    """For this process. Libraries' loggers write their plain lines to the same place."""
    handler = logging.StreamHandler()
    handler.setFormatter(Wordless("%(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            without_words,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


class Wordless(logging.Formatter):
    """Tells an exception by its frames."""

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802  # logging's name
        """As `frames` does."""
        return frames(ei[1]) if ei[1] else ""


def without_words(_: object, method: str, event: EventDict) -> EventDict:
    """For structlog: `exc_info` becomes `exception`, its frames."""
    exc_info = event.pop("exc_info", None)
    error = (
        exc_info
        if isinstance(exc_info, BaseException)
        else exc_info[1]
        if isinstance(exc_info, tuple)
        else sys.exc_info()[1]
    )
    return {**event, "exception": frames(error)} if exc_info and error else event


def frames(error: BaseException) -> str:
    """Where an error came from, and the errors behind it, the first one first; the words of `OUR_WORDS` alone."""
    return "\n".join(_format_frames(chained_error) for chained_error in reversed(list(_error_chain(error))))


def _format_frames(error: BaseException) -> str:
    message = f": {error}" if isinstance(error, OUR_WORDS) else ""
    return "".join(traceback.format_tb(error.__traceback__)) + type(error).__name__ + message


def _error_chain(error: BaseException | None) -> Iterator[BaseException]:
    seen_ids: set[int] = set()
    while error is not None and id(error) not in seen_ids:
        seen_ids.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
