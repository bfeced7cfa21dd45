"""A model on a real server that breaks every rule, and one that fails in every way.

Whatever it says, no rule is broken towards a respondent; whatever fails, the interview is completed
with at most one call per turn.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from interviewer.adapters.language_model import LanguageModelInterviewer
from interviewer.adapters.turn_answer import option_ids
from interviewer.core.interview import Interview
from interviewer.core.lint import Kind, LintContext, Rule, lint
from interviewer.interviews import conversation
from interviewer.interviews.conversation import Opening
from interviewer.ports import Services
from interviewer.studies.prompts_folder import load_phrases, prompts_folder, ready_guides
from tests.fakes import services_in
from tests.openai_server import HANGS, OpenAiServer, Reply, fails, refuses, says

GUIDES = ready_guides()
CONTEXT = {
    "exception_code": "damaged",
    "delivered_at": "2026-09-14T17:00:00Z",
    "carrier": "Larchgate",
    "metric": "otif",
    "value": 91,
    "value_before": 97,
}
ANSWERS = (
    "The box was wet and two plates were broken.",
    "Nobody told us, I saw it at the dock on Monday.",
    "We lost half a day and one order.",
    "It is still open with your office.",
    "I asked twice and heard nothing.",
    "That is all I know.",
)
BROKEN: Mapping[Rule, str] = {
    "one_question": "What happened? Who saw it?",
    "compound": "What happened, and how did the driver react?",
    "length": f"What happened {'and then later on ' * 30}at the door?",
    "leading": "How disappointing was the awful wait for you?",
    "praise": "Great point! What happened next?",
    "promise": "We will refund you in full. What happened next?",
    "blame": "That was the fault of the driver. What happened next?",
    "apology": "Sorry, so sorry about this. What happened next?",
    "personal_data_request": "What is your phone number?",
    "personal_data_echo": "What did 020 7946 0018 say to you?",
    "known": "Which carrier brought it?",
    "repeat": "How did it go for you?",
    "link": "What do you see at http://bad.example/x?",
    "plain_text": "**What** happened there?",
    "language": "Was ist denn dort an dem Tag passiert?",
    "internals": "What does my system prompt say about it?",
    "reserve": "What would a discount on your rates change?",
}
KINDS: dict[str, Kind] = {"ask": "question", "probe": "probe", "playback": "playback"}


def answer(slug: str, wording: str, **changes: Any) -> dict[str, Any]:
    """An answer that words every option in the same way."""
    return {
        "language": "en",
        "specificity": "thin",
        "sentiment": "negative",
        "topics": [],
        "intents": [],
        "quote": None,
        "wordings": [{"option": o, "text": wording} for o in option_ids(GUIDES[slug])],
        **changes,
    }


def test_there_is_a_wording_for_every_rule() -> None:
    assert set(BROKEN) == set(get_args(Rule))


def held(services: Services, server: OpenAiServer, slug: str, reply: Reply) -> Interview:
    """The interview after every answer, or until it is over."""

    return talk(services, server, slug, reply, CONTEXT, ANSWERS * 2)


def talk(
    services: Services,
    server: OpenAiServer,
    slug: str,
    reply: Reply,
    context: Mapping[str, Any],
    texts: Sequence[str],
) -> Interview:
    """The interview after these texts, each answered by the server with this reply."""

    async def turns() -> str:
        assert isinstance(services.model, LanguageModelInterviewer)
        async with services.model:
            started = await conversation.start(services, slug, Opening(context=context))
            name = started.interview.interview_id
            for n, text in enumerate(texts):
                server.will(reply)
                done = await conversation.receive(services, name, f"m{n}", text)
                if done.status != "open":
                    break
            return name

    return services.store.interview(asyncio.run(turns()))


def with_model(folder: Path, server: OpenAiServer, seconds: float = 6.0) -> Services:
    model = LanguageModelInterviewer(
        "scripted", server.base_url, None, prompts=prompts_folder(), phrases=load_phrases()
    )
    deadlines = dict.fromkeys(("chat", "sms", "email"), seconds)
    return replace(services_in(folder), model=model, deadlines=deadlines)


def faults(services: Services, interview: Interview) -> list[str]:
    """Every rule that a message broke."""
    guide = GUIDES[interview.study]
    found = []
    for turn in interview.said[1:]:
        earlier = tuple(t.text for t in interview.said if t.seq < turn.seq)
        kind = KINDS.get(turn.move or "", "statement")
        about = LintContext(
            guide,
            interview.channel,
            turn.language,
            kind,
            interview.context,
            earlier,
            own=(services.organization.human_contact,),
        )
        found += [f"{fault.rule}: {turn.text}" for fault in lint(turn.text, about)]
    return found


@pytest.mark.parametrize("slug", GUIDES)
def test_no_broken_rule_reaches_a_respondent(slug: str, tmp_path: Path) -> None:
    replaced = set()
    with OpenAiServer() as server:
        services = with_model(tmp_path, server)
        about_business = GUIDES[slug].audience == "b2b"
        for rule, wording in BROKEN.items():
            if rule == "reserve" and not about_business:
                continue  # a rule of business studies
            calls = server.calls
            interview = held(services, server, slug, says(answer(slug, wording)))
            assert interview.status == "closed", rule
            said = "\n".join(turn.text for turn in interview.said)
            assert said.count(wording) <= (rule == "repeat"), rule  # asked once it is no repeat
            assert not faults(services, interview)
            assert server.calls - calls <= len(interview.answers)
            if any(turn.trace and turn.trace.faults for turn in interview.said):
                replaced.add(rule)
    assert len(replaced) > len(BROKEN) / 2  # the guard was at work, not the templates alone


FAULTS: dict[str, Reply] = {
    "429": fails(429),
    "500": fails(500),
    "hang": HANGS,
    "truncated": says('{"language": "en", "specif'),
    "garbage": says("Sure! Here you go."),
    "refusal": refuses(),
    "empty": says(""),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_interview_is_completed_whatever_fails(fault: str, tmp_path: Path) -> None:
    slug = "exception-follow-up"
    with OpenAiServer() as server:
        services = with_model(tmp_path, server, seconds=0.3 if fault == "hang" else 6.0)
        interview = held(services, server, slug, FAULTS[fault])
        assert interview.status == "closed"
        assert not faults(services, interview)
        assert server.calls == min(3, len(interview.answers))
        failed = [turn.trace.failure for turn in interview.said if turn.trace]
        assert sum(failure is not None for failure in failed) == server.calls


def test_a_wrong_language_is_one_call_a_turn(tmp_path: Path) -> None:
    slug = "exception-follow-up"
    with OpenAiServer() as server:
        services = with_model(tmp_path, server)
        german = answer(slug, "Was ist denn dort an dem Tag passiert?")
        interview = held(services, server, slug, says(german))
        assert server.calls == len(interview.answers)
    assert interview.status == "closed"
    assert {turn.language for turn in interview.said} == {"en"}
    assert not faults(services, interview)


def test_another_respondent_is_in_no_request(tmp_path: Path) -> None:
    slug = "exception-follow-up"
    with OpenAiServer() as server:
        services = with_model(tmp_path, server)
        own = [held(services, server, slug, says(answer(slug, "What did you see?")))]
        first = len(server.requests)

        context = CONTEXT | {"brand": "Kestrelweir", "owner_name": "Ottoline Quail"}
        reply = says(answer(slug, "What did you see?"))
        talk(services, server, slug, reply, context, ["My dog Zanzibar ate the plates."])
        held(services, server, slug, says(answer(slug, "What did you see?")))
        later = str(server.requests[first + 1 :])
    assert own[0].status == "closed"
    assert not [word for word in ("Kestrelweir", "Ottoline", "Zanzibar") if word in later]
