"""The report: one HTML file for the account manager that opens offline and proves what it says.

Every quote links to its turn in the appendix. Personal data is masked where it is shown; what is
stored stays as it was said. Words said in confidence are left out unless the owner asks for them.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import pairwise

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from analysis import charts
from analysis.redact import spans
from analysis.risk import ACTIVE, ELEVATED, HIGH, RECIPIENT, WEIGHTS, urgency
from analysis.scores import series
from analysis.tables import (
    Account,
    AccountRisk,
    Audience,
    Band,
    Book,
    Findings,
    Quote,
    Reason,
    ScoreMove,
    Signal,
    Theme,
    Transcript,
    Turn,
)

LABELS: Mapping[str, str] = {
    "leave_intent": "Intends to leave",
    "competitor": "Is looking at competitors",
    "contract_notice": "Asks about notice or exit",
    "rfp": "Tender or benchmark",
    "unresolved_claim": "A claim is still open",
    "recurrence": "It keeps happening",
    "chargeback": "Chargebacks and cost passed on",
    "slow_response": "Slow answers, or none",
    "silent_am": "Not told, no contact",
    "price_dispute": "Price or invoice dispute",
    "decision_maker": "Who decides is changing",
    "volume_shift": "Volume is moving away",
    "not_heard": "Does not feel heard",
    "trust_lost": "Trust is lost",
    "capability_gap": "Something we do not offer",
    "commit": "Commits to stay, or recommends",
    "otif_drop": "OTIF fell",
    "tone_shift": "Sounds more displeased than before",
}
NEXT_STEPS: Mapping[str, str] = {
    "leave_intent": "Call who said it before the review, with somebody who can decide.",
    "competitor": "Ask what the other provider is better at, and answer that point alone.",
    "contract_notice": "Answer the question about the contract, then ask what is behind it.",
    "rfp": "Ask for the scope and the date of the tender, and who runs it.",
    "unresolved_claim": "Settle the claim, or bring a date and a name to the meeting.",
    "recurrence": "Bring the cause and the proof of the fix, not another promise.",
    "chargeback": "List the penalties they paid for our misses, and say what we will carry.",
    "slow_response": "Name one person who answers, and the hours within which they do.",
    "silent_am": "Agree who calls whom, and when, if a load slips.",
    "price_dispute": "Go through the disputed invoices line by line before the meeting.",
    "decision_maker": "Meet the new decision-maker before the renewal is on the table.",
    "volume_shift": "Ask which lanes moved and what would bring them back.",
    "not_heard": "Let them tell it once, to somebody who can act on it.",
    "trust_lost": "Make one small promise with a date, and keep it.",
    "capability_gap": "Say plainly whether we will offer it, and by when.",
    "otif_drop": "Bring the lanes and weeks behind the drop, with what was changed.",
    "tone_shift": "Ask what has changed since the last interview.",
}
BAND_NAMES: Mapping[Band, str] = {
    "high": "High",
    "elevated": "Elevated",
    "low": "Low",
    "not_enough_evidence": "Not enough evidence",
}
METRIC_NAMES = {"otif": "OTIF", "nps": "NPS", "csat": "CSAT"}
MOST_STEPS = 3
MOST_POSSIBLE = 5
MOST_SLICES = 14  # accounts or studies across the theme table
_PERSONAL_KEYS = ("contact_name", "contact_title", "recipient_name", "name", "phone", "email")


@dataclass(frozen=True, slots=True)
class Words:
    """A quote as it is shown: masked, with where it is from."""

    text: str
    source: str  # role, date, study
    anchor: str | None  # its turn in the appendix


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


@dataclass(frozen=True, slots=True)
class ThemeCard:
    """A theme as it is shown."""

    anchor: str
    theme: Theme
    quotes: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Slices:
    """Themes by account or study: respondents in each cell, and how dark to show it."""

    columns: tuple[str, ...]
    rows: tuple[tuple[ThemeCard, tuple[tuple[int, int], ...]], ...]  # count, shade 0-4


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
    environment = _environment()
    style = environment.get_template("report.css").render()
    script = environment.get_template("report.js").render()
    accounts = [page.account(risk) for risk in findings.risks]
    cards = tuple(page.theme(n, theme) for n, theme in enumerate(findings.themes, start=1))
    return environment.get_template("report.html.j2").render(
        brand=brand,
        generated_at=generated_at,
        audience=audience,
        findings=findings,
        policy=(
            f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}';"
            " base-uri 'none'; form-action 'none'"
        ),
        headlines=page.headlines(),
        band_chart=page.band_chart(),
        banded=[a for a in accounts if a.risk.band != "not_enough_evidence"],
        unheard=[a for a in accounts if a.risk.band == "not_enough_evidence"],
        unheard_share=page.unheard_share(),
        cards=cards,
        by_account=_slices(cards, [t.accounts for t in findings.themes], page.names),
        by_study=_slices(cards, [t.studies for t in findings.themes], {}),
        moves=page.moves(cards),
        interviews=page.interviews(),
        counts=page.counts(),
        weights=[(LABELS[s], w) for s, w in WEIGHTS.items()],
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

    # accounts

    def account(self, risk: AccountRisk) -> AccountPage:
        ref = risk.account_ref
        account = self.known.get(ref, Account(ref))
        terms = [self.term(reason) for reason in risk.reasons]
        is_active = [abs(r.contribution) >= ACTIVE for r in risk.reasons]
        has_band = risk.band != "not_enough_evidence"
        said = sorted((i for r in risk.reasons for i in r.evidence), key=_explicit_first)
        unscored = _worth_showing(risk.unscored)
        return AccountPage(
            anchor=self.account_anchors[ref],
            name=account.account_name or ref,
            ref=ref,
            owner=account.owner_name,
            value=_money(account.annual_value, account.currency),
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
        self.quoted.setdefault(quote.turn_id, []).append((quote.start, quote.end))
        day = quote.said_at.date().isoformat() if quote.said_at else "undated"
        study = transcript.study if transcript else None
        source = ", ".join(part for part in (quote.contact_role, day, study) if part)
        text = quote.text
        if turn and transcript:
            text = "".join(
                t
                for t, _ in _masked(
                    turn.text, _personal(transcript), [(quote.start, quote.end)], only_marked=True
                )
            )
        return Words(text, source, self.anchors.get(quote.turn_id))

    def shows(self, audience: Audience) -> bool:
        return audience == "all" or self.audience == "owner"

    def theme(self, number: int, theme: Theme) -> ThemeCard:
        quotes = tuple(self.words(q) for q in theme.quotes if self.shows(q.audience))
        return ThemeCard(f"theme-{number}", theme, quotes)

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
        known = _personal(transcript)
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
            tuple(_masked(turn.text, known, marked)),
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
        weak = found.strength is not None and found.strength < 0.1
        themes = "weak structure: read as hints" if weak else "named from what was said"
        drops = {m.account_ref for m in found.score_moves}
        return [
            *(bands if found.risks else []),
            Headline("Interviews", str(len(heard)), talk, ""),
            Headline("Themes", str(len(found.themes)), themes, ""),
            Headline("Score drops", str(len(found.score_moves)), f"in {len(drops)} accounts", ""),
        ]

    def value_of(self, refs: Sequence[str]) -> str:
        return _total([self.known[ref] for ref in refs if ref in self.known]) or "no value known"

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


def _slices(
    cards: Sequence[ThemeCard],
    counts: Sequence[Mapping[str, int]],
    names: Mapping[str, str],
) -> Slices:
    total: dict[str, int] = {}
    for row in counts:
        for key, n in row.items():
            total[key] = total.get(key, 0) + n
    keys = sorted(total, key=lambda k: (-total[k], k))[:MOST_SLICES]
    most = max((row.get(key, 0) for row in counts for key in keys), default=0)
    return Slices(
        tuple(names.get(key, key) for key in keys),
        tuple(
            (card, tuple((row.get(k, 0), -(-4 * row.get(k, 0) // most)) for k in keys))
            for card, row in zip(cards, counts, strict=True)
            if any(row.get(key) for key in keys)
        ),
    )


def _masked(
    text: str,
    known: Sequence[str],
    marked: Sequence[tuple[int, int]],
    only_marked: bool = False,
) -> Iterable[tuple[str, bool]]:
    """The text in pieces with personal data masked, each piece quoted or not."""
    found = spans(text, known)
    cuts = {0, len(text), *(x for span in marked for x in span)}
    cuts |= {x for span in found for x in (span.start, span.end)}
    for start, end in pairwise(sorted(cuts)):
        is_marked = any(a <= start and end <= b for a, b in marked)
        if only_marked and not is_marked:
            continue
        inside = next((s for s in found if s.start <= start and end <= s.end), None)
        if inside is None:
            yield text[start:end], is_marked
        elif start == inside.start or (only_marked and any(a == start for a, _ in marked)):
            yield inside.token, is_marked


def _personal(transcript: Transcript) -> tuple[str, ...]:
    values = (transcript.context.get(key) for key in _PERSONAL_KEYS)
    return tuple(value for value in values if isinstance(value, str) and value.strip())


def _renewal_in(account: Account, risk: AccountRisk) -> str:
    if account.renewal_date is None:
        return ""
    days = (account.renewal_date - risk.as_of).days
    when = f"in {days} days" if days >= 0 else f"{-days} days ago"
    return f"{when}, urgent" if days >= 0 and urgency(days) == 1.0 else when


def _money(value: float | None, currency: str | None) -> str | None:
    if value is None:
        return None
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            number = f"{value / size:.2f}".rstrip("0").rstrip(".") + letter
            break
    else:
        number = f"{value:.0f}"
    return f"{currency} {number}" if currency else number


def _total(accounts: Sequence[Account]) -> str | None:
    """What the accounts are worth together, in each currency; the largest number first."""
    sums: dict[str | None, float] = {}
    for account in accounts:
        if account.annual_value is not None:
            sums[account.currency] = sums.get(account.currency, 0.0) + account.annual_value
    largest = sorted(sums.items(), key=lambda row: (-row[1], row[0] or ""))
    return " + ".join(str(_money(value, currency)) for currency, value in largest) or None


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _plain(text: str) -> str:
    """A sentence of the analysis with the names of the signals as people say them."""
    for signal, name in LABELS.items():
        text = re.sub(rf"\b{signal}\b", f"“{name.lower()}”", text)
    return text


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("analysis"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"sentence": _sentence, "plain": _plain}
    return environment
