import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest
from markupsafe import Markup

from analysis import charts, showing
from analysis.labels import LABELS
from analysis.report import render
from analysis.risk import assess
from analysis.scores import score_moves
from analysis.tables import (
    Account,
    Assignment,
    Book,
    Correction,
    Findings,
    Quote,
    Score,
    Segment,
    Signal,
    Theme,
    Transcript,
    Turn,
    Utterance,
)
from analysis.weights import WEIGHTS

AS_OF = date(2026, 6, 1)
AT = datetime(2026, 5, 20, 9, tzinfo=UTC)
MADE = datetime(2026, 6, 1, 12, tzinfo=UTC)
NASTY = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'; background:url(//x.example/y)",
    "{{ 7 * 7 }}{% raw %}",
    "</style></title><svg/onload=alert(1)>",
    "javascript:alert(1)",
    "&lt;b&gt; \u202e \x00 é 漢",
)
ANSWERS = (
    "We won't renew the contract.",
    "It keeps happening every Friday.",
    "Call Dana on +1 415 555 0137 about the claim.",
    "Between us, the account manager never calls.",
    "The rest of it is fine as far as I can tell.",
    "That is all I have to say about it.",
    "We ship four hundred pallets a week.",
    "The night shift starts at ten o'clock.",
)


class Page(HTMLParser):
    """Elements, ids and links of a page, as a browser would see them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, attribute: str) -> list[str]:
        return [v for _, attrs in self.elements if (v := attrs.get(attribute)) is not None]


def book_and_findings(
    said: tuple[str, ...] = ANSWERS, name: str = "Norrland"
) -> tuple[Book, Findings]:
    def turns() -> Iterator[Turn]:
        for n, text in enumerate(said):
            hidden = "owner" if n == 3 else "all"
            yield Turn(f"i1:{2 * n}", "interviewer", f"Question {n}, after {said[n - 1]}")
            yield Turn(f"i1:{2 * n + 1}", "respondent", text, audience=hidden)  # type: ignore[arg-type]

    transcript = Transcript(
        "i1",
        tuple(turns()),
        "A",
        "b",
        "buyer",
        "account-renewal",
        at=AT,
        context={"contact_name": "Dana Kowalski"},
    )
    accounts = [
        Account("A", name, "Pat", 1_250_000, "USD", date(2026, 7, 1), contacts={"b": "buyer"}),
        Account("B", "Silent Co", None, 250_000, "USD", date(2026, 8, 1)),
    ]
    scores = [Score("A", "otif", f"2026-{m:02d}", v) for m, v in enumerate((97, 97, 93), start=1)]
    book = Book([transcript], accounts, scores)
    heard = [
        Utterance(
            t.turn_id,
            "i1",
            t.text,
            "b",
            "A",
            "buyer",
            "account-renewal",
            "en",
            AT,
            t.audience,
            None,
            None,
            {},
        )
        for t in transcript.turns
        if t.speaker == "respondent"
    ]
    quotes = [
        Quote(u.turn_id, "i1", 0, len(u.text), u.text, "A", "buyer", AT, u.audience) for u in heard
    ]
    signals = tuple(
        Signal(signal, status, "because", 0.95, "detector", "A", "b", "buyer", AT, quotes[n])  # type: ignore[arg-type]
        for n, signal, status in (
            (0, "leave_intent", "asserted"),
            (1, "recurrence", "asserted"),
            (2, "unresolved_claim", "possible"),
            (3, "silent_am", "asserted"),
        )
    )
    points = tuple(
        Segment(f"{u.turn_id}:0", u.turn_id, 0, len(u.text), u.text, u.text) for u in heard
    )
    theme = Theme(
        "th1",
        name,
        ("friday",),
        1,
        2,
        0,
        0.7,
        (quotes[1], quotes[2], quotes[3]),
        {"account-renewal": 1},
        {"A": 1},
    )
    belongs = tuple(Assignment(p.segment_id, "th1") for p in points)
    return book, Findings(
        AS_OF,
        {"encoder": "test", "base_rate": 0.12},
        tuple(heard),
        points,
        (theme,),
        belongs,
        0.3,
        signals,
        assess(book, heard, signals, {}, AS_OF),
        score_moves(scores, heard, points, belongs, AS_OF),
        {"duplicate": 1},
    )


def page(audience: str = "all", said: tuple[str, ...] = ANSWERS, name: str = "Norrland") -> str:
    book, findings = book_and_findings(said, name)
    return render(findings, book, brand="Longhaul", generated_at=MADE, audience=audience)  # type: ignore[arg-type]


def test_every_quote_links_to_its_turn_and_every_link_leads_somewhere() -> None:
    seen = Page(page())
    ids = seen.values("id")
    assert len(ids) == len(set(ids))
    links = [v for v in seen.values("href") if v.startswith("#")]
    assert {link[1:] for link in links} <= set(ids)
    assert sum(link.startswith("#turn-") for link in links) >= 4


def test_it_is_one_file_that_loads_nothing_under_its_own_policy() -> None:
    html = page()
    seen = Page(html)
    assert seen.values("src") + seen.values("style") == []
    assert not [k for _, attrs in seen.elements for k in attrs if k.startswith("on")]
    assert all(v.startswith("#") for v in seen.values("href"))
    policy = next(a["content"] for t, a in seen.elements if t == "meta" and "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    for tag in ("style", "script"):
        (inside,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


@pytest.mark.parametrize("text", NASTY)
def test_what_people_write_creates_no_element_and_no_attribute(text: str) -> None:
    plain, nasty = Page(page()), Page(page(said=(text, *ANSWERS[1:]), name=f"Norrland {text}"))
    shape = [(tag, sorted(attrs)) for tag, attrs in plain.elements]
    assert [(tag, sorted(attrs)) for tag, attrs in nasty.elements] == shape
    assert " ".join(text.split()) in " ".join(nasty.text.split())


def test_words_in_confidence_are_in_the_owners_copy_alone() -> None:
    hidden = ANSWERS[3]
    assert hidden not in page("all")
    assert hidden in page("owner")
    assert "Said in confidence" in page("owner")


def test_personal_data_is_masked_where_it_is_shown_and_kept_where_it_is_stored() -> None:
    html = page()
    assert "555 0137" not in html
    assert "Call Dana" not in html
    _, findings = book_and_findings()
    assert any("+1 415 555 0137" in u.text for u in findings.utterances)


def test_the_reasons_add_up_on_the_page_as_well() -> None:
    _, findings = book_and_findings()
    risk = findings.risks[0]
    seen = Page(page()).text
    for reason in risk.reasons:
        assert f"{LABELS[reason.signal]}{reason.contribution:+.2f}" in re.sub(r"\s*\n\s*", "", seen)


def test_the_unheard_stand_beside_the_list_with_their_share_of_the_value() -> None:
    text = " ".join(Page(page()).text.split())
    assert "1 accounts without a band, 17 % of the book’s value" in text
    assert "no interview: nobody of this account was interviewed" in text


def test_values_are_added_up_in_each_currency() -> None:
    accounts = [
        Account("A", annual_value=1_500_000, currency="USD"),
        Account("B", annual_value=640_000, currency="GBP"),
        Account("C", annual_value=500_000, currency="USD"),
        Account("D", annual_value=700_000, currency="EUR"),
        Account("E"),
    ]
    assert showing.total(accounts) == "USD 2M + EUR 700k + GBP 640k"
    assert showing.total(accounts[-1:]) is None


def test_a_drop_is_shown_with_its_chart_and_what_was_spoken_of() -> None:
    html = page()
    assert html.count('class="chart"') == 3  # the book by band, one score, themes by account
    assert "2026-02 to 2026-03" in Page(html).text


def test_an_empty_book_says_what_to_do_next() -> None:
    empty = Findings(AS_OF, {}, (), (), (), (), None, (), (), (), {})
    text = Page(render(empty, Book(), brand="Longhaul", generated_at=MADE)).text
    for hint in ("import accounts and contacts", "Launch a study", "Import OTIF", "Nothing is quo"):
        assert hint in text


def test_every_signal_has_words_on_the_page() -> None:
    assert {*WEIGHTS, "otif_drop", "nps_drop", "credit_notes", "tone_shift"} == set(LABELS)


@pytest.mark.parametrize("text", NASTY)
def test_a_chart_holds_nothing_that_runs_or_loads(text: str) -> None:
    parts = [charts.Share("high", text, 3, text), charts.Share("low", "Low", 2, "2")]
    drawn = charts.shares(parts, text)
    assert isinstance(drawn, Markup)
    tags = {tag for tag, _ in Page(str(drawn)).elements}
    assert tags <= {"figure", "svg", "g", "path", "rect", "line", "text", "clippath", "defs"}


@pytest.mark.parametrize(
    "inside",
    [
        "<script>1</script>",
        "<foreignObject/>",
        '<rect onclick="x()"/>',
        '<rect style="fill:red"/>',
        '<a href="https://x.example"/>',
        '<rect fill="url(https://x.example)"/>',
    ],
)
def test_an_unsafe_drawing_is_refused(inside: str) -> None:
    with pytest.raises(charts.UnsafeChart, match="the chart holds"):
        charts.check(f'<svg xmlns="http://www.w3.org/2000/svg">{inside}</svg>')


def test_the_same_findings_give_the_same_page() -> None:
    assert page() == page()


def test_an_account_without_a_name_or_date_is_shown_by_its_reference() -> None:
    book, findings = book_and_findings()
    bare = replace(book, accounts=[])
    html = render(findings, bare, brand="Longhaul", generated_at=MADE)
    assert "unknown" in html


def test_a_corrected_line_stands_beside_the_account_and_under_its_quote() -> None:
    book, findings = book_and_findings()
    (held,) = book.transcripts
    noted, line = held.turns[3], "every Friday"
    last = Turn("i1:99", "respondent", "Every other Friday, Dana.", at=AT)
    last = replace(last, corrects=Correction(noted.turn_id, line), fields={"rating": 3})
    told = replace(held, turns=(*held.turns, last), read_back="corrected")
    html = render(findings, replace(book, transcripts=[told]), brand="B", generated_at=MADE)
    text = " ".join(Page(html).text.split())
    assert "1 read back: 0 confirmed, 1 corrected; conversations rated 3.0 of 4 (1)" in text
    assert "We noted“every Friday”They say“Every other Friday, " in text.replace("> ", ">")
    assert "Set right when read back: “Every other Friday, " in text
    assert "Dana" not in text
