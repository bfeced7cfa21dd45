"""Themes on five labeled sets, beside k-means and, where it is installed, BERTopic.

    python -m benchmarks.themes [FOLDER] [--only SET ...]

FOLDER holds the files of SETS; benchmarks/README.md says where they come from. Every method gets
the same vectors of the bundled encoder and none is told how many labels there are.
"""

import argparse
import csv
import html
import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score, silhouette_score

from analysis.clusters import cluster
from analysis.embed import BUNDLED_MODEL, FileCache, Vectors, bundled_encoder, embed
from analysis.titles import titles

CACHE = Path(".interviewer-cache/benchmark.sqlite")
KS = (2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 26, 38, 55, 80, 115, 160)
SAMPLE = 2000
Labels = NDArray[np.int64]


class Row(NamedTuple):
    id: str
    text: str
    label: str


class Run(NamedTuple):
    """What one method made of one set; -1 is an outlier."""

    labels: Labels
    seconds: float
    areas: Labels | None = None
    strength: float | None = None


def read_csv(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield Row(row["id"], row["text"], row["label"])


def read_turns(path: Path) -> Iterator[Row]:
    for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        yield Row(row["turn_id"], row["text"], row["intent"])


def read_utterances(path: Path) -> Iterator[Row]:
    for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        yield Row(row["utterance_id"], row["utterance"], row["intent"])


def read_tweets(path: Path) -> Iterator[Row]:
    """Complaints with a reason of at least .6 confidence, without addresses and links."""
    with path.open(encoding="utf-8", newline="") as file:
        for n, row in enumerate(csv.DictReader(file)):
            reason = row["negativereason"]
            unsure = float(row.get("negativereason_confidence") or 1) < 0.6
            if row["airline_sentiment"] != "negative" or reason in ("", "Can't Tell") or unsure:
                continue
            text = re.sub(r"@\w+|https?://\S+", "", html.unescape(row["text"]))
            if len(text.split()) >= 3:
                yield Row(f"airline-{n:05}", " ".join(text.split()), reason)


SETS: dict[str, tuple[str, Callable[[Path], Iterator[Row]]]] = {
    "banking": ("themes_banking.csv", read_csv),
    "multidogo": ("themes_multidogo.csv", read_csv),
    "airline": ("airline_tweets.csv", read_tweets),
    "task 1": ("dstc11_task1_turns.jsonl", read_turns),
    "task 2": ("dstc11_task2_test_utterances.jsonl", read_utterances),
}


def ours(vectors: Vectors) -> Run:
    start = time.process_time()
    found = cluster(vectors)
    seconds = time.process_time() - start
    return Run(found.labels, seconds, found.areas, found.strength)


def k_means(vectors: Vectors, seed: int) -> Run:
    """The k with the best silhouette of the same sample that ours is scored on."""
    start = time.process_time()
    sample = np.random.RandomState(0).choice(len(vectors), min(SAMPLE, len(vectors)), replace=False)
    best = (-1.0, np.zeros(len(vectors), dtype=np.int64))
    for k in (k for k in KS if k < len(vectors) / 3):
        labels = KMeans(k, n_init=1, max_iter=30, random_state=seed).fit_predict(vectors)
        score = float(silhouette_score(vectors[sample], labels[sample], metric="cosine"))
        best = max(best, (score, labels), key=lambda pair: pair[0])
    return Run(best[1].astype(np.int64), time.process_time() - start, strength=best[0])


def bertopic(texts: Sequence[str], vectors: Vectors, seed: int) -> Run:
    """Its defaults, with a seeded UMAP."""
    from bertopic import BERTopic  # type: ignore[import-not-found]
    from umap import UMAP  # type: ignore[import-not-found]

    start = time.process_time()
    umap = UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=seed)
    labels, _ = BERTopic(umap_model=umap).fit_transform(list(texts), vectors)
    return Run(np.array(labels, dtype=np.int64), time.process_time() - start)


def with_outliers_alone(labels: Labels) -> Labels:
    """Every outlier a cluster of its own, so that leaving rows out does not pay."""
    out = labels < 0
    alone = labels.copy()
    alone[out] = labels.max() + 1 + np.arange(out.sum())
    return alone


