from itertools import pairwise

import numpy as np
import pytest
from sklearn.metrics import silhouette_score
from sknetwork.clustering import Louvain

from analysis import clusters
from analysis.clusters import cluster, neighbor_graph
from analysis.embed import Vectors


def blobs(n: int, groups: int, spread: float = 0.35, dim: int = 24) -> Vectors:
    random = np.random.RandomState(7)
    centers = random.normal(size=(groups, dim))
    rows = centers[np.arange(n) % groups] + spread * random.normal(size=(n, dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("n", [20, 255, 256, 257, 700])
def test_the_graph_holds_the_exact_neighbors_of_either_side(n: int) -> None:
    vectors = blobs(n, 5)
    k = min(max(4, min(15, round(n**0.5 / 2))), n - 1)
    cosine = vectors @ vectors.T
    np.fill_diagonal(cosine, -np.inf)
    near = np.zeros((n, n), dtype=bool)
    np.put_along_axis(near, np.argsort(-cosine, axis=1)[:, :k], True, axis=1)
    expected = np.where(near | near.T, np.clip(cosine, 1e-6, 1) ** 4, 0)
    np.testing.assert_allclose(neighbor_graph(vectors).toarray(), expected, atol=1e-6)


def test_a_duplicate_stays_a_neighbor() -> None:
    vectors = np.repeat(blobs(30, 30), 2, axis=0)
    graph = neighbor_graph(vectors)
    assert all(graph[2 * i, 2 * i + 1] == pytest.approx(1) for i in range(30))


@pytest.mark.parametrize("groups", [4, 6, 9])
def test_groups_that_are_there_are_found(groups: int) -> None:
    found = cluster(blobs(360, groups))
    assert len(found.areas) == groups
    truth = np.arange(360) % groups
    assert len({(a, b) for a, b in zip(found.labels, truth, strict=True)}) == groups
    assert found.strength is not None
    assert found.strength > 0.3


def test_the_coarsest_level_near_the_best_silhouette_is_taken() -> None:
    vectors = blobs(500, 40, spread=0.9)
    found = cluster(vectors)
    graph = neighbor_graph(vectors)
    scores = []
    for resolution in clusters.RESOLUTIONS:
        level = Louvain(resolution=resolution, random_state=0).fit_predict(graph)
        if 4 <= level.max() + 1 <= 0.34 * len(vectors):
            scores.append(silhouette_score(vectors, level, metric="cosine"))
    best = max(scores)
    taken = next(score for score in scores if score >= best - 0.05 * abs(best))
    assert found.strength == pytest.approx(taken, abs=1e-6)


def test_numbers_go_by_size_and_areas_hold_whole_clusters() -> None:
    found = cluster(blobs(600, 30, spread=0.8))
    sizes = np.bincount(found.labels[found.labels >= 0])
    assert all(a >= b for a, b in pairwise(sizes))
    assert len(found.areas) == len(sizes)
    assert set(found.areas) == set(range(max(found.areas) + 1))


@pytest.mark.parametrize(
    ("vectors", "labels", "n_areas"),
    [
        (blobs(0, 1), [], 0),
        (blobs(1, 1), [-1], 0),
        (blobs(2, 2), [-1, -1], 0),
        (np.repeat(blobs(1, 1), 2, axis=0), [0, 0], 1),
        (np.repeat(blobs(1, 1), 300, axis=0), [0] * 300, 1),
        (blobs(9, 3, spread=0.1), [0, 1, 2] * 3, 3),
        (np.tile(blobs(3, 3), (500, 1)), [0, 1, 2] * 500, 3),
    ],
    ids=["none", "one", "two unlike", "two alike", "all alike", "few", "few distinct"],
)
def test_few_rows(vectors: Vectors, labels: list[int], n_areas: int) -> None:
    found = cluster(vectors)
    assert found.labels.tolist() == labels
    assert len(found.areas) == n_areas


def test_what_stands_alone_but_was_said_by_several_is_no_one_of_a_kind() -> None:
    assert cluster(blobs(2, 2), voices=np.array([1, 3])).labels.tolist() == [-1, 0]


def test_where_structure_is_weak_there_are_few_clusters() -> None:
    rows = np.random.RandomState(0).standard_normal((400, 100)).astype(np.float32)
    found = cluster(rows / np.linalg.norm(rows, axis=1, keepdims=True))
    assert found.strength is not None
    assert found.strength < clusters.WEAK
    assert len(found.areas) <= 20
