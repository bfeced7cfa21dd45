"""What a turn costs over the bare model call, against one local server that answers at once.

    python -m benchmarks.language_model

The bare call is the openai client's `chat.completions.create` with the very same messages and
schema, its answer not looked into; a turn is that, the prompt written and redacted, and the answer
checked and mapped back. A server's own time, 300 ms and more, comes on top of either.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import openai

from interviewer.adapters.language_model import LanguageModelInterviewer
from interviewer.core.decision import options
from interviewer.core.guide import guide_hash
from interviewer.core.interview import Interview, Turn
from interviewer.studies.prompts_folder import load_phrases, prompts_folder
from tests.guides import recipient_guide
from tests.openai_server import OpenAiServer, says

TURNS = 500
WARM_UP = 20
UTTERANCE = "It came two hours late and nobody rang. Call me on 020 7946 0018 if you like."
ANSWER: dict[str, Any] = {
    "language": "en",
    "specificity": "specific",
    "sentiment": "negative",
    "topics": [{"topic": "what_happened", "covered": "yes", "evidence": "two hours late"}],
    "aspects": [{"topic": "what_happened", "aspect": "wait", "evidence": "late"}],
    "fields": [],
    "intents": [],
    "contradicts": "none",
    "new_information": 1.0,
    "injection": False,
    "quote": "nobody rang",
    "cue": "none",
    "wordings": [
        {"option": "probe", "text": 'You said "nobody rang". What happened there?'},
        {"option": "ask:told", "text": "How did you find out?"},
        {"option": "ask:impact", "text": "What did it change?"},
    ],
}
GUIDE = recipient_guide()
START = datetime(2026, 11, 17, tzinfo=UTC)
OPENER = Turn(
    seq=1,
    speaker="interviewer",
    text="How did it go?",
    at=START,
    language="en",
    move="ask",
    topic="what_happened",
)
INTERVIEW = Interview(
    interview_id="b",
    study=GUIDE.slug,
    study_version=1,
    guide_hash=guide_hash(GUIDE),
    context={"brand": "Acme", "delivered_at": "2026-11-14"},
    topics=tuple(GUIDE.topics),
    turns=(OPENER,),
    opened_at=START,
    expires_at=START + timedelta(days=1),
)


async def milliseconds(call: Callable[[], Awaitable[object]]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    await call()
    return (time.perf_counter() - start) * 1000


async def compare(server: OpenAiServer) -> None:
    """Both in turns, one call at a time; print their medians and the ratio."""
    offered = options(GUIDE, INTERVIEW)
    async with (
        LanguageModelInterviewer(
            "scripted", server.base_url, None, prompts=prompts_folder(), phrases=load_phrases()
        ) as interviewer,
        openai.AsyncOpenAI(base_url=server.base_url, api_key="none", max_retries=0) as client,
    ):

        async def turn() -> object:
            return await interviewer.read_and_word(GUIDE, INTERVIEW, UTTERANCE, offered)

        async def bare() -> object:
            return await client.chat.completions.create(**sent)

        await turn()
        sent = {k: v for k, v in server.requests[0].items() if k != "path"}
        pairs = [(await milliseconds(bare), await milliseconds(turn)) for _ in range(TURNS)]
    bares, turns = zip(*pairs[WARM_UP:], strict=True)
    call, whole = statistics.median(bares), statistics.median(turns)
    print(f"bare call  {call:.2f} ms\nturn       {whole:.2f} ms, {whole - call:.2f} ms more")
    print(f"a turn over the bare call: {whole / call:.2f} times (medians of {len(turns)})")


def main() -> None:
    """Run against a server of our own."""
    with OpenAiServer(*[says(ANSWER)] * (1 + 2 * TURNS)) as server:
        asyncio.run(compare(server))


if __name__ == "__main__":
    main()
