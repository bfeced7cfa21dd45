import pytest

from analysis.frames import agreement
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
