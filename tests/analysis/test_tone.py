from datetime import UTC, date, datetime, timedelta

import pytest

from analysis import tone
from analysis.sentences import clauses
from analysis.tables import Utterance

AS_OF = date(2026, 6, 1)


def turn(n: int, text: str, days_ago: int, **changes: object) -> Utterance:
    at = datetime(2026, 6, 1, tzinfo=UTC) - timedelta(days=days_ago)
    interview = f"i{days_ago}"
    values: dict[str, object] = {
        "turn_id": f"{interview}-{n}",
        "interview_id": interview,
        "text": text,
        "respondent": "c1",
        "account_ref": "A",
        "contact_role": "buyer",
        "study": None,
        "language": "en",
        "at": at,
        "audience": "all",
        "question": None,
        "topic": "incident",
        "fields": {},
    }
    return Utterance(**(values | changes))  # type: ignore[arg-type]


def shifts(turns: list[Utterance]) -> dict[str, tone.ToneShift]:
    spoken = [clause for u in turns for clause in clauses(u)]
    return dict(tone.tone_shifts(spoken, tone.lexicon([c.text for c in spoken]), AS_OF))


GOOD = [turn(n, "It was a great and friendly delivery.", 100) for n in range(12)]
BAD = [turn(n, "It was a terrible and awful delivery.", 10) for n in range(12)]


def test_displeased_sounds_more_negative_than_pleased() -> None:
    bad, plain, good = tone.lexicon(["Awful, I hate it.", "It came.", "Wonderful, thank you!"])
    assert 0 <= good < plain < bad <= 1


def test_a_clear_shift_is_reliable_and_shrunk() -> None:
    shift = shifts(GOOD + BAD)["A"]
    assert shift.is_reliable
    assert shift.low > 0
    raw = tone.lexicon([BAD[0].text, GOOD[0].text])
    assert 0 < shift.shift < raw[0] - raw[1]
    assert shift.sentence.startswith("sounds more displeased")


@pytest.mark.parametrize(
    ("turns", "why"),
    [
        (BAD, "no earlier interview"),
        (GOOD[:9] + BAD, "9 before"),
        (GOOD + BAD[:9], "9 sentences now"),
        (GOOD + [turn(n, "It was a great and friendly delivery.", 10) for n in range(12)], "+0.00"),
        ([turn(n, "It was great.", 100, topic="billing") for n in range(12)] + BAD, "0 sentences"),
    ],
)
def test_where_it_cannot_be_told_there_is_no_reliable_change(
    turns: list[Utterance], why: str
) -> None:
    shift = shifts(turns)["A"]
    assert not shift.is_reliable
    assert shift.sentence.startswith("no reliable change")
    assert why in shift.sentence


def test_the_order_of_turns_does_not_matter() -> None:
    assert shifts(GOOD + BAD) == shifts([*reversed(BAD), *reversed(GOOD)])


def test_recipients_words_in_confidence_and_later_ones_are_left_out() -> None:
    left_out = [
        turn(0, "Awful.", 5, contact_role="recipient"),
        turn(1, "Awful.", 5, audience="owner"),
        turn(2, "Awful.", -5),
    ]
    assert shifts(GOOD + BAD + left_out) == shifts(GOOD + BAD)
