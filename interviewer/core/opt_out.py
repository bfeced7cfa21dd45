"""Whether a message asks us to stop: decided by rules, before anything else reads it.

The order is that of the carriers and the FCC's list of plain opt-out words (47 CFR 64.1200(a)(10)):
an exact keyword, a short message around a stop word, a known phrase. In doubt it is an opt-out.
"""

import re
import unicodedata
from collections.abc import Collection

from interviewer.core.inbound import Wish

KEYWORDS = frozenset(
    (
        *("stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke"),
        *("optout", "opt out", "arret", "remove", "td"),
    )
)
START_WORDS = frozenset(("start", "unstop"))
YES_WORDS = frozenset(("yes", "si", "ja", "oui", "sim"))  # mean START where nothing was asked
SHORT = 6  # words; a stop word in a message of at most this length is an opt-out
STOP_LEMMAS = frozenset(("stop", "stopp", "stops", "unsubscribe", "optout", "arret", "arretez"))
# "did not stop", "no stop at the hub", "the truck stop": about the delivery, not about us.
ABOUT_THE_DELIVERY = re.compile(
    r"\b(not|n t|never|non|didnt|wouldnt|couldnt|doesnt|dont|bus|truck|no|first|last|next|"
    r"driver|van|courier|carrier|he|she|they|we|i|it)\b.*\b(stop|stops|stopped)\b|\bstop (at|by)\b"
)


def normalize(text: str) -> str:
    """Case, accents, punctuation, emoji and spacing removed: what two texts are compared by."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    bare = "".join(c for c in folded if not unicodedata.combining(c))
    words = re.sub(r"[^\w]+|_", " ", bare).split()
    return " ".join(words)


def is_opt_out(text: str, phrases: Collection[str] = ()) -> bool:
    """Whether the message means: write to me no more.

    Args:
        text: The message as it came.
        phrases: Known phrases of the installed languages, e.g. "leave me alone".
    """
    said = normalize(text)
    if not said:
        return False
    if said in KEYWORDS:
        return True
    words = said.split()
    if len(words) <= SHORT and STOP_LEMMAS & set(words) and not ABOUT_THE_DELIVERY.search(said):
        return True
    padded = f" {said} "
    return any(f" {normalize(phrase)} " in padded for phrase in phrases)


def wish_of(
    text: str, phrases: Collection[str], help_words: Collection[str], *, was_asked: bool
) -> Wish:
    """What a message asks of us as a sender, before anything reads it as an answer.

    Args:
        text: The message as it came.
        phrases: Known phrases that mean stop, of the installed languages.
        help_words: Words that mean HELP, of the installed languages.
        was_asked: Whether a question of ours waits for an answer, so that "yes" is one.
    """
    said = normalize(text)
    if is_opt_out(text, phrases):
        return "stop"
    if said in START_WORDS or (said in YES_WORDS and not was_asked):
        return "start"
    if said in {normalize(word) for word in help_words}:
        return "help"
    return "other"
