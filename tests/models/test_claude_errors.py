"""Everything that can go wrong with a call: as Temporary or Permanent, with what to do, and without a secret."""

from collections.abc import Callable

import pytest

from desk.errors import FirstlineError, Permanent, Temporary
from desk.ports import ModelDraft, UnusableAnswer
from desk.reasons import Reason
from tests.fakes import FakeEmbedder, FakeLibrary, a_classification, a_hit, a_passage, a_ticket, default_policy
from tests.lookalikes.claude import Claude as LookAlike
from workers.models.circuit_breaker import CircuitBreaker
from workers.models.claude.model import ClaudeModel
from workers.models.extractive.model import ExtractiveModel
from workers.pipeline.run import RunContext, run_pipeline

pytestmark = pytest.mark.loopback
SECRET_TEXT = "How do I reset my forgotten password for xyzzy-4711?"
HIT = a_hit(a_passage("Click Forgot password to reset a forgotten password."), cosine=0.8, share=1.0)


def draft(claude: ClaudeModel) -> ModelDraft:
    return claude.draft(a_ticket(SECRET_TEXT), a_classification(questions=(SECRET_TEXT,)), [HIT], default_policy())


def failure(claude: ClaudeModel) -> FirstlineError:
    with pytest.raises((Temporary, Permanent)) as caught:
        draft(claude)
    return caught.value


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
def test_what_may_work_later_is_temporary_and_keeps_their_wish(
    look: LookAlike, claude: ClaudeModel, status: int
) -> None:
    look.refuse_with(status, retry_after="7.5")
    error = failure(claude)
    assert isinstance(error, Temporary)
    assert error.retry_after == 7.5
    assert f"({status}, req_fault)" in str(error)


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (400, "credit left"),
        (401, "ANTHROPIC_API_KEY"),
        (402, "add credit"),
        (403, "claude-sonnet-5-5"),
        (404, "FIRSTLINE_DRAFT_MODEL"),
        (413, "too large"),
        (422, "refuses"),
    ],
)
def test_what_never_works_is_permanent_and_says_what_to_do(
    look: LookAlike, claude: ClaudeModel, status: int, advice: str
) -> None:
    look.refuse_with(status)
    error = failure(claude)
    assert isinstance(error, Permanent)
    assert advice in str(error)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 429, 500, 529])
def test_no_message_holds_the_key_the_ticket_or_their_prose(look: LookAlike, claude: ClaudeModel, status: int) -> None:
    body = f'{{"type":"error","error":{{"type":"x","message":"{SECRET_TEXT} sk-secret-key"}}}}'
    look.fail(path="/v1/messages", status=status, body=body)
    error = failure(claude)
    assert "xyzzy" not in str(error)
    assert "sk-secret" not in str(error)


def test_a_revoked_key_is_named_by_its_variable(make: Callable[..., ClaudeModel]) -> None:
    error = failure(make(api_key="sk-revoked"))
    assert isinstance(error, Permanent)
    assert "ANTHROPIC_API_KEY" in str(error)
    assert "sk-revoked" not in str(error)


def test_an_answer_that_takes_too_long_is_temporary(look: LookAlike, make: Callable[..., ClaudeModel]) -> None:
    look.fail(path="/v1/messages", slow=0.5)
    error = failure(make(seconds=0.1))
    assert isinstance(error, Temporary)
    assert "in time" in str(error)


def test_nobody_listening_is_temporary_and_names_the_address(make: Callable[..., ClaudeModel]) -> None:
    error = failure(make(base_url="http://127.0.0.1:9"))
    assert isinstance(error, Temporary)
    assert "ANTHROPIC_BASE_URL" in str(error)


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_dropped_connection_is_temporary(look: LookAlike, claude: ClaudeModel, cut: str) -> None:
    look.fail(path="/v1/messages", cut=cut)
    assert isinstance(failure(claude), Temporary)


def test_a_body_cut_in_the_middle_is_temporary(look: LookAlike, claude: ClaudeModel) -> None:
    look.behave("cut")
    assert isinstance(failure(claude), Temporary)


