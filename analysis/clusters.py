"""Groups of vectors by the communities of their neighbor graph; no label count is given.

Each row is joined with its nearest neighbors, edges are sharpened, Louvain is run at a ladder of
resolutions, and the silhouette picks the level. The steps, their constants and what they reach on
labeled sets are in benchmarks/README.md. Louvain depends on the order of the rows: callers sort.
"""

from importlib.util import find_spec
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, csr_matrix, diags_array
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import silhouette_score
from sknetwork.clustering import Louvain

from analysis.embed import Vectors

Labels = NDArray[np.int64]
Neighbors = tuple[NDArray[np.int64], NDArray[np.float64]]  # columns and cosines, each (n, k)

RESOLUTIONS = (0.25, 0.35, 0.5, 0.7, 1, 1.4, 2, 2.8, 4, 5.6, 8, 11, 16)
THEME_TOLERANCE = 0.05  # the coarsest level this close to the best silhouette, as a share of it
AREA_TOLERANCE = 0.25
WEAK = 0.1  # silhouette below which a structure is weak: then at most the root of n clusters
SHARPNESS = 4  # exponent of the cosine
EXACT = 20_000  # rows above which neighbors are searched for in an index
PROBED = 24  # cells of the index looked through per row
BLOCK = 256  # rows compared at a time: memory stays at BLOCK * n floats
SAMPLE = 2000  # rows the silhouette is taken of
FEW = 20  # distinct rows below which a neighbor graph says nothing
FEW_DISTANCE = 0.6  # cosine distance at which average linkage stops joining a few rows


class Clusters(NamedTuple):
    """What was found in n rows."""

    labels: Labels  # (n,), 0 is the largest cluster; -1 is one of a kind
    areas: Labels  # (n_clusters,), the coarser group of each cluster
    strength: float | None  # silhouette of the level taken; None where no level could be scored


def cluster(
    vectors: Vectors,
    random_state: int = 0,
    voices: NDArray[np.int64] | None = None,
    shares: NDArray[np.float64] | None = None,
) -> Clusters:
    """Clusters and their areas.

    Args:
        vectors: float32, (n, dim), rows of length 1, in an order that is always the same.
        random_state: Of Louvain and of the silhouette's sample.
        voices: (n,), how many said each row, 1 when not given. They bear on the size of a
            cluster, and on whether a row by itself is one of a kind.
        shares: (n,), how much each row weighs in the communities, equal when not given; who has
            ten rows gives each a tenth.
    """
    sizes = np.ones(len(vectors), dtype=np.int64) if voices is None else voices
    if not len(vectors):
        return Clusters(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), None)
    distinct, place = np.unique(vectors, axis=0, return_inverse=True)
    if len(distinct) < FEW:
        level, score = _average_linkage(distinct)
        return _numbered(level[place], None, score, sizes)
    graph = neighbor_graph(vectors)
    if shares is not None and np.ptp(shares) > 0:
        root = diags_array(np.sqrt(shares))
        graph = csr_matrix(root @ graph @ root)
    sample = np.random.RandomState(random_state).choice(
        len(vectors), min(SAMPLE, len(vectors)), replace=False
    )
    levels = [
        Louvain(resolution=resolution, random_state=random_state).fit_predict(graph)
        for resolution in RESOLUTIONS
    ]
    scored = [
        (score, level) for level in levels if (score := _score(vectors, level, sample)) is not None
    ]
    if not scored:
        return _numbered(np.zeros(len(vectors), dtype=np.int64), None, None, sizes)
    if _coarsest(scored, THEME_TOLERANCE)[0] < WEAK:
        few = [pair for pair in scored if pair[1].max() < max(4, len(vectors) ** 0.5)]
        scored = few or scored[:1]
    score, level = _coarsest(scored, THEME_TOLERANCE)
    return _numbered(level, _coarsest(scored, AREA_TOLERANCE)[1], score, sizes)


def neighbor_graph(vectors: Vectors) -> csr_matrix:
    """Weights of the nearest neighbors, (n, n): max(w_ij, w_ji), w = cosine ** SHARPNESS.

    Exact up to `EXACT` rows, and above them where faiss is not installed.
    """
    n = len(vectors)
    k = min(max(4, min(15, round(n**0.5 / 2))), n - 1)
    search = approximate_neighbors if n > EXACT and find_spec("faiss") else exact_neighbors
    columns, weights = search(vectors, k)
    sharp = np.clip(weights, 1e-6, 1) ** SHARPNESS
    one_way = csr_array((sharp.ravel(), columns.ravel(), np.arange(0, n * k + 1, k)), shape=(n, n))
    return csr_matrix(one_way.maximum(one_way.T))


