"""The local rung: no model that writes. Categories by likeness to the policy's examples, answers by quoting documents.

It never rewords: every statement but the first, a courtesy, stands in a passage as it is. It needs no network, costs
nothing, and rather hands over than answers beside the point.
"""

import math
import threading
from collections.abc import Sequence

from desk.passage import BlockKind, Hit
from desk.policy.policy import Category, Policy
from desk.ports import Embedder, ModelClassification, ModelDraft
from desk.run import Classification, Draft, Statement
from desk.text import lexicon
from desk.text.tokenizer import first_words, words
from desk.ticket import Role, Ticket
from workers.models.extractive.questions import content_stems, split_questions, wanted_answer_form
from workers.models.extractive.units import QuotableUnit, has_form, is_lead, names_all_of, quotable_units, title_overlap

COURTESIES = {language: courtesies[0] for language, courtesies in lexicon.by_language("quoting_courtesy").items()}
"""Opens every quoted answer, in the customer's language: it says that what follows is quoted."""
NO_ANSWER = "nothing in the documents answers this"

# Classification. The numbers were fitted on hand-written tickets and public sets; see `tests/pipeline`.
NO_CATEGORY = 0.36
"""The likeness that "none of these" is given; a text less like every category belongs to none."""
TEMPERATURE = 0.07
KEYWORD = 0.05
_QUERY_WORDS = 120

# Drafting.
CANDIDATES = 20
"""Units that are embedded; the rest are left out by their words alone (an embedding costs 2 ms)."""
GOOD = 0.55
"""A unit scored lower answers nothing."""
NEAR, WORDS, PAGE = 0.6, 0.25, 0.15
"""The weights of a unit's own nearness, of the telling words it holds, and of the best passage of its page."""
FORM = 0.10
"""What a unit gains by having the form that is asked for: steps for "how do I", a price for "how much"."""
NAMED = 0.08
"""What it gains by holding the code or number that the question names (SW-2007)."""
LEAD = 0.04
"""What the first sentence of a page gains: it says what the page is about."""
TITLED = 0.10
"""What it gains by a title or heading that the question repeats word for word; less for a part of it."""
SAME_PASSAGE = 0.65
SAME_DOCUMENT = 0.85
OTHER_DOCUMENT = 0.95
"""How near to the best a unit must come to be quoted too."""
MOST_UNITS = 4
MOST_WORDS = 160
PASSAGE_COSINE = 0.40
PASSAGE_SHARE = 0.30
SURE_COSINE = 0.62
NAMED_COSINE = 0.30
NAMED_SHARE = 0.90
SAME = 0.75

Vector = Sequence[float]


