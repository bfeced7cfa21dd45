"""What `study launch` does and prints."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from interviewer.cli.common import installation, text_of
from interviewer.cli.terminal import counted, say, table
from interviewer.core.errors import InvalidInput

if TYPE_CHECKING:
    from interviewer.outreach.launch import ByHand
    from interviewer.outreach.preview import Preview
    from interviewer.ports import Services

UNPRICED = "cost not known (INTERVIEWER_PRICE_SEGMENT, INTERVIEWER_PRICE_MAIL)"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options of the command."""

    study: str
    preview: bool
    backtest: str | None
    shadow: bool
    to: list[str]
    listed: Path | None
    accounts: str | None
    sample: float
    json: bool


def launch(wanted: Wanted) -> None:
    """Preview, replay, or launch."""
    from interviewer.outreach.preview import preview
    from interviewer.studies import lifecycle

    services = installation()
    lifecycle.ready_to_launch(services, wanted.study)
    if wanted.backtest:
        _backtest(services, wanted)
    elif wanted.preview:
        show_preview(preview(services, wanted.study, _by_hand(services, wanted)), wanted)
    else:
        _launch(services, wanted)


def _by_hand(services: "Services", wanted: Wanted) -> "ByHand | None":
    """The list, where one is named."""
    from dataclasses import replace

    from interviewer.outreach.launch import read_list, whole_book

    if wanted.listed and wanted.accounts:
        raise InvalidInput("--list", "and --accounts are two ways to say whom to ask; use one")
    if wanted.accounts == "all":
        chosen = whole_book(services)
    elif wanted.listed or wanted.accounts:
        file = wanted.listed or Path(wanted.accounts or "")
        chosen = read_list(text_of(file), file.stem)
    elif wanted.sample < 1:
        raise InvalidInput("--sample", "is a share of a list: add --list FILE or --accounts all")
    else:
        return None
    return replace(chosen, sample=wanted.sample)


def _launch(services: "Services", wanted: Wanted) -> None:
    from interviewer.cli.next_steps import after_launch
    from interviewer.outreach import launch
    from interviewer.studies import lifecycle

    chosen = _by_hand(services, wanted)
    if wanted.shadow or wanted.to:
        study = launch.shadow(services, wanted.study, wanted.to)
        where = f"; a copy goes to {', '.join(study.redirect_to)}" if wanted.to else ""
        say(f"{study.slug} runs in shadow: nobody is written to{where}.")
        say(f"Next: interviewer worker, then interviewer study show {study.slug} and launch it")
    elif chosen and lifecycle.named(services, wanted.study).state == "live":
        study = lifecycle.named(services, wanted.study)
    else:
        study = launch.go(services, wanted.study)
        for line in after_launch(services, study):
            say(line)
    if chosen is None:
        return
    with counted("planning") as move:
        done = launch.by_hand(services, study, chosen, move)
    say(f"{done.listed:,} on the list {chosen.name}, {done.sampled:,} drawn.")
    counts = [{"invitations": state, "number": n} for state, n in sorted(done.invitations.items())]
    others = {"nobody to ask": done.nobody, "not known": done.unknown, "asked before": done.before}
    counts += [{"invitations": why, "number": len(refs)} for why, refs in others.items() if refs]
    table(counts, as_json=wanted.json, title="Planned")
    say("Next: interviewer worker; who was refused and why: interviewer study show " + study.slug)


def show_preview(found: "Preview", wanted: Wanted) -> None:
    """Tables, then the messages themselves."""
    if wanted.json:
        import json
        import sys

        sys.stdout.write(
            json.dumps(asdict(found), ensure_ascii=False, indent=2, default=str) + "\n"
        )
        return
    say(f"{found.study}: {found.people:,} would be asked. Nothing was sent or stored.")
    rows = [
        {
            "channel": group.channel,
            "language": group.language,
            "people": group.people,
            "first (local time)": group.first_local,
            "last (local time)": group.last_local,
            "segments": group.segments,
            "cost": None if group.cost is None else f"{group.cost:.2f}",
        }
        for group in found.asked
    ]
    if rows:
        table(rows, as_json=False, title="Would be asked")
        say(_sum(found))
    for one in found.later:
        say(f"  of them {len(one.refs):,} later: {one.why}: {one.fix}")
    for one in found.not_asked:
        say(f"\n{len(one.refs):,} not asked: {one.why}")
        say(f"  {one.fix}")
    for example in found.examples:
        parts = f", {example.segments} segments" if example.segments else ""
        say(f"\n{example.channel}, {example.language}, to {example.to}, {example.local}{parts}")
        if example.subject:
            say(f"  Subject: {example.subject}")
        say("\n".join(f"  {line}" for line in example.text.splitlines()))
    say(f"\nNext: {_next(found)}")


def _backtest(services: "Services", wanted: Wanted) -> None:
    from interviewer.outreach.backtest import backtest, days_of
    from interviewer.settings import read_settings
    from interviewer.wiring import trial

    since, until = days_of(wanted.backtest or "")
    with trial(read_settings()) as copy, counted(f"{since} to {until}") as move:
        found = backtest(services, copy, wanted.study, since, until, move)
    is_priced = bool(services.prices.segment or services.prices.mail)
    rows = [
        {
            "day": f"{day.day:%Y-%m-%d}",
            "moments": day.moments,
            "invitations": day.invitations,
            "messages": day.messages,
            "segments": day.segments,
            "cost": f"{day.cost:.2f}" if is_priced else None,
            "not asked": ", ".join(f"{n} {why}" for why, n in sorted(day.refused.items())),
        }
        for day in found.days
        if day.moments or day.messages or day.refused
    ]
    table(rows, as_json=wanted.json, title=f"{found.study}, as if live from {since} to {until}")
    if wanted.json:
        return
    messages, segments = sum(d.messages for d in found.days), sum(d.segments for d in found.days)
    cost = f"cost {sum(d.cost for d in found.days):.2f}" if is_priced else UNPRICED
    share = f"{found.out_of_hours / messages:.1%}" if messages else "none"
    say(
        f"{messages:,} messages by {' and '.join(found.channels)}, {segments:,} SMS segments, "
        f"{cost}; at night {share}; {found.deferred:,} invitations were moved to a later "
        f"hour; {found.capped:,} people kept from a further question by the cap."
    )
    if found.peak_at:
        say(f"Busiest hour: {found.peak:,} messages at {found.peak_at:%Y-%m-%d %H:%M} UTC.")
    say("Nothing was sent or stored. Nobody answers in a backtest: replies would come on top.")
    say(f"Next: interviewer study launch {found.study} --preview")


def _sum(found: "Preview") -> str:
    cost = UNPRICED if found.cost is None else f"cost {found.cost:.2f}"
    reminders = f" and at most {found.reminders:,} reminders" if found.reminders else ""
    days = "1 day" if found.days == 1 else f"{found.days} days"
    return (
        f"{found.messages:,} first messages{reminders}, {found.segments:,} SMS segments, {cost}; "
        f"all asked within {days}. Replies to those who answer come on top."
    )


def _next(found: "Preview") -> str:
    if not found.subjects:
        return "nothing has happened yet that this study asks about: import events, or --list FILE"
    if not found.people:
        return "mend what is listed above, then preview again"
    return f"interviewer study launch {found.study} --shadow, or without it to begin"
