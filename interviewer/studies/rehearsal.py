"""Studies played with simulated respondents before anybody else is asked.

Everything runs on a database that is thrown away.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, contextmanager
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal, get_args

from interviewer.core.baselines import Baseline
from interviewer.core.errors import InvalidInput, NotFound
from interviewer.core.guide import InterviewGuide
from interviewer.core.simulated_respondent import SimulatedRespondent
from interviewer.core.study import Study
from interviewer.ports import Services
from interviewer.settings import read_settings
from interviewer.studies.new_study import closest
from interviewer.studies.prompts_folder import load_guide
from interviewer.studies.scorecard import Figure, Scorecard, scorecard
from interviewer.studies.simulation import Played, simulate
from interviewer.studies.trying import tried
from interviewer.wiring import trial

ALL = "all"  # in place of a study: every one that the respondents and the installation have
BASELINES: tuple[Baseline, ...] = get_args(Baseline)
Progress = Callable[[int, int], None]
Player = Literal["ours", "form", "generic", "script"]
NAMES: Mapping[Player, str] = {
    "ours": "this interviewer",
    "form": "one-question form",
    "generic": "generic probe, twice",
    "script": "topic script",
}


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What came of it: the same respondents with each interviewer, ours first."""

    study: str  # its slug, or "all"
    played: Mapping[Player, Sequence[Played]]
    skipped: Mapping[str, int]  # study that there is not -> respondents
    seed: int

    @property
    def ours(self) -> Sequence[Played]:
        """The interviews of this installation's interviewer."""
        return self.played["ours"]

    @property
    def studies(self) -> tuple[str, ...]:
        """The slugs of what was played."""
        return tuple(sorted({one.guide.slug for one in self.ours}))

    def card(self) -> Scorecard:
        """The scorecard of this installation's interviewer."""
        return scorecard(self.ours, self.seed)

    def compared(self) -> dict[Player, Scorecard]:
        """The scorecard of each interviewer."""
        return {player: scorecard(each, self.seed) for player, each in self.played.items()}

    def by_study(self) -> dict[str, Scorecard]:
        """Our scorecard of each study."""
        return {
            slug: scorecard([one for one in self.ours if one.guide.slug == slug], self.seed)
            for slug in self.studies
        }

    def as_json(self) -> dict[str, Any]:
        """Everything as JSON: scorecards by interviewer and by study, and what was skipped."""
        return {
            "study": self.study,
            "seed": self.seed,
            "skipped": dict(self.skipped),
            "scorecards": {
                player: card.model_dump(mode="json") for player, card in self.compared().items()
            },
            "studies": {
                slug: card.model_dump(mode="json") for slug, card in self.by_study().items()
            },
        }


def read_respondents(lines: str) -> list[SimulatedRespondent]:
    """Respondents from text with one JSON object a line.

    Raises:
        InvalidInput: A line breaks the format; names the line and the field.
    """
    numbered = enumerate(lines.splitlines(), 1)
    return [_respondent(number, line) for number, line in numbered if line.strip()]


def read_baselines(names: str) -> tuple[Baseline, ...]:
    """The baselines of a list with commas."""
    asked = [name.strip() for name in names.split(",") if name.strip()]
    if unknown := [name for name in asked if name not in BASELINES]:
        raise InvalidInput("--compare", f"give any of {', '.join(BASELINES)}", unknown[0])
    return tuple(baseline for baseline in BASELINES if baseline in asked)


def ready_respondents(guide: InterviewGuide) -> list[SimulatedRespondent]:
    """The respondents that come with the product who fit a study.

    Its own; else those of the ready study that starts at its first moment, as if asked by this one.

    Raises:
        NotFound: There are none.
    """
    every = read_respondents(_respondents_file().read_text(encoding="utf-8"))
    if own := [one for one in every if one.study == guide.slug]:
        return own
    if not guide.moments:
        raise NotFound(f"no simulated respondent fits {guide.slug!r}: it has no moment")
    source, _ = closest(guide.moments[0])
    like = load_guide(source).slug
    return [one.model_copy(update={"study": guide.slug}) for one in every if one.study == like]


def _respondents_file() -> Traversable:
    """Inside the package in a wheel, among the examples in a checkout."""
    packaged = files("interviewer") / "_respondents.jsonl"
    folder = Path(str(files("interviewer"))).parent
    return packaged if packaged.is_file() else folder / "examples" / "respondents.jsonl"


def untold(done: int, total: int) -> None:
    """Say nothing of the progress."""


def rehearse(
    study: str | Study,
    respondents: Sequence[SimulatedRespondent],
    seed: int = 0,
    baselines: Sequence[Baseline] = (),
    progress: Progress = untold,
) -> Rehearsal:
    """Play the respondents of a study, or of all, with ours and with each baseline.

    Args:
        study: A slug, a study's YAML file, "all", or a stored study.
        respondents: Of any study.
        seed: Of the bootstrap intervals.
        baselines: Played beside ours.
        progress: Is told how many interviews of how many are over.

    Raises:
        NotFound: There is no such study, or nobody to play it.
    """
    with _installed(study) as (services, slugs):
        own = [one for one in respondents if one.study in slugs]
        if not own:
            named = "any study here" if study == ALL else repr(slugs[0])
            others = ", ".join(sorted({one.study for one in respondents})) or "none"
            raise NotFound(f"no simulated respondent of {named} in that file; it has {others}")
        missing = Counter(one.study for one in respondents if one.study not in slugs)
        players: tuple[Player, ...] = ("ours", *baselines)
        played = asyncio.run(_play(services, own, players, progress))
    name = study.slug if isinstance(study, Study) else study
    return Rehearsal(name, played, missing if study == ALL else {}, seed)


