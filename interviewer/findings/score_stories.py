"""What stands behind the scores of an account or a segment, from the newest analysis."""

from collections.abc import Iterator

from analysis import prepare
from analysis.account_report import quoting
from analysis.score_explanation import (
    Explanation,
    Heard,
    Quoting,
    claim_stories,
    explain,
    pairs,
    signals_heard,
)
from analysis.sentences import quote
from analysis.tables import Account, Utterance
from interviewer.core.access import User
from interviewer.core.errors import NotFound
from interviewer.findings.account_reports import Reading, newest
from interviewer.findings.analyzing import theme_memory
from interviewer.ports import Services


def explanation(
    services: Services,
    *,
    account_ref: str | None = None,
    segment: str | None = None,
    user: User | None = None,
) -> Explanation:
    """The scores of one account, of a segment, or of every account that the user sees.

    Pairs of accounts and closed claims are those of all accounts that the user sees.

    Raises:
        NotFound: Nothing was analyzed yet, or no such account or segment.
    """
    reading = newest(services, user)
    book, as_of = reading.book, reading.as_of
    chosen = _chosen(reading, account_ref, segment)
    names = {a.account_ref: a.account_name or a.account_ref for a in book.accounts}
    words = quoting(book)
    turns = [turn for turn in prepare.utterances(book) if turn.audience == "all"]
    heard = [*signals_heard(reading.signals, words), *_themes_heard(reading, turns, words)]
    subject = names[chosen[0].account_ref] if account_ref else segment or "All accounts"
    claims, sentence = claim_stories(book.claims, reading.signals, names, words, as_of)
    return Explanation(
        subject,
        as_of,
        explain(subject, chosen, book.scores, heard, turns, as_of),
        pairs(reading.risks, book.scores, names, words, as_of),
        claims,
        sentence,
    )


def _chosen(reading: Reading, account_ref: str | None, segment: str | None) -> list[Account]:
    found = [
        account
        for account in reading.book.accounts
        if account_ref in (None, account.account_ref)
        and (segment is None or (account.segment or "").casefold() == segment.casefold())
    ]
    if not found:
        raise NotFound(f"no account {account_ref or segment!r}; see interviewer report --book")
    return found


def _themes_heard(reading: Reading, turns: list[Utterance], words: Quoting) -> Iterator[Heard]:
    """What belongs to a theme of the run, as things heard."""
    titles = {theme["theme_id"]: theme["title"] for theme in reading.run.themes}
    places = theme_memory(reading.run).places
    of_turn = {turn.turn_id: turn for turn in turns}
    for point in prepare.segments(turns):
        title = titles.get(places.get(point.segment_id) or "")
        turn = of_turn[point.turn_id]
        if title and turn.at and turn.account_ref:
            said = words(quote(turn, point.start, point.end))
            yield Heard(turn.account_ref, turn.respondent, turn.at.date(), title, "theme", said)