class ExtractiveModel:
    """A LanguageModel that quotes. Safe between threads; the embedder is its only tool."""

    name = "extractive"
    prompts = "extractive-1"

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._prototypes: dict[tuple[object, ...], dict[str, list[Vector]]] = {}
        self._lock = threading.Lock()

    # --- classify

    def classify(self, ticket: Ticket, text: str, policy: Policy) -> ModelClassification:
        """The category whose examples the text is most like, with its probability, and the questions in it."""
        subject = "" if _has_earlier_message(ticket) else ticket.subject
        questions = split_questions(text, subject)
        query, _ = first_words(" ".join(questions) or text, _QUERY_WORDS)
        if not words(query):
            return ModelClassification(category=None, confidence=0.0, questions=())
        vector = self._embedder.embed_query(query)
        prototypes = self._prototypes_of(policy)
        scores = {
            name: category_likeness(vector, prototypes[name], keywords_in(query, category))
            for name, category in policy.categories.items()
        }
        name, probability = best_category(scores)
        return ModelClassification(category=name, confidence=probability, questions=questions)

    def _prototypes_of(self, policy: Policy) -> dict[str, list[Vector]]:
        """The vectors of each category's examples and description, embedded once per policy."""
        key = tuple((name, c.description, c.examples) for name, c in policy.categories.items())
        with self._lock:
            if key not in self._prototypes:
                if len(self._prototypes) >= 20:  # old policies are not asked for again
                    self._prototypes.clear()
                self._prototypes[key] = {
                    name: [*self._embedder.embed_documents([*category.examples, category.description])]
                    for name, category in policy.categories.items()
                }
            return self._prototypes[key]

    # --- draft

    def draft(
        self,
        ticket: Ticket,
        classification: Classification,
        hits: Sequence[Hit],
        policy: Policy,
        instruction: str = "",
    ) -> ModelDraft:
        """The best sentences and whole lists of the best passages, in reading order, each cited. It quotes, so it can
        follow no instruction."""
        relevant_hits = [hit for hit in hits if is_on_topic(hit)]
        questions = classification.questions[: policy.max_questions]
        if not relevant_hits or not questions:
            return ModelDraft(Draft((), hand_over=NO_ANSWER))
        all_units = [unit for rank, hit in enumerate(relevant_hits) for unit in quotable_units(hit, rank)]
        answers = [self._answer_units(question, all_units) for question in questions]
        chosen_units = _in_reading_order([unit for answer in answers for unit in answer])
        if not chosen_units:
            return ModelDraft(Draft((), hand_over=NO_ANSWER))
        open_questions = sum(not answer for answer in answers)
        way_out = f"{open_questions} of {len(questions)} questions not answered" if open_questions else None
        opening = courtesy(classification.language, policy)
        return ModelDraft(Draft(_statements(opening, chosen_units), hand_over=way_out))

    def _answer_units(self, question: str, all_units: Sequence[QuotableUnit]) -> list[QuotableUnit]:
        """The units that answer one question; none if none is good enough."""
        question_stems = content_stems(question)
        weights = term_rarity(question_stems, all_units)
        overlaps = [term_overlap(question_stems, unit, weights) for unit in all_units]
        ranked_by_words = sorted(
            zip(overlaps, all_units, strict=True), key=lambda pair: -(pair[0] + 0.5 * pair[1].hit.cosine)
        )
        candidates = ranked_by_words[:CANDIDATES]
        cosines = self._cosines(question, [unit.in_context for _, unit in candidates])
        scored_units = [
            (score_unit(cosine, overlap, _page_cosine(unit, all_units), unit, question), unit)
            for cosine, (overlap, unit) in zip(cosines, candidates, strict=True)
        ]
        return best_units(sorted(scored_units, key=lambda pair: (-pair[0], pair[1].rank, pair[1].blocks)))

    def _cosines(self, question: str, texts: Sequence[str]) -> list[float]:
        question_vector = self._embedder.embed_query(question)
        return [_dot(question_vector, vector) for vector in self._embedder.embed_documents(texts)]


def _page_cosine(unit: QuotableUnit, all_units: Sequence[QuotableUnit]) -> float:
    """How near the best passage of the unit's page is."""
    return max(other.hit.cosine for other in all_units if other.document == unit.document)


def category_likeness(vector: Vector, prototypes: Sequence[Vector], keywords: int) -> float:
    """How like a category a text is: mostly its nearest example, a little the three nearest, and up to two keywords."""
    nearest = sorted((_dot(vector, prototype) for prototype in prototypes), reverse=True)[:3]
    return 0.75 * nearest[0] + 0.25 * sum(nearest) / len(nearest) + KEYWORD * min(2, keywords)


def keywords_in(text: str, category: Category) -> int:
    """How many of the category's keywords stand in the text, as whole words."""
    line = f" {' '.join(words(text))} "
    return sum(f" {' '.join(words(keyword))} " in line for keyword in category.keywords)


def best_category(scores: dict[str, float]) -> tuple[str | None, float]:
    """The likeliest category and its probability by softmax over all and "none"; None and 0 where "none" wins."""
    peak = max(*scores.values(), NO_CATEGORY)
    weights = {name: math.exp((score - peak) / TEMPERATURE) for name, score in scores.items()}
    none = math.exp((NO_CATEGORY - peak) / TEMPERATURE)
    name = max(weights, key=lambda name: weights[name])
    probability = weights[name] / (sum(weights.values()) + none)
    return (name, probability) if weights[name] > none else (None, 0.0)


def is_on_topic(hit: Hit) -> bool:
    """Whether a passage is about the question at all: near in meaning, and sharing its telling words or very near."""
    is_near = hit.cosine >= PASSAGE_COSINE and hit.share >= PASSAGE_SHARE
    holds_names = hit.cosine >= NAMED_COSINE and hit.share >= NAMED_SHARE
    return is_near or holds_names or hit.cosine >= SURE_COSINE


