"""What the data say of an account beside its interviews; a row stands in place of a quote.

A signal that the data speak of gets at least their value; data and words are never added up. What
no signal stands for (a falling OTIF or NPS, credit notes) is a reason of its own. Effects are
reasoned, not fitted. Only what is dated up to the day of the reading counts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean

from analysis.scores import PERIODS, days, kind_of
from analysis.tables import Account, Claim, Invoice, Reason, Score, Signal, Volume

LATELY = timedelta(days=180)  # of invoices and credit notes
LONG_SILENCE = timedelta(days=90)
CLAIM_AGES = ((60, 1.0), (30, 0.7))  # days open, value; the first that fits
DISPUTED_SHARE, DISPUTED_VALUE = 0.05, 0.7
CREDITED_SHARE, CREDITED_WEIGHT = 0.01, 0.2
VOLUME_FALLS = ((0.30, 0.6), (0.15, 0.3))  # share lost against last year, value
BUYER_GONE = 0.7
DECIDING = ("buyer", "sponsor")
OTIF_FALLS = ((6.0, 0.6), (3.0, 0.3))  # points, weight
NPS_FALLS = ((20.0, 0.4), (10.0, 0.2))
OTIF_MONTHS = (3, 6)  # the newest, and those before
NPS_PERIODS = 4  # before the newest; two at least
A_YEAR_BACK: Mapping[str, int] = {"month": 12, "quarter": 4, "year": 1}
NEWEST: Mapping[str, int] = {"month": 3, "quarter": 1, "year": 1}  # periods that count as now


@dataclass(frozen=True, slots=True)
class AccountData:
    """Everything imported about one account; `series` is by metric and kind of period."""

    account: Account
    as_of: date
    claims: tuple[Claim, ...] = ()
    series: Mapping[tuple[str, str], tuple[Score, ...]] | None = None
    volumes: tuple[Volume, ...] = ()
    invoices: tuple[Invoice, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there are interviews only."""
        held = (self.claims, self.series, self.volumes, self.invoices)
        return not any(held) and self.account.last_contact_at is None


def signal_rows(data: AccountData) -> Iterator[Signal]:
    """Values of signals that the data alone give."""
    yield from _claims(data)
    yield from _silence(data)
    yield from _volume(data)
    yield from _disputes(data)
    yield from _buyer_gone(data)


def own_reasons(data: AccountData) -> Iterator[Reason]:
    """Reasons that are no signal of an interview."""
    yield from _otif(data)
    yield from _nps(data)
    yield from _credit_notes(data)


def open_claims(claims: Sequence[Claim], as_of: date) -> list[Claim]:
    """The claims open on a day, by reference."""
    return [
        claim
        for claim in sorted(claims, key=lambda c: c.claim_ref)
        if claim.claim_opened_at
        and claim.claim_opened_at.date() <= as_of
        and (claim.claim_closed_at is None or claim.claim_closed_at.date() > as_of)
    ]


def _claims(data: AccountData) -> Iterator[Signal]:
    for claim in open_claims(data.claims, data.as_of):
        assert claim.claim_opened_at is not None
        opened = claim.claim_opened_at.date()
        age = (data.as_of - opened).days
        row = f"claim {claim.claim_ref}, opened {opened.isoformat()}, open for {age} days"
        value = next((value for limit, value in CLAIM_AGES if age > limit), None)
        if value:
            yield _item(data, "unresolved_claim", value, row)


def _silence(data: AccountData) -> Iterator[Signal]:
    last = data.account.last_contact_at
    if last and last.date() <= data.as_of and data.as_of - last.date() > LONG_SILENCE:
        gap = (data.as_of - last.date()).days
        row = f"last contact by the account team {last.date().isoformat()}, {gap} days ago"
        yield _item(data, "silent_am", 0.5, row)


def _volume(data: AccountData) -> Iterator[Signal]:
    """The newest periods against the same ones a year before, net of the market's own move."""
    for kind in A_YEAR_BACK:
        own = {v.period: v for v in data.volumes if _ended(v.period, data.as_of, kind)}
        ordered = sorted(own, key=lambda period: days(period)[0])
        now = ordered[-NEWEST[kind] :]
        then = [_year_before(period) for period in now]
        if len(now) < NEWEST[kind] or not all(period in own for period in then):
            continue
        units, units_then = (sum(own[p].units for p in periods) for periods in (now, then))
        market = _market([own[p] for p in now]) / _market([own[p] for p in then])
        if units_then <= 0:
            return
        if not all(own[p].market_index for p in (*now, *then)):
            market = 1.0
        lost = 1 - units / units_then / market
        value = next((value for share, value in VOLUME_FALLS if lost >= share), None)
        if value:
            net = ", net of the market" if market != 1.0 else ""
            row = (
                f"volume {units:g} in {now[0]} to {now[-1]}, {units_then:g} a year before:"
                f" {-100 * lost:.0f} %{net}"
            )
            yield _item(data, "volume_shift", value, row)
        return


