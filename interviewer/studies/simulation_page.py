"""The page of a rehearsal: scorecard, comparison and every transcript, in one HTML file.

It opens from disk and loads nothing. The look is that of the analysis report.
"""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from interviewer.core.decision import TABLE
from interviewer.core.interview import Decision, Trace, Turn
from interviewer.core.reading import Reading, Sentiment
from interviewer.core.simulated_respondent import Fact
from interviewer.studies.rehearsal import NAMES, Rehearsal, honored, scorecard_rows
from interviewer.studies.scorecard import Figure, Scorecard, elicited, ending, missed_probes
from interviewer.studies.simulation import Played

LANGUAGES = {"en": "English", "es": "Spanish", "de": "German", "fr": "French", "pt": "Portuguese"}
ENDINGS = {
    "open": "they stopped answering",
    "budget": "the questions were used up",
    "complete": "nothing was left to ask",
    "confirmed": "the summary was confirmed",
    "unconfirmed": "the summary was not confirmed",
    "corrected": "the summary was corrected",
    "disputed": "the summary was called not right",
    "respondent_ended": "they had enough",
    "opt_out": "they opted out",
    "person": "handed to a person",
    "urgent": "handed to a person at once",
    "lost": "handed to a person, not understood twice",
    "off_topic": "off the topic twice",
    "saturated": "nothing new came",
    "expired": "its time was over",
    "template_fault": "closed, a template broke a rule",
}
SENTIMENTS: Mapping[Sentiment, str] = {
    -2: "very negative",
    -1: "negative",
    0: "neutral",
    1: "positive",
    2: "very positive",
    "mixed": "mixed",
}
MOVES = {
    "ask": "ask",
    "probe": "probe",
    "playback": "read back a summary",
    "hand_off": "hand over to a person",
    "close": "close",
    "opt_out": "confirm the opt-out",
}
EXPECTED = {
    "stop": "no further message",
    "end": "the end, without a question",
    "skip": "another topic, or the end",
    "handoff": "a hand-off, without a question",
    "no_handoff": "no hand-off",
    "no_stop": "no opt-out",
    "no_promise": "no promise",
    "no_reveal": "nothing given away",
    "defer": "an answer or a deferral",
    "redirect": "back to the topic",
    "correct": "the summary corrected",
    "language": "their language",
}
RULES = {name: (rule.__doc__ or "").split("\n")[0] for name, rule in TABLE}


@dataclass(frozen=True, slots=True)
class Bar:
    """A share as a bar with its interval, in percent; both capped at 100."""

    label: str
    width: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Contender:
    """One interviewer of the comparison."""

    name: str
    is_ours: bool
    card: Scorecard
    elicited: Bar | None
    must: Bar | None
    honored: Figure
    broken: int


@dataclass(frozen=True, slots=True)
class ShownTurn:
    """A turn of a transcript, with what was made of it."""

    seq: int
    is_ours: bool
    pieces: tuple[tuple[str, str], ...]  # text, and the rules it breaks
    notes: tuple[tuple[str, str], ...]  # name, what
    told: tuple[Fact, ...]
    expected: str | None  # of a scripted message
    is_honored: bool
    missed_probe: bool


@dataclass(frozen=True, slots=True)
class ShownFact:
    """A fact of the respondent: when it was told, or how it could have been."""

    fact: Fact
    turn: int | None
    is_must: bool
    ways: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Transcript:
    """An interview as it is shown."""

    anchor: str
    played: Played
    language: str
    ended: str
    context: tuple[tuple[str, str], ...]
    turns: tuple[ShownTurn, ...]
    facts: tuple[ShownFact, ...]
    told: int
    missed_musts: int
    flags: tuple[str, ...]  # what the filter can ask for


