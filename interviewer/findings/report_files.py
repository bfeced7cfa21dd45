"""Reports as files: HTML, JSON or CSV."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis import account_report, book_report, score_explanation
from analysis.score_explanation import Explanation
from analysis.tables import FittedModel
from interviewer.core.access import User
from interviewer.core.errors import InvalidInput, NotFound
from interviewer.findings import account_reports
from interviewer.findings.exports import cell
from interviewer.ports import Services

Rows = Sequence[dict[str, object]]
FORMS = ("html", "json", "csv")


@dataclass(frozen=True, slots=True)
class Written:
    """A report as text, and what it is in a few words."""

    text: str
    told: str


def account(
    services: Services,
    account_ref: str,
    form: str,
    *,
    for_customer: bool = False,
    user: User | None = None,
) -> Written:
    """One account, or its customer's copy.

    Raises:
        NotFound: There is no such account, or it is not for this user.
        InvalidInput: It is none of `FORMS`.
    """
    brand = services.organization.brand
    if for_customer:
        copy = account_reports.for_customer(services, account_ref, user)
        text = _text(
            form,
            copy,
            lambda: account_report.render_for_customer(copy, brand),
            lambda: account_report.customer_rows(copy),
        )
        return Written(text, f"What {copy.name} may see")
    view = account_reports.account(services, account_ref, user)
    text = _text(
        form,
        view,
        lambda: account_report.render_account(view, brand),
        lambda: account_report.account_rows(view),
    )
    return Written(text, f"{view.name}, {view.band.replace('_', ' ')}")


def book(
    services: Services, wanted: book_report.Filter, form: str, *, user: User | None = None
) -> Written:
    """The book of business, as far as it is for this user. Raises as `account`."""
    view = account_reports.book_of_business(services, wanted, user)
    brand = services.organization.brand
    text = _text(
        form,
        view,
        lambda: book_report.render_book(view, brand, account_reports.model(services)),
        lambda: book_report.book_rows(view),
    )
    return Written(text, f"{len(view.rows)} accounts with a band, {len(view.unheard)} without")


def model(services: Services, fitted: FittedModel, form: str) -> Written:
    """The card of a risk model. Raises InvalidInput."""
    from analysis import model_card  # with what fits a model, loaded when one is shown

    brand = services.organization.brand
    text = _text(
        form,
        fitted,
        lambda: model_card.render_card(fitted, brand),
        lambda: model_card.card_rows(fitted),
    )
    return Written(text, f"Model card, {fitted.name}")


def write(out: Path, made: Callable[[str], Written]) -> str:
    """Write what is made of the form that the name of the file ends with; says what it is."""
    form = out.suffix.casefold().removeprefix(".")
    if form not in FORMS:
        raise InvalidInput("--out", f"ends with none of .{', .'.join(FORMS)}", out.name)
    written = made(form)
    out.write_text(written.text, encoding="utf-8", newline="")
    return written.told


def explanation(services: Services, found: Explanation, form: str) -> Written:
    """What stands behind the scores. Raises InvalidInput."""
    brand = services.organization.brand
    text = _text(
        form,
        found,
        lambda: score_explanation.render_explanation(found, brand),
        lambda: score_explanation.explanation_rows(found),
    )
    moves = sum(len(story.moves) for story in found.stories)
    return Written(text, f"{found.subject}, {moves} moves of scores")


def write_whole(services: Services, out: Path) -> str:
    """The report of the newest analysis as it was made; says what was written."""
    run = services.store.latest_run("report")
    if run is None:
        raise NotFound("nothing was analyzed yet; run interviewer analyze")
    out.write_text(run.report, encoding="utf-8")
    return f"Report of {run.at:%Y-%m-%d %H:%M} UTC"


def _text(form: str, view: object, html: Callable[[], str], rows: Callable[[], Rows]) -> str:
    made: dict[str, Callable[[], str]] = {
        "html": html,
        "json": lambda: account_report.as_json(view),
        "csv": lambda: table(rows()),
    }
    if form not in made:
        raise InvalidInput("form", f"is none of {', '.join(FORMS)}", form)
    return made[form]()


def table(rows: Rows) -> str:
    """Rows as CSV that no spreadsheet runs."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(rows[0].keys() if rows else ())
    for row in rows:
        writer.writerow([cell(value) for value in row.values()])
    return text.getvalue()
