"""Gaps: open questions in clusters, each with its trend and the nearest article; and sources that disagree.

For the console's page and for `firstline gaps`. Example questions are what customers wrote: shown to staff alone,
without personal data, and never logged.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import structlog

from desk.errors import FirstlineError
from desk.intervention import MOST_QUESTIONS
from desk.passage import SearchScope
from desk.platform.database import Database, Transaction
from desk.ports import Embedder
from desk.reasons import Reason
from desk.text.redaction import redact
from integration.console.disputes import Dispute, read_disputes
from knowledge.index.catalogue import filter_choices, get_documents
from knowledge.search.hybrid import find_candidates
from workers.insights import gaps
from workers.insights.clustering import Vectors, centroid, cluster_vectors
from workers.insights.gaps import OpenQuestion
from workers.proposed_entries import STANDING, ProposalState

log = structlog.get_logger(__name__)

EXAMPLES = 3
LONGEST = 240
EMBEDDING_SECONDS = 2.0
"""How long one look may take to give vectors to questions that have none: in the box, enough for 800."""
WEEK, DAY = timedelta(days=7), timedelta(days=1)


class GapOrder(StrEnum):
    """What comes first: the largest, what grew most against the period before, or what was asked last. What an
    accepted entry answers comes after all of them."""

    SIZE = "size"
    TREND = "trend"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class GapExample:
    """A question of a cluster, and the ticket it was asked in."""

    question: str
    channel: str
    ticket_id: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class NearestArticle:
    """The article that comes nearest to a cluster's questions. `newer`: it changed after the last of them."""

    document_id: str
    passage_id: str
    title: str
    url: str | None
    audience: str
    cosine: float
    newer: bool


