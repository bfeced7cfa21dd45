"""What signals and metrics are called where people read them, and what to do about a signal."""

from collections.abc import Mapping

LABELS: Mapping[str, str] = {
    "leave_intent": "Intends to leave",
    "competitor": "Is looking at competitors",
    "contract_notice": "Asks about notice or exit",
    "rfp": "Tender or benchmark",
    "unresolved_claim": "A claim is still open",
    "recurrence": "It keeps happening",
    "chargeback": "Chargebacks and cost passed on",
    "slow_response": "Slow answers, or none",
    "silent_am": "Not told, no contact",
    "price_dispute": "Price or invoice dispute",
    "decision_maker": "Who decides is changing",
    "volume_shift": "Volume is moving away",
    "not_heard": "Does not feel heard",
    "trust_lost": "Trust is lost",
    "capability_gap": "Something we do not offer",
    "commit": "Commits to stay, or recommends",
    "otif_drop": "OTIF fell",
    "nps_drop": "NPS fell",
    "credit_notes": "Many credit notes",
    "tone_shift": "Sounds more displeased than before",
}
NEXT_STEPS: Mapping[str, str] = {
    "leave_intent": "Call who said it before the review, with somebody who can decide.",
    "competitor": "Ask what the other provider is better at, and answer that point alone.",
    "contract_notice": "Answer the question about the contract, then ask what is behind it.",
    "rfp": "Ask for the scope and the date of the tender, and who runs it.",
    "unresolved_claim": "Settle the claim, or bring a date and a name to the meeting.",
    "recurrence": "Bring the cause and the proof of the fix, not another promise.",
    "chargeback": "List the penalties they paid for our misses, and say what we will carry.",
    "slow_response": "Name one person who answers, and the hours within which they do.",
    "silent_am": "Agree who calls whom, and when, if a load slips.",
    "price_dispute": "Go through the disputed invoices line by line before the meeting.",
    "decision_maker": "Meet the new decision-maker before the renewal is on the table.",
    "volume_shift": "Ask which lanes moved and what would bring them back.",
    "not_heard": "Let them tell it once, to somebody who can act on it.",
    "trust_lost": "Make one small promise with a date, and keep it.",
    "capability_gap": "Say plainly whether we will offer it, and by when.",
    "otif_drop": "Bring the lanes and weeks behind the drop, with what was changed.",
    "nps_drop": "Ask those who answered what changed since the last survey.",
    "credit_notes": "Find what the credits were for, and stop it at the source.",
    "tone_shift": "Ask what has changed since the last interview.",
}
METRIC_NAMES: Mapping[str, str] = {"otif": "OTIF", "nps": "NPS", "csat": "CSAT"}
