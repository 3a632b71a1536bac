"""What a log line says of an error: where it happened and of what kind it is, but not its words."""

import logging
import sys
from types import TracebackType

from app.logs import Wordless, frames, without_words
from desk.errors import Permanent, Temporary

WORD = "magenta"


def caught(words: str = WORD) -> Exception:
    """An error of a library that quotes what it was given, and ours on top of it."""
    try:
        int(words)
    except ValueError as error:
        ours = Temporary("the channel did not answer")
        ours.__cause__ = error
        return ours
    raise AssertionError("not reached")


def test_an_errors_frames_and_kinds_are_told_and_its_words_are_not() -> None:
    told = frames(caught())
    assert "ValueError" in told
    assert "in caught" in told
    assert WORD not in told


def test_our_own_words_and_the_systems_are_told() -> None:
    assert "Temporary: the channel did not answer" in frames(caught())
    assert "Connection refused" in frames(ConnectionRefusedError(111, "Connection refused"))


def test_an_error_that_is_its_own_context_is_told_once() -> None:
    error, other = Permanent("a"), Permanent("b")
    error.__context__, other.__context__ = other, error
    assert frames(error).count("Permanent: a") == 1


def test_a_line_of_ours_about_an_unexpected_error_has_no_words_of_it() -> None:
    try:
        int(WORD)
    except ValueError as error:
        for given in (True, error, sys.exc_info()):
            event = without_words(None, "error", {"event": "unexpected error", "exc_info": given})
            assert "ValueError" in str(event["exception"])
            assert WORD not in str(event)
    assert without_words(None, "info", {"event": "sent"}) == {"event": "sent"}


def test_a_line_of_a_librarys_logger_has_none_either() -> None:
    try:
        int(WORD)
    except ValueError:
        said: tuple[type[BaseException], BaseException, TracebackType | None] = sys.exc_info()  # type: ignore[assignment]  # inside `except`
        line = logging.LogRecord("celery", logging.ERROR, __file__, 1, "task failed", None, said)
        told = Wordless("%(message)s").format(line)
    assert told.startswith("task failed\n")
    assert "ValueError" in told
    assert WORD not in told
