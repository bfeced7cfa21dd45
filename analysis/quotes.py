"""Which words stand for a theme: together they cover it, and no two say the same."""

from collections.abc import Mapping, Sequence
from zlib import crc32

import numpy as np

from analysis.embed import Vectors
from analysis.sentences import quote
from analysis.tables import Findings, Quote, Segment, Utterance

READABLE = range(6, 31)  # words of a quote that reads well
LENGTH = 0.1  # coverage that a quote of another length gives up, as a share of the best
MOST_COMPARED = 400  # statements of a theme that its quotes are chosen from, and to cover


def chosen(
    members: Sequence[Segment],
    turns: Mapping[str, Utterance],
    vector: Mapping[str, Vectors],
    number: int,
) -> list[Segment]:
    """The statements that cover a theme best, in the order in which they add to it.

    Each next one adds most to how near every statement is to some quote (facility location,
    greedily); what was said in the same words stands once, and a new voice comes first.

    Args:
        members: Statements of one theme, in an order that is always the same.
        turns: turn_id -> who said it.
        vector: Masked text -> (dim,), length 1.
        number: How many at most.
    """
    left = list({s.masked: s for s in reversed(members) if s.parked is None}.values())[::-1]
    if not left:
        return []
    left = _some(left)
    rows = np.stack([vector[s.masked] for s in left])
    near = np.clip(rows @ rows.T, 0, 1)  # (candidates, statements to cover)
    reads = np.array([1 - LENGTH * (len(s.text.split()) not in READABLE) for s in left])
    voices = [turns[s.turn_id].respondent for s in left]
    covered = np.zeros(near.shape[1], dtype=np.float32)
    free = np.ones(len(left), dtype=bool)
    picked: list[Segment] = []
    heard: set[str] = set()
    while free.any() and len(picked) < number:
        fresh = free & np.array([voice not in heard for voice in voices])
        gain = np.maximum(near - covered, 0).sum(axis=1) * reads
        best = int(np.where(fresh if fresh.any() else free, gain, -1).argmax())
        covered = np.maximum(covered, near[best])
        free[best] = False
        heard.add(voices[best])
        picked.append(left[best])
    return picked


def _some(statements: list[Segment]) -> list[Segment]:
    """As many as are compared; by a hash, so that a new statement does not exchange the others."""
    if len(statements) <= MOST_COMPARED:
        return statements
    by_hash = sorted(statements, key=lambda s: crc32(s.segment_id.encode()))
    return sorted(by_hash[:MOST_COMPARED], key=lambda s: s.segment_id)


def quotes(findings: Findings, theme_id: str, number: int | None = None) -> tuple[Quote, ...]:
    """Any number of quotes of a theme: those chosen to cover it, then the rest, nearest first.

    Args:
        findings: Of a run.
        theme_id: One of its themes; another has no quotes.
        number: How many at most; all when not given.
    """
    first = next((t.quotes for t in findings.themes if t.theme_id == theme_id), ())
    near = {
        a.segment_id: a.similarity or 0.0 for a in findings.assignments if a.theme_id == theme_id
    }
    shown = {f"{q.turn_id}:{q.start}" for q in first}
    turns = {u.turn_id: u for u in findings.utterances}
    rest = sorted(
        (s for s in findings.segments if s.segment_id in near.keys() - shown),
        key=lambda s: (-near[s.segment_id], s.segment_id),
    )
    listed = (*first, *(quote(turns[s.turn_id], s.start, s.end) for s in rest))
    return listed if number is None else listed[:number]