async def _play(
    services: Services,
    respondents: Sequence[SimulatedRespondent],
    players: Sequence[Player],
    progress: Progress,
) -> dict[Player, list[Played]]:
    """Every respondent with every interviewer, on one event loop: a model keeps its connection."""
    played: dict[Player, list[Played]] = {player: [] for player in players}
    turns = [(player, one) for player in players for one in respondents]
    async with AsyncExitStack() as parts:
        if isinstance(services.model, AbstractAsyncContextManager):
            await parts.enter_async_context(services.model)
        for done, (player, one) in enumerate(turns, 1):
            baseline = None if player == "ours" else player
            played[player] += await simulate(services, one.study, [one], baseline)
            progress(done, len(turns))
    return played


@contextmanager
def _installed(study: str | Study) -> Iterator[tuple[Services, list[str]]]:
    """A throw-away installation, and the slugs to play in it."""
    if study == ALL:
        with trial(read_settings()) as services:
            yield services, [each.slug for each in services.store.studies()]
    else:
        with tried(study) as (services, tried_study):
            yield services, [tried_study.slug]


def counted_as(n: int, what: str) -> str:
    """1 respondent, 2 respondents."""
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def scorecard_rows(card: Scorecard) -> list[dict[str, Any]]:
    """A scorecard as rows: shares with their interval, then plain counts."""
    named = {
        "facts elicited of those reachable": card.elicited,
        "  of depth 1": card.depth_1,
        "  of depth 2": card.depth_2,
        "must-elicit facts": card.must_elicit,
        "facts per question after the opener": card.per_question,
        "hand-off recall": card.hand_off_recall,
        "hand-off precision": card.hand_off_precision,
        "unneeded probes": card.unneeded_probes,
        "missed probes": card.missed_probes,
        "over budget": card.over_budget,
        "dead ends": card.dead_ends,
        "turns with reading and decision": card.traced,
        **{f"honored: {kind}": figure for kind, figure in card.honored.items()},
    }
    counts: dict[str, int | float | None] = {
        "interviews": card.interviews,
        "questions per interview": card.questions,
        "answers until closed": card.answers_to_close,
        "answers until handed over": card.answers_to_hand_off,
        "messages sent": card.messages,
        "rules broken": sum(card.violations.values()),
        **{f"  {rule}": times for rule, times in card.violations.items()},
        **{f"ended: {reason}": times for reason, times in card.closings.items()},
    }
    shares = {**named, **_model_shares(card)}
    return [
        *({"figure": name, **_share(figure)} for name, figure in shares.items() if figure.of),
        *(
            {"figure": name, "value": _number(n), "interval": "", "of": ""}
            for name, n in {**counts, **_model_counts(card)}.items()
            if n is not None
        ),
    ]


def compared_rows(cards: Mapping[Player, Scorecard]) -> list[dict[str, Any]]:
    """One row per interviewer."""
    return [{"interviewer": NAMES[player], **_summary(card)} for player, card in cards.items()]


def study_rows(cards: Mapping[str, Scorecard]) -> list[dict[str, Any]]:
    """One row per study."""
    return [
        {"study": slug, "interviews": card.interviews, **_summary(card)}
        for slug, card in cards.items()
    ]


def _summary(card: Scorecard) -> dict[str, Any]:
    return {
        "elicited": _said(card.elicited),
        "must": _said(card.must_elicit, interval=False),
        "asked": f"{card.questions:.1f}",
        "over": card.over_budget.hits,
        "unneeded": card.unneeded_probes.hits,
        "honored": f"{honored(card).hits}/{honored(card).of}",
        "broken": sum(card.violations.values()),
    }


def honored(card: Scorecard) -> Figure:
    """The scripted messages of all kinds that were answered as they had to be."""
    figures = card.honored.values()
    return Figure(hits=sum(f.hits for f in figures), of=sum(f.of for f in figures))


def _said(figure: Figure, *, interval: bool = True) -> str:
    """A share as it is read: .79 [.60, .93]."""
    if figure.rate is None:
        return "-"
    within = f" [{figure.low:.2f}, {figure.high:.2f}]" if interval else ""
    return f"{figure.rate:.2f}{within}"


def _model_shares(card: Scorecard) -> dict[str, Figure]:
    if card.cost is None:
        return {}
    return {
        "model calls that failed": card.cost.failed,
        "model wordings replaced": card.cost.replaced,
        **{f"  for {rule}": figure for rule, figure in card.cost.replaced_for.items()},
    }


def _model_counts(card: Scorecard) -> dict[str, int | float | None]:
    if card.cost is None:
        return {}
    return {
        "model calls": card.cost.calls,
        "tokens in": card.cost.tokens_in,
        "tokens out": card.cost.tokens_out,
        "seconds with the model": card.cost.seconds,
        "  per call, p50": card.cost.p50,
        "  per call, p95": card.cost.p95,
    }


def _number(n: float) -> str:
    return f"{n:,}" if isinstance(n, int) else f"{n:,.2f}"


def _share(figure: Figure) -> dict[str, Any]:
    interval = "" if figure.low is None else f"{figure.low:.2f} to {figure.high:.2f}"
    return {"value": f"{figure.rate:.2f}", "interval": interval, "of": figure.of}


def _respondent(number: int, line: str) -> SimulatedRespondent:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise InvalidInput(f"line {number}", "is no JSON object; write one a line", line)
    try:
        return SimulatedRespondent.read(values)
    except InvalidInput as error:
        reason = error.message.removeprefix(f"{error.field}: ")
        raise InvalidInput(f"line {number}, {error.field}", reason, error.value) from None