def term_rarity(question_stems: frozenset[str], all_units: Sequence[QuotableUnit]) -> dict[str, float]:
    """A weight for each word sought: the fewer units hold it, the more it tells."""
    return {
        word: math.log(1 + len(all_units) / (1 + sum(word in unit.words for unit in all_units)))
        for word in question_stems
    }


def term_overlap(question_stems: frozenset[str], unit: QuotableUnit, weights: dict[str, float]) -> float:
    """The part of the weight of the words sought that the unit holds, 0 to 1."""
    total = sum(weights.values())
    return sum(weights[word] for word in question_stems & unit.words) / total if total else 0.0


def score_unit(cosine: float, overlapping: float, page: float, unit: QuotableUnit, question: str) -> float:
    """How well a unit answers: its nearness, the telling words it holds, its page's nearness, and its form."""
    bonus = (
        FORM * has_form(unit, wanted_answer_form(question))
        + NAMED * names_all_of(unit, question)
        + LEAD * is_lead(unit)
    )
    bonus += TITLED * title_overlap(unit, question)
    return NEAR * cosine + WORDS * overlapping + PAGE * page + bonus


def best_units(scored: Sequence[tuple[float, QuotableUnit]]) -> list[QuotableUnit]:
    """The best unit with what stands beside it in its passage, and other passages' units that are nearly as good."""
    if not scored or scored[0][0] < GOOD:
        return []
    best_score, first = scored[0]
    chosen_units, words_left = [first], MOST_WORDS - first.length
    for score, unit in scored[1:]:
        if score < best_score * _required_share(unit, first) or len(chosen_units) >= MOST_UNITS:
            continue
        if unit.length <= words_left and not any(_says_the_same(unit, chosen_unit) for chosen_unit in chosen_units):
            chosen_units.append(unit)
            words_left -= unit.length
    return chosen_units


def _required_share(unit: QuotableUnit, first: QuotableUnit) -> float:
    """How near to the best a unit must come to be quoted with it."""
    if unit.rank == first.rank:
        return SAME_PASSAGE
    return SAME_DOCUMENT if unit.document == first.document else OTHER_DOCUMENT


def _says_the_same(unit: QuotableUnit, other: QuotableUnit) -> bool:
    """Whether one says what the other says."""
    if unit.rank == other.rank and not set(unit.blocks).isdisjoint(other.blocks):
        return True
    smaller = min(len(unit.own_words), len(other.own_words))
    return smaller > 0 and len(unit.own_words & other.own_words) >= SAME * smaller


def _in_reading_order(chosen_units: Sequence[QuotableUnit]) -> list[QuotableUnit]:
    """As a reader would want it: the passage with the best unit first, blocks as they stand in it, each once."""
    positions = {rank: position for position, rank in enumerate(dict.fromkeys(unit.rank for unit in chosen_units))}
    ordered_units: list[QuotableUnit] = []
    for unit in sorted(chosen_units, key=lambda unit: (positions[unit.rank], unit.blocks)):
        if not any(_says_the_same(unit, earlier_unit) for earlier_unit in ordered_units):
            ordered_units.append(unit)
    return ordered_units


def courtesy(language: str, policy: Policy) -> str:
    """In the customer's language; in the account's first one where that is not known."""
    languages = (code.partition("-")[0] for code in (language, *policy.languages[:1], "en"))
    return next(COURTESIES[code] for code in languages if code in COURTESIES)


def _statements(opening: str, chosen_units: Sequence[QuotableUnit]) -> tuple[Statement, ...]:
    statements = [Statement(opening, BlockKind.SENTENCE, group=0, courtesy=True)]
    groups: dict[tuple[int, int], int] = {}
    for unit in chosen_units:
        for block_index in unit.blocks:
            block = unit.hit.passage.blocks[block_index]
            group = groups.setdefault((unit.rank, block.group), len(groups) + 1)
            citations = (unit.citation(block_index),)
            statements.append(Statement(block.text, block.kind, group, citations, number=block.number))
    return tuple(statements)


def _has_earlier_message(ticket: Ticket) -> bool:
    return sum(message.role is Role.CUSTOMER and message.public for message in ticket.messages) > 1


def _dot(left: Vector, right: Vector) -> float:
    return (
        math.sumprod(left, right) if hasattr(math, "sumprod") else sum(a * b for a, b in zip(left, right, strict=True))
    )
