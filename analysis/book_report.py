"""The book of business on a page: who may leave, at what value, how soon, and who was not heard.

`book_view` returns plain values, filtered and in the order of the risk list; a page, JSON or a
table is made of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from analysis import charts
from analysis.account_report import (
    ContactView,
    Evidence,
    contact_views,
    latest_rating,
    rating_differs,
    shown_evidence,
)
from analysis.labels import LABELS
from analysis.showing import BAND_NAMES, money, page, total
from analysis.tables import Account, AccountRisk, Band, Book, FittedModel, Reason
from analysis.weights import ACTIVE, PRIOR_WEIGHTS, WEIGHTS, urgency

BANDS: tuple[Band, ...] = ("high", "elevated", "low", "not_enough_evidence")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which accounts of the book to show; what is None does not limit."""

    owner: str | None = None
    segment: str | None = None
    renewal_within: int | None = None  # days from the day on which the book is looked at
    band: Band | None = None

    def takes(self, account: Account, band: Band, day: date) -> bool:
        """Whether this account is one of them; letter case does not matter."""
        if self.owner and (account.owner_name or "").casefold() != self.owner.casefold():
            return False
        if self.segment and (account.segment or "").casefold() != self.segment.casefold():
            return False
        if self.band and band != self.band:
            return False
        if self.renewal_within is None:
            return True
        left = _days_left(account, day)
        return left is not None and 0 <= left <= self.renewal_within

    @property
    def told(self) -> str:
        """The filter in words; empty when it takes all."""
        parts = (
            f"owner {self.owner}" if self.owner else None,
            f"segment {self.segment}" if self.segment else None,
            f"renewal within {self.renewal_within} days"
            if self.renewal_within is not None
            else None,
            f"band {BAND_NAMES[self.band].lower()}" if self.band else None,
        )
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class BookRow:
    """One account in the list."""

    account_ref: str
    name: str
    owner: str | None
    segment: str | None
    annual_value: float | None
    value: str | None
    renewal: date | None
    days_left: int | None
    is_urgent: bool
    band: Band
    previous_band: Band | None
    why_not: str | None
    strength: float  # the sum of the contributions; no probability
    reason: str | None  # the strongest
    evidence: Evidence | None  # of the strongest reason
    contacts_heard: int
    contacts_known: int
    rating: str | None  # of the account manager
    rating_differs: str | None
    watch: float  # what the data alone add up to
    data_rows: tuple[str, ...]
    next_step: ContactView | None  # the first contact who was not heard


@dataclass(frozen=True, slots=True)
class BandCount:
    """One band of the book."""

    band: Band
    name: str
    accounts: int
    value: str | None