def effective(labels: Sequence[object] | Labels) -> float:
    """exp(entropy of the sizes): how many groups of equal size would be as varied."""
    _, counts = np.unique(np.asarray(labels), return_counts=True)
    share = counts / counts.sum()
    return float(np.exp(-(share * np.log(share)).sum()))


def order_stability(vectors: Vectors, labels: Labels) -> str:
    """ARI of four other row orders with the order of the ids, without the sorting of `fit`."""
    scores = []
    for seed in range(4):
        order = np.random.RandomState(seed).permutation(len(vectors))
        scores.append(adjusted_rand_score(labels[order], cluster(vectors[order]).labels))
    return f"{min(scores):.2f}-{max(scores):.2f}"


def naming_seconds(texts: Sequence[str], vectors: Vectors, labels: Labels) -> float:
    centroids = np.stack([vectors[labels == k].mean(axis=0) for k in range(labels.max() + 1)])
    start = time.process_time()
    titles(texts, labels, vectors, centroids)
    return time.process_time() - start


def cells(method: str, several: list[Run], rows: Sequence[Row], vectors: Vectors) -> list[str]:
    """One line of the table; sizes, strength and order are those of the first run."""
    truth, first = [row.label for row in rows], several[0]
    seconds = f"{np.mean([run.seconds for run in several]):.1f}"
    themes = ", ".join(str(run.labels.max() + 1) for run in several)
    ratio = f"{effective(with_outliers_alone(first.labels)) / effective(truth):.2f}"
    order = ""
    if first.areas is not None:
        areas = np.where(first.labels < 0, -1, first.areas[first.labels])
        themes += f" / {first.areas.max() + 1}"
        ratio += f" / {effective(with_outliers_alone(areas)) / effective(truth):.2f}"
        order = order_stability(vectors, first.labels)
        seconds += f" + {naming_seconds([row.text for row in rows], vectors, first.labels):.1f}"
    return [
        f"{len(truth):,}, {len(set(truth))}; {effective(truth):.0f}",
        method,
        *(f"{score:.3f}" for score in scores(several, truth)),
        themes,
        ratio,
        f"{np.mean([np.mean(run.labels < 0) for run in several]):.0%}",
        "" if first.strength is None else f"{first.strength:.2f}",
        order,
        seconds,
    ]


def scores(several: list[Run], truth: Sequence[str]) -> tuple[float, float]:
    """AMI and ARI, the mean of the runs."""
    labels = [with_outliers_alone(run.labels) for run in several]
    return (
        float(np.mean([adjusted_mutual_info_score(truth, one) for one in labels])),
        float(np.mean([adjusted_rand_score(truth, one) for one in labels])),
    )


def table_of(sets: dict[str, list[Row]], encode: Callable[[Sequence[str]], Vectors]) -> Table:
    columns = ("AMI", "ARI", "themes / areas", "size ratio", "out", "strength", "order", "CPU s")
    table = Table("set", "rows, labels; effective", "method", *columns)
    reached: dict[str, list[tuple[float, float]]] = {}
    for name, rows in sets.items():
        texts = [row.text for row in rows]
        vectors = encode(texts)
        runs = {"ours": [ours(vectors)], "k-means": [k_means(vectors, seed) for seed in (0, 1)]}
        if find_spec("bertopic"):
            runs["BERTopic"] = [bertopic(texts, vectors, seed) for seed in (0, 1)]
        for method, several in runs.items():
            reached.setdefault(method, []).append(scores(several, [row.label for row in rows]))
            table.add_row(name, *cells(method, several, rows, vectors))
    for method, pairs in reached.items():
        ami, ari = np.mean(pairs, axis=0)
        table.add_row("mean", f"{len(pairs)} sets", method, f"{ami:.3f}", f"{ari:.3f}")
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path("../shared/data"))
    parser.add_argument("--only", nargs="+", choices=SETS, metavar="SET", help=", ".join(SETS))
    args = parser.parse_args()
    rows = {}
    for name in args.only or SETS:
        file, read = SETS[name]
        if not (args.folder / file).is_file():
            parser.error(
                f"{args.folder / file} is missing: benchmarks/README.md says where it is from"
            )
        rows[name] = sorted(read(args.folder / file))
    encoder, cache = bundled_encoder(), FileCache(CACHE, BUNDLED_MODEL)
    Console(width=140).print(table_of(rows, lambda texts: embed(texts, encoder, cache)))


if __name__ == "__main__":
    main()