@pytest.mark.parametrize(
    "garble",
    ["", "<html>502</html>", "[]", "null", "{}", '{"content": 3}', '{"model":"m","content":[{"type":3}]}', "\x00"],
)
def test_a_malformed_answer_is_temporary(look: LookAlike, claude: ClaudeModel, garble: str) -> None:
    look.fail(path="/v1/messages", garble=garble)
    error = failure(claude)
    assert isinstance(error, Temporary)
    assert "no message" in str(error)


def test_nothing_is_tried_twice_in_one_call(look: LookAlike, claude: ClaudeModel) -> None:
    look.refuse_with(529, times=5)
    failure(claude)
    assert sum(fault.times for fault in look.faults) == 4


def test_the_request_says_that_it_is_the_first_and_only_try(look: LookAlike, claude: ClaudeModel) -> None:
    draft(claude)
    assert look.requests[-1].headers["x-stainless-retry-count"] == "0"


# --- The breaker, and the ladder below --------------------------------------------------------------------------------


def ask(models: list[ClaudeModel | ExtractiveModel]) -> tuple[str, ...]:
    ticket = a_ticket(SECRET_TEXT)
    run = run_pipeline(ticket, models, FakeLibrary([HIT]), RunContext(default_policy()))
    assert run.draft.statements or Reason.NOTHING_FOUND in {cap.reason for cap in run.decision.caps}
    return run.remarks


def test_after_three_failures_claude_is_passed_over_for_thirty_seconds(
    look: LookAlike, make: Callable[..., ClaudeModel]
) -> None:
    now = [0.0]
    claude = make(breaker=CircuitBreaker(failures=3, pause=30, clock=lambda: now[0]))
    ladder: list[ClaudeModel | ExtractiveModel] = [claude, ExtractiveModel(FakeEmbedder())]
    look.refuse_with(500, times=3)
    for _ in range(3):
        assert ask(ladder) == ("claude failed (ModelAway: the API failed (500, req_fault)).",)
    assert ask(ladder) == ("claude failed (ModelAway: not asked for another 30 s, after 3 failures in a row).",)
    assert look.messages == []
    now[0] = 31
    assert ask(ladder) == ()
    assert len(look.messages) == 2


def test_a_wrong_key_opens_the_breaker_and_a_bad_request_does_not(
    look: LookAlike, make: Callable[..., ClaudeModel]
) -> None:
    look.refuse_with(413, times=4)
    claude = make()
    assert all(isinstance(failure(claude), Permanent) for _ in range(4))
    revoked = make(api_key="sk-revoked")
    assert all(isinstance(failure(revoked), Permanent) for _ in range(3))
    assert isinstance(failure(revoked), Temporary)


@pytest.mark.parametrize("mode", ["refuse", "truncate", "overloaded", "empty", "cut", "invalid"])
def test_whatever_claude_does_the_ladder_ends_with_an_answer_or_a_person(
    look: LookAlike, claude: ClaudeModel, mode: str
) -> None:
    look.behave(mode)
    remarks = ask([claude, ExtractiveModel(FakeEmbedder())])
    assert remarks[0].startswith("claude failed (")


def test_what_a_useless_answer_cost_is_on_the_receipt(look: LookAlike, claude: ClaudeModel) -> None:
    look.behave("invalid")
    run = run_pipeline(a_ticket(SECRET_TEXT), [claude], FakeLibrary([HIT]), RunContext(default_policy()))
    assert len(run.usage) == 2
    assert run.dollars > 0


def test_what_was_paid_before_a_failure_is_kept(look: LookAlike, claude: ClaudeModel) -> None:
    look.behave("invalid", times=1)
    first = a_ticket(SECRET_TEXT)
    original = look.answer

    def second_fails(request):  # type: ignore[no-untyped-def]  # a stand-in for one test
        if len(look.requests) > 1:
            return look._error(529, "req_2")
        return original(request)

    look.answer = second_fails  # type: ignore[method-assign]  # as above
    try:
        with pytest.raises(UnusableAnswer) as caught:
            claude.classify(first, SECRET_TEXT, default_policy())
    finally:
        del look.answer
    assert len(caught.value.usage) == 1