def render(done: Rehearsal) -> str:
    """The page as one HTML file with its own content security policy."""
    environment = _environment()
    style = "\n".join(
        environment.get_template(name).render() for name in ("report.css", "simulation.css")
    )
    script = environment.get_template("simulation.js").render()
    transcripts = [_transcript(n, one) for n, one in enumerate(done.ours, start=1)]
    card = done.card()
    return environment.get_template("simulation.html.j2").render(
        done=done,
        policy=(
            f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}';"
            " base-uri 'none'; form-action 'none'"
        ),
        style=Markup(style),
        script=Markup(script),
        made_at=done.ours[0].interview.opened_at,
        card=card,
        honored=honored(card),
        rows=scorecard_rows(card),
        contenders=[
            _contender(NAMES[player], player == "ours", each)
            for player, each in done.compared().items()
        ],
        studies=[
            _contender(slug, is_ours=True, card=each) for slug, each in done.by_study().items()
        ],
        groups=[
            (slug, [each for each in transcripts if each.played.guide.slug == slug])
            for slug in done.studies
        ],
        endings=sorted({transcript.ended for transcript in transcripts}),
        flags=sorted({flag for transcript in transcripts for flag in transcript.flags}),
    )


def _contender(name: str, is_ours: bool, card: Scorecard) -> Contender:
    return Contender(
        name=name,
        is_ours=is_ours,
        card=card,
        elicited=_bar(card.elicited),
        must=_bar(card.must_elicit),
        honored=honored(card),
        broken=sum(card.violations.values()),
    )


def _bar(figure: Figure) -> Bar | None:
    if figure.rate is None or figure.low is None or figure.high is None:
        return None
    low, width, high = (round(100 * min(1.0, x), 1) for x in (figure.low, figure.rate, figure.high))
    label = f"{figure.rate:.2f}, 95 % interval {figure.low:.2f} to {figure.high:.2f}"
    return Bar(label, width, low, high)


def _transcript(number: int, played: Played) -> Transcript:
    person, interview = played.respondent, played.interview
    turns = tuple(_turns(played))
    facts = tuple(_facts(played))
    missed = [fact for fact in facts if fact.turn is None]
    flags = {
        "facts missed": bool(missed),
        "must-elicit facts missed": any(fact.is_must for fact in missed),
        "rules broken": bool(played.violations),
        "scripted moments not honored": any(not check.honored for check in played.checks),
        "probes missed": any(turn.missed_probe for turn in turns),
    }
    family = (person.speaks or person.language).split("-")[0]
    return Transcript(
        anchor=f"i{number}",
        played=played,
        language=LANGUAGES.get(family, family),
        ended=ENDINGS.get(ending(interview), ending(interview)),
        context=tuple((k, str(v)) for k, v in person.context.items() if v is not None),
        turns=turns,
        facts=facts,
        told=len(facts) - len(missed),
        missed_musts=sum(fact.is_must for fact in missed),
        flags=tuple(flag for flag, holds in flags.items() if holds),
    )


def _turns(played: Played) -> Iterator[ShownTurn]:
    checks = {check.seq: check for check in played.checks}
    missed = missed_probes(played)
    for turn in played.interview.turns:
        check = checks.get(turn.seq)
        told = [f for f in played.respondent.facts if played.told_at.get(f.id) == turn.seq]
        yield ShownTurn(
            seq=turn.seq,
            is_ours=turn.speaker == "interviewer",
            pieces=tuple(_pieces(turn, played)),
            notes=tuple(_notes(turn)),
            told=tuple(told),
            expected=EXPECTED[check.expect] if check else None,
            is_honored=check is not None and check.honored,
            missed_probe=missed.get(turn.seq, False),
        )


def _pieces(turn: Turn, played: Played) -> Iterator[tuple[str, str]]:
    """The text, cut where rules are broken; a span that is not found marks all of it."""
    broken: dict[tuple[int, int], list[str]] = {}
    for violation in played.violations:
        if violation.seq == turn.seq:
            words = r"\s+".join(map(re.escape, violation.span.split()))
            found = re.search(words, turn.text, re.IGNORECASE) if words else None
            span = found.span() if found else (0, len(turn.text))
            broken.setdefault(span, []).append(violation.rule)
    at = 0
    for (start, end), rules in sorted(broken.items()):
        yield turn.text[at : max(at, start)], ""
        yield turn.text[max(at, start) : max(at, end)], ", ".join(rules)
        at = max(at, end)
    yield turn.text[at:], ""


def _notes(turn: Turn) -> Iterator[tuple[str, str]]:
    if turn.reading:
        yield "Read", _read(turn.reading)
    if turn.decision:
        yield "Decided", _decided(turn.decision)
        yield "Why", _why(turn.decision.reason)
    if turn.trace:
        yield "Wording", _worded(turn.trace)


