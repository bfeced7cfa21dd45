"""The simulate command: whom it plays, what it prints, and how it refuses."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from interviewer.cli.trying import show
from interviewer.core.errors import InvalidInput, NotFound
from interviewer.studies.rehearsal import (
    Rehearsal,
    compared_rows,
    read_baselines,
    read_respondents,
    rehearse,
    scorecard_rows,
    study_rows,
)
from tests.openai_server import OpenAiServer, says
from tests.simulated import line, person

DEVELOPMENT = Path(__file__).parents[3] / "shared/data/personas_dev.jsonl"
BASELINES = read_baselines("form,generic,script")
SHE_STOPS = {"after_turn": 1, "say": "STOP", "expect": "stop"}


@pytest.fixture(scope="module")
def done() -> Rehearsal:
    people = [
        person(id="a"),
        person(id="b", behaviours=[SHE_STOPS]),
        person(id="c", study="delivery-check", context={"delivered_at": "2026-09-18"}),
        person(id="d", study="fish-tank"),
    ]
    return rehearse("all", people, 3, BASELINES)


def test_all_plays_what_there_is_and_says_what_there_is_not(done: Rehearsal) -> None:
    assert done.studies == ("delivery-check", "exception-follow-up")
    assert done.skipped == {"fish-tank": 1}
    assert [len(each) for each in done.played.values()] == [3, 3, 3, 3]


def test_one_study_is_played_alone() -> None:
    alone = rehearse("delivery-check", [person(), person(study="delivery-check")])
    assert [one.guide.slug for one in alone.ours] == ["delivery-check"]
    assert alone.skipped == {}


def test_ours_stops_where_a_baseline_goes_on(done: Rehearsal) -> None:
    cards = done.compared()
    assert cards["ours"].honored["stop"].rate == 1
    assert cards["script"].honored["stop"].rate == 0
    assert cards["form"].questions == 1
    assert cards["form"].elicited.hits == 0
    assert cards["ours"].over_budget.hits == 0 < cards["script"].over_budget.hits
    assert cards["ours"].elicited.hits > cards["form"].elicited.hits


def test_the_tables_have_a_row_for_each(done: Rehearsal) -> None:
    assert [row["interviewer"] for row in compared_rows(done.compared())] == [
        "this interviewer",
        "one-question form",
        "generic probe, twice",
        "topic script",
    ]
    assert [row["study"] for row in study_rows(done.by_study())] == list(done.studies)
    named = {row["figure"].strip(): row["value"] for row in scorecard_rows(done.card())}
    assert named["interviews"] == "3"
    assert named["ended: opt_out"] == "1"
    assert "model calls" not in named


def test_json_is_all_that_is_printed(done: Rehearsal, capsys: pytest.CaptureFixture[str]) -> None:
    show(done, as_json=True)
    printed = json.loads(capsys.readouterr().out)
    assert printed["scorecards"].keys() == {"ours", "form", "generic", "script"}
    assert printed["skipped"] == {"fish-tank": 1}
    ours = printed["scorecards"]["ours"]
    assert ours["elicited"]["rate"] == ours["elicited"]["hits"] / ours["elicited"]["of"]
    show(done, as_json=False)
    assert "Skipped 1 respondent of 'fish-tank'" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ("{", "line 1: is no JSON object; write one a line"),
        ("\n[1]", "line 2: is no JSON object; write one a line"),
        (line(patience=0), "line 1, patience: Input should be greater than or equal to 1"),
        ('{"id": "a", "study": "b", "vague": ["c"]}', "line 1, opening: is missing; write it"),
        (
            f"{line()}\n{line(must_elicit=['9'])}",
            "line 2, must_elicit: names no fact: '9'; give ids of facts",
        ),
    ],
)
def test_a_line_that_cannot_be_read_is_named(lines: str, named: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_respondents(lines)
    assert refused.value.message == named


def test_nobody_to_play_is_said_with_whom_there_is() -> None:
    with pytest.raises(NotFound, match="'delivery-check' in that file; it has exception-follow-up"):
        rehearse("delivery-check", [person()])
    with pytest.raises(NotFound, match="any study here in that file; it has none"):
        rehearse("all", [])
    with pytest.raises(NotFound, match="no study 'fish-tank'"):
        rehearse("fish-tank", [person()])


def test_baselines_are_named_in_any_order() -> None:
    assert read_baselines(" script,form") == ("form", "script")
    assert read_baselines("") == ()
    with pytest.raises(InvalidInput, match="form, generic, script"):
        read_baselines("form,best")


def command(*arguments: str, lines: str) -> subprocess.CompletedProcess[str]:
    code = "from interviewer.cli.app import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, "simulate", *arguments],
        input=lines,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_writes_the_page_and_prints_json_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    ran = command(
        *("all", "--personas", "-", "--json", "--compare", "form", "--html", str(page)),
        lines=line(),
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["study"] == "all"
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_model_that_breaks_rules_is_replaced_and_its_cost_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = ("probe", *(f"ask:{topic}" for topic in ("told", "impact", "outstanding")))
    answer = {
        **{"language": "en", "specificity": "thin", "sentiment": "negative"},
        **{"topics": [], "aspects": [], "fields": [], "intents": [], "contradicts": "none"},
        **{"new_information": 1.0, "injection": False, "quote": "broken", "cue": "none"},
        "wordings": [{"option": o, "text": "Great! How awful was it?"} for o in options],
    }
    with OpenAiServer(*[says(answer)] * 12) as server:
        monkeypatch.setenv("INTERVIEWER_LLM_BASE_URL", server.base_url)
        card = rehearse("exception-follow-up", [person(id=str(n)) for n in range(3)]).card()
        calls = server.calls
    assert card.violations == {}
    assert card.cost
    assert card.cost.calls == calls
    assert card.cost.tokens_in == 700 * calls
    assert card.cost.failed.hits == 0
    assert card.cost.replaced.rate == 1.0
    assert {"praise", "leading"} <= set(card.cost.replaced_for)


def test_the_command_refuses_in_one_line() -> None:
    ran = command("delivery-check", "--personas", "-", lines='{"id": 1}')
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert ran.stderr.startswith("error: line 1, id: ")
    assert ran.stderr.count("\n") == 1


@pytest.mark.skipif(not DEVELOPMENT.exists(), reason="the data is not beside this checkout")
def test_the_baselines_on_the_development_respondents() -> None:
    people = read_respondents(DEVELOPMENT.read_text(encoding="utf-8"))
    cards = rehearse("all", people, baselines=BASELINES).compared()
    found: dict[str, Any] = {
        player: (card.depth_1.hits, card.depth_2.hits, card.over_budget.hits)
        for player, card in cards.items()
        if player in ("form", "generic")
    }
    # interviewing.md section 8 has 14 of depth 1, three of them told after the respondent ended;
    # "more" in the first probe is a cue of one fact of depth 2.
    assert found == {"form": (0, 0, 0), "generic": (11, 1, 8)}
    assert cards["ours"].over_budget.hits == 0
