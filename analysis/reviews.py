"""What a person decided about a piece of evidence: it wins over every source, in every later run.

A review names the words by turn and span, so it survives a new analysis; the last one about the
same words and signal counts. Reviews are the labels from which detectors can be judged.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from analysis.sentences import quote
from analysis.signals import CODED_STRENGTH, SIGNALS
from analysis.tables import Signal, SignalReview, Utterance


def reviewed(
    signals: Iterable[Signal], reviews: Sequence[SignalReview], utterances: Iterable[Utterance]
) -> tuple[Signal, ...]:
    """The evidence items after what people said about them, in the order of turn and signal.

    A confirmed statement that no detector found is added; a rejected one stays, and never scores.
    """
    turns = {turn.turn_id: turn for turn in utterances}
    by_turn: dict[tuple[str, str], list[SignalReview]] = {}
    for review in sorted(reviews, key=lambda r: (r.at, r.by)):
        if _fits(review, turns):
            by_turn.setdefault((review.turn_id, review.signal), []).append(review)
    if not by_turn:
        return tuple(signals)
    found: list[Signal] = []
    met: set[SignalReview] = set()
    for item in signals:
        said = item.quote
        given = by_turn.get((said.turn_id, item.signal), ()) if said else ()
        about = [r for r in given if said and r.is_about(said)]
        met |= set(about)
        found.append(_decided(item, about[-1]) if about else item)
    missed = [r for group in by_turn.values() for r in group if r not in met]
    last = {(r.turn_id, r.signal, r.start, r.end): r for r in missed}
    found += [_added(r, turns[r.turn_id]) for r in last.values() if r.verdict == "confirmed"]
    return tuple(sorted(found, key=_place))


def precision(reviews: Sequence[SignalReview]) -> Mapping[str, tuple[int, int]]:
    """Of what people looked at, per signal: how many confirmed, how many in all."""
    last = {
        (r.turn_id, r.signal, r.start, r.end): r
        for r in sorted(reviews, key=lambda r: (r.at, r.by))
    }
    of = {s: [r.verdict == "confirmed" for r in last.values() if r.signal == s] for s in SIGNALS}
    return {signal: (sum(kept), len(kept)) for signal, kept in of.items() if kept}


def _fits(review: SignalReview, turns: Mapping[str, Utterance]) -> bool:
    """Whether the words are still there: a turn may have been redacted since."""
    turn = turns.get(review.turn_id)
    return turn is not None and 0 <= review.start < review.end <= len(turn.text)


def _decided(item: Signal, review: SignalReview) -> Signal:
    stands = review.verdict == "confirmed"
    return replace(
        item,
        status="asserted" if stands else "rejected",
        status_reason=_reason(review),
        p=max(item.p, CODED_STRENGTH) if stands else item.p,
        source="human",
    )


def _added(review: SignalReview, turn: Utterance) -> Signal:
    return Signal(
        signal=review.signal,
        status="asserted",
        status_reason=_reason(review),
        p=CODED_STRENGTH,
        source="human",
        account_ref=turn.account_ref,
        contact_ref=turn.respondent,
        contact_role=turn.contact_role,
        said_at=turn.at,
        quote=quote(turn, review.start, review.end),
    )


def _reason(review: SignalReview) -> str:
    return f"{review.verdict} by {review.by} on {review.at.date().isoformat()}"


def _place(item: Signal) -> tuple[str, int, int, str]:
    turn, start = (item.quote.turn_id, item.quote.start) if item.quote else ("", 0)
    return (turn, SIGNALS.index(item.signal), start, item.status)