def _read(reading: Reading) -> str:
    parts = [reading.specificity, SENTIMENTS[reading.sentiment]]
    parts += [f"covers {name}" for name, t in reading.topics.items() if t.covered == "yes"]
    parts += [f"{name} = {field.value}" for name, field in reading.fields.items()]
    parts += [f"wants: {intent.replace('_', ' ')}" for intent in sorted(reading.wants)]
    if reading.contradicts:
        parts.append(f"contradicts {reading.contradicts}")
    by = {"offline_after_failure": "offline, the model failed"}.get(reading.source, reading.source)
    return f"{', '.join(parts)} (by {by})"


def _decided(decision: Decision) -> str:
    about = decision.field or decision.topic
    kind = decision.probe.replace("_", " ") if decision.probe else None
    parts = [f"{MOVES[decision.move]}{f' about {about}' if about else ''}"]
    parts += [f"kind: {kind}"] if kind else []
    parts += [f"quoting “{decision.quote}”"] if decision.quote else []
    parts += [f"case: {decision.case}"] if decision.case else []
    return f"{', '.join(parts)}; questions left: {decision.questions_left}"


def _why(reason: str) -> str:
    """The row of the decision table in words; a row that ends in several ways names the one."""
    said = RULES.get(reason) or f"{ENDINGS.get(reason, reason).capitalize()}."
    return f"{said} ({reason})"


def _worded(trace: Trace) -> str:
    if trace.wording_source == "model":
        return f"by the model {trace.model}"
    if trace.wording_source == "template_after_fault":
        return f"template {trace.template}; the model's broke: {', '.join(trace.faults)}"
    failed = f"; the model failed: {trace.failure}" if trace.failure else ""
    return f"template {trace.template}{failed}"


def _facts(played: Played) -> Iterator[ShownFact]:
    told = elicited(played)
    for fact in played.respondent.facts:
        is_told = fact.id in told
        yield ShownFact(
            fact=fact,
            turn=played.told_at[fact.id] if is_told else None,
            is_must=fact.id in played.respondent.must_elicit,
            ways=() if is_told else tuple(ways_to(fact, played)),
        )


def ways_to(fact: Fact, played: Played) -> Iterator[str]:
    """What would have brought out a fact that was not told, by the responder's rule."""
    words = list(dict.fromkeys(word for cue in fact.cues for word in cue_words(cue.pattern)))
    asked = f"a question with one of: {', '.join(words)}" if words else ""
    if fact.depth == 1:
        topics = [f.topic for f in played.respondent.facts if f.id in played.told_at]
        quote = f"their own words on {fact.topic}, quoted" if fact.topic in topics else ""
        yield " · ".join(way for way in (asked, quote) if way) or "nothing that can be asked"
        return
    shallow = [
        other.text
        for other in played.respondent.facts_at(1)
        if other.topic == fact.topic and other.id not in played.told_at
    ]
    if shallow:
        yield f"first, on the same topic: {' '.join(shallow)}"
    instance = f"a request for an instance while they speak of {fact.topic}"
    yield " · ".join(way for way in (asked, instance) if way)


def cue_words(pattern: str) -> Iterator[str]:
    """The alternatives of a cue as one would write them; … stands for more letters."""
    pattern = re.sub(r"\\b|\?:|\^|\$", "", pattern)
    whole = re.fullmatch(r"\(([^()]*(?:\([^()]*\)[^()]*)*)\)", pattern)
    for alternative in _alternatives(whole[1] if whole else pattern):
        word = re.sub(r"\([^()]*\)\??|\\w[*+]|\.[*+]\??", "…", alternative)
        word = re.sub(r"\\s[+*]?|\[[^\]]*\]", " ", word)
        word = word.replace("\\", "").replace("?", "")
        if word.strip(" …"):
            yield re.sub(r"…+", "…", word).strip()


def _alternatives(pattern: str) -> Iterator[str]:
    """The parts between the bars that stand in no bracket."""
    depth, part = 0, ""
    for letter in pattern:
        depth += (letter == "(") - (letter == ")")
        if letter == "|" and depth == 0:
            yield part
            part = ""
        else:
            part += letter
    yield part


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _plural(items: Sequence[object] | int, what: str) -> str:
    n = items if isinstance(items, int) else len(items)
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _environment() -> Environment:
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("interviewer"), PackageLoader("analysis")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"plural": _plural}
    return environment
