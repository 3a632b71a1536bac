"""How far the evidence carries, as a number with a meaning.

Confidence (0 to 1) is computed from evidence, and is 0 unless something cited was drafted and no way out taken:

    confidence = category^0.2 * match^0.8 * cited * lead * 0.6^findings

`category` is the classification's probability. `match` is the mean, over the passages cited, of how well each fits
the question, weighed by how much is cited from it: 0.6 * c + 0.4 * share, where c is the cosine mapped from
0.25..0.75 to 0..1 and `share` is the part of the question's IDF that the passage holds. `cited` is the share of
sentences with a citation. `lead` is the best share among the passages cited, divided by the best among all found: when
a page that was not quoted holds more of the question's words, the draft may have quoted the wrong one.
Never a number a model made up, and never the fused search score, whose best is always near 1.
"""

from collections.abc import Sequence

from desk.passage import Hit
from desk.run import Classification, Draft, Finding


def confidence(classification: Classification, hits: Sequence[Hit], draft: Draft, findings: Sequence[Finding]) -> float:
    """How far the evidence carries, 0 to 1; the formula stands at the top of this file."""
    factual_statements = [statement for statement in draft.statements if not statement.courtesy]
    cited_statements = [statement for statement in factual_statements if statement.citations]
    if not cited_statements or draft.hand_over:
        return 0.0
    fitness_by_passage = {hit.passage.id: evidence_fitness(hit) for hit in hits}
    citations = [citation for statement in cited_statements for citation in statement.citations]
    weights = [fitness_by_passage.get(citation.passage_id, 0.0) for citation in citations for _ in citation.blocks]
    match = sum(weights) / len(weights) if weights else 0.0
    category, doubt = classification.confidence**0.2, 0.6 ** len(findings)
    cited_share = len(cited_statements) / len(factual_statements)
    number: float = category * match**0.8 * cited_share * relevance_lead(hits, draft) * doubt
    return round(min(1.0, max(0.0, number)), 3)


def relevance_lead(hits: Sequence[Hit], draft: Draft) -> float:
    """How the best passage cited compares with the best found, by share of the question's IDF; 0 to 1."""
    quoted_ids = {citation.passage_id for citation in draft.citations}
    best = max((hit.share for hit in hits), default=0.0)
    best_quoted = max((hit.share for hit in hits if hit.passage.id in quoted_ids), default=0.0)
    return min(1.0, best_quoted / best) if best > 0 else 1.0


def evidence_fitness(hit: Hit) -> float:
    """How well a passage fits the question, 0 to 1, by its cosine and its share of the question's IDF."""
    similarity = min(1.0, max(0.0, (hit.cosine - 0.25) / 0.5))
    return 0.6 * similarity + 0.4 * min(1.0, max(0.0, hit.share))
