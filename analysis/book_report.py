"""The book of business on a page: who may leave, at what value, how soon, and who was not heard.

`book_view` returns plain values, filtered and in the order of the risk list; a page, JSON or a
table is made of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from markupsafe import Markup

from analysis import charts
from analysis.account_report import (
    ContactView,
    Evidence,
    account_view,
    latest_rating,
    rating_differs,
)
from analysis.labels import LABELS
from analysis.risk import urgency
from analysis.showing import BAND_NAMES, money, page, total
from analysis.tables import Account, AccountRisk, Band, Book
from analysis.weights import WEIGHTS

BANDS: tuple[Band, ...] = ("high", "elevated", "low", "not_enough_evidence")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which accounts of the book to show; what is None does not limit."""

    owner: str | None = None
    segment: str | None = None
    renewal_within: int | None = None  # days from the day of the reading

    def takes(self, account: Account, as_of: date) -> bool:
        """Whether this account is one of them; letter case does not matter."""
        if self.owner and (account.owner_name or "").casefold() != self.owner.casefold():
            return False
        if self.segment and (account.segment or "").casefold() != self.segment.casefold():
            return False
        if self.renewal_within is None:
            return True
        left = _days_left(account, as_of)
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
    """The book of business as of one day."""

    as_of: date
    filter: Filter
    counts: tuple[BandCount, ...]
    rows: tuple[BookRow, ...]  # with a band, in the order of the risk list
    unheard: tuple[BookRow, ...]  # without a band, by renewal, then value
    watch: tuple[BookRow, ...]  # of the unheard those the data speak of, most pressing first
    unheard_share: str | None  # of the book's value
    owners: tuple[str, ...]
    segments: tuple[str, ...]
    trace: Mapping[str, str]


def book_view(
    risks: Sequence[AccountRisk],
    book: Book,
    as_of: date,
    trace: Mapping[str, str],
    chosen: Filter | None = None,
) -> BookView:
    """The accounts that the filter takes.

    Args:
        risks: In the order of the risk list.
        book: What the readings were made from.
        as_of: Their day.
        trace: Model version, weights, run and data window, by name; shown as they are.
        chosen: Which accounts; all when None.
    """
    chosen = chosen or Filter()
    known = {a.account_ref: a for a in book.accounts}
    pairs = [(risk, known.get(risk.account_ref, Account(risk.account_ref))) for risk in risks]
    taken = [(risk, account) for risk, account in pairs if chosen.takes(account, as_of)]
    slices = _by_account(book)
    rows = [_row(r, a, slices.get(a.account_ref, Book()), as_of) for r, a in taken]
    unheard = tuple(row for row in rows if row.band == "not_enough_evidence")
    return BookView(
        as_of=as_of,
        filter=chosen,
        counts=tuple(_count(band, taken) for band in BANDS),
        rows=tuple(row for row in rows if row.band != "not_enough_evidence"),
        unheard=unheard,
        watch=tuple(sorted((r for r in unheard if r.watch > 0), key=_pressing)),
        unheard_share=_unheard_share(taken),
        owners=tuple(sorted({a.owner_name for _, a in pairs if a.owner_name})),
        segments=tuple(sorted({a.segment for _, a in pairs if a.segment})),
        trace=trace,
    )


def render_book(view: BookView, brand: str, card: Sequence[tuple[str, str]] = ()) -> str:
    """The page of the book, for the account team; `card` is the model's, metric and value."""
    return page(
        "book.html.j2",
        view=view,
        brand=brand,
        chart=risk_value_chart(view),
        card=card,
        band_names=BAND_NAMES,
        weights=[(LABELS[s], w) for s, w in WEIGHTS.items()],
    )


def risk_value_chart(view: BookView) -> Markup | None:
    """Risk by days to renewal, sized by value; None where no banded account has a renewal date."""
    points = [
        charts.AccountPoint(
            name=row.name,
            band=row.band,
            days_left=row.days_left,
            strength=row.strength,
            value=row.annual_value or 0.0,
            told=f"{row.name}: {BAND_NAMES[row.band]}, {row.strength:+.2f}, renewal in "
            f"{row.days_left} days, {row.value or 'value unknown'}",
        )
        for row in view.rows
        if row.days_left is not None and row.days_left >= 0
    ]
    if not points:
        return None
    told = f"Strength of evidence by days to renewal of {len(points)} accounts"
    return charts.risk_value(points, told)


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


def _row(risk: AccountRisk, account: Account, own: Book, as_of: date) -> BookRow:
    view = account_view(risk, replace(own, accounts=(account,)), {})
    left = _days_left(account, as_of)
    raising = [r for r in view.reasons if r.contribution > 0 and not r.is_minor]
    active = raising or [r for r in view.reasons if not r.is_minor]
    strongest = active[0] if active else None
    data = [item for r in risk.reasons for item in r.evidence if item.source == "data"]
    return BookRow(
        account_ref=risk.account_ref,
        name=view.name,
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
        reason=strongest.label if strongest else None,
        evidence=strongest.evidence[0] if strongest and strongest.evidence else None,
        contacts_heard=len(view.heard),
        contacts_known=len(view.heard) + len(view.unheard),
        rating=view.rating.rating if view.rating else None,
        rating_differs=rating_differs(latest_rating(own.ratings, risk), risk),
        watch=watch_strength(risk),
        data_rows=tuple(item.data_row for item in data if item.data_row),
        next_step=view.unheard[0] if view.unheard else None,
    )


def _by_account(book: Book) -> Mapping[str, Book]:
    """The part of the book that a row needs, per account: one pass over everything."""
    found: dict[str, dict[str, list[object]]] = {}
    for name in ("transcripts", "claims", "ratings", "actions", "standings", "open_questions"):
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


def _pressing(row: BookRow) -> tuple[float, str]:
    left = row.days_left if row.days_left is None or row.days_left >= 0 else None
    return (-row.watch * (row.annual_value or 1.0) * urgency(left), row.account_ref)


def _days_left(account: Account, as_of: date) -> int | None:
    return (account.renewal_date - as_of).days if account.renewal_date else None
