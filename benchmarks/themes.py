"""Themes on labeled texts, beside BERTopic and k-means; all methods on the same vectors.

    python -m benchmarks.themes FILE.csv ...       files with the columns text and label (and id)
    python -m benchmarks.themes [--folder FOLDER] [--only SET ...]       the public sets of SETS
    python -m benchmarks.themes --draws [--folder FOLDER]                small studies of them

benchmarks/README.md says where the public sets come from. BERTopic takes part where it is
installed: `make eval-themes FILE.csv` sees to it. None is told how many labels there are. Each
method runs in a process of its own, so that its CPU time and memory are its own.
"""

import argparse
import csv
import html
import json
import re
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sklearn.cluster import KMeans
from sklearn.metrics import (
    adjusted_mutual_info_score,
    adjusted_rand_score,
    silhouette_score,
    v_measure_score,
)

from analysis.embed import BUNDLED_MODEL, FileCache, Vectors, bundled_encoder, embed
from analysis.themes import ThemeModel

CACHE = Path(".interviewer-cache/benchmark.sqlite")
KS = (2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 26, 38, 55, 80, 115, 160)
SAMPLE = 2000
SUBSAMPLES = 3  # of nine tenths of the rows
DRAWS = "themes_small_draws.json"
Labels = NDArray[np.int64]
Encode = Callable[[Sequence[str]], Vectors]


class Row(NamedTuple):
    id: str
    text: str
    label: str


class Found(NamedTuple):
    """What a method made of some texts; -1 is unassigned."""

    labels: Labels
    areas: Labels | None = None  # (n_themes,)


class Run(NamedTuple):
    """A method on one set, measured in a process of its own."""

    found: Found
    seconds: float  # CPU
    megabytes: float  # at most, above what the process held before
    stability: float | None = None  # mean ARI with subsamples


def read_csv(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        missing = {"text", "label"} - set(rows.fieldnames or ())
        if missing:
            raise SystemExit(
                f"{path}: no column {', '.join(sorted(missing))}; it has {rows.fieldnames}"
            )
        for n, row in enumerate(rows):
            if (row["text"] or "").strip():
                yield Row(row.get("id") or f"{n:07}", row["text"], row["label"] or "")


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


def ours(texts: Sequence[str], vectors: Vectors, ids: Sequence[str]) -> Found:
    model = ThemeModel(park=False).fit(texts, vectors, ids=ids)
    return Found(model.labels_, model.hierarchy_)


def k_means(texts: Sequence[str], vectors: Vectors, ids: Sequence[str]) -> Found:
    """The k with the best silhouette of the same sample that ours is scored on."""
    sample = np.random.RandomState(0).choice(len(vectors), min(SAMPLE, len(vectors)), replace=False)
    best = (-1.0, np.zeros(len(vectors), dtype=np.int64))
    for k in (k for k in KS if k < len(vectors) / 3):
        labels = KMeans(k, n_init=1, max_iter=30, random_state=0).fit_predict(vectors)
        score = float(silhouette_score(vectors[sample], labels[sample], metric="cosine"))
        best = max(best, (score, labels), key=lambda pair: pair[0])
    return Found(best[1].astype(np.int64))


def bertopic(texts: Sequence[str], vectors: Vectors, ids: Sequence[str]) -> Found:
    """Its defaults, with a seeded UMAP."""
    from bertopic import BERTopic  # type: ignore[import-not-found]
    from umap import UMAP  # type: ignore[import-not-found]

    umap = UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=0)
    labels, _ = BERTopic(umap_model=umap).fit_transform(list(texts), vectors)
    return Found(np.array(labels, dtype=np.int64))


def assigned(found: Found, vectors: Vectors) -> Found:
    """Each outlier in the theme whose middle is nearest; all in one where there is no theme."""
    labels = found.labels.copy()
    if labels.max() < 0:
        return Found(np.zeros_like(labels))
    middles = np.stack([vectors[labels == k].mean(axis=0) for k in range(labels.max() + 1)])
    middles /= np.linalg.norm(middles, axis=1, keepdims=True)
    out = labels < 0
    labels[out] = (vectors[out] @ middles.T).argmax(axis=1)
    return Found(labels)


METHODS: dict[str, Callable[[Sequence[str], Vectors, Sequence[str]], Found]] = {
    "ours": ours,
    "BERTopic": bertopic,
    "k-means": k_means,
}


def measured(
    method: str, texts: list[str], vectors: Vectors, ids: list[str], subsamples: int
) -> Run:
    """One method on one set, with its cost; runs in a process of its own."""
    warnings.simplefilter("ignore")
    find = METHODS[method]
    before, start = peak_megabytes(), time.process_time()
    found = find(texts, vectors, ids)
    seconds, megabytes = time.process_time() - start, peak_megabytes() - before
    agreed = []
    for seed in range(subsamples):
        rows = np.sort(
            np.random.RandomState(seed).choice(len(texts), round(0.9 * len(texts)), replace=False)
        )
        again = find([texts[i] for i in rows], vectors[rows], [ids[i] for i in rows])
        agreed.append(
            adjusted_rand_score(
                with_outliers_alone(found.labels)[rows], with_outliers_alone(again.labels)
            )
        )
    return Run(found, seconds, megabytes, float(np.mean(agreed)) if agreed else None)


