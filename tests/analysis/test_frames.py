import json
from datetime import UTC, date, datetime

import pytest

from analysis.embed import Encoder
from analysis.frames import agreement
from analysis.pipeline import run
from analysis.reading import read_book
from analysis.report import render
from analysis.tables import Coding


def test_kappa_of_each_code_over_the_turns_a_person_read() -> None:
    human = [Coding(f"t{n}", "late" if n < 6 else None, "Ana") for n in range(10)]
    machine = {f"t{n}": ["Late"] for n in (0, 1, 2, 3, 9)} | {"t77": ["Late"]}
    (late,) = agreement(human, machine)
    assert (late.turns, late.both, late.only_machine, late.only_human) == (10, 4, 1, 2)
    assert late.kappa == pytest.approx((0.7 - 0.5) / 0.5)


def test_a_code_that_everybody_always_uses_has_no_kappa() -> None:
    (row,) = agreement(
        [Coding("t1", "late"), Coding("t2", "late")], {"t1": ["late"], "t2": ["LATE"]}
    )
    assert row.kappa is None
    assert agreement([], {}) == ()


def test_a_turn_has_every_code_that_any_coder_gave_it() -> None:
    rows = agreement(
        [Coding("t1", "late", "Ana"), Coding("t1", "price", "Bo"), Coding("t2", None, "Ana")],
        {"t1": ["Price"]},
    )
    assert {(r.code, r.turns, r.both) for r in rows} == {("late", 2, 0), ("price", 2, 1)}


def test_a_frame_and_a_human_coding_come_with_the_file(encoder: Encoder) -> None:
    said = {
        "late": ("The truck came hours late.", "The delivery was late again.", "It came too late."),
        "bill": ("The invoice was wrong.", "We were billed twice.", "The invoice is too high."),
    }
    lines: list[dict[str, object]] = [
        {"kind": "code", "name": "Late", "description": "The delivery was late."},
        {
            "kind": "code",
            "name": "Billing",
            "description": "The invoice is wrong.",
            "examples": ["billed twice"],
        },
    ]
    for code, texts in said.items():
        for n, text in enumerate(texts):
            turns = [{"speaker": "user", "text": text}]
            lines.append({"id": f"{code}{n}", "turns": turns})
            given = "Late" if code == "late" else None
            lines.append({"kind": "coding", "turn_id": f"{code}{n}:0", "code": given})
    book = read_book(json.dumps(line) for line in lines).book
    findings = run(book, encoder, as_of=date(2026, 11, 1))
    frame = {t.title: t.respondents for t in findings.themes if t.origin == "frame"}
    assert frame == {"Late": 3, "Billing": 3}
    (one,) = findings.agreement
    assert (one.code, one.kappa, one.turns) == ("Late", 1.0, 6)
    page = render(findings, book, brand="Acme", generated_at=datetime(2026, 11, 1, tzinfo=UTC))
    assert "Agreement with the human coding" in page
    assert "from the study’s code frame" in page


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"kind": "code"}', "name: missing"),
        ('{"kind": "code", "name": "x", "examples": "y"}', "examples: 'y' is not a list of texts"),
        ('{"kind": "coding", "code": "x"}', "turn_id: missing"),
    ],
)
def test_a_bad_code_is_refused(line: str, why: str) -> None:
    ((_, reason),) = read_book([line]).refused
    assert reason.startswith(why)
