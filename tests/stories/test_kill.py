"""`kill -9` of anything, in the middle of work: after the restart every ticket is finished, and none twice."""

import os
import re
import signal
import time
import uuid
from collections import Counter
from collections.abc import Sequence

import pytest

from tests.stories.running import Answer, Json, Running, notes, replies, until

pytestmark = pytest.mark.loopback

FORGOT = "I forgot my password. How can I reset it?"
VAT = "Hello, where do I add our VAT number so that it is printed on the invoices?"
PERSON = "The calendar sync has stopped again. Can I please talk to a real person about this?"
TEXTS = (FORGOT, FORGOT, VAT, PERSON)
ENDS = {FORGOT: ("answered", 1, 0), VAT: ("noted", 0, 1), PERSON: ("escalated", 1, 1)}
"""State, public messages and notes that each text must end with."""


def write_many(demo: Running, count: int) -> dict[str, str]:
    """So many tickets; the text of each by its id."""
    texts = [TEXTS[number % len(TEXTS)] for number in range(count)]
    return {demo.write(text): text for text in texts}


def check_each_once(demo: Running, written: dict[str, str]) -> None:
    """Every ticket ended as its text asks for, and said it once."""
    tickets = demo.all_settled(written)
    ends = {each["id"]: (each["state"], len(replies(each)), len(notes(each))) for each in tickets}
    assert ends == {ticket_id: ENDS[text] for ticket_id, text in written.items()}
    assert all(_speaks_once(each) for each in tickets)


def _speaks_once(ticket: Json) -> bool:
    """No run was recorded twice for one message either."""
    return len(ticket["receipts"]) == len({receipt["message_id"] for receipt in ticket["receipts"]})


def post_until_taken(demo: Running, text: str, by: str) -> tuple[str, list[Answer]]:
    """As a careful caller does: the same request with the same key until it is accepted. The id, and all answers."""
    answers: list[Answer] = []
    key, ticket = uuid.uuid4().hex, {"customer_id": by, "subject": "Question", "description": text}
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        answers.append(demo.api("POST", "/tickets", ticket, key=key))
        if answers[-1].status == 202:
            return str(answers[-1].json["id"]), answers
        time.sleep(0.05)
    raise AssertionError(f"never accepted: {[answer.status for answer in answers]}")


def listed(demo: Running, by: str, cookie: str) -> set[str]:
    """The ids of a customer's tickets, as the console lists them."""
    page = demo.page(f"/console/tickets?requester={by}", cookie)
    return set(re.findall(r"/console/tickets/api/([0-9a-f-]{36})", page))


def test_a_worker_killed_twice_in_the_middle_of_twenty_tickets_loses_none_and_repeats_none(demo: Running) -> None:
    written: dict[str, str] = {}
    for _ in range(2):
        with demo.held("worker"):
            more = write_many(demo, 10)
        demo.settled(next(iter(more)))
        demo.kill("worker")
        written |= more
    check_each_once(demo, written)


def test_redis_killed_with_waiting_work_forgets_it_and_all_of_it_is_done_once(demo: Running) -> None:
    worker = demo.pid("worker")
    with demo.held("worker"):
        written = write_many(demo, 12)
        demo.kill("redis")
        written |= write_many(demo, 4)
    check_each_once(demo, written)
    assert demo.pid("worker") == worker, "it found the new Redis by itself"


def test_redis_killed_while_nobody_looks_comes_back_and_work_goes_on(demo: Running) -> None:
    demo.kill("redis")
    until(lambda: demo.call("GET", "/ready").status == 200, "ready again")
    check_each_once(demo, write_many(demo, 4))


def test_postgres_killed_in_the_middle_of_work_is_said_with_503_and_nothing_is_lost_or_doubled(demo: Running) -> None:
    by, printed = f"c-{uuid.uuid4().hex}", len(demo.lines)
    with demo.held("worker"):
        written = write_many(demo, 12)
    old = demo.pid("postgres")
    os.kill(old, signal.SIGKILL)
    accepted = [post_until_taken(demo, TEXTS[number % len(TEXTS)], f"{by}-{number}") for number in range(8)]
    demo.wait_for_another("postgres", old)
    check_refusals([answer for _, answers in accepted for answer in answers])
    theirs = {ticket_id: TEXTS[number % len(TEXTS)] for number, (ticket_id, _) in enumerate(accepted)}
    check_each_once(demo, written | theirs)
    cookie = demo.sign_in()
    found = {each for number in range(8) for each in listed(demo, f"{by}-{number}", cookie)}
    assert found == set(theirs), "what was refused was not taken"
    assert not any("raised unexpected" in line for line in demo.lines[printed:]), "it is known that databases die"


def check_refusals(answers: Sequence[Answer]) -> None:
    """Whoever was not served was told so, and when to come again."""
    found = Counter(answer.status for answer in answers)
    assert set(found) == {202, 503}, found
    for answer in answers:
        if answer.status == 503:
            assert answer.headers["content-type"] == "application/problem+json"
            assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("kind", ["web", "beat", "knowledge"])
def test_any_other_child_killed_is_there_again_and_tickets_go_on(demo: Running, kind: str) -> None:
    demo.kill(kind)
    until(lambda: demo.call("GET", "/ready").status == 200, "ready again")
    check_each_once(demo, write_many(demo, 4))


def test_up_itself_killed_leaves_no_process_and_its_next_start_finishes_the_work(demo: Running) -> None:
    with demo.held("worker"):
        written = write_many(demo, 12)
        demo.stop(signal.SIGKILL)
    demo.start()
    check_each_once(demo, written)


def test_after_sigterm_no_process_and_no_lock_remain_and_a_second_start_goes_on(demo: Running) -> None:
    with demo.held("beat"):  # whatever stands still is ended too
        written = write_many(demo, 8)
    seconds = demo.stop()
    assert demo.process is not None
    assert demo.process.returncode == 0
    assert seconds < 30
    assert demo.processes() == []
    assert demo.locks() == []
    demo.start()
    check_each_once(demo, written)
