"""A person's say on themes: what there is, every statement of one, and decisions that last.

A decision is stored at once and holds from the next analysis on; `release` takes it back.
"""

from collections.abc import Sequence
from typing import Any

from analysis import decisions, tables
from analysis.redact import redact
from interviewer.core.book import ThemeAction, ThemeDecision
from interviewer.core.errors import InvalidInput, NotFound
from interviewer.findings.analyzing import theme_memory
from interviewer.findings.evidence import decided, read_book
from interviewer.ports import Services
from interviewer.store import AnalysisRun


def listed(services: Services) -> list[dict[str, Any]]:
    """The themes of the newest analysis, with what people decided about them, as rows."""
    in_force = decisions.standing(decided(services))
    return [
        {
            "theme": theme["theme_id"],
            "title": theme["title"],
            "people": theme["respondents"],
            "statements": theme["segments"],
            "origin": theme["origin"],
            "decided": ", ".join(_decided(theme["theme_id"], in_force)) or None,
        }
        for theme in _newest(services).themes
    ]


def _decided(theme_id: str, in_force: decisions.Standing) -> list[str]:
    parts = {decisions.part_id(split) for split in in_force.splits}
    said = {
        "named by a person": theme_id in in_force.titles,
        "pinned": theme_id in in_force.pinned,
        "merged with others": theme_id in in_force.merged.values(),
        "split off": theme_id in parts,
    }
    return [what for what, yes in said.items() if yes]


def decide(
    services: Services,
    action: ThemeAction,
    theme_id: str,
    *,
    title: str | None = None,
    into: str | None = None,
    statements: Sequence[str] = (),
) -> ThemeDecision:
    """Store a decision about a theme of the newest analysis.

    Raises:
        InvalidInput: It cannot hold: the theme or the statements are not there.
        NotFound: Nothing was analyzed yet.
    """
    made = ThemeDecision.read(
        {
            "at": services.clock.now(),
            "theme_id": theme_id,
            "action": action,
            "title": title,
            "into": into,
            "segments": list(statements) or None,
        }
    )
    wanted = tables.ThemeDecision(action, theme_id, title, into, tuple(statements))
    if why := decisions.problem(wanted, theme_memory(_newest(services))):
        raise InvalidInput("theme", why, theme_id)
    services.store.put([made])
    return made


def statements(services: Services, theme_id: str, number: int | None) -> list[dict[str, str]]:
    """Any number of statements of a theme: its quotes first, then the rest; None is all.

    Raises:
        NotFound: Nothing was analyzed yet, or the newest analysis has no such theme.
    """
    from analysis import prepare

    run = _newest(services)
    theme = next((t for t in run.themes if t["theme_id"] == theme_id), None)
    if theme is None:
        raise NotFound(f"no theme {theme_id!r}; see interviewer theme list")
    first = [f"{quote['turn_id']}:{quote['start']}" for quote in theme["quotes"]]
    book = read_book(services)
    known = {s.segment_id: s.text for s in prepare.segments(prepare.utterances(book))}
    places = theme_memory(run).places
    rest = [name for name in places if places[name] == theme_id and name not in first]
    found = [name for name in (*first, *rest) if name in known][:number]
    return [{"statement": name, "words": redact(known[name])} for name in found]


def _newest(services: Services) -> AnalysisRun:
    run = services.store.latest_run()
    if run is None:
        raise NotFound("nothing was analyzed yet; run interviewer analyze")
    return run
