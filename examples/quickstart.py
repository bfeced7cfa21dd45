"""One interview from Python, with no server, no key and nothing left behind."""

import asyncio

from interviewer.interviews import conversation
from interviewer.interviews.conversation import Opening
from interviewer.settings import Settings
from interviewer.wiring import trial

DELIVERY = {"carrier": "Halyard Parcel", "delivered_at": "2026-09-02", "late": True}
ANSWERS = ["Not great.", "He left the box in the rain, and my note says garage side door."]


async def main() -> None:
    """Ask about a late delivery, answer, and print what was understood and decided."""
    with trial(Settings(brand="Larchgate Logistics")) as services:
        started = await conversation.start(services, "delivery-check", Opening(context=DELIVERY))
        interview = started.interview
        for number, text in enumerate(ANSWERS):
            await conversation.receive(services, interview.interview_id, f"m{number}", text)
        interview = services.store.interview(interview.interview_id)

    for turn in interview.turns:
        print(f"{turn.speaker}: {turn.text}")
        if turn.reading and turn.decision:
            said, done = turn.reading.specificity, turn.decision
            print(f"    read as {said}; {done.move}, because of {done.reason}")
    print(f"{interview.status}: {interview.close_reason}")


if __name__ == "__main__":
    asyncio.run(main())
