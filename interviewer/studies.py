"""Studies from file to findings: add, launch, pause, close; analyze.

An analysis reads the closed interviews and the book of business, and stores its rows together with
the report; everything it depends on (encoder, clock) is passed in.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from analysis.tables import (
    Account,
    AccountRisk,
    Band,
    Book,
    Claim,
    Findings,
    Reason,
    Score,
    Transcript,
    Turn,
)
from interviewer.core import book
from interviewer.core.errors import NotFound
from interviewer.core.guide import InterviewGuide, guide_hash
from interviewer.core.interview import Interview
from interviewer.core.quality import quality
from interviewer.core.study import Study, StudyState
from interviewer.ports import AnalysisRun, Services

if TYPE_CHECKING:
    from analysis.embed import Cache, Encoder

T = TypeVar("T")


def add(services: Services, guide: InterviewGuide, source: str) -> Study:
    """Store the guide; a changed one becomes the next version, a known one changes nothing."""
    return services.store.save_study(
        Study(slug=guide.slug, version=0, guide=guide, guide_hash=guide_hash(guide), source=source)
    )


def named(services: Services, slug: str) -> Study:
    """The study of this name at its newest version; NotFound lists those there are."""
    studies = {study.slug: study for study in services.store.studies()}
    if slug not in studies:
        raise NotFound(f"no study {slug!r}; there are {', '.join(studies)}")
    return studies[slug]


def set_state(services: Services, slug: str, state: StudyState) -> Study:
    """Launch, pause or close a study; raises NotFound."""
    study = named(services, slug)
    return services.store.set_study_state(study.slug, state, services.clock.now())


def funnel(services: Services) -> list[dict[str, Any]]:
    """Every study with how far its interviews came, as rows."""
    counts = services.store.funnel()
    return [
        {"study": study.slug, "state": study.state, "version": study.version, **counts[study.slug]}
        for study in services.store.studies()
    ]


def show(services: Services, slug: str) -> list[dict[str, Any]]:
    """How a study's interviews go, as rows of figure and value; raises NotFound."""
    study = services.store.study(slug)
    counts = services.store.funnel()[slug]
    found = quality(services.store.interviews(slug))
    share = found.replaced_share
    rows: dict[str, Any] = {
        "state": study.state,
        "version": study.version,
        **counts,
        "messages after the opener": found.messages,
        "worded by the model": found.worded_by_model,
        "wordings replaced": found.replaced if share is None else f"{found.replaced} ({share:.1%})",
        **{f"  broke {rule}": times for rule, times in found.faults.items()},
        "turns the model failed on": found.model_failures,
        "summaries read back": found.played_back,
        "  confirmed": found.confirmed,
        "  corrected": found.corrected,
        "rating of the interview, 1 to 4": found.rating,
    }
    return [{"figure": figure, "value": value} for figure, value in rows.items()]


def read_book(services: Services, *, include_test: bool = False) -> Book:
    """Everything an analysis may read, from the store."""
    store = services.store
    contacts: dict[str, dict[str, str | None]] = {}
    for contact in store.find(book.Contact, active=True):
        contacts.setdefault(contact.account_ref, {})[contact.contact_ref] = contact.contact_role
    return Book(
        transcripts=(
            *(_transcript(i) for i in store.interviews(include_test=include_test) if i.answers),
            *(_imported(row) for row in store.find(book.ImportedTranscript)),
        ),
        accounts=tuple(
            _account(row, contacts.get(row.account_ref, {})) for row in store.find(book.Account)
        ),
        scores=tuple(_like(Score, row) for row in store.find(book.Score)),
        claims=tuple(_like(Claim, row) for row in store.find(book.Claim)),
    )


def _transcript(interview: Interview) -> Transcript:
    turns = []
    asked: str | None = None
    for turn in interview.turns:
        asked = turn.topic if turn.asks else asked
        fields = turn.reading.fields if turn.reading else {}
        turns.append(
            Turn(
                turn_id=f"{interview.interview_id}:{turn.seq}",
                speaker=turn.speaker,
                text=turn.text,
                topic=asked,
                fields={name: field.value for name, field in fields.items()},
                audience=turn.audience,
                at=turn.at,
            )
        )
    role = interview.context.get("contact_role")
    if role is None and interview.contact_ref is None:
        role = "recipient"
    return Transcript(
        interview_id=interview.interview_id,
        turns=tuple(turns),
        account_ref=interview.account_ref,
        contact_ref=interview.contact_ref or interview.shipment_ref,
        contact_role=str(role) if role else None,
        study=interview.study,
        channel=interview.channel,
        language=interview.answers[-1].language,
        at=interview.opened_at,
        status=interview.status,
        context=interview.context,
    )


def _imported(row: book.ImportedTranscript) -> Transcript:
    return Transcript(
        interview_id=row.id,
        turns=tuple(
            Turn(turn_id=f"{row.id}:{seq}", speaker=turn.speaker, text=turn.text, at=turn.at)
            for seq, turn in enumerate(row.turns)
        ),
        account_ref=row.account_ref,
        contact_ref=row.contact_ref,
        contact_role=row.contact_role,
        study=row.study,
        channel=row.channel,
        language=row.language,
        at=row.at,
        context=row.context,
    )


def _account(row: book.Account, contacts: Mapping[str, str | None]) -> Account:
    return _like(Account, row, contacts=contacts)


def _like(kind: type[T], row: book.Row, **more: Any) -> T:
    """An analysis row with the columns that it shares with a row of the book."""
    shared = {f.name for f in fields(kind)} & set(type(row).model_fields)  # type: ignore[arg-type]
    return kind(**{name: getattr(row, name) for name in shared}, **more)


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
) -> Analyzed:
    """Read everything, find themes and risk, store them with the report."""
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
    )
    settings = {**findings.settings, "encoder": encoder_name}
    run = AnalysisRun(
        run_id=services.new_id(),
        at=now,
        settings=settings,
        themes=[asdict(theme) for theme in findings.themes],
        signals=[asdict(signal) for signal in findings.signals],
        risks=[asdict(risk) for risk in findings.risks],
        memory={"as_of": findings.as_of.isoformat(), "centroids": dict(findings.centroids)},
        report=report.render(findings, read, brand=services.organization.brand, generated_at=now),
    )
    services.store.save_run(run)
    return Analyzed(run, findings)


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
        centroids=run.memory["centroids"],
    )


def _remembered_risk(row: Mapping[str, Any]) -> AccountRisk:
    reasons = tuple(
        Reason(r["signal"], r["weight"], r["value"], r["contribution"], ()) for r in row["reasons"]
    )
    as_of = date.fromisoformat(str(row["as_of"])[:10])
    plain = {name: row[name] for name in row if name not in ("reasons", "as_of", "unscored")}
    return AccountRisk(**plain, as_of=as_of, reasons=reasons, unscored=())