def peak_megabytes() -> float:
    """The most memory this process has held; not that of the one that started it."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return float("nan")
    return int(re.findall(r"VmHWM:\s+(\d+)", status.read_text())[0]) / 1024


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


def runs_of(rows: Sequence[Row], vectors: Vectors, subsamples: int) -> dict[str, Run]:
    """Every method that is installed, one after the other."""
    texts, ids = [row.text for row in rows], [row.id for row in rows]
    runs = {}
    for method in METHODS:
        if method == "BERTopic" and not find_spec("bertopic"):
            continue
        print(f"  {method}", file=sys.stderr, flush=True)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
            runs[method] = alone.submit(measured, method, texts, vectors, ids, subsamples).result()
        if method == "BERTopic":
            runs["BERTopic, assigned"] = runs[method]._replace(
                found=assigned(runs[method].found, vectors), stability=None
            )
    return runs


def cells(run: Run, truth: Sequence[str]) -> list[str]:
    found = run.found
    labels = with_outliers_alone(found.labels)
    themes = str(found.labels.max() + 1)
    ratio = f"{effective(labels) / effective(truth):.2f}"
    if found.areas is not None:
        areas = with_outliers_alone(np.where(found.labels < 0, -1, found.areas[found.labels]))
        themes += f" / {found.areas.max() + 1}"
        ratio += f" / {effective(areas) / effective(truth):.2f}"
    return [
        f"{adjusted_mutual_info_score(truth, labels):.3f}",
        f"{adjusted_rand_score(truth, labels):.3f}",
        f"{v_measure_score(truth, labels):.3f}",
        themes,
        ratio,
        f"{np.mean(found.labels < 0):.1%}",
        "" if run.stability is None else f"{run.stability:.2f}",
        f"{run.seconds:.1f}",
        f"{run.megabytes:.0f}",
    ]


def table_of(sets: dict[str, list[Row]], encode: Encode, subsamples: int) -> Table:
    columns = ("AMI", "ARI", "V", "themes / areas", "size ratio", "out", "90 %", "CPU s", "MB")
    table = Table("set", "rows, labels; effective", "method", *columns)
    reached: dict[str, list[float]] = {}
    for name, rows in sets.items():
        print(name, file=sys.stderr, flush=True)
        truth = [row.label for row in rows]
        size = f"{len(truth):,}, {len(set(truth))}; {effective(truth):.0f}"
        for method, run in runs_of(rows, encode([row.text for row in rows]), subsamples).items():
            labels = with_outliers_alone(run.found.labels)
            reached.setdefault(method, []).append(adjusted_mutual_info_score(truth, labels))
            table.add_row(name, size, method, *cells(run, truth))
            name = size = ""
    if len(sets) > 1:
        for method, amis in reached.items():
            table.add_row("mean", f"{len(amis)} sets", method, f"{np.mean(amis):.3f}")
    return table


def draws_of(
    sets: dict[str, list[Row]], drawn: dict[str, dict[str, list[list[str]]]], encode: Encode
) -> Table:
    """Mean AMI on the small studies, over draws and sets."""
    table = Table("N", "ours", "BERTopic", "BERTopic, assigned", "k-means")
    sizes = sorted({size for by_size in drawn.values() for size in by_size}, key=int)
    for size in sizes:
        amis: dict[str, list[float]] = {}
        for name, rows in sets.items():
            known = {row.id: row for row in rows}
            for ids in drawn[SETS[name][0]][size]:
                some = sorted(known[i] for i in ids)
                truth = [row.label for row in some]
                for method, found in small_runs(some, encode([r.text for r in some])).items():
                    labels = with_outliers_alone(found.labels)
                    amis.setdefault(method, []).append(adjusted_mutual_info_score(truth, labels))
        shown = [f"{np.mean(amis[m]):.3f}" if m in amis else "" for m in table_methods(table)]
        table.add_row(size, *shown)
    return table


def small_runs(rows: Sequence[Row], vectors: Vectors) -> dict[str, Found]:
    texts, ids = [row.text for row in rows], [row.id for row in rows]
    methods = [m for m in METHODS if m != "BERTopic" or find_spec("bertopic")]
    found = {method: METHODS[method](texts, vectors, ids) for method in methods}
    if "BERTopic" in found:
        found["BERTopic, assigned"] = assigned(found["BERTopic"], vectors)
    return found


def table_methods(table: Table) -> list[str]:
    return [str(column.header) for column in table.columns][1:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE.csv")
    parser.add_argument("--folder", type=Path, default=Path("../shared/data"))
    parser.add_argument("--only", nargs="+", choices=SETS, metavar="SET", help=", ".join(SETS))
    parser.add_argument("--draws", action="store_true", help=f"small studies, from {DRAWS}")
    parser.add_argument("--subsamples", type=int, default=SUBSAMPLES)
    args = parser.parse_args()
    read: dict[str, tuple[Path, Callable[[Path], Iterator[Row]]]] = {
        str(path): (path, read_csv) for path in args.files
    } or {name: (args.folder / SETS[name][0], SETS[name][1]) for name in args.only or SETS}
    rows = {}
    for name, (path, reader) in read.items():
        if not path.is_file():
            parser.error(f"{path} is missing: benchmarks/README.md says where sets are from")
        rows[name] = sorted(reader(path))
    encoder, cache = bundled_encoder(), FileCache(CACHE, BUNDLED_MODEL)

    def encode(texts: Sequence[str]) -> Vectors:
        return embed(texts, encoder, cache)

    if not find_spec("bertopic"):
        print("BERTopic is not installed: make eval-themes FILE.csv installs it", file=sys.stderr)
    table = (
        draws_of(rows, json.loads((args.folder / DRAWS).read_text("utf-8")), encode)
        if args.draws
        else table_of(rows, encode, args.subsamples)
    )
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