def _market(volumes: Sequence[Volume]) -> float:
    return fmean(v.market_index or 1.0 for v in volumes)


def _disputes(data: AccountData) -> Iterator[Signal]:
    rows = [i for i in _lately(data) if i.invoice_kind != "credit_note"]
    total = sum(abs(i.amount) for i in rows)
    disputed = [i for i in rows if i.disputed]
    part = sum(abs(i.amount) for i in disputed)
    if total and part / total > DISPUTED_SHARE:
        names = ", ".join(sorted(i.invoice_ref for i in disputed)[:3])
        more = f" and {len(disputed) - 3} more" if len(disputed) > 3 else ""
        row = f"{100 * part / total:.0f} % of the value of 180 days is disputed: {names}{more}"
        yield _item(data, "price_dispute", DISPUTED_VALUE, row)


def _buyer_gone(data: AccountData) -> Iterator[Signal]:
    gone = sorted(ref for ref, role in data.account.gone.items() if role in DECIDING)
    if gone:
        row = "no longer active: " + ", ".join(f"{data.account.gone[ref]} {ref}" for ref in gone)
        yield _item(data, "decision_maker", BUYER_GONE, row)


def _otif(data: AccountData) -> Iterator[Reason]:
    rows = (data.series or {}).get(("otif", "month"), ())
    newest, before = OTIF_MONTHS
    if len(rows) < newest + before:
        return
    now = fmean(s.value for s in rows[-newest:])
    then = fmean(s.value for s in rows[-newest - before : -newest])
    said = f"OTIF {now:.1f} % over the last 3 months, {then:.1f} % over the 6 before"
    yield from _fall(data, "otif_drop", then - now, OTIF_FALLS, said)


def _nps(data: AccountData) -> Iterator[Reason]:
    for kind in reversed(PERIODS):
        rows = (data.series or {}).get(("nps", kind), ())
        if len(rows) < 3:
            continue
        now, before = rows[-1].value, fmean(s.value for s in rows[-1 - NPS_PERIODS : -1])
        single = (rows[-1].scale_min, rows[-1].scale_max) == (0, 10)  # answers, not a share
        fall = (before - now) * (10 if single else 1)
        said = f"NPS {now:g} in {rows[-1].period}, {before:.1f} on average before"
        yield from _fall(data, "nps_drop", fall, NPS_FALLS, said)
        return


def _fall(
    data: AccountData, name: str, points: float, steps: Sequence[tuple[float, float]], row: str
) -> Iterator[Reason]:
    weight = next((weight for least, weight in steps if points >= least), None)
    if weight:
        yield Reason(name, weight, 1.0, weight, (_item(data, name, 1.0, row),))


def _credit_notes(data: AccountData) -> Iterator[Reason]:
    rows = _lately(data)
    credited = sum(abs(i.amount) for i in rows if i.invoice_kind == "credit_note")
    billed = sum(abs(i.amount) for i in rows if i.invoice_kind != "credit_note")
    if billed and credited / billed > CREDITED_SHARE:
        row = f"credit notes of 180 days are {100 * credited / billed:.1f} % of what was billed"
        item = _item(data, "credit_notes", 1.0, row)
        yield Reason("credit_notes", CREDITED_WEIGHT, 1.0, CREDITED_WEIGHT, (item,))


def _lately(data: AccountData) -> list[Invoice]:
    return [i for i in data.invoices if data.as_of - LATELY < i.date <= data.as_of]


def _ended(period: str, as_of: date, kind: str) -> bool:
    return kind_of(period) == kind and days(period)[1] < as_of


def _year_before(period: str) -> str:
    return f"{int(period[:4]) - 1}{period[4:]}"


def _item(data: AccountData, signal: str, p: float, row: str) -> Signal:
    return Signal(
        signal=signal,
        status="asserted",
        status_reason="from the data",
        p=p,
        source="data",
        account_ref=data.account.account_ref,
        contact_ref=None,
        contact_role=None,
        said_at=None,
        quote=None,
        data_row=row,
    )
