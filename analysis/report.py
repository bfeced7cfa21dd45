"""The report: one HTML file for the account manager that opens offline and proves what it says.

Every quote links to its turn in the appendix. Personal data is masked where it is shown; what is
stored stays as it was said. Words said in confidence are left out unless the owner asks for them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from markupsafe import Markup

from analysis import charts
from analysis.labels import LABELS, METRIC_NAMES, NEXT_STEPS
from analysis.playback import Corrected, Summaries, set_right, summaries
from analysis.risk import RECIPIENT
from analysis.scores import series
from analysis.sentences import quote
from analysis.showing import (
    BAND_NAMES,
    environment,
    hashed,
    masked,
    money,
    personal,
    total,
)
from analysis.tables import (
    Account,
    AccountRisk,
    Audience,
    Book,
    Findings,
    Quote,
    Reason,
    ScoreMove,
    Signal,
    Transcript,
    Turn,
)
from analysis.theme_section import WEAK, ThemeCard, ThemeSection, Words, section, share
from analysis.weights import ACTIVE, ELEVATED, HIGH, PRIOR_WEIGHTS, WEIGHTS, urgency

MOST_STEPS = 3
MOST_POSSIBLE = 5


@dataclass(frozen=True, slots=True)
class Item:
    """An evidence item as it is shown."""

    label: str
    status: str
    why: str
    words: Words | None
    data_row: str | None


@dataclass(frozen=True, slots=True)
class Term:
    """A reason as it is shown."""

    label: str
    contribution: float
    width: float  # 0-100, of its bar
    capped: bool
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """A score of the account over time."""

    title: str
    chart: Markup


@dataclass(frozen=True, slots=True)
class ReadBackLine:
    """A line of a summary as it was read back, and what it was set right to."""

    line: Words
    said: Words


@dataclass(frozen=True, slots=True)
class AccountPage:
    """All that the report says of one account."""

    anchor: str
    name: str
    ref: str
    owner: str | None
    value: str | None
    renewal: str
    renewal_in: str
    risk: AccountRisk
    active: tuple[Term, ...]
    minor: tuple[Term, ...]
    said_not_scored: tuple[Item, ...]
    data_not_scored: tuple[Item, ...]
    unscored: tuple[Item, ...]
    recipients: tuple[Item, ...]
    in_confidence: tuple[Item, ...]
    moved: tuple[tuple[str, float], ...]
    steps: tuple[str, ...]
    lines: tuple[ScoreLine, ...]
    summaries: Summaries
    corrections: tuple[ReadBackLine, ...]


@dataclass(frozen=True, slots=True)
class ShownTurn:
    """A turn in the appendix: its pieces, each quoted or not."""

    anchor: str
    speaker: str
    at: str
    pieces: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class ShownInterview:
    """An interview in the appendix."""

    title: str
    turns: tuple[ShownTurn, ...]


@dataclass(frozen=True, slots=True)
class Headline:
    """One of the numbers at the top."""

    name: str
    value: str
    note: str
    band: str


def render(
    findings: Findings,
    book: Book,
    *,
    brand: str,
    generated_at: datetime,
    audience: Audience = "all",
) -> str:
    """The report as one HTML file with its own content security policy.

    Args:
        findings: Of `pipeline.run`.
        book: What the run read: names, values, dates and the turns around each quote.
        brand: Whose report it is.
        generated_at: Aware time, shown in UTC.
        audience: `owner` also shows what was said in confidence.
    """
    page = _Page(findings, book, audience)
    templates = environment()
    style = templates.get_template("report.css").render()
    script = templates.get_template("report.js").render()
    accounts = [page.account(risk) for risk in findings.risks]
    themes = page.themes()
    used = findings.model.weights if findings.model else PRIOR_WEIGHTS
    return templates.get_template("report.html.j2").render(
        brand=brand,
        generated_at=generated_at,
        audience=audience,
        findings=findings,
        share=share,
        policy=(
            f"default-src 'none'; style-src '{hashed(style)}'; script-src '{hashed(script)}';"
            " base-uri 'none'; form-action 'none'"
        ),
        headlines=page.headlines(),
        band_chart=page.band_chart(),
        banded=[a for a in accounts if a.risk.band != "not_enough_evidence"],
        unheard=[a for a in accounts if a.risk.band == "not_enough_evidence"],
        unheard_share=page.unheard_share(),
        themes=themes,
        moves=page.moves(themes.cards),
        interviews=page.interviews(),
        counts=page.counts(),
        weights=[(LABELS[s], used[s], w.half_life) for s, w in WEIGHTS.items()],
        limits=(ELEVATED, HIGH),
        band_names=BAND_NAMES,
        metric_names=METRIC_NAMES,
    )


class _Page:
    """What the parts of the page have in common: names, anchors, masks and what was quoted."""

    def __init__(self, findings: Findings, book: Book, audience: Audience) -> None:
        self.findings, self.book, self.audience = findings, book, audience
        self.known = {a.account_ref: a for a in book.accounts}
        self.names = {ref: a.account_name or ref for ref, a in self.known.items()}
        self.transcripts = {t.interview_id: t for t in book.transcripts}
        self.turns = {turn.turn_id: turn for t in book.transcripts for turn in t.turns}
        self.interview_of = {
            turn.turn_id: t.interview_id for t in book.transcripts for turn in t.turns
        }
        self.anchors = {turn: f"turn-{n}" for n, turn in enumerate(sorted(self.turns), start=1)}
        self.account_anchors = {
            risk.account_ref: f"account-{n}" for n, risk in enumerate(findings.risks, start=1)
        }
        self.quoted: dict[str, list[tuple[int, int]]] = {}
        self.series = series(book.scores, findings.as_of)
        self.summaries = summaries(book.transcripts, audience)

    # accounts

    def account(self, risk: AccountRisk) -> AccountPage:
        ref = risk.account_ref
        account = self.known.get(ref, Account(ref))
        terms = [self.term(reason) for reason in risk.reasons]
        is_active = [abs(r.contribution) >= ACTIVE for r in risk.reasons]
        has_band = risk.band != "not_enough_evidence"
        said = sorted((i for r in risk.reasons for i in r.evidence), key=_explicit_first)
        own = [t for t in self.book.transcripts if t.account_ref == ref]
        read_back = summaries(own, self.audience)
        unscored = _worth_showing(risk.unscored)
        return AccountPage(
            anchor=self.account_anchors[ref],
            name=account.account_name or ref,
            ref=ref,
            owner=account.owner_name,
            value=money(account.annual_value, account.currency),
            renewal=account.renewal_date.isoformat() if account.renewal_date else "unknown",
            renewal_in=_renewal_in(account, risk),
            risk=risk,
            active=tuple(t for t, yes in zip(terms, is_active, strict=True) if yes and has_band),
            minor=tuple(t for t, yes in zip(terms, is_active, strict=True) if not yes and has_band),
            said_not_scored=() if has_band else self.items(s for s in said if s.quote),
            data_not_scored=() if has_band else self.items(s for s in said if not s.quote),
            unscored=self.items(s for s in unscored if s.contact_role != RECIPIENT),
            recipients=self.items(s for s in unscored if s.contact_role == RECIPIENT),
            in_confidence=self.items(self.kept_back(ref)) if self.audience == "owner" else (),
            moved=tuple(
                (LABELS.get(s, s), change)
                for s, change in sorted(risk.moved.items(), key=lambda m: (-abs(m[1]), m[0]))
            ),
            steps=_steps(risk) if has_band else (),
            lines=tuple(self.score_lines(ref)),
            summaries=read_back,
            corrections=tuple(self.correction(c) for c in read_back.corrections),
        )

    def term(self, reason: Reason) -> Term:
        return Term(
            LABELS.get(reason.signal, reason.signal),
            reason.contribution,
            round(min(100.0, 40 * abs(reason.contribution)), 1),
            abs(reason.contribution - reason.weight * reason.value) > 1e-9,
            self.items(reason.evidence),
        )

    def items(self, signals: Iterable[Signal]) -> tuple[Item, ...]:
        return tuple(
            Item(
                LABELS.get(s.signal, s.signal),
                s.status.replace("_", " "),
                s.status_reason,
                self.words(s.quote) if s.quote else None,
                s.data_row,
            )
            for s in signals
            if s.quote is None or self.shows(s.quote.audience)
        )

    def kept_back(self, ref: str) -> list[Signal]:
        return [
            s
            for s in self.findings.signals
            if s.account_ref == ref and s.quote and s.quote.audience == "owner"
        ]

    def score_lines(self, ref: str) -> Iterable[ScoreLine]:
        moved = [m for m in self.findings.score_moves if m.account_ref == ref]
        for (account, metric, _), scores in self.series.items():
            drops = [m.period for m in moved if m.metric == metric]
            if account == ref and any(s.period in drops for s in scores):
                name = METRIC_NAMES.get(metric, metric)
                title = f"{name}, {scores[0].period} to {scores[-1].period}"
                yield ScoreLine(title, charts.score_line(scores, drops, title))

    # words

    def words(self, quote: Quote) -> Words:
        transcript = self.transcripts.get(quote.interview_id)
        turn = self.turns.get(quote.turn_id)
        day = quote.said_at.date().isoformat() if quote.said_at else "undated"
        study = transcript.study if transcript else None
        source = ", ".join(part for part in (quote.contact_role, day, study) if part)
        if turn is None or transcript is None:
            return Words(quote.text, source, self.anchors.get(quote.turn_id))
        found = self.part(transcript, turn, quote.start, quote.end, source)
        later = set_right(quote, self.summaries.corrections)
        return replace(found, set_right=self.correction(later).said.text) if later else found

    def part(self, transcript: Transcript, turn: Turn, start: int, end: int, source: str) -> Words:
        """A part of a turn with personal data masked, marked where the turn is shown."""
        self.quoted.setdefault(turn.turn_id, []).append((start, end))
        known = personal(transcript)
        pieces = masked(turn.text, known, [(start, end)], only_marked=True)
        return Words("".join(text for text, _ in pieces), source, self.anchors.get(turn.turn_id))

    def correction(self, found: Corrected) -> ReadBackLine:
        day = found.said.at.date().isoformat() if found.said.at else "undated"
        source = ", ".join(p for p in (found.transcript.contact_role, day) if p)
        return ReadBackLine(
            self.part(found.transcript, found.noted, found.start, found.end, source),
            self.part(found.transcript, found.said, 0, len(found.said.text), source),
        )

    def shows(self, audience: Audience) -> bool:
        return audience == "all" or self.audience == "owner"

    def themes(self) -> ThemeSection:
        placed = zip(self.findings.segments, self.findings.assignments, strict=True)
        turns = {u.turn_id: u for u in self.findings.utterances}
        alone = [
            quote(turns[s.turn_id], s.start, s.end)
            for s, given in placed
            if s.parked is None and given.theme_id is None
        ]
        asked = {a.respondent for a in self.book.asked}
        asked |= {u.respondent for u in self.findings.utterances} if asked else set()
        return section(self.findings, self.shown, alone, self.names, len(asked) or None)

    def shown(self, quote: Quote) -> Words | None:
        return self.words(quote) if self.shows(quote.audience) else None

    def moves(
        self, cards: Sequence[ThemeCard]
    ) -> list[tuple[ScoreMove, str, str, list[ThemeCard]]]:
        by_id = {card.theme.theme_id: card for card in cards}
        return [
            (
                move,
                self.names.get(move.account_ref, move.account_ref),
                self.account_anchors.get(move.account_ref, ""),
                [by_id[theme] for theme in move.themes if theme in by_id],
            )
            for move in self.findings.score_moves
        ]

    def interviews(self) -> list[ShownInterview]:
        """The interviews that are quoted, in the order of their accounts."""
        shown = {self.interview_of[turn] for turn in self.quoted}
        chosen = [t for t in self.book.transcripts if t.interview_id in shown]
        chosen.sort(key=lambda t: (t.account_ref or "~", str(t.at), t.interview_id))
        return [self.interview(t) for t in chosen]

    def interview(self, transcript: Transcript) -> ShownInterview:
        who = self.names.get(transcript.account_ref or "", transcript.account_ref)
        day = transcript.at.date().isoformat() if transcript.at else "undated"
        parts = (who, transcript.contact_role, transcript.study, day)
        known = personal(transcript)
        return ShownInterview(
            " · ".join(part for part in parts if part),
            tuple(self.turn(turn, known) for turn in self.open_turns(transcript)),
        )

    def open_turns(self, transcript: Transcript) -> Iterable[Turn]:
        """The turns this reader may see; what is asked right after a hidden one may quote it."""
        before = [None, *transcript.turns]
        for earlier, turn in zip(before, transcript.turns, strict=False):
            echoes = turn.speaker == "interviewer" and earlier and not self.shows(earlier.audience)
            if self.shows(turn.audience) and not echoes:
                yield turn

    def turn(self, turn: Turn, known: Sequence[str]) -> ShownTurn:
        marked = self.quoted.get(turn.turn_id, [])
        return ShownTurn(
            self.anchors[turn.turn_id],
            turn.speaker,
            turn.at.strftime("%Y-%m-%d %H:%M") if turn.at else "",
            tuple(masked(turn.text, known, marked)),
        )

    # numbers

    def headlines(self) -> list[Headline]:
        found = self.findings
        bands: list[Headline] = []
        for band in ("high", "elevated", "low", "not_enough_evidence"):
            of_band = [r.account_ref for r in found.risks if r.band == band]
            name = "Unheard" if band == "not_enough_evidence" else f"{BAND_NAMES[band]} risk"
            bands.append(Headline(name, str(len(of_band)), self.value_of(of_band), band))
        heard = {u.interview_id for u in found.utterances}
        voices = {u.respondent for u in found.utterances}
        talk = f"{len(voices)} people, {len(found.utterances)} answers"
        weak = found.strength is not None and found.strength < WEAK
        themes = "weak structure: read as hints" if weak else "named from what was said"
        drops = {m.account_ref for m in found.score_moves}
        return [
            *(bands if found.risks else []),
            Headline("Interviews", str(len(heard)), talk, ""),
            Headline("Themes", str(len(found.themes)), themes, ""),
            Headline("Score drops", str(len(found.score_moves)), f"in {len(drops)} accounts", ""),
        ]

    def value_of(self, refs: Sequence[str]) -> str:
        return total([self.known[ref] for ref in refs if ref in self.known]) or "no value known"

    def unheard_share(self) -> str | None:
        """The share of the book's value without a band, or None where values are not comparable."""
        valued = [a for a in self.known.values() if a.annual_value is not None]
        if len({a.currency for a in valued}) != 1:
            return None
        silent = {r.account_ref for r in self.findings.risks if r.band == "not_enough_evidence"}
        total = sum(a.annual_value or 0 for a in valued)
        part = sum(a.annual_value or 0 for a in valued if a.account_ref in silent)
        return f"{100 * part / total:.0f} %" if total else None

    def band_chart(self) -> Markup | None:
        risks = self.findings.risks
        comparable = self.unheard_share() is not None
        parts = []
        for band in ("high", "elevated", "low", "not_enough_evidence"):
            of_band = [self.known.get(r.account_ref) for r in risks if r.band == band]
            value = sum((a.annual_value or 0) if comparable else 1 for a in of_band if a)
            if value:
                shown = self.value_of([a.account_ref for a in of_band if a])
                parts.append(charts.Share(band, BAND_NAMES[band], value, shown))
        if len(parts) < 2:
            return None
        what = "annual value" if comparable else "accounts"
        told = ", ".join(f"{p.label} {p.value:,.0f}" for p in parts)
        return charts.shares(parts, f"The book by {what}: {told}")

    def counts(self) -> list[tuple[str, str]]:
        found = self.findings
        parked = sum(found.dropped.values())
        statuses = {s.status for s in found.signals}
        return [
            ("Interviews read", str(len({t.interview_id for t in self.book.transcripts}))),
            ("Answers read", str(len(found.utterances))),
            ("Summaries", self.summaries.told if self.summaries.read_back else "none read back"),
            ("Points for themes", f"{len(found.segments) - parked} of {len(found.segments)}"),
            *((f"Left out: {why.replace('_', ' ')}", str(n)) for why, n in found.dropped.items()),
            *(
                (
                    f"Statements {status.replace('_', ' ')}",
                    str(sum(s.status == status for s in found.signals)),
                )
                for status in sorted(statuses)
            ),
            *((name.replace("_", " ").capitalize(), str(v)) for name, v in found.settings.items()),
        ]


def _steps(risk: AccountRisk) -> tuple[str, ...]:
    pressing = [r for r in risk.reasons if r.contribution >= ACTIVE and r.signal in NEXT_STEPS]
    return tuple(NEXT_STEPS[r.signal] for r in pressing[:MOST_STEPS])


def _worth_showing(signals: Iterable[Signal]) -> list[Signal]:
    """What has a status that a reader can check, then the strongest of what is only possible."""
    ordered = sorted(signals, key=lambda s: (s.status == "possible", -s.p))
    sure = sum(s.status != "possible" for s in ordered)
    return ordered[: sure + MOST_POSSIBLE]


def _explicit_first(item: Signal) -> tuple[bool, float]:
    weight = WEIGHTS.get(item.signal)
    return (weight is None or weight.kind != "explicit", -item.p)


def _renewal_in(account: Account, risk: AccountRisk) -> str:
    if account.renewal_date is None:
        return ""
    days = (account.renewal_date - risk.as_of).days
    when = f"in {days} days" if days >= 0 else f"{-days} days ago"
    return f"{when}, urgent" if days >= 0 and urgency(days) == 1.0 else when
