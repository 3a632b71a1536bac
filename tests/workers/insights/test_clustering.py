"""Questions that mean the same come together, whatever stands between them."""

import numpy as np
import pytest

from workers.insights.clustering import centroid, cluster_vectors


def direction(axis: int, aside: float = 0.0, size: int = 8) -> list[float]:
    """A unit vector near an axis; `aside` tilts it towards the next."""
    vector = [0.0] * size
    vector[axis], vector[(axis + 1) % size] = float(np.sqrt(1 - aside**2)), aside
    return vector


def test_nothing_has_no_clusters() -> None:
    assert cluster_vectors([]) == []


def test_what_is_near_comes_together_and_the_largest_comes_first() -> None:
    vectors = [direction(0), direction(3), direction(3, 0.2), direction(0, 0.1), direction(3, -0.2), direction(6)]
    assert cluster_vectors(vectors) == [[1, 2, 4], [0, 3], [5]]


def test_clusters_of_one_size_stand_in_the_order_of_their_first_question() -> None:
    assert cluster_vectors([direction(5), direction(1), direction(3)]) == [[0], [1], [2]]


def test_a_question_moves_to_the_centre_that_is_nearest_at_the_end() -> None:
    """It joined the first cluster while that was small, though it is nearer to one that began later."""
    vectors = [direction(0), direction(0, 0.75), *[direction(0)] * 10, *[direction(1)] * 4]
    assert [len(each) for each in cluster_vectors(vectors)] == [11, 5]


def test_one_text_always_gives_the_same_clusters() -> None:
    vectors = np.random.default_rng(5).normal(size=(200, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    first = cluster_vectors(vectors)
    assert first == cluster_vectors(vectors)
    assert sorted(place for each in first for place in each) == list(range(200))
    assert [len(each) for each in first] == sorted((len(each) for each in first), reverse=True)


@pytest.mark.parametrize("vectors", [[[0.0, 0.0], [0.0, 0.0]], [[0.0, 1.0], [0.0, 0.0]]])
def test_an_empty_vector_is_no_fault(vectors: list[list[float]]) -> None:
    assert sum(len(each) for each in cluster_vectors(vectors)) == 2


def test_the_centre_is_a_direction() -> None:
    middle = centroid([direction(0), direction(1)])
    assert float(np.linalg.norm(middle)) == pytest.approx(1.0)
    assert float(middle @ np.array(direction(0))) == pytest.approx(float(middle @ np.array(direction(1))))
