"""Small accounts in our own words, lines for `python -m analysis risk`, with what is expected."""

from collections.abc import Sequence
from typing import Any

AS_OF = "2026-06-01"


def interview(
    *answers: tuple[str, str],
    role: str = "buyer",
    day: str = "2026-05-12",
    contact: str = "c1",
    language: str = "en",
) -> dict[str, Any]:
    turns = [
        {"speaker": speaker, "text": text}
        for asked, said in answers
        for speaker, text in (("interviewer", asked), ("respondent", said))
    ]
    return {
        "date": day, "contact": contact, "role": role, "language": language, "turns": turns,
    }  # fmt: skip


def case(
    ref: str, *interviews: dict[str, Any], claims: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    account = {"id": ref, "name": f"{ref} Ltd", "annual_value": 500000, "claims": list(claims)}
    return {"account": account, "interviews": list(interviews), "as_of": AS_OF}


HOW = "How has the last quarter been with us?"
PLANS = "What are your plans for the coming contract period?"
OPEN = "Is any claim or credit still open at the moment?"
OTHERS = "Is anyone else quoting or being considered for this work?"
AGAIN = "How confident are you that it will not happen again, from 0 to 10?"
MORE = "Anything else you want us to know?"

ANGRY_BUT_STAYING = case(
    "angry",
    interview(
        (HOW, "Honestly, that June week was a disgrace and I shouted at your dispatcher."),
        (PLANS, "We will renew for two years, the contract is in next year's budget already."),
        (OPEN, "No, you paid that in July and I was happy with how fast."),
        (OTHERS, "No, nobody else is in the building."),
        (AGAIN, "Nine, you changed the dock team and it shows."),
        (MORE, "No, just don't let that week come back, please."),
    ),
)
HYPOTHETICAL_COMPETITOR = case(
    "hypothetical",
    interview(
        (HOW, "It was a quiet quarter and the pallets came when they should."),
        (PLANS, "We plan to extend by a year, the same as last time."),
        (OPEN, "None, everything is closed on our side."),
        (OTHERS, "No. If your rates doubled we would ask around, but that is not the case."),
        ("What would make you look at others?", "Only if you stopped serving our islands."),
        (MORE, "Our sister company uses another carrier and envies us a little."),
    ),
)
RECIPIENTS_ONLY = case(
    "recipients",
    *(
        interview(
            ("How was your delivery?", "I will never order here again, it was three weeks late."),
            ("What happened?", "The driver left it at the wrong house and nobody answered me."),
            ("Was it solved?", "No, my refund is still open and I have written five times."),
            (MORE, "I am going to use another company from now on, that is certain."),
            ("When was it promised?", "It was promised for the second of May, before noon."),
            ("Who have you told?", "I told the shop and the shop told me to ask you."),
            role="recipient",
            contact=f"r{n}",
        )
        for n in range(4)
    ),
)
STALE = case("stale", ANGRY_BUT_STAYING["interviews"][0] | {"date": "2025-06-10"})
LEAVING_WITH_THANKS = case(
    "thanks",
    interview(
        (HOW, "Very pleasant, your crew has always been kind to us."),
        (PLANS, "We have decided not to renew, the business goes to another provider in May."),
        (OPEN, "No, all of it is settled."),
        (OTHERS, "Yes, two other providers presented their offers last month."),
        ("How did you decide?", "The board voted on it on Friday and I have nothing to add."),
        (MORE, "Thank you for six good years, truly."),
    ),
)
OPEN_CLAIM_AND_COMMIT = case(
    "claim",
    interview(
        (HOW, "Service has been good, and the trucks were clean and on time."),
        (PLANS, "We want to renew and give you the southern lanes as well."),
        (OPEN, "Yes, the water damage from February is still open and it annoys our finance."),
        (OTHERS, "No, no one else."),
        (AGAIN, "Eight, it was the roof and you repaired it."),
        (MORE, "Please settle that claim before we sign."),
    ),
    claims=[{"id": "C1", "opened": "2026-02-10", "closed": None, "amount": 8000}],
)
SPANISH = case(
    "spanish",
    interview(
        (HOW, "Todo fue un desastre, los camiones llegan tarde y nadie nos contesta nunca."),
        (PLANS, "Estamos hablando con otros proveedores porque esto no puede seguir así."),
        ("¿Algo más?", "No, eso es todo lo que quería decirles por ahora, gracias."),
        language="es",
    ),
)
EXPECTED = (
    (ANGRY_BUT_STAYING, {"low"}, {"commit"}, {"leave_intent", "competitor", "unresolved_claim"}),
    (HYPOTHETICAL_COMPETITOR, {"low"}, {"commit"}, {"competitor", "leave_intent", "rfp"}),
    (RECIPIENTS_ONLY, {"not_enough_evidence"}, set(), {"leave_intent"}),
    (STALE, {"not_enough_evidence"}, set(), {"leave_intent"}),
    (LEAVING_WITH_THANKS, {"high"}, {"leave_intent", "competitor"}, {"unresolved_claim"}),
    (OPEN_CLAIM_AND_COMMIT, {"low", "elevated"}, {"commit", "unresolved_claim"}, {"competitor"}),
    (SPANISH, {"not_enough_evidence"}, set(), {"competitor"}),
)