@dataclass(frozen=True, slots=True)
class GapTeaching:
    """What people wrote to close a gap: how many of this period's questions an accepted entry answers, how many wait
    for a lead; the newest accepted entry; and the questions, by their ids, for which none stands yet."""

    accepted: int
    proposed: int
    entry_id: str | None
    open_ids: tuple[str, ...]

    @property
    def closed(self) -> bool:
        """Does an accepted entry answer all of them?"""
        return bool(self.accepted) and not self.proposed and not self.open_ids


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions that mean the same. `size` counts this period, `before` the one before it; `trend` both, cut into
    weeks (days, where the period is shorter than two weeks), the oldest first."""

    size: int
    before: int
    trend: tuple[int, ...]
    first_asked: datetime
    last_asked: datetime
    category: str | None
    reasons: tuple[tuple[Reason, int], ...]
    examples: tuple[GapExample, ...]
    nearest: NearestArticle | None
    taught: GapTeaching


@dataclass(frozen=True, slots=True)
class GapSurvey:
    """What was missing from `since` to `until`. `clusters` counts those of this period, of which `gaps` are the first;
    `waiting` are questions without a vector yet, or beyond what is looked at."""

    since: datetime
    until: datetime
    questions: int
    before: int
    waiting: int
    clusters: int
    gaps: tuple[Gap, ...]
    disputes: tuple[Dispute, ...]


@dataclass(frozen=True, slots=True)
class _Span:
    """Both periods: `since` parts them."""

    start: datetime
    since: datetime
    until: datetime

    @property
    def step(self) -> timedelta:
        """What a bar of the trend stands for."""
        return WEEK if self.until - self.since >= 2 * WEEK else DAY


@dataclass(frozen=True, slots=True)
class _Cluster:
    members: list[OpenQuestion]
    vectors: Vectors
    now: list[OpenQuestion]

    @property
    def rise(self) -> int:
        return 2 * len(self.now) - len(self.members)

    @property
    def teaching(self) -> GapTeaching:
        states = Counter(question.taught for question in self.now)
        accepted, proposed = states[ProposalState.ACCEPTED], states[ProposalState.PROPOSED]
        entry_ids = [question.entry_id for question in self.now if question.taught is ProposalState.ACCEPTED]
        open_ids = [question.id for question in reversed(self.now) if question.taught not in STANDING]
        return GapTeaching(accepted, proposed, entry_ids[-1] if entry_ids else None, tuple(open_ids[:MOST_QUESTIONS]))


def survey_gaps(
    db: Database,
    account: str,
    embedder: Embedder,
    period: timedelta,
    *,
    order: GapOrder = GapOrder.SIZE,
    most: int = 25,
    hidden: frozenset[str] = frozenset(),
    seconds: float = EMBEDDING_SECONDS,
) -> GapSurvey:
    """What was missing in the period up to now. No article of an audience in `hidden` is named. Questions without a
    vector get one first, as far as `seconds` allow."""
    until = datetime.now(UTC)
    span = _Span(until - 2 * period, until - period, until)
    _embed_missing(db, account, embedder, span.start, seconds)
    with db.account(account) as tx:
        questions, vectors = gaps.read_open_questions(tx, span.start, embedder.name)
        clusters = _build_clusters(questions, vectors, span.since)
        top_clusters = sorted(clusters, key=_sort_key(order))[:most]
        audiences = set(filter_choices(tx, hidden).audiences) - hidden
        found_gaps = tuple(_build_gap(tx, cluster, embedder, audiences, span) for cluster in top_clusters)
        waiting = gaps.count_open_questions(tx, span.start) - len(questions)
        disputes = read_disputes(tx, span.since, hidden)
    question_count = sum(len(cluster.now) for cluster in clusters)
    return GapSurvey(
        span.since, until, question_count, len(questions) - question_count, waiting, len(clusters), found_gaps, disputes
    )


def _embed_missing(db: Database, account: str, embedder: Embedder, since: datetime, seconds: float) -> None:
    try:
        gaps.embed_missing(db, account, embedder, since, seconds=seconds)
    except FirstlineError as error:
        log.warning("open questions stay without vectors", account=account, why=str(error))


def _build_clusters(questions: Sequence[OpenQuestion], vectors: Vectors, since: datetime) -> list[_Cluster]:
    """Those that this period has a question of."""
    built_clusters = []
    for indexes in cluster_vectors(vectors):
        members = [questions[index] for index in indexes]
        if recent_members := [question for question in members if question.asked_at >= since]:
            built_clusters.append(_Cluster(members, vectors[indexes], recent_members))
    return built_clusters


def _sort_key(order: GapOrder) -> Callable[[_Cluster], tuple[float, ...]]:
    def key(cluster: _Cluster) -> tuple[float, ...]:
        negative_size, last_asked = -len(cluster.now), -cluster.now[-1].asked_at.timestamp()
        order_values = {
            GapOrder.SIZE: (negative_size, -cluster.rise, last_asked),
            GapOrder.TREND: (-cluster.rise, negative_size, last_asked),
            GapOrder.NEWEST: (last_asked, negative_size, -cluster.rise),
        }[order]
        return (cluster.teaching.closed, *order_values)

    return key


def _build_gap(tx: Transaction, cluster: _Cluster, embedder: Embedder, audiences: set[str], span: _Span) -> Gap:
    center = centroid(cluster.vectors)
    by_likeness = sorted(cluster.members, key=_likeness_key(cluster, center), reverse=True)
    return Gap(
        size=len(cluster.now),
        before=len(cluster.members) - len(cluster.now),
        trend=_count_per_step([question.asked_at for question in cluster.members], span),
        first_asked=cluster.members[0].asked_at,
        last_asked=cluster.members[-1].asked_at,
        category=Counter(question.category for question in cluster.members).most_common(1)[0][0],
        reasons=tuple(Counter(question.reason for question in cluster.now).most_common()),
        examples=_pick_examples(tx, [question for question in by_likeness if question.asked_at >= span.since]),
        nearest=_nearest_article(tx, cluster, center, embedder, audiences),
        taught=cluster.teaching,
    )


def _likeness_key(cluster: _Cluster, center: Vectors) -> Callable[[OpenQuestion], float]:
    likeness_by_id = dict(
        zip((question.id for question in cluster.members), (cluster.vectors @ center).tolist(), strict=True)
    )
    return lambda question: likeness_by_id[question.id]


def _count_per_step(asked_times: Iterable[datetime], span: _Span) -> tuple[int, ...]:
    """How many fell into each step, counted back from the end; the first step may be a part of one."""
    step_count = -(-(span.until - span.start) // span.step)
    counts_by_steps_ago = Counter(
        min((span.until - asked_at) // span.step, step_count - 1) for asked_at in asked_times if asked_at <= span.until
    )
    return tuple(counts_by_steps_ago[step_count - 1 - index] for index in range(step_count))


def _pick_examples(tx: Transaction, questions: Iterable[OpenQuestion]) -> tuple[GapExample, ...]:
    """The first that differ, without personal data."""
    examples_by_text: dict[str, GapExample] = {}
    for question in questions:
        if len(examples_by_text) == EXAMPLES:
            break
        text = " ".join(redact(tx.open(question.sealed)).split())
        shortened = text if len(text) <= LONGEST else text[:LONGEST].rstrip() + "…"
        examples_by_text.setdefault(
            shortened.casefold(), GapExample(shortened, question.channel, question.ticket_id, question.asked_at)
        )
    return tuple(examples_by_text.values())


def _nearest_article(
    tx: Transaction, cluster: _Cluster, center: Vectors, embedder: Embedder, audiences: set[str]
) -> NearestArticle | None:
    """By cosine alone, in the language of most of the questions where anything is written in it."""
    language = Counter(question.language for question in cluster.members).most_common(1)[0][0]
    scope = SearchScope(frozenset(audiences), language)
    candidates = find_candidates(tx, "", embedder, scope, [float(number) for number in center])
    nearest = max(candidates, key=lambda candidate: (candidate.cosine, candidate.row.id), default=None)
    if nearest is None:
        return None
    row = nearest.row
    updated_at = get_documents(tx, [row.document_id])[row.document_id].updated_at
    is_newer = updated_at > cluster.members[-1].asked_at
    return NearestArticle(row.document_id, row.id, row.title, row.url, row.audience, round(nearest.cosine, 3), is_newer)
