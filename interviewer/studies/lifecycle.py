"""Studies from file to field: add, write, launch, pause, close; and how their interviews go."""

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any, NamedTuple

from interviewer.access import audit
from interviewer.core.errors import Conflict, InvalidGuide, NotFound
from interviewer.core.guide import InterviewGuide, guide_hash
from interviewer.core.interview import Interview
from interviewer.core.quality import quality
from interviewer.core.study import Study, StudyState
from interviewer.outreach import brake, inviting
from interviewer.ports import Services
from interviewer.studies.prompts_folder import check_guide, load_guide

INVITING: tuple[StudyState, ...] = ("live", "shadow")
CORRECTIONS_SHOWN = 5  # the newest, of a study


def add(
    services: Services, guide: InterviewGuide, source: str, *, actor: str | None = None
) -> Study:
    """Store the guide; a changed one becomes the next version, a known one changes nothing.

    With an `actor` it is what a person wrote: `load_ready` leaves it as it is.
    """
    stored = services.store.save_study(
        Study(slug=guide.slug, version=0, guide=guide, guide_hash=guide_hash(guide), source=source)
    )
    if actor:
        about, number = f"study:{stored.slug}", str(stored.version)
        audit.record(services, actor, "study.write", about, version=number)
    return stored


class Loaded(NamedTuple):
    """The ready studies after they were loaded."""

    slugs: list[str]
    kept: list[str]  # those that somebody changed: theirs stay, ours are not taken over


def load_ready(services: Services, sources: Iterable[str]) -> Loaded:
    """Store the ready studies of this release; one that a person changed stays as they left it."""
    written = {
        (entry.about.removeprefix("study:"), entry.detail.get("version"))
        for entry in services.store.audit()
        if entry.what == "study.write"
    }
    stored = {study.slug: study for study in services.store.studies()}
    slugs, kept = [], []
    for source in sources:
        guide = load_guide(source)
        newest = stored.get(guide.slug)
        is_theirs = newest is not None and (guide.slug, str(newest.version)) in written
        if newest and is_theirs and newest.guide_hash != guide_hash(guide):
            kept.append(guide.slug)
        else:
            add(services, guide, source)
        slugs.append(guide.slug)
    return Loaded(slugs, kept)


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
    return add(services, guide, text, actor=actor)


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
            inviting.leave_shadow(store, slug)
        study = store.set_study_state(slug, state, services.clock.now(), redirect_to)
    if study.invites:
        inviting.resume(services, study)
    else:
        inviting.hold(services, slug, state)
    return study


def restore(services: Services, slug: str, state: StudyState) -> Study:
    """Take back a change of state: the study is as it was before, with all that waited for it.

    Its time of launch, its brake and who reads along stay as they were.

    Raises:
        NotFound: There is no such study.
        InvalidGuide: It would invite people, and does not pass its check by now.
    """
    now = services.clock.now()
    changed = ready_to_launch(services, slug) if state in INVITING else named(services, slug)
    with services.store.transaction() as store:
        began = changed.launched_at or now
        study = store.set_study_state(slug, state, began, changed.redirect_to)
        if changed.brake:
            store.brake_study(slug, changed.brake)
    if study.invites:
        inviting.resume(services, services.store.study(slug), closed=changed.state == "closed")
    else:
        inviting.hold(services, slug, state)
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
        "  called not right, without what is": found.disputed,
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
