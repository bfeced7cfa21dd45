"""The assertion guard: whether a clause states a signal about this relation, now.

General cues (hypothetical, third party, resolved) hold for every signal. Negation is per signal,
because a true complaint is often negative: "no credit note" states what "no open claims" denies.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from analysis.instructions import addressed_to_software
from analysis.sentences import Clause
from analysis.tables import Status


class Verdict(NamedTuple):
    """What a clause does with a signal, and the words that say so."""

    status: Status
    reason: str


@dataclass(frozen=True, slots=True)
class Patterns:
    """The wording of one signal; see signal_patterns.toml."""

    fires: tuple[re.Pattern[str], ...]
    cancels: tuple[re.Pattern[str], ...]
    keeps: tuple[re.Pattern[str], ...]
    elsewhere: tuple[re.Pattern[str], ...]


def _any(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)


@cache
def patterns() -> Mapping[str, Patterns]:
    """The patterns of each signal."""
    text = Path(__file__).with_name("signal_patterns.toml").read_text(encoding="utf-8")
    return {
        signal: Patterns(**{kind: _any(*listed) for kind, listed in kinds.items()})
        for signal, kinds in tomllib.loads(text).items()
    }


_CONDITIONAL = _any(
    r"\b(?:if|unless|suppose|supposing|provided|assuming)\b",
    r"\bin case\b",
    r"\bwould (?:help|suit (?:us|me)|do (?:us|me) good)\b",
    r"\bwould be (?:nice|great|good|lovely|handy|useful)\b",
    r"^\W*(?:should|were|had) (?:we|you|they|i|it|an?|the|our|any|that|there|legal|head|peak"
    r"|procurement|purchasing|no ?(?:one|body)|some(?:one|body|thing)|rates|prices|service)\b",
    r"\b(?:would|we'd|i'd) (?:only|have to|need to|consider|think about)\b",
    r"\b(?:might|may|could)\b.{0,30}\b(?:one day|sometime|possibly|elsewhere)\b",
    r"\b(?:would|we'd|i'd)\b.{0,60}\b(?:if|were|unless|should|in case)\b",
)
_NOT_CONDITIONAL = _any(
    r"\b(?:ask(?:ed|ing|s)?|wonder(?:ed|ing)?|see|know|check(?:ed|ing)?|find out|sure|told|tell)\b"
    r"(?: me| us)? if\b",
    r"\b(?:as|even|if) if\b|\beven if\b|\bif (?:anything|not|you ask me|possible|i'm honest)\b",
    r"\b(?:we'd|i'd|we would|i would) (?:like|love|rather|prefer)\b",
)
_SOMEBODY = (
    r"(?:supplier|vendor|customer|client|retailer|tenant|landlord|bank|broker|insurer|neighbou?r"
    r"|friend|brother|sister|wife|husband|doctor|county|city|town|tax office|school"
    r"|(?:power|phone|electricity|cleaning|software|it) (?:company|firm|bill|desk|people)"
    r"|cousin|colleague at another|parent|erp|it department|system"
    r"|(?:own|internal)(?: \w+)? (?:team|office|figures|printer|scanners?|planners?"
    r"|packers|pickers|drivers|people|prices|it|forecast|head office"
    r"|sales team)|pickers|head office|helpdesk|port|city|internet provider|energy supplier"
    r"|packaging \w+|software vendor|sister (?:company|plant|firm)|plant)"
)
_THIRD_PARTY = _any(
    rf"^\W*(?:(?:and|so|well|because|honestly|also|yes|no)\W+)*"
    rf"(?:one of (?:our|my|the|your)|an?(?:other)?|our|my|the|his|her|their)\s"
    rf"(?:\w+\s){{0,2}}{_SOMEBODY}(?:s|'s|s')?\b",
    r"\b(?:of (?:ours|mine))\b",
    r"^\W*our competitors?\b",
    r"^\W*(?:one of )?your (?:drivers?|warehouse supervisor)\b.{0,40}\b(?:told me|leaving)\b",
    r"\btrust the (?:weather|port|forecast)\b|\b(?:port|weather app|our own forecast)\b",
)
_ABOUT_OTHERS = frozenset({"competitor", "volume_shift", "leave_intent", "rfp"})
_OTHER_CARRIER = _any(
    r"\b(?:at|with) (?:another|our other|the other|its own|their own) "
    r"(?:carrier|3pl|provider|shipper|firm|supplier|insurer)\b",
)
_MESSENGER = _any(
    r"\b(?:docked|charg(?:ed|es)|fin(?:ed|es)|bill(?:ed|s)|penali[sz](?:ed|es)|deduct(?:ed|s))\b",
    r"\b(?:rang|called|phoned|told|asked|warned|emailed|wrote to|knew)\b.{0,12}\b(?:me|us|about)\b",
    r"\b(?:asked|wants?|decided|says?|said)\b.{0,40}\b(?:you|your|bids?|offers?|rates?|tender)\b",
    r"\bour (?:own )?(?:customers?|stores?|shelf|shelves)\b.{0,30}\b(?:moved us|because of you)\b",
    r"\byour? (?:late|truck|misses|driver)",
)
_OWN_VOICE = _any(
    r"^\W*(?:(?:and|so|well|but)\W+)?(?:we|i)\b.{0,25}\b(?:use|give|moved?|talk|look)"
)
_CLOSURE = _any(
    r"\b(?:stopped|quit|gave up|given up)\b.{0,15}\b(?:asking (?:about|for)|looking|talking"
    r"|thinking|shopping|comparing|considering|collecting)\b",
    r"\b(?:was|were|got|is|are|been|all|since)\b.{0,12}\b(?:paid|settled|credited|refunded|sorted"
    r"|resolved|fixed|solved|reimbursed|corrected|withdrawn|reversed|put right|rebuilt|stopped"
    r"|called off|dealt with|cancelled and|finished)\b",
    r"\b(?:claim|case|file|tender|rfp|question|one)\b.{0,25}\b(?:is|was|has been) closed\b",
    r"\byou (?:refunded|credited|paid|covered|fixed|won|earned)\b(?!')",
    r"\b(?:we got|came|received)\b.{0,15}\b(?:refund|credit note|payment)\b|\bcredit note came\b",
    r"\b(?:used to|until|at first|quiet|slow)\b.{0,80}"
    r"\b(?:since|now (?:it|she|he|we)|is over|stopped|gone|within the hour|same day)\b",
    r"\b(?:had|was|were)\b.{0,80}\b(?:back with you|came back|not since|stopped|turned it around"
    r"|put right|signed (?:again|the|for)|then signed|every week since)\b",
    r"\b(?:gave|given) (?:them|it|the \w+) back\b|\bback with you\b|\bgave .{0,15}back to you\b",
    r"\b(?:earned|won) it back\b|\bapologi[sz]ed\b|\bwith an apology\b",
    r"\b(?:then )?withdrew\b|\bkept you\b|\byou won (?:it|that)\b|\bwe(?:'re| are) square\b",
    r"\b(?:decided to stay|stayed with you|and we stayed|signed again|awarded)\b",
    r"\b(?:is|are|it's|billing is) (?:clean|fine|good(?: again)?|quick|same day) now\b",
    r"\bnow it's (?:fine|gone|good)\b|\b(?:invoices|billing) (?:are|is) clean\b",
    r"\bit's same day\b",
    r"\bcame (?:over )?to you from\b|\bbefore we came to you\b",
    r"\b(?:the new one|new portal|you've)\b.{0,15}\b(?:fixed|added|have it)\b",
    r"\bhas been in touch\b|\bexplained (?:everything|exactly)\b|\bsolved properly\b",
    r"\bha(?:s|ve) stopped\b|\b(?:ended|over|gone) (?:with|since) the new\b",
    r"\b(?:it )?(?:hasn't|has not) happened since\b",
    r"\b(?:calls|she's here|here) every (?:week|month)\b|\bthat's over\b|\bwe get alerts\b",
    r"\b(?:ended in|that was it|reviewed everything)\b",
)
_NOT_CLOSED = _any(
    r"(?:n't|\bnot) (?:believe|think|convinced|sure)\b",
    r"\b(?:said|say|says|told|claim(?:ed|s)? (?:it|that)|promis\w+)\b.{0,40}\b(?:fixed|sorted"
    r"|resolved|solved|one-off|paid)\b",
    r"n't\b.{0,35}\b(?:paid|settled|credited|refunded|sorted|resolved|fixed|solved|closed)\b",
    r"\b(?:still|yet|again next|never|nobody|no one|not)\b.{0,35}\b(?:paid|settled|credited"
    r"|refunded|sorted|resolved|fixed|solved|closed|reimbursed|corrected)\b",
    r"\bstill (?:happens|open|waiting|no)\b",
)
_PROTECTION_GONE = _any(
    r"\b(?:used to|once|were going to|wanted to)\b.{0,60}"
    r"\b(?:not these days|no longer|not any ?more|until|off the table)\b|\bonce\W*$",
)


_LEAVES_US = _any(
    r"\b(?:from|leav\w+|quit\w*|goodbye to|done with|through with|off) your company\b"
)
_NEGATION = _any(r"n't\b|\b(?:not|never|no longer)\b")
_COMES_TO_US = _any(
    r"\b(?:switch|mov|chang|go|going|com|join|return|transfer)\w*\b.{0,45}"
    r"\b(?:to|join) your company\b",
    r"\bjoin(?:ing)? (?:you|your company)\b|\b(?:switch|mov|chang|com)\w* (?:over )?to you\b",
    r"\b(?:sign|contract|plan|deal)\w*\b.{0,12}\b(?:for|from) your company\b",
    r"\b(?:leav|left|quit|drop|ditch)\w*\b.{0,40}\bfor your company\b",
    r"\byour company,? here i come\b",
)


def comes_to_us(said: Iterable[str]) -> bool:
    """Whether a turn, read with our own names replaced, leaves somebody else for us."""
    clauses = list(said)
    if any(_first(_LEAVES_US, clause) for clause in clauses):
        return False
    return any(_first(_COMES_TO_US, clause) and not _first(_NEGATION, clause) for clause in clauses)


def verdict(signal: str, clause: Clause, said: str | None = None) -> Verdict:
    """The status of a clause that speaks of this signal; `asserted` when nothing speaks against.

    Args:
        signal: One of SIGNALS.
        clause: The words as they were said.
        said: The same words with our own names as "your company", where direction matters.
    """
    said = said or clause.text
    if addressed_to_software(said):
        return Verdict("instruction", "addressed to the software")
    wording = patterns()[signal]
    if cue := _first(wording.elsewhere, said):
        return Verdict("third_party", f'about something else: "{cue}"')
    if (cue := _first(_CONDITIONAL, said)) and not _first(_NOT_CONDITIONAL, said):
        return Verdict("hypothetical", f'a condition: "{cue}"')
    if cue := _third_party(signal, said):
        return Verdict("third_party", f'somebody else: "{cue}"')
    if cue := _resolved(signal, f"{said} {clause.after}"):
        return Verdict("resolved", f'settled: "{cue}"')
    if (cue := _first(wording.cancels, said)) and not _first(wording.keeps, said):
        return Verdict("negated", f'says the opposite: "{cue}"')
    return Verdict("asserted", "stated")


def _third_party(signal: str, said: str) -> str | None:
    if _first(_MESSENGER, said) or _first(_OWN_VOICE, said):
        return None
    if cue := _first(_THIRD_PARTY, said):
        return cue
    return None if signal in _ABOUT_OTHERS else _first(_OTHER_CARRIER, said)


def _resolved(signal: str, said: str) -> str | None:
    if signal == "commit":
        return _first(_PROTECTION_GONE, said)
    return None if _first(_NOT_CLOSED, said) else _first(_CLOSURE, said)


def _first(listed: tuple[re.Pattern[str], ...], said: str) -> str | None:
    said = said.replace("’", "'")
    return next((hit.group().strip() for p in listed if (hit := p.search(said))), None)
