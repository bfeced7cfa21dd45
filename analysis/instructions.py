"""Which sentences of an answer speak to the software that reads it, and so are no answer."""

import re
import unicodedata

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_PLEASE = re.compile(r"^\W*please\b\W*", re.IGNORECASE)
_SOFTWARE = (
    r"(?:analyst|model|ai|llm|gpt|chat ?gpt|assistant|bot|classifier|summari[sz]er|software)"
)
_INTERVIEW = r"(?:transcript|interview|conversation|chat|session)"
# "Drivers ignore the instructions" is a complaint, "ignore your instructions" is an order: what
# sounds alike counts only where a sentence or a clause begins with it.
_ORDER = r"(?:^|[,:;>\])]\s*|\b(?:please|you must|you should|now) )\W*"
_INSTRUCTION = re.compile(
    "(?i)"
    + "|".join(
        (
            rf"{_ORDER}(?:ignore|disregard|forget|override|bypass)\b.{{0,40}}"
            r"\b(?:instructions?|prompts?|rules|guidelines|everything above|text above)\b",
            rf"{_ORDER}(?:ignora|olvida)\b.{{0,30}}\binstrucciones\b",
            rf"{_ORDER}ignoriere?\b.{{0,30}}\banweisungen\b",
            rf"{_ORDER}ignore[zr]?\b.{{0,30}}\binstru(?:ctions|ções)\b",
            rf"{_ORDER}(?:print|reveal|repeat|output|show)(?: me)? (?:the|your|all|all of your) "
            r"(?:text above|(?:\w+ )?prompts?|(?:\w+ )?instructions|guidelines)\b",
            rf"{_ORDER}(?:start|begin|end) (?:every|each|all)(?: of)?(?: your)?"
            r" (?:reply|replies|answers?|messages?)\b",
            rf"{_ORDER}(?:reply|respond|answer|output) only (?:with|in)\b",
            rf"{_ORDER}(?:label|classify|tag|mark|summari[sz]e|code|score) (?:this|the|my|our)"
            rf" {_INTERVIEW}\b",
            rf"{_ORDER}(?:set|change|lower|raise|put|keep|report|rate) "
            r"(?:(?:the|our|my|this|their) )?(?:\w+ )?risk(?: \w+)? (?:to|at|as|=)",
            r"\brisk(?: score| level| band)?\s*[:=]\s*\W?(?:\d|zero|none|low|high)",
            r"\bchurn risk (?:is )?(?:\d|zero|none)",
            r"\b(?:when|while|if|before) you (?:summari[sz]|classif|label|transcri)\w*\b.{0,60}"
            r"\b(?:say|write|report|mention|conclude|state|include|leave|rate|give|call|use)\b",
            rf"^\W*(?:an? )?(?:notes?|message|instructions?|attention|memo|hint)\s*(?:to|for)\s+"
            rf"(?:\w+ ){{0,2}}{_SOFTWARE}\b",
            rf"^\W*(?:dear|hey|attention)\s+(?:\w+ )?{_SOFTWARE}\b",
            r"\b(?:new|important|updated|hidden) instructions?\s*:",
            r"\byou are now\s+(?:in |an? |the )?(?:\w+ )?"
            rf"(?:dan|pirate|developer|unrestricted|{_SOFTWARE})\b",
            rf"\b(?:act|respond|behave|pretend) (?:as|to be|like) (?:an? )?(?:\w+ )?{_SOFTWARE}\b",
            rf"\bas an? (?:\w+ )?{_SOFTWARE},? you\b",
            r"\b(?:developer|god|dan) mode\b|\bjailbreak",
            rf"{_ORDER}(?:rate|mark|flag|treat|classify|score|record|list|report|show|consider) "
            r"(?:this|the|our|my|us|all)\b.{0,25}\b(?:as|at|to) (?:an? )?"
            r"(?:low|high|safe|lost|zero|resolved|loyal|happy|renew\w*|churn\w*|leaving|\d)",
            r"\b(?:output|answer|write|report)\s*:\s*\W?(?:band|risk|score|low|high)\b",
            r"^\W*(?:system|assistant|developer|ai|model|bot|chatbot)\s*[:,]|^#+\s*(?:system|instructions?)\b",
            r"</?(?:system|user|assistant|instructions?|prompt)\b|\[/?(?:system|inst)\]|<\|\w+\|>",
            r"\{\s*[\"'][\w ]+[\"']\s*:",
        )
    )
)


def addressed_to_software(text: str) -> bool:
    """Whether a sentence is an instruction to the machine and not an answer."""
    plain = " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).split())
    return _INSTRUCTION.search(_PLEASE.sub("", plain)) is not None
