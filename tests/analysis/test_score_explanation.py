from datetime import UTC, date, datetime, timedelta

import pytest

from analysis.score_explanation import Heard, claim_stories, explain, pairs
from analysis.tables import (
    Account,
    AccountRisk,
    Claim,
    Quote,
    Reason,
    Score,
    Signal,
    Utterance,
)

AS_OF = date(2026, 6, 1)
OTIF = [Score("A", "otif", "2026-02", 96), Score("A", "otif", "2026-03", 91)]


def voice(who: str, day: str, audience: str = "all") -> Utterance:
    at = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return Utterance(
        f"{who}{day}", who, "words", who, "A", "buyer", None, "en", at, audience,  # type: ignore[arg-type]
        None, None, {},
    )  # fmt: skip


def heard(who: str, day: str, about: str = "It keeps happening") -> Heard:
    return Heard("A", who, date.fromisoformat(day), about, "signal", f"{about}, says {who}")


def words(quote: Quote) -> str:
    return quote.text


EARLIER = [voice("x", "2026-02-10"), voice("y", "2026-02-11")]
LATER = [voice("x", "2026-03-20"), voice("y", "2026-04-20")]


@pytest.mark.parametrize(
    ("said", "voices", "rose", "told"),
    [
        ([heard("x", "2026-03-20")], [*EARLIER, *LATER], [((1, 2), (0, 2))], "a hint"),
        ([heard("x", "2026-02-10"), heard("x", "2026-03-20")], [*EARLIER, *LATER], [],
         "2 people were heard, and nothing they spoke of rose"),
        ([heard("x", "2026-02-10")], EARLIER, [], "nobody was heard in that time"),
        ([heard("x", "2026-05-20")], [*EARLIER, *LATER], [], "nothing they spoke of rose"),
        ([heard("x", "2026-03-20")], LATER, [((1, 2), (0, 0))], "nobody was heard before it"),
        ([], [voice("x", "2026-03-20", "owner")], [], "nobody was heard in that time"),
    ],
)  # fmt: skip
def test_a_move_is_explained_by_what_rose_or_not_at_all(
    said: list[Heard],
    voices: list[Utterance],
    rose: list[tuple[tuple[int, int], tuple[int, int]]],
    told: str,
) -> None:
    (story,) = explain("A", [Account("A")], OTIF, said, voices, AS_OF)
    (move,) = story.moves
    assert (move.value_before, move.value) == (96, 91)
    assert [(rise.now, rise.before) for rise in move.rises] == rose
    assert told in move.sentence


def test_a_segment_is_the_mean_by_shipments() -> None:
    scores = [Score("A", "otif", "2026-02", 90, n=1), Score("B", "otif", "2026-02", 96, n=2)]
    (story,) = explain("retail", [Account("A"), Account("B")], scores, [], [], AS_OF)
    assert story.values == (("2026-02", 94.0),)


def item(signal: str, status: str, at: datetime, account: str = "A") -> Signal:
    quote = Quote("t", "i", 0, 4, f"{signal} {status}", account, "buyer", at)
    return Signal(signal, status, "", 0.9, "detector", account, "c", "buyer", at, quote)  # type: ignore[arg-type]


def reading(ref: str, signal: str, contribution: float) -> AccountRisk:
    evidence = (item(signal, "asserted", datetime(2026, 5, 1, tzinfo=UTC), ref),)
    reason = Reason(signal, contribution, 1.0, contribution, evidence)
    return AccountRisk(
        ref, AS_OF, "low", None, 0.12, -2.0, -2.0 + contribution, (reason,), (), (), "", 1, 1
    )  # fmt: skip


def test_two_accounts_with_the_same_otif_stand_side_by_side() -> None:
    scores = [
        Score(ref, "otif", "2026-04", value)
        for ref, value in (("A", 95.0), ("B", 95.5), ("C", 90.0))
    ]
    risks = [reading("A", "trust_lost", 0.9), reading("B", "commit", -1.2), reading("C", "rfp", 1)]
    ((kept, lost),) = pairs(risks, scores, {"A": "Norrland"}, words, AS_OF)
    assert (kept.name, lost.name) == ("B", "Norrland")
    assert (kept.quotes, lost.quotes) == (("commit asserted",), ("trust_lost asserted",))


def test_speed_of_claims_is_set_beside_what_was_said_since() -> None:
    opened = datetime(2026, 1, 1, tzinfo=UTC)
    closed = {"fast": 3, "slow": 30, "silent": 10}
    claims = [Claim(ref, ref, opened, opened + timedelta(days=n)) for ref, n in closed.items()]
    said = [
        item("not_heard", "asserted", opened + timedelta(days=20), "fast"),
        item("commit", "asserted", opened + timedelta(days=40), "slow"),
        item("commit", "asserted", opened + timedelta(days=5), "silent"),  # before it was closed
    ]
    stories, sentence = claim_stories(claims, said, {}, words, AS_OF)
    assert [(s.claim_ref, s.verdict) for s in stories] == [
        ("fast", "trust still lost"),
        ("silent", "nobody spoke of it since"),
        ("slow", "trust rebuilt"),
    ]
    assert sentence == (
        "closed within 16.5 days: 0 of 1 rebuilt trust; slower: 1 of 1 rebuilt trust"
    )
    assert "too few" in claim_stories(claims[:1], said, {}, words, AS_OF)[1]
