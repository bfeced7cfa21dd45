"""What a user sees of the themes: the list, one theme, comparisons, rows for a spreadsheet.

An account manager sees what own accounts said, counted among them; shares, trends and comparisons
are about everybody and are shown to those who read everything. A small study has no shares.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analysis import decisions
from analysis.redact import redact
from interviewer.access import audit, viewing
from interviewer.core.access import User
from interviewer.core.book import ThemeNote
from interviewer.core.errors import InvalidInput, NotFound
from interviewer.findings.account_reports import known_of
from interviewer.findings.analyzing import theme_memory
from interviewer.findings.evidence import decided
from interviewer.ports import Services
from interviewer.store import AnalysisRun

DISPLEASED, PLEASED = 0.6, 0.4  # mean tone, 0 pleased to 1 displeased
OLD_RUNS = 12  # analyses offered for a comparison


@dataclass(frozen=True, slots=True)
class Words:
    """A respondent's words, masked, with the way to the turn."""

    text: str
    interview_id: str
    seq: int
    role: str | None
    said_at: datetime | None


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quote with the statement that it is, which a split can take out."""

    statement: str
    words: Words


@dataclass(frozen=True, slots=True)
class Group:
    """How many of one group of people speak of a theme."""

    dimension: str
    value: str
    speaking: int
    heard: int
    leans: str  # over, under, none: than everybody else


@dataclass(frozen=True, slots=True)
class ThemeRow:
    """A theme as it is listed."""

    theme_id: str
    title: str
    subtitle: str
    people: int
    heard: int | None  # of how many; None where that is not counted for this user
    share: float | None  # 0 to 1; None in a small study
    tone: str  # displeased, mixed, pleased, not read
    trend: str | None  # rising, falling, steady; None where it cannot be said
    leaning: Sequence[Group]  # groups that speak of it more or less than others
    decided: Sequence[str]
    owner: str | None


@dataclass(frozen=True, slots=True)
class Bubble:
    """A theme on the map."""

    row: ThemeRow
    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class Overview:
    """All themes of an analysis."""

    run: AnalysisRun
    rows: Sequence[ThemeRow]
    bubbles: Sequence[Bubble]
    small: bool
    heard: int | None
    asked: int | None
    reach: Mapping[str, Sequence[Mapping[str, Any]]]  # by dimension
    is_own: bool  # counted in own accounts only


@dataclass(frozen=True, slots=True)
class ThemePage:
    """One theme."""

    row: ThemeRow
    run: AnalysisRun
    quotes: Sequence[Quoted]
    kept_back: int  # quotes that this user may not read
    groups: Mapping[str, Sequence[Group]]  # by dimension
    periods: Sequence[tuple[str, int, int]]  # start, speaking, heard
    accounts: Sequence[tuple[str, int]]  # reference, people
    notes: Sequence[ThemeNote]  # newest first
    others: Sequence[tuple[str, str]]  # theme_id, title: what it could be merged into
    merged: Sequence[tuple[str, str]]  # what was merged into it


@dataclass(frozen=True, slots=True)
class Difference:
    """A theme beside itself, in two analyses, periods or groups."""

    title: str
    theme_id: str | None  # None when it is not in the newest analysis
    first: tuple[int, int | None]  # people, of how many
    second: tuple[int, int | None]


def overview(services: Services, user: User) -> Overview | None:
    """The themes of the newest analysis, largest first; None before the first."""
    run = services.store.latest_run("themes", "patterns")
    return None if run is None else _overview(services, user, run)


def _overview(services: Services, user: User, run: AnalysisRun) -> Overview:
    seen = viewing.account_refs(services, user)
    is_own, patterns = seen is not None, run.patterns
    rows = _rows(services, run, seen)
    places = {} if is_own else patterns.get("map", {})
    reach: dict[str, list[Mapping[str, Any]]] = {}
    for one in () if is_own else patterns.get("reach", ()):
        reach.setdefault(one["dimension"], []).append(one)
    return Overview(
        run=run,
        rows=rows,
        bubbles=[Bubble(row, *places[row.theme_id]) for row in rows if row.theme_id in places],
        small=patterns.get("small", True),
        heard=None if is_own else patterns.get("heard"),
        asked=None if is_own else patterns.get("asked"),
        reach=reach,
        is_own=is_own,
    )


def _rows(services: Services, run: AnalysisRun, seen: frozenset[str] | None) -> list[ThemeRow]:
    in_force = decisions.standing(decided(services))
    patterns = run.patterns
    heard = patterns.get("heard") if seen is None else None
    shares = bool(heard) and not patterns.get("small", True)
    trends = {one["theme_id"]: one["direction"] for one in patterns.get("trends", ())}
    owners = {note.theme_id: note.owner for note in _notes(services) if note.owner}
    rows = []
    for theme in run.themes:
        name = theme["theme_id"]
        people = _people(theme, seen)
        if seen is not None and not people:
            continue
        trend = trends.get(name) if shares else None
        rows.append(
            ThemeRow(
                theme_id=name,
                title=in_force.titles.get(name, theme["title"]),
                subtitle=theme["subtitle"],
                people=people,
                heard=heard,
                share=people / heard if shares and heard else None,
                tone=_tone(theme["negative"]),
                trend="steady" if trend == "none" else trend,
                leaning=[g for g in _groups(run, name) if g.leans != "none"] if shares else [],
                decided=_decided(name, in_force),
                owner=owners.get(name),
            )
        )
    return sorted(rows, key=lambda row: -row.people)


def _people(theme: Mapping[str, Any], seen: frozenset[str] | None) -> int:
    if seen is None:
        return int(theme["respondents"])
    return sum(n for ref, n in theme["accounts"].items() if ref in seen)


def _tone(negative: float | None) -> str:
    if negative is None:
        return "not read"
    return "displeased" if negative >= DISPLEASED else "pleased" if negative <= PLEASED else "mixed"


def _decided(name: str, in_force: decisions.Standing) -> list[str]:
    parts = {decisions.part_id(split) for split in in_force.splits}
    said = {
        "renamed": name in in_force.titles,
        "pinned": name in in_force.pinned,
        "merged into another": name in in_force.merged,
        "others merged into it": name in in_force.merged.values(),
        "split": any(split.theme_id == name for split in in_force.splits),
        "split off": name in parts,
    }
    return [what for what, yes in said.items() if yes]


def _groups(run: AnalysisRun, theme_id: str) -> list[Group]:
    return [
        Group(one["dimension"], one["value"], one["speaking"], one["heard"], one["leans"])
        for one in run.patterns.get("leanings", ())
        if one["theme_id"] == theme_id
    ]


def _notes(services: Services, **where: object) -> list[ThemeNote]:
    return sorted(services.store.find(ThemeNote, **where), key=lambda note: note.at)


def page(services: Services, user: User, theme_id: str) -> ThemePage:
    """One theme of the newest analysis. Raises NotFound, also where it is not for this user."""
    run, seen = _newest(services), viewing.account_refs(services, user)
    rows = _rows(services, run, seen)
    row = next((row for row in rows if row.theme_id == theme_id), None)
    if row is None:
        raise NotFound("No such theme in the newest analysis.")
    theme = next(theme for theme in run.themes if theme["theme_id"] == theme_id)
    open_to = [quote for quote in theme["quotes"] if _may_read(quote, user, seen)]
    by_dimension: dict[str, list[Group]] = {}
    for group in _groups(run, theme_id) if row.share is not None else ():
        by_dimension.setdefault(group.dimension, []).append(group)
    counted = sorted(theme["accounts"].items(), key=lambda one: (-one[1], one[0]))
    return ThemePage(
        row=row,
        run=run,
        quotes=[Quoted(f"{q['turn_id']}:{q['start']}", words(q)) for q in open_to],
        kept_back=len(theme["quotes"]) - len(open_to) if seen is None else 0,
        groups=by_dimension,
        periods=[
            (str(one["start"])[:10], one["speaking"], one["heard"])
            for one in run.patterns.get("periods", ())
            if seen is None and one["theme_id"] == theme_id
        ],
        accounts=[(ref, n) for ref, n in counted if seen is None or ref in seen],
        notes=_readable(services, user, theme, _notes(services, theme_id=theme_id)[::-1]),
        others=[(one.theme_id, one.title) for one in rows if one.theme_id != theme_id],
        merged=_merged(services, theme_id) if seen is None else (),
    )


def words(quote: Mapping[str, Any]) -> Words:
    """A stored quote as it may be shown to everybody who sees the account."""
    said_at = quote["said_at"]
    return Words(
        text=redact(quote["text"]),
        interview_id=quote["interview_id"],
        seq=int(str(quote["turn_id"]).rpartition(":")[2]),
        role=quote["contact_role"],
        said_at=datetime.fromisoformat(said_at) if isinstance(said_at, str) else said_at,
    )


def _merged(services: Services, into: str) -> list[tuple[str, str]]:
    in_force = decisions.standing(decided(services))
    gone = [theme for theme, kept in in_force.merged.items() if kept == into]
    run = services.store.latest_run("memory") if gone else None
    known = theme_memory(run).themes if run else ()
    titles = {theme.theme_id: theme.title for theme in known} | dict(in_force.titles)
    return [(theme, titles.get(theme, theme)) for theme in gone]


def _readable(
    services: Services, user: User, theme: Mapping[str, Any], notes: Sequence[ThemeNote]
) -> Sequence[ThemeNote]:
    """The notes; for a viewer with personal data masked in what was typed."""
    if user.role != "viewer":
        return notes
    known = known_of(services, theme["accounts"])
    return [
        note.model_copy(
            update={"by": redact(note.by), "text": note.text and redact(note.text, known)}
        )
        for note in notes
    ]


def _may_read(quote: Mapping[str, Any], user: User, seen: frozenset[str] | None) -> bool:
    if quote["audience"] == "owner" and not user.reads_what_is_kept_back:
        return False
    return seen is None or quote["account_ref"] in seen


def note(
    services: Services, user: User, theme_id: str, values: Mapping[str, object], *, actor: str
) -> None:
    """Store who looks after a theme, or what was done. Raises NotFound, InvalidInput."""
    page(services, user, theme_id)
    own = {"at": services.clock.now(), "by": user.login, "theme_id": theme_id}
    services.store.put([ThemeNote.read({**values, **own})])
    audit.record(services, actor, "theme.note", f"theme:{theme_id}")


# comparisons: for those who read everything


def older_runs(services: Services) -> list[tuple[str, datetime]]:
    """The analyses before the newest, newest first."""
    return [(run.run_id, run.at) for run in services.store.runs()[1 : OLD_RUNS + 1]]


def choices(run: AnalysisRun) -> tuple[list[str], list[tuple[str, str]]]:
    """The periods and the groups of an analysis that can be compared; none in a small study."""
    if run.patterns.get("small", True):
        return [], []
    periods = {str(one["start"])[:10] for one in run.patterns.get("periods", ())}
    groups = {(one["dimension"], one["value"]) for one in run.patterns.get("leanings", ())}
    return sorted(periods), sorted(groups)


def with_run(services: Services, run_id: str) -> list[Difference]:
    """The themes of an older analysis beside the newest. Raises NotFound."""
    before, now = services.store.run(run_id, "themes", "patterns"), _newest(services)
    was = {theme["theme_id"]: theme for theme in before.themes}
    heard, heard_now = before.patterns.get("heard"), now.patterns.get("heard")
    found = [
        Difference(
            theme["title"],
            theme["theme_id"],
            (was.get(theme["theme_id"], {"respondents": 0})["respondents"], heard),
            (theme["respondents"], heard_now),
        )
        for theme in now.themes
    ]
    kept = {theme["theme_id"] for theme in now.themes}
    gone = [
        Difference(theme["title"], None, (theme["respondents"], heard), (0, heard_now))
        for name, theme in was.items()
        if name not in kept
    ]
    return found + gone


def of_periods(run: AnalysisRun, first: str, second: str) -> list[Difference]:
    """The themes in two weeks or months, by their first day. Raises InvalidInput."""
    for start in (first, second):
        if start not in choices(run)[0]:
            raise InvalidInput("period", "is none of this analysis", start)
    counted = {
        (one["theme_id"], str(one["start"])[:10]): (one["speaking"], one["heard"])
        for one in run.patterns["periods"]
    }
    return _beside(run, lambda name: (counted.get((name, first)), counted.get((name, second))))


def of_groups(
    run: AnalysisRun, first: tuple[str, str], second: tuple[str, str]
) -> list[Difference]:
    """The themes in two groups of people, each a dimension and a value. Raises InvalidInput."""
    for group in (first, second):
        if group not in choices(run)[1]:
            raise InvalidInput("group", "is none of this analysis", ": ".join(group))
    counted = {
        (one["theme_id"], one["dimension"], one["value"]): (one["speaking"], one["heard"])
        for one in run.patterns["leanings"]
    }
    return _beside(run, lambda name: (counted.get((name, *first)), counted.get((name, *second))))


Counted = tuple[int, int]  # speaking, heard


def _beside(
    run: AnalysisRun, counts: Callable[[str], tuple[Counted | None, Counted | None]]
) -> list[Difference]:
    found = []
    for theme in run.themes:
        first, second = counts(theme["theme_id"])
        if first and second:
            found.append(Difference(theme["title"], theme["theme_id"], first, second))
    return found


def spreadsheet(found: Overview) -> Iterable[dict[str, object]]:
    """The themes as rows of a spreadsheet."""
    for row in found.rows:
        yield {
            "theme_id": row.theme_id,
            "title": row.title,
            "people": row.people,
            "heard": row.heard,
            "share": None if row.share is None else round(row.share, 4),
            "tone": row.tone,
            "trend": row.trend,
            "stands_out_in": "; ".join(
                f"{g.dimension} {g.value}: {g.speaking} of {g.heard}" for g in row.leaning
            ),
            "decided": ", ".join(row.decided),
            "owner": row.owner,
        }


def _newest(services: Services) -> AnalysisRun:
    run = services.store.latest_run("themes", "patterns")
    if run is None:
        raise NotFound("Nothing was analyzed yet.")
    return run
