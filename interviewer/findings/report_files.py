"""Reports into files: HTML, JSON or CSV by the name of the file."""

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

from analysis import account_report, book_report, score_explanation
from analysis.score_explanation import Explanation
from interviewer.core.errors import InvalidInput, NotFound
from interviewer.findings import account_reports, renewals
from interviewer.findings.exports import cell
from interviewer.ports import Services

Rows = Sequence[dict[str, object]]
FORMS = (".html", ".json", ".csv")


def write_account(
    services: Services, account_ref: str, out: Path, *, for_customer: bool = False
) -> str:
    """One account, or its customer's copy; says what was written.

    Raises:
        NotFound: Nothing was analyzed yet, or the analysis has no such account.
        InvalidInput: The name of the file ends otherwise.
    """
    brand = services.organization.brand
    if for_customer:
        copy = account_reports.for_customer(services, account_ref)
        _write(
            out,
            copy,
            lambda: account_report.render_for_customer(copy, brand),
            lambda: account_report.customer_rows(copy),
        )
        return f"What {copy.name} may see"
    view = account_reports.account(services, account_ref)
    _write(
        out,
        view,
        lambda: account_report.render_account(view, brand),
        lambda: account_report.account_rows(view),
    )
    return f"{view.name}, {view.band.replace('_', ' ')}"


def write_book(services: Services, chosen: book_report.Filter, out: Path) -> str:
    """The book of business; says what was written. Raises as `write_account`."""
    view = account_reports.book_of_business(services, chosen)
    card = renewals.fit(services).card
    brand = services.organization.brand
    _write(
        out,
        view,
        lambda: book_report.render_book(view, brand, card),
        lambda: book_report.book_rows(view),
    )
    return f"{len(view.rows)} accounts with a band, {len(view.unheard)} without"


def write_explanation(services: Services, found: Explanation, out: Path) -> str:
    """What stands behind the scores; says what was written. Raises as `write_account`."""
    brand = services.organization.brand
    _write(
        out,
        found,
        lambda: score_explanation.render_explanation(found, brand),
        lambda: score_explanation.explanation_rows(found),
    )
    moves = sum(len(story.moves) for story in found.stories)
    return f"{found.subject}, {moves} moves of scores"


def write_whole(services: Services, out: Path) -> str:
    """The report of the newest analysis as it was made; says what was written."""
    run = services.store.latest_run()
    if run is None:
        raise NotFound("nothing was analyzed yet; run interviewer analyze")
    out.write_text(run.report, encoding="utf-8")
    return f"Report of {run.at:%Y-%m-%d %H:%M} UTC"


def _write(out: Path, view: object, html: Callable[[], str], rows: Callable[[], Rows]) -> None:
    made: dict[str, Callable[[], str]] = {
        ".html": html,
        ".json": lambda: account_report.as_json(view),
        ".csv": lambda: _csv(rows()),
    }
    form = out.suffix.casefold()
    if form not in made:
        raise InvalidInput("--out", f"ends with none of {', '.join(FORMS)}", out.name)
    out.write_text(made[form](), encoding="utf-8", newline="")


def _csv(rows: Rows) -> str:
    """Rows that no spreadsheet runs."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(rows[0].keys() if rows else ())
    for row in rows:
        writer.writerow([cell(value) for value in row.values()])
    return text.getvalue()
