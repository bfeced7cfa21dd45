"""How renewals ended, beside what was read before; with enough of them the model is fitted."""

from analysis import outcomes, prepare, tables
from analysis.outcomes import SHRUNK_SHARE
from interviewer.findings.account_reports import newest
from interviewer.ports import Services


def fit(services: Services, shrunk_share: float = SHRUNK_SHARE) -> tables.FittedModel:
    """The model that the outcomes so far allow, from what was known 30 days before each decision.

    Raises:
        NotFound: Nothing was analyzed yet.
    """
    reading = newest(services)
    turns = prepare.utterances(reading.book)
    return outcomes.fitted_model(
        reading.book, turns, reading.signals, reading.as_of, shrunk_share=shrunk_share
    )
