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

log = structlog.get_logger(__name__)

EXAMPLES = 3
LONGEST = 240
EMBEDDING_SECONDS = 2.0
"""How long one look may take to give vectors to questions that have none: in the box, enough for 800."""
WEEK, DAY = timedelta(days=7), timedelta(days=1)


class GapOrder(StrEnum):
    """What comes first: the largest, what grew most against the period before, or what was asked last."""

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
    _embed(db, account, embedder, span.start, seconds)
    with db.account(account) as tx:
        questions, vectors = gaps.read_open_questions(tx, span.start, embedder.name)
        clusters = _clusters(questions, vectors, span.since)
        shown = sorted(clusters, key=_sorting(order))[:most]
        audiences = set(filter_choices(tx, hidden).audiences) - hidden
        found = tuple(_gap(tx, each, embedder, audiences, span) for each in shown)
        waiting = gaps.count_open_questions(tx, span.start) - len(questions)
        disputes = read_disputes(tx, span.since, hidden)
    now = sum(len(each.now) for each in clusters)
    return GapSurvey(span.since, until, now, len(questions) - now, waiting, len(clusters), found, disputes)


def _embed(db: Database, account: str, embedder: Embedder, since: datetime, seconds: float) -> None:
    try:
        gaps.embed_missing(db, account, embedder, since, seconds=seconds)
    except FirstlineError as error:
        log.warning("open questions stay without vectors", account=account, why=str(error))


def _clusters(questions: Sequence[OpenQuestion], vectors: Vectors, since: datetime) -> list[_Cluster]:
    """Those that this period has a question of."""
    found = []
    for places in cluster_vectors(vectors):
        members = [questions[place] for place in places]
        if now := [each for each in members if each.asked_at >= since]:
            found.append(_Cluster(members, vectors[places], now))
    return found


def _sorting(order: GapOrder) -> Callable[[_Cluster], tuple[float, ...]]:
    def key(each: _Cluster) -> tuple[float, ...]:
        size, last = -len(each.now), -each.now[-1].asked_at.timestamp()
        return {
            GapOrder.SIZE: (size, -each.rise, last),
            GapOrder.TREND: (-each.rise, size, last),
            GapOrder.NEWEST: (last, size, -each.rise),
        }[order]

    return key


def _gap(tx: Transaction, found: _Cluster, embedder: Embedder, audiences: set[str], span: _Span) -> Gap:
    middle = centroid(found.vectors)
    typical = sorted(found.members, key=_likeness(found, middle), reverse=True)
    return Gap(
        size=len(found.now),
        before=len(found.members) - len(found.now),
        trend=_trend([question.asked_at for question in found.members], span),
        first_asked=found.members[0].asked_at,
        last_asked=found.members[-1].asked_at,
        category=Counter(question.category for question in found.members).most_common(1)[0][0],
        reasons=tuple(Counter(question.reason for question in found.now).most_common()),
        examples=_examples(tx, [question for question in typical if question.asked_at >= span.since]),
        nearest=_nearest(tx, found, middle, embedder, audiences),
    )


def _likeness(found: _Cluster, middle: Vectors) -> Callable[[OpenQuestion], float]:
    near = dict(zip((question.id for question in found.members), (found.vectors @ middle).tolist(), strict=True))
    return lambda question: near[question.id]


def _trend(moments: Iterable[datetime], span: _Span) -> tuple[int, ...]:
    """How many fell into each step, counted back from the end; the first step may be a part of one."""
    steps = -(-(span.until - span.start) // span.step)
    ago = Counter(min((span.until - at) // span.step, steps - 1) for at in moments if at <= span.until)
    return tuple(ago[steps - 1 - place] for place in range(steps))


def _examples(tx: Transaction, questions: Iterable[OpenQuestion]) -> tuple[GapExample, ...]:
    """The first that differ, without personal data."""
    found: dict[str, GapExample] = {}
    for each in questions:
        if len(found) == EXAMPLES:
            break
        text = " ".join(redact(tx.open(each.sealed)).split())
        short = text if len(text) <= LONGEST else text[:LONGEST].rstrip() + "…"
        found.setdefault(short.casefold(), GapExample(short, each.channel, each.ticket_id, each.asked_at))
    return tuple(found.values())


def _nearest(
    tx: Transaction, found: _Cluster, middle: Vectors, embedder: Embedder, audiences: set[str]
) -> NearestArticle | None:
    """By cosine alone, in the language of most of the questions where anything is written in it."""
    language = Counter(question.language for question in found.members).most_common(1)[0][0]
    near = find_candidates(tx, "", embedder, audiences, language, [float(number) for number in middle])
    best = max(near, key=lambda one: (one.cosine, one.row.id), default=None)
    if best is None:
        return None
    row = best.row
    changed = get_documents(tx, [row.document_id])[row.document_id].updated_at
    newer = changed > found.members[-1].asked_at
    return NearestArticle(row.document_id, row.id, row.title, row.url, row.audience, round(best.cosine, 3), newer)
