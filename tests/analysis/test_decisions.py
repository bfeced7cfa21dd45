from hypothesis import given
from hypothesis import strategies as st

from analysis.decisions import applied, part_id, problem, standing
from analysis.tables import KnownTheme, ThemeDecision, ThemeMemory

IDS = ("a", "b", "c", "d")
MEMORY = ThemeMemory(
    tuple(KnownTheme(name, name.upper(), (), "", (1.0, 0.0), 0.5) for name in IDS),
    {f"s{n}": IDS[n % 4] for n in range(12)} | {"alone": None},
    12,
)
MADE = st.builds(
    ThemeDecision,
    st.sampled_from(["rename", "merge", "split", "pin", "release"]),
    st.sampled_from(IDS),
    title=st.sampled_from(["One", "Two"]),
    into=st.sampled_from(IDS),
    segments=st.sampled_from([("s0",), ("s1", "s5"), ()]),
)


@given(st.lists(MADE, max_size=12))
def test_applying_decisions_again_changes_nothing_and_loses_no_statement(
    made: list[ThemeDecision],
) -> None:
    in_force = standing(made)
    once = applied(MEMORY, in_force)
    assert applied(once, in_force) == once
    assert once.places.keys() == MEMORY.places.keys()
    known = {theme.theme_id for theme in once.themes}
    assert {theme for theme in once.places.values() if theme} <= known
    assert all(in_force.merged[theme] != theme for theme in in_force.merged)


def test_a_chain_of_merges_ends_in_one_theme_and_a_ring_is_no_merge() -> None:
    chain = [ThemeDecision("merge", "a", into="b"), ThemeDecision("merge", "b", into="c")]
    assert standing(chain).merged == {"a": "c", "b": "c"}
    assert standing([*chain, ThemeDecision("merge", "c", into="a")]).merged == {"a": "c", "b": "c"}


def test_what_is_taken_back_holds_no_more() -> None:
    split = ThemeDecision("split", "a", title="Part", segments=("s0",))
    made = [split, ThemeDecision("pin", "b"), ThemeDecision("rename", "c", title="New")]
    assert standing(made).held == {"a", "b", part_id(split)}
    freed = standing([*made, *(ThemeDecision("release", name) for name in "abc")])
    assert (freed.held, freed.titles) == (frozenset(), {})


def test_a_decision_about_what_is_not_there_says_what_is() -> None:
    assert "no theme 'x'; there are a (A), b (B)" in str(problem(ThemeDecision("pin", "x"), MEMORY))
    elsewhere = ThemeDecision("split", "a", title="P", segments=("s1",))
    assert problem(elsewhere, MEMORY) == "none of these statements belongs to a"
    assert problem(ThemeDecision("merge", "a", into="b"), MEMORY) is None