@dataclass(frozen=True, slots=True)
class BookView:
    """The book of business; of a long one a part of its rows."""

    as_of: date  # of what was said
    day: date  # of renewals, contacts and claims
    filter: Filter
    counts: tuple[BandCount, ...]
    rows: tuple[BookRow, ...]  # with a band, in the order of the risk list
    unheard: tuple[BookRow, ...]  # without a band, by renewal, then value
    watch: tuple[BookRow, ...]  # of the unheard those the data speak of, most pressing first
    points: tuple[charts.AccountPoint, ...]  # every account with a band and a renewal ahead
    unheard_share: str | None  # of the book's value
    owners: tuple[str, ...]
    segments: tuple[str, ...]
    trace: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The accounts that a filter takes, each with its reading, in the order of the risk list."""

    taken: tuple[tuple[AccountRisk, Account], ...]
    first: int = 0  # of the part that is shown; the watch order goes with the start of the list
    most: int | None = None
    most_watched: int | None = None

    @property
    def shown(self) -> tuple[tuple[AccountRisk, Account], ...]:
        """Those of the part."""
        end = None if self.most is None else self.first + self.most
        return self.taken[self.first : end]

    @property
    def watched(self) -> tuple[tuple[AccountRisk, Account], ...]:
        """Those without a band of which the data speak."""
        if self.first:
            return ()
        speaking = [one for one in self.taken if _is_unheard(one[0]) and watch_strength(one[0]) > 0]
        return tuple(sorted(speaking, key=_pressing)[: self.most_watched])

    @property
    def account_refs(self) -> tuple[str, ...]:
        """Whose words and contacts a view of the part needs."""
        return tuple(dict.fromkeys(r.account_ref for r, _ in (*self.shown, *self.watched)))


def choose(
    risks: Sequence[AccountRisk], accounts: Sequence[Account], day: date, wanted: Filter
) -> Chosen:
    """The accounts of the book that the filter takes; `risks` in the order of the risk list."""
    known = {a.account_ref: a for a in accounts}
    pairs = [(risk, known.get(risk.account_ref, Account(risk.account_ref))) for risk in risks]
    return Chosen(tuple((r, a) for r, a in pairs if wanted.takes(a, r.band, day)))


def book_view(
    chosen: Chosen,
    book: Book,
    as_of: date,
    trace: Mapping[str, str],
    wanted: Filter,
    *,
    day: date | None = None,
) -> BookView:
    """The accounts that were chosen.

    Args:
        chosen: Of `choose`.
        book: Every account, and what is known of those that are shown.
        as_of: The day of the readings.
        trace: Model version, weights, run and data window, by name; shown as they are.
        wanted: The filter by which they were chosen.
        day: On which renewals and contacts are looked at; that of the readings when None.
    """
    day = day or as_of
    slices = _by_account(book)
    rows = {
        risk.account_ref: _row(risk, account, slices.get(account.account_ref, Book()), day)
        for risk, account in (*chosen.shown, *chosen.watched)
    }
    shown = [rows[risk.account_ref] for risk, _ in chosen.shown]
    return BookView(
        as_of=as_of,
        day=day,
        filter=wanted,
        counts=tuple(_count(band, chosen.taken) for band in BANDS),
        rows=tuple(row for row in shown if row.band != "not_enough_evidence"),
        unheard=tuple(row for row in shown if row.band == "not_enough_evidence"),
        watch=tuple(rows[risk.account_ref] for risk, _ in chosen.watched),
        points=tuple(_points(chosen, day)),
        unheard_share=_unheard_share(chosen.taken),
        owners=tuple(sorted({a.owner_name for a in book.accounts if a.owner_name})),
        segments=tuple(sorted({a.segment for a in book.accounts if a.segment})),
        trace=trace,
    )


def render_book(view: BookView, brand: str, model: FittedModel | None = None) -> str:
    """The page of the book, for the account team, with the card of the model that was used."""
    used = model.weights if model else PRIOR_WEIGHTS
    return page(
        "book.html.j2",
        view=view,
        brand=brand,
        chart=risk_value_chart(view),
        card=model.card if model else (),
        band_names=BAND_NAMES,
        weights=[(LABELS[s], used[s], w.half_life) for s, w in WEIGHTS.items()],
    )


def risk_value_chart(view: BookView) -> Markup | None:
    """Risk by days to renewal, sized by value; None where no banded account has a renewal date."""
    if not view.points:
        return None
    told = f"Strength of evidence by days to renewal of {len(view.points)} accounts"
    return charts.risk_value(view.points, told)


def _points(chosen: Chosen, day: date) -> Iterator[charts.AccountPoint]:
    for risk, account in chosen.taken:
        left = _days_left(account, day)
        if _is_unheard(risk) or left is None or left < 0:
            continue
        name = account.account_name or risk.account_ref
        value = money(account.annual_value, account.currency) or "value unknown"
        strength = risk.logit - risk.base_logit
        told = f"{name}: {BAND_NAMES[risk.band]}, {strength:+.2f}, renewal in {left} days, {value}"
        yield charts.AccountPoint(
            name=name,
            band=risk.band,
            days_left=left,
            strength=strength,
            value=account.annual_value or 0.0,
            told=told,
            account_ref=risk.account_ref,
        )


def book_rows(view: BookView) -> list[dict[str, object]]:
    """The view as rows for a table file."""
    return [
        {
            "account_ref": row.account_ref,
            "account_name": row.name,
            "owner_name": row.owner,
            "segment": row.segment,
            "annual_value": row.annual_value,
            "renewal_date": row.renewal.isoformat() if row.renewal else None,
            "band": row.band,
            "why_not": row.why_not,
            "strength": round(row.strength, 6),
            "strongest_reason": row.reason,
            "quote": row.evidence.quote if row.evidence else None,
            "data": row.evidence.data_row if row.evidence else "; ".join(row.data_rows) or None,
            "contacts_heard": row.contacts_heard,
            "contacts_known": row.contacts_known,
            "rating": row.rating,
            "watch": round(row.watch, 6),
            "as_of": view.as_of.isoformat(),
        }
        for row in (*view.rows, *view.unheard)
    ]


def watch_strength(risk: AccountRisk) -> float:
    """What the data alone add to the log-odds: weight x the highest value of a data row."""
    return sum(
        reason.weight * max(item.p for item in rows)
        for reason in risk.reasons
        if (rows := [item for item in reason.evidence if item.source == "data"])
    )


def strongest(risk: AccountRisk) -> Reason | None:
    """The reason that is shown in a list; None without a band."""
    active = [r for r in risk.reasons if abs(r.contribution) >= ACTIVE]
    raising = [r for r in active if r.contribution > 0]
    return next(iter(raising or active), None) if not _is_unheard(risk) else None


def _row(risk: AccountRisk, account: Account, own: Book, day: date) -> BookRow:
    left = _days_left(account, day)
    first = strongest(risk)
    data = [item for r in risk.reasons for item in r.evidence if item.source == "data"]
    contacts = contact_views(account, own, day)
    unheard = [contact for contact in contacts if not contact.heard_on]
    rating = latest_rating(own.ratings, risk)
    return BookRow(
        account_ref=risk.account_ref,
        name=account.account_name or risk.account_ref,
        owner=account.owner_name,
        segment=account.segment,
        annual_value=account.annual_value,
        value=money(account.annual_value, account.currency),
        renewal=account.renewal_date,
        days_left=left,
        is_urgent=left is not None and left >= 0 and urgency(left) == 1.0,
        band=risk.band,
        previous_band=risk.previous_band,
        why_not=risk.why_not,
        strength=risk.logit - risk.base_logit,
        reason=LABELS.get(first.signal, first.signal) if first else None,
        evidence=next(iter(shown_evidence(first.evidence[:1], own)), None) if first else None,
        contacts_heard=len(contacts) - len(unheard),
        contacts_known=len(contacts),
        rating=rating.rating if rating else None,
        rating_differs=rating_differs(rating, risk),
        watch=watch_strength(risk),
        data_rows=tuple(item.data_row for item in data if item.data_row),
        next_step=unheard[0] if unheard else None,
    )


def _by_account(book: Book) -> Mapping[str, Book]:
    """The part of the book that a row needs, per account: one pass over everything."""
    found: dict[str, dict[str, list[object]]] = {}
    for name in ("transcripts", "ratings", "standings"):
        for row in getattr(book, name):
            if row.account_ref:
                found.setdefault(row.account_ref, {}).setdefault(name, []).append(row)
    return {ref: Book(**parts) for ref, parts in found.items()}  # type: ignore[arg-type]


def _count(band: Band, taken: Sequence[tuple[AccountRisk, Account]]) -> BandCount:
    own = [account for risk, account in taken if risk.band == band]
    return BandCount(band, BAND_NAMES[band], len(own), total(own))


def _unheard_share(taken: Sequence[tuple[AccountRisk, Account]]) -> str | None:
    """The share of the value without a band, or None where values are not comparable."""
    valued = [(r, a) for r, a in taken if a.annual_value is not None]
    if len({a.currency for _, a in valued}) != 1:
        return None
    whole = sum(a.annual_value or 0 for _, a in valued)
    part = sum(a.annual_value or 0 for r, a in valued if r.band == "not_enough_evidence")
    return f"{100 * part / whole:.0f} %" if whole else None


def _pressing(one: tuple[AccountRisk, Account]) -> tuple[float, str]:
    risk, account = one
    left = _days_left(account, risk.as_of)
    left = left if left is None or left >= 0 else None
    at_stake = watch_strength(risk) * (account.annual_value or 1.0) * urgency(left)
    return (-at_stake, risk.account_ref)


def _is_unheard(risk: AccountRisk) -> bool:
    return risk.band == "not_enough_evidence"


def _days_left(account: Account, day: date) -> int | None:
    return (account.renewal_date - day).days if account.renewal_date else None
