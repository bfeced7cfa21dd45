"""An analysis: what was said and the book of business are read, findings and report stored.

Everything it depends on (encoder, clock) is passed in.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, get_args

from analysis.tables import (
    AccountRisk,
    Band,
    Book,
    Findings,
    KnownTheme,
    Reason,
    ThemeMemory,
)
from interviewer.ports import Services
from interviewer.store import AnalysisRun

if TYPE_CHECKING:
    from analysis.embed import Cache, Encoder


from interviewer.findings import numbers
from interviewer.findings.evidence import read_book
from interviewer.followup import alerts


@dataclass(frozen=True, slots=True)
class Analyzed:
    """An analysis just made: what was stored, and what it says."""

    run: AnalysisRun
    findings: Findings


def analyze(
    services: Services,
    encoder: "Encoder",
    *,
    cache: "Cache | None" = None,
    base_rate: float,
    encoder_name: str,
    progress: Callable[[str, int], None] | None = None,
    regroup: bool | None = None,
) -> Analyzed:
    """Read everything, find themes and risk, store them with the report.

    `regroup` finds themes anew, or not; when not given, what has come in since decides.
    """
    from analysis import pipeline, report  # scikit-learn, loaded when a run starts

    now = services.clock.now()
    read = read_book(services)
    last = services.store.latest_run()
    findings = pipeline.run(
        read,
        encoder,
        as_of=now.date(),
        previous=_remembered(last) if last else None,
        cache=cache,
        progress=progress,
        base_rate=base_rate,
        regroup=regroup,
    )
    settings = {**findings.settings, "encoder": encoder_name, "data_window": _window(read)}
    run = AnalysisRun(
        run_id=services.new_id(),
        at=now,
        settings=settings,
        themes=[asdict(theme) for theme in findings.themes],
        signals=[asdict(signal) for signal in findings.signals],
        risks=[asdict(risk) for risk in findings.risks],
        memory={
            "as_of": findings.as_of.isoformat(),
            "themes": asdict(findings.memory),
            "model": asdict(findings.model) if findings.model else None,
        },
        patterns={**_patterns(read, findings), "numbers": numbers.added_up(services, findings)},
        report=report.render(findings, read, brand=services.organization.brand, generated_at=now),
    )
    services.store.save_run(run)
    alerts.look(services)
    return Analyzed(run, findings)


def _window(read: Book) -> str:
    """From when to when what was read was said, and how much."""
    days = sorted(t.at.date().isoformat() for t in read.transcripts if t.at)
    window = f"{days[0]} to {days[-1]}" if days else "nothing said yet"
    return f"{window}, {len(read.transcripts)} interviews, mails and tickets"


def _patterns(read: Book, findings: Findings) -> dict[str, Any]:
    """Who speaks of which theme, and when; with the counts that say how much it means."""
    from analysis.grouping import SMALL
    from analysis.theme_section import places

    heard = {utterance.respondent for utterance in findings.utterances}
    asked = {one.respondent for one in read.asked}
    return {
        "heard": len(heard),
        "asked": len(asked | heard) if asked else None,
        "statements": (statements := sum(s.parked is None for s in findings.segments)),
        "small": statements < SMALL,  # groupings: no shares
        "strength": findings.strength,
        "map": places(findings.themes, findings.memory.themes),
        **{
            name: [asdict(row) for row in getattr(findings, name)]
            for name in ("leanings", "periods", "trends", "reach", "score_moves")
        },
    }


def found(made: Analyzed) -> list[dict[str, Any]]:
    """What an analysis found, counted: answers, themes, and accounts by band."""
    findings = made.findings
    bands = Counter(risk.band for risk in findings.risks)
    counts = {
        "answers": len(findings.utterances),
        "themes": len(findings.themes),
        "accounts": len(findings.risks),
        **{f"  {band.replace('_', ' ')}": bands[band] for band in get_args(Band) if bands[band]},
    }
    return [{"found": name, "number": number} for name, number in counts.items()]


def _remembered(run: AnalysisRun) -> Findings:
    """What a stored run passes on: the theme ids by their centroids, and each account's terms."""
    return Findings(
        as_of=date.fromisoformat(run.memory["as_of"]),
        settings=run.settings,
        utterances=(),
        segments=(),
        themes=(),
        assignments=(),
        strength=None,
        signals=(),
        risks=tuple(_remembered_risk(risk) for risk in run.risks),
        score_moves=(),
        dropped={},
        memory=theme_memory(run),
    )


def theme_memory(run: AnalysisRun) -> ThemeMemory:
    """What a stored run knows of its themes."""
    stored = run.memory.get("themes", {})
    themes = (
        KnownTheme(**{**row, "words": tuple(row["words"]), "centroid": tuple(row["centroid"])})
        for row in stored.get("themes", ())
    )
    return ThemeMemory(tuple(themes), stored.get("places", {}), stored.get("grouped", 0))


def _remembered_risk(row: Mapping[str, Any]) -> AccountRisk:
    reasons = tuple(
        Reason(r["signal"], r["weight"], r["value"], r["contribution"], ()) for r in row["reasons"]
    )
    as_of = date.fromisoformat(str(row["as_of"])[:10])
    plain = {name: row[name] for name in row if name not in ("reasons", "as_of", "unscored")}
    return AccountRisk(**plain, as_of=as_of, reasons=reasons, unscored=())
