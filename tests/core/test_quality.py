"""What a study's interviews say about the study itself."""

from datetime import UTC, datetime

from interviewer.core.interview import Interview, Trace, Turn
from interviewer.core.quality import quality
from interviewer.core.reading import FieldReading, Reading

AT = datetime(2026, 9, 1, tzinfo=UTC)


def held(*traces: Trace, close_reason: str = "complete", rating: int | None = None) -> Interview:
    turns = [
        Turn(
            seq=seq,
            speaker="interviewer",
            text="?",
            at=AT,
            language="en",
            move="playback" if rating else "ask",
            trace=trace,
        )
        for seq, trace in enumerate((Trace(), *traces))
    ]
    if rating:
        reading = Reading(
            source="offline", fields={"rating": FieldReading(value=rating, evidence=str(rating))}
        )
        turns.append(
            Turn(
                seq=len(turns),
                speaker="respondent",
                text=str(rating),
                at=AT,
                language="en",
                reading=reading,
            )
        )
    return Interview(
        interview_id="i",
        study="s",
        study_version=1,
        guide_hash="h",
        turns=tuple(turns),
        opened_at=AT,
        expires_at=AT,
        close_reason=close_reason,
    )


def test_counts() -> None:
    found = quality(
        [
            held(
                Trace(wording_source="model"),
                Trace(wording_source="template_after_fault", faults=("praise", "length")),
                Trace(failure="429"),
            ),
            held(Trace(), close_reason="confirmed", rating=4),
            held(Trace(), close_reason="corrected", rating=3),
            held(Trace(), close_reason="disputed", rating=2),
        ]
    )
    assert (found.interviews, found.messages) == (4, 6)
    assert (found.worded_by_model, found.replaced, found.replaced_share) == (1, 1, 0.5)
    assert found.faults == {"praise": 1, "length": 1}
    assert found.model_failures == 1
    assert (found.played_back, found.confirmed, found.corrected) == (3, 1, 1)
    assert found.disputed == 1
    assert (found.rating, found.ratings) == (3.0, 3)


def test_nothing_held_yet() -> None:
    found = quality([])
    assert (found.interviews, found.replaced_share, found.rating) == (0, None, None)