def exact_neighbors(vectors: Vectors, k: int) -> Neighbors:
    """The k largest cosines of each row, in blocks: memory stays at BLOCK * n floats.

    A row is left out of its own neighbors by its place, so that its duplicates stay in.
    """
    n = len(vectors)
    columns = np.empty((n, k), dtype=np.int64)
    weights = np.empty((n, k), dtype=np.float64)
    for start in range(0, n, BLOCK):
        cosine = vectors[start : start + BLOCK] @ vectors.T
        rows = np.arange(len(cosine))
        cosine[rows, start + rows] = -np.inf
        nearest = np.argpartition(-cosine, k - 1, axis=1)[:, :k]
        columns[start : start + BLOCK] = nearest
        weights[start : start + BLOCK] = np.take_along_axis(cosine, nearest, axis=1)
    return columns, weights


def approximate_neighbors(vectors: Vectors, k: int) -> Neighbors:
    """Nearly the k largest cosines of each row, by an inverted file; the same for the same rows.

    Where fewer than k are found, the row's own place fills up with weight 0.
    """
    import faiss

    faiss.omp_set_num_threads(1)  # several threads train several indexes
    n, dim = vectors.shape
    cells = round(4 * n**0.5)
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(dim), dim, cells, faiss.METRIC_INNER_PRODUCT)
    index.nprobe = PROBED
    index.train(vectors)
    index.add(vectors)
    cosine, found = (np.asarray(rows) for rows in index.search(vectors, k + 1))
    own = np.arange(n)[:, None]
    last = np.argsort((found == own) | (found < 0), axis=1, kind="stable")[:, :k]
    columns, weights = (np.take_along_axis(rows, last, axis=1) for rows in (found, cosine))
    missing = (columns < 0) | (columns == own)
    return np.where(missing, own, columns), np.where(missing, 0, weights).astype(np.float64)


def _score(vectors: Vectors, level: Labels, sample: Labels) -> float | None:
    """Mean cosine silhouette of the sample; None for a level that does not count."""
    n_clusters = int(level.max()) + 1
    n_sampled = len(np.unique(level[sample]))
    if not 4 <= n_clusters <= max(4, 0.34 * len(level)) or not 2 <= n_sampled < len(sample):
        return None
    return float(silhouette_score(vectors[sample], level[sample], metric="cosine"))


def _coarsest(scored: list[tuple[float, Labels]], tolerance: float) -> tuple[float, Labels]:
    best = max(score for score, _ in scored)
    return next(pair for pair in scored if pair[0] >= best - tolerance * abs(best))


def _average_linkage(distinct: Vectors) -> tuple[Labels, float | None]:
    """A few distinct rows: which belong together, and their silhouette where it can be taken."""
    if len(distinct) < 2:
        return np.zeros(len(distinct), dtype=np.int64), None
    level = AgglomerativeClustering(
        n_clusters=None, metric="cosine", linkage="average", distance_threshold=FEW_DISTANCE
    ).fit_predict(distinct)
    scorable = 2 <= len(np.unique(level)) < len(level)
    return level, float(silhouette_score(distinct, level, metric="cosine")) if scorable else None


def _numbered(
    level: Labels, coarse: Labels | None, strength: float | None, weights: Labels
) -> Clusters:
    """Clusters by size, then by first row; one text by itself is one of a kind.

    Without a coarse level every cluster is its own area.
    """
    found, first, where = np.unique(level, return_index=True, return_inverse=True)
    sizes = np.bincount(where, weights=weights, minlength=len(found))
    order = [int(c) for c in np.lexsort((first, -sizes)) if sizes[c] > 1]
    rank = np.full(len(found), -1, dtype=np.int64)
    rank[order] = np.arange(len(order))
    labels = rank[where]
    areas = [
        int(np.bincount(coarse[labels == c]).argmax()) if coarse is not None else c
        for c in range(len(order))
    ]
    return Clusters(labels, _renumbered(areas), strength)


def _renumbered(areas: list[int]) -> Labels:
    """0, 1, 2 ... in the order of appearance."""
    seen = {area: number for number, area in enumerate(dict.fromkeys(areas))}
    return np.array([seen[area] for area in areas], dtype=np.int64)
