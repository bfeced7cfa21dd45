"""Studies from file to findings: add, launch, pause, close; analyze.

An analysis reads the closed interviews and the book of business, and stores its rows together with
the report; everything it depends on (encoder, clock) is passed in.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from statistics import median
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from analysis.tables import (
    Account,
    AccountRisk,
    Asked,
    Band,
    Book,
    Claim,
    Coding,
    Findings,
    Invoice,
    JointAction,
    KnownTheme,
    Rating,
    Reason,
    Score,
    SignalReview,
    ThemeDecision,
    ThemeMemory,
    Transcript,
    Turn,
    Volume,
)
from interviewer import audit, brake, notes, outreach
from interviewer.core import book
from interviewer.core.errors import Conflict, InvalidGuide, NotFound
from interviewer.core.guide import InterviewGuide, guide_hash
from interviewer.core.interview import Interview
from interviewer.core.quality import quality
from interviewer.core.study import Study, StudyState
from interviewer.ports import Services
from interviewer.prompts_folder import check_guide, load_guide
from interviewer.store import AnalysisRun

if TYPE_CHECKING:
    from analysis.embed import Cache, Encoder

CORRECTIONS_SHOWN = 5  # the newest, of a study
T = TypeVar("T")


def add(services: Services, guide: InterviewGuide, source: str) -> Study:
    """Store the guide; a changed one becomes the next version, a known one changes nothing."""
    return services.store.save_study(
        Study(slug=guide.slug, version=0, guide=guide, guide_hash=guide_hash(guide), source=source)
    )


def write(
    services: Services,
    source: str,
    *,
    over: tuple[str, int] | None = None,
    actor: str = audit.COMMAND_LINE,
) -> Study:
    """Store what somebody wrote as a new study, or as the next version of the one it was made from.

    Args:
        services: The installation.
        source: The text of the study file.
        over: Slug and version of what was changed; None for a new study.
        actor: Who wrote it.

    Raises:
        InvalidGuide: The text is no study; one that invites must pass its whole check.
        Conflict: The slug is taken, or somebody else changed the study in the meantime.
    """
    text = as_text(source)
    guide = load_guide(text)
    stored = {study.slug: study for study in services.store.studies()}
    newest = stored.get(guide.slug)
    if newest and (over is None or over[0] != guide.slug):
        raise Conflict(f"There is a study {guide.slug!r} already; give this one another slug.")
    if newest and over and over[1] != newest.version:
        changed = f"{guide.slug} is at version {newest.version} by now; yours was {over[1]}."
        raise Conflict(f"{changed} Copy your text, and make your change in the newest version.")
    if newest and newest.invites and (problems := check_guide(text)):
        raise InvalidGuide(problems)
    written = add(services, guide, text)
    number = str(written.version)
    audit.record(services, actor, "study.write", f"study:{written.slug}", version=number)
    return written


def named(services: Services, slug: str) -> Study:
    """The study of this name at its newest version; NotFound lists those there are."""
    studies = {study.slug: study for study in services.store.studies()}
    if slug not in studies:
        raise NotFound(f"no study {slug!r}; there are {', '.join(studies)}")
    return studies[slug]


def as_text(written: str) -> str:
    """What was written in a form as the text of a file: never taken for the name of one."""
    return "\n".join(written.splitlines()) + "\n"


def ready_to_launch(services: Services, slug: str) -> Study:
    """The study of this name; raises NotFound, or InvalidGuide when it does not pass its check."""
    study = named(services, slug)
    if problems := check_guide(study.source):
        raise InvalidGuide(problems, slug)
    return study


def set_state(
    services: Services, slug: str, state: StudyState, redirect_to: Sequence[str] = ()
) -> Study:
    """Launch, pause or close a study, with what waits for it; raises NotFound."""
    before = named(services, slug)
    with services.store.transaction() as store:
        if before.state == "shadow" and state != "shadow":
            outreach.leave_shadow(store, slug)
        study = store.set_study_state(slug, state, services.clock.now(), redirect_to)
    if study.invites:
        outreach.resume(services, study)
    else:
        outreach.hold(services, slug, state)
    return study


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
    interviews = services.store.interviews(slug)
    found = quality(interviews)
    share = found.replaced_share
    rows: dict[str, Any] = {
        "state": study.state,
        **_brake_of(services, study),
        **_shadow_of(services, study),
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
        **{
            f"  correction {place}": f"{line!r} -> {said!r}"
            for place, (line, said) in enumerate(found.corrections[:CORRECTIONS_SHOWN], 1)
        },
        "rating of the interview, 1 to 4": found.rating,
        **_by_layout(services, interviews),
    }
    return [{"figure": figure, "value": value} for figure, value in rows.items()]


def _brake_of(services: Services, study: Study) -> dict[str, Any]:
    """How the last people asked took it, and whether the study has stopped by itself."""
    if not study.launched_at:
        return {}
    seen = brake.reception(services, study)
    last = f"{seen.messages} people asked: {seen.opt_outs} opted out, {seen.complaints} complained"
    braked = {"brake": study.brake, "  to release": f"interviewer study launch {study.slug}"}
    return {**(braked if study.brake else {}), "reception": last}


def _shadow_of(services: Services, study: Study) -> dict[str, Any]:
    """What a study in shadow would have sent, and what the gate refused."""
    own = services.store.invitations(study=study.slug)
    shadowed = [one for one in own if one.state == "shadowed" and not one.reason]
    if not shadowed and study.state != "shadow":
        return {}
    refused = Counter(one.reason or "" for one in own if one.state == "refused")
    copies = f", copies to {', '.join(study.redirect_to)}" if study.redirect_to else ""
    return {
        f"would have been sent{copies}": len(shadowed),
        **{f"  refused: {why}": number for why, number in refused.most_common()},
    }


def _by_layout(services: Services, interviews: list[Interview]) -> dict[str, str]:
    """How far interviews on the page came by how it looked, where more than one look was tried."""
    guides = {
        version: services.store.study(interviews[0].study, version).guide
        for version in {interview.study_version for interview in interviews}
    }
    shown: dict[str, list[Interview]] = {}
    for interview in interviews:
        if interview.channel == "chat":
            layout = guides[interview.study_version].layout_of(interview.interview_id)
            shown.setdefault(layout, []).append(interview)
    return {
        f"page {layout}": _funnel_of(shown[layout]) for layout in sorted(shown) if len(shown) > 1
    }


def _funnel_of(interviews: list[Interview]) -> str:
    """Opened, answered and closed, and the words of a first answer at the median."""
    answered = [interview for interview in interviews if interview.answers]
    closed = sum(interview.status == "closed" for interview in answered)
    words = [len(interview.answers[0].text.split()) for interview in answered]
    middle = f", {median(words):g} words in a first answer" if words else ""
    return f"{len(interviews)} opened, {len(answered)} answered, {closed} closed{middle}"


def read_book(services: Services, *, include_test: bool = False) -> Book:
    """Everything an analysis may read, from the store."""
    store = services.store
    contacts = store.find(book.Contact)
    written = store.find(book.Note)
    return Book(
        transcripts=(
            *(_transcript(i) for i in store.interviews(include_test=include_test) if i.answers),
            *(_imported(row) for row in store.find(book.ImportedTranscript)),
            *notes.as_transcripts(written, contacts),
        ),
        accounts=tuple(_accounts(store.find(book.Account), contacts, written)),
        scores=tuple(_like(Score, row) for row in store.find(book.Score)),
        claims=tuple(_like(Claim, row) for row in store.find(book.Claim)),
        asked=tuple(_asked(services)),
        codings=tuple(_like(Coding, row) for row in store.find(book.Coding)),
        decisions=decided(services),
        reviews=tuple(_like(SignalReview, row) for row in store.find(book.SignalReview)),
        volumes=tuple(_like(Volume, row) for row in store.find(book.Volume)),
        invoices=tuple(
            _like(Invoice, row, disputed=row.disputed == "yes") for row in store.find(book.Invoice)
        ),
        ratings=tuple(_like(Rating, row) for row in store.find(book.Rating)),
        actions=tuple(_like(JointAction, row) for row in store.find(book.Action)),
    )


def decided(services: Services) -> tuple[ThemeDecision, ...]:
    """What people decided about themes, in the order of time."""
    rows = sorted(services.store.find(book.ThemeDecision), key=lambda row: row.at)
    return tuple(_like(ThemeDecision, row, segments=row.segments or ()) for row in rows)


def _asked(services: Services) -> Iterator[Asked]:
    """Everybody to whom an invitation went, with what their interview was to be about."""
    about = {found.moment.moment_id: found.moment.context for found in services.store.moments()}
    for sent in services.store.invitations(state="sent"):
        yield Asked(
            sent.contact_ref or sent.shipment_ref or sent.invitation_id,
            sent.study,
            sent.account_ref,
            about.get(sent.moment_id, {}),
        )


def _transcript(interview: Interview) -> Transcript:
    turns = []
    asked: str | None = None
    for turn in interview.turns:
        if turn.speaker == "agent":
            continue  # a person's words are no part of the interview that is analyzed
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


def _accounts(
    rows: Sequence[book.Account], contacts: Sequence[book.Contact], written: Sequence[book.Note]
) -> Iterator[Account]:
    """The accounts with their contacts, and the day the account team was last in touch."""
    roles: dict[tuple[str, bool], dict[str, str | None]] = {}
    for contact in contacts:
        own = roles.setdefault((contact.account_ref, contact.active), {})
        own[contact.contact_ref] = contact.contact_role
    touched = notes.last_contacts(written)
    for row in rows:
        ref = row.account_ref
        known = [at for at in (row.last_contact_at, touched.get(ref)) if at]
        yield _like(
            Account,
            row,
            contacts=roles.get((ref, True), {}),
            gone=roles.get((ref, False), {}),
            last_contact_at=max(known, default=None),
        )


def _like(kind: type[T], row: book.Row, **more: Any) -> T:
    """An analysis row with the columns that it shares with a row of the book."""
    shared = {f.name for f in fields(kind)} & set(type(row).model_fields)  # type: ignore[arg-type]
    return kind(**{name: getattr(row, name) for name in shared} | more)


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
    settings = {**findings.settings, "encoder": encoder_name}
    run = AnalysisRun(
        run_id=services.new_id(),
        at=now,
        settings=settings,
        themes=[asdict(theme) for theme in findings.themes],
        signals=[asdict(signal) for signal in findings.signals],
        risks=[asdict(risk) for risk in findings.risks],
        memory={"as_of": findings.as_of.isoformat(), "themes": asdict(findings.memory)},
        patterns=_patterns(read, findings),
        report=report.render(findings, read, brand=services.organization.brand, generated_at=now),
    )
    services.store.save_run(run)
    return Analyzed(run, findings)


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
