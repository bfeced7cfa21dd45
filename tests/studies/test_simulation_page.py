"""The page of a rehearsal: what it holds, and that it loads and runs nothing else."""

import base64
import hashlib
import re
from dataclasses import replace
from html import unescape

import pytest

from interviewer.studies.rehearsal import Rehearsal, read_baselines, rehearse
from interviewer.studies.simulation_page import cue_words, render, ways_to
from tests.simulated import VALUES, person

HOSTILE = '</script><script>alert(1)</script> & "more"'
UNTOLD = {"id": "3", "topic": "told", "text": "A year.", "depth": 2, "cues": [r"\bhow long\b"]}


@pytest.fixture(scope="module")
def done() -> Rehearsal:
    people = [
        person(id="plain", facts=[*VALUES["facts"], UNTOLD]),
        person(id="hostile", study="delivery-check", context={"item": HOSTILE}, opening=HOSTILE),
        person(id="stops", behaviours=[{"after_turn": 1, "say": "STOP", "expect": "stop"}]),
    ]
    return rehearse("all", people, baselines=read_baselines("form,script"))


@pytest.fixture(scope="module")
def page(done: Rehearsal) -> str:
    return render(done)


def test_its_policy_allows_its_own_style_and_script_alone(page: str) -> None:
    written = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert written
    policy = unescape(written[1])
    assert policy.startswith("default-src 'none'")
    for tag, rule in (("style", "style-src"), ("script", "script-src")):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{rule} 'sha256-{digest}'" in policy
    assert not re.search(r'(src|href)="(?!#)', page)
    assert not re.search(r'\s(style|on\w+)="', page)


def test_what_respondents_wrote_is_text(page: str) -> None:
    assert HOSTILE not in page
    assert "&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_every_turn_is_shown_with_what_was_decided_and_why(done: Rehearsal, page: str) -> None:
    for one in done.ours:
        for turn in one.interview.turns:
            assert re.search(rf">{turn.seq + 1} · {turn.speaker}<", page)
            if turn.decision:
                assert f"({turn.decision.reason})" in page
    assert "must lead to no further message: honored" in page
    assert 'data-ended="they opted out"' in page


def test_baselines_and_studies_stand_side_by_side(page: str) -> None:
    for name in ("this interviewer", "one-question form", "topic script", "delivery-check"):
        assert f'<th scope="row">{name}</th>' in page
    alone = render(rehearse("exception-follow-up", [person()]))
    assert 'id="compared"' not in alone
    assert 'id="studies"' not in alone


def test_words_that_break_a_rule_are_marked(done: Rehearsal) -> None:
    one = next(each for each in done.ours if each.respondent.id == "plain")
    turns = tuple(
        turn.model_copy(update={"text": f"Great point! {turn.text}"}) if turn.seq == 2 else turn
        for turn in one.interview.turns
    )
    spoiled = replace(one, interview=one.interview.evolve(turns=turns))
    page = render(replace(done, played={"ours": [spoiled]}))
    assert '<mark class="fault">Great point<small>praise</small></mark>! ' in page
    assert "1 rule broken" in page


def test_a_missed_fact_says_how_it_could_have_been_told(done: Rehearsal) -> None:
    one = next(each for each in done.ours if each.respondent.id == "plain")
    deep = one.respondent.facts_at(2)[0]
    told = "a question with one of: how long · a request for an instance while they speak of told"
    assert list(ways_to(deep, one)) == [told]
    silent = replace(one, told_at={"0": 1})
    first = "first, on the same topic: Nobody told me, I heard it rattle on the stairs at home."
    assert list(ways_to(deep, silent)) == [first, told]
    shallow = one.respondent.facts_at(1)[0]
    quoting = "a question with one of: happened, broken · their own words on damage, quoted"
    assert list(ways_to(shallow, silent)) == [quoting]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("app|track", ["app", "track"]),
        (r"\b(driver|hand(ed|over)?|drop\w*)\b", ["driver", "hand…", "drop…"]),
        (r"how (long|often)|first time", ["how …", "first time"]),
        (r"doors?|e-?mail", ["doors", "e-mail"]),
        (r"let you\s+know", ["let you know"]),
        (r"\w+", []),
    ],
)
def test_cues_are_shown_as_words(pattern: str, words: list[str]) -> None:
    assert list(cue_words(pattern)) == words
