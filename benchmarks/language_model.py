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
from interviewer.prompts_folder import load_phrases, prompts_folder
from tests.guides import recipient_guide
from tests.openai_server import OpenAiServer, says

TURNS = 200
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


async def timed(call: Callable[[], Awaitable[object]]) -> tuple[float, float]:
    """Median wall time and mean CPU time of a call, in milliseconds, one call at a time."""
    for _ in range(WARM_UP):
        await call()
    walls, cpu = [], time.thread_time()
    for _ in range(TURNS):
        start = time.perf_counter()
        await call()
        walls.append(time.perf_counter() - start)
    return statistics.median(walls) * 1000, (time.thread_time() - cpu) / TURNS * 1000


async def compare(server: OpenAiServer) -> None:
    """Print both, and the ratio."""
    interviewer = LanguageModelInterviewer(
        "scripted", server.base_url, None, prompts=prompts_folder(), phrases=load_phrases()
    )
    offered = options(GUIDE, INTERVIEW)

    async def turn() -> object:
        return await interviewer.read_and_word(GUIDE, INTERVIEW, UTTERANCE, offered)

    await turn()
    sent = {k: v for k, v in server.requests[0].items() if k != "path"}
    async with openai.AsyncOpenAI(
        base_url=server.base_url, api_key="none", max_retries=0
    ) as client:

        async def bare() -> object:
            return await client.chat.completions.create(**sent)

        rounds = [(await timed(bare), await timed(turn)) for _ in range(3)]
    await interviewer.aclose()
    for (bare_wall, bare_cpu), (wall, cpu) in rounds:
        print(
            f"bare call {bare_wall:5.2f} ms ({bare_cpu:.2f} CPU)   turn {wall:5.2f} ms"
            f" ({cpu:.2f} CPU)   {wall / bare_wall:.2f} times, {wall - bare_wall:.2f} ms more"
        )
    ratio = statistics.median(turn[0] / bare[0] for bare, turn in rounds)
    print(f"a turn over the bare call: {ratio:.2f} times (median of {len(rounds)} rounds)")


def main() -> None:
    """Run against a server of our own."""
    calls = 1 + 3 * 2 * (WARM_UP + TURNS)
    with OpenAiServer(*[says(ANSWER)] * calls) as server:
        asyncio.run(compare(server))


if __name__ == "__main__":
    main()
