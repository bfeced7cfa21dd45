"""The part of the report about themes, on the answers of the other tests."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from analysis.embed import Encoder
from analysis.pipeline import run
from analysis.quotes import quotes
from analysis.report import render
from analysis.tables import Asked, Book, Coding, Findings, ThemeDecision, Transcript, Turn

Answers = tuple[tuple[str, str], ...]
AS_OF = date(2026, 9, 1)
MADE = datetime(2026, 9, 1, 12, tzinfo=UTC)


def book(answers: Answers, times: int = 1) -> Book:
    """Every answer by `times` recipients; carriers follow what it is about."""
    held = [
        Transcript(
            f"i{n:03}{k}",
            (Turn(f"i{n:03}{k}:1", "respondent", text),),
            study="delivery-check",
            at=datetime(2026, 3 + n % 5, 3, tzinfo=UTC),
            context={"carrier": "Halyard" if label in ("driver", "damage") else "Corridor"},
        )
        for n, (text, label) in enumerate(answers)
        for k in range(times)
    ]
    return Book(held)


def page(findings: Findings, given: Book) -> str:
    html = render(findings, given, brand="Larchgate", generated_at=MADE)
    return html[html.index('<section id="themes"') : html.index('<section id="scores"')]


@pytest.fixture(scope="module")
def large(encoder: Encoder, answers: Answers) -> tuple[Findings, Book]:
    given = book(answers, times=2)
    return run(given, encoder, as_of=AS_OF), given


def test_a_small_study_shows_every_quote_and_no_share(encoder: Encoder, answers: Answers) -> None:
    given = book(answers)
    found = run(given, encoder, as_of=AS_OF)
    html = page(found, given)
    assert '<h2 id="themes-title">Groupings</h2>' in html
    assert " %" not in html
    shown = sum(len(theme.quotes) for theme in found.themes)
    assert shown == sum(a.theme_id is not None for a in found.assignments)
    assert html.count("<blockquote>") == len(answers)  # what is one of a kind stands below


def test_every_count_has_its_n_and_interval(large: tuple[Findings, Book]) -> None:
    html = page(*large)
    assert ">Themes</h2>" in html
    for theme in large[0].themes:
        assert re.search(rf"{theme.respondents} of 80 people \(\d+ %, \d+ to \d+ %\)", html)


def test_the_page_says_who_speaks_more_and_who_was_asked(large: tuple[Findings, Book]) -> None:
    found, given = large
    asked = [Asked(t.interview_id, t.study, None, t.context) for t in given.transcripts]
    more = replace(given, asked=[*asked, Asked("silent", "delivery-check")])
    driver = next(t for t in found.themes if "river" in t.title)
    over = [
        row for row in found.leanings if row.theme_id == driver.theme_id and row.leans == "over"
    ]
    assert [row.value for row in over] == ["Halyard"]
    html = page(replace(found, reach=()), more)
    assert "<strong>More often</strong> carrier Halyard" in html
    assert "80 heard of 81 asked" in html


def test_the_pictures_tell_their_quotes_and_numbers(large: tuple[Findings, Book]) -> None:
    html = page(*large)
    assert html.count('class="chart"') == 3  # map, time, carriers
    first = large[0].themes[0]
    assert f'aria-label="{first.title}: “' in html
    assert re.search(r'aria-label="2026-03-01: \d+ of \d+ people"', html)
    assert "▲" in html


def test_what_changed_since_the_last_run_is_said(
    encoder: Encoder, answers: Answers, large: tuple[Findings, Book]
) -> None:
    found, given = large
    a, b = found.themes[0], found.themes[1]
    assert found.changes == ()
    decided = replace(given, decisions=[ThemeDecision("merge", a.theme_id, into=b.theme_id)])
    later = run(decided, encoder, as_of=AS_OF, previous=found)
    html = page(later, decided)
    assert "Since the last run" in html
    assert re.search(rf"{a.title}.*?merged into", html, re.DOTALL)


def test_agreement_with_a_human_coding_is_shown(large: tuple[Findings, Book]) -> None:
    found, given = large
    title = found.themes[0].title
    coded = replace(given, codings=[Coding(t.turns[0].turn_id, title) for t in given.transcripts])
    assert "Cohen’s kappa" not in page(found, given)
    from analysis import frames

    rows = frames.agreement(coded.codings, {coded.codings[0].turn_id: [title]})
    assert "Cohen’s kappa" in page(replace(found, agreement=rows), coded)


def test_any_number_of_quotes_can_be_had(large: tuple[Findings, Book]) -> None:
    found, _ = large
    theme = found.themes[0]
    everything = quotes(found, theme.theme_id)
    assert everything[: len(theme.quotes)] == theme.quotes
    assert len({(q.turn_id, q.start) for q in everything}) == len(everything) == theme.segments
    assert quotes(found, theme.theme_id, 7) == everything[:7]
    turns = {u.turn_id: u.text for u in found.utterances}
    assert all(turns[q.turn_id][q.start : q.end] == q.text for q in everything)
