"""What a person decides about themes, from the stored decision to the next analysis."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from analysis.embed import Vectors
from analysis.grouping import find_themes
from analysis.prepare import segments, utterances
from analysis.tables import Code
from interviewer.clock import StoryClock
from interviewer.core.book import ImportedTranscript, ThemeDecision
from interviewer.core.errors import InvalidInput, NotFound
from interviewer.findings import analyzing, evidence, themes
from interviewer.ports import Services
from interviewer.store import AnalysisRun
from interviewer.studies import lifecycle
from interviewer.studies.prompts_folder import load_guide
from tests.fakes import services_in

SAID = {
    "late": ("The truck came late on day {}.", "Late again, {} hours this time."),
    "price": ("The price rose by {} percent this year.", "A price of {} dollars is too high."),
    "dock": ("We waited {} hours at the dock.", "The dock was closed for {} days."),
}


def encoder(texts: Sequence[str]) -> Vectors:
    """Vectors by the words that matter here, so that nothing has to be loaded."""
    words = ("late", "price", "dock", "waited", "closed", "rose", "again")
    rows = np.array([[1e-3 + text.lower().count(word) for word in words] for text in texts])
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def services(tmp_path: Path) -> Services:
    made = services_in(tmp_path)
    put_statements(made)
    return made


def put_statements(services: Services) -> None:
    """Three things that people speak of, in many words."""
    turns = [
        (f"{label}-{n}", text.format(n + 2))
        for label, texts in SAID.items()
        for n, text in enumerate(texts * 6)
    ]
    services.store.put(
        [
            ImportedTranscript.read({"id": name, "turns": [{"speaker": "user", "text": text}]})
            for name, text in turns
        ]
    )


def analyzed(services: Services) -> dict[str, str]:
    """theme_id -> title after themes were found anew an hour later and stored as a run."""
    assert isinstance(services.clock, StoryClock)
    services.clock.move_to(services.clock.now() + timedelta(hours=1))
    last = services.store.latest_run()
    read = evidence.read_book(services)
    said = utterances(read)
    points = segments(said)
    found = find_themes(
        said,
        points,
        encoder([point.masked for point in points if point.parked is None]),
        analyzing.theme_memory(last) if last else None,
        encoder=encoder,
        decided=read.decisions,
        regroup=True,
    )
    memory = {"as_of": "2026-11-01", "themes": asdict(found.memory)}
    rows = [asdict(theme) for theme in found.themes]
    at, name = services.clock.now(), services.new_id()
    services.store.save_run(AnalysisRun(name, at, {}, rows, [], [], memory, ""))
    return {theme.theme_id: theme.title for theme in found.themes}


def test_decisions_hold_in_every_later_analysis(services: Services) -> None:
    first = analyzed(services)
    a, b, *_ = first
    themes.decide(services, "rename", b, title="What it costs")
    themes.decide(services, "merge", a, into=b)
    for _ in range(2):
        now = analyzed(services)
        assert a not in now
        assert now[b] == "What it costs"
    (row,) = [row for row in themes.listed(services) if row["theme"] == b]
    assert row["decided"] == "named by a person, merged with others"
    services.clock.move_to(services.clock.now() + timedelta(hours=1))  # type: ignore[attr-defined]
    themes.decide(services, "release", b)
    assert analyzed(services)[b] != "What it costs"


def test_every_statement_of_a_theme_can_be_had_and_split_off(services: Services) -> None:
    theme = next(iter(analyzed(services)))
    everything = themes.statements(services, theme, None)
    (count,) = [row["statements"] for row in themes.listed(services) if row["theme"] == theme]
    assert len(everything) == count
    assert themes.statements(services, theme, 2) == everything[:2]
    some = [row["statement"] for row in everything[:2]]
    themes.decide(services, "split", theme, title="A part", statements=some)
    assert "A part" in analyzed(services).values()


def test_a_decision_that_cannot_hold_is_refused_and_not_stored(services: Services) -> None:
    with pytest.raises(NotFound, match="run interviewer analyze"):
        themes.decide(services, "pin", "t-1")
    theme = next(iter(analyzed(services)))
    with pytest.raises(InvalidInput, match="no theme 't-1'; there are"):
        themes.decide(services, "pin", "t-1")
    with pytest.raises(InvalidInput, match="none of these statements"):
        themes.decide(services, "split", theme, title="x", statements=["nobody:0"])
    assert services.store.find(ThemeDecision) == []


FRAME = """
frame:
- name: Dock
  description: Waiting at the dock.
  examples: [an hour at the dock]
"""


def test_a_study_brings_its_own_code_frame(services: Services) -> None:
    source = next(iter(services.store.studies())).source + FRAME
    lifecycle.add(services, load_guide(source), source)
    assert evidence.read_book(services).frame == (
        Code("Dock", "Waiting at the dock.", ("an hour at the dock",)),
    )
