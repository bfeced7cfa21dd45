"""Personal data out of a text: typed placeholders for what identifies a person.

Patterns with check digits where the number has them, cue words where it has not, a list of given
names, and the known fields of the record. Quantities, prices, times, scores, purchase-order, load
and container numbers stay: they are what an answer is about. It is a reduction, not a guarantee.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

SECRET_KINDS = frozenset({"CARD", "IBAN", "ID", "CODE"})
"""Kinds that are not stored in clear, whoever may read the rest."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(text: str) -> frozenset[str]:
    return frozenset(" ".join(phrase.split()) for phrase in text.split(","))


CARRIERS = _phrases(
    """
    amazon, aramex, blue dart, bluedart, bpost, canada post, canpar, chronopost, colissimo,
    cosco, dachser, db schenker, delhivery, deutsche post, dhl, doordash, dpd, dsv, dtdc,
    ekart, estafette, evri, expeditors, fastway, fedex, geodis, gls, hapag-lloyd, hermes,
    inpost, kuehne + nagel, kuehne nagel, lalamove, landstar, lasership, loomis, maersk,
    mondial relay, mrw, nacex, odfl, old dominion, ontrac, parcelforce, pitney bowes,
    poste italiane, postnl, postnord, purolator, royal mail, ryder, schenker, schneider, seur,
    sf express, singpost, swiss post, tforce, tnt, uber, ups, usps, xpo, yamato, yodel, zeleris
    """
)
"""Companies whose name may stand where a person's might; they are no personal data."""

_NOT_NAMES = CARRIERS | _words(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march april may june
    july august september october november december christmas easter
    a an and are as at be been but by can did do does for from had has have he her his i if in is it
    its me my no not of off on or our out really she so still than that the their then there they
    this to too told very was we were when which who why will with would you your
    always never just left said says asked called came went arrived dropped refused failed
    mr mrs ms miss dr sir madam herr frau señor señora don doña
    customer service support warehouse dispatch reception office dock team driver manager carrier
    courier delivery shipping logistics freight operations sales security
    """
)

# Given names that are neither places nor ordinary words ("Charlotte", "Will" are left out).
GIVEN_NAMES = _words(
    """
    aaron abdul adam adrian ahmed aisha alan albert alejandra alejandro alessandro alex alexander
    alexandra alfred ali alice alicia alison amanda amelie amy ana anastasia anders andrea andreas
    andrew angela angelika anita anja ann anna anne annette anthony antoine antonio arjun arturo
    ashley barbara beatriz ben benjamin bernd bernard beth betty bjorn boris brenda brian bruno
    camille carlos carla carmen carol caroline catherine cecilia cedric chantal charles chloe chris
    christian christina christine christoph christopher cindy claire claudia claus colin connor
    craig cristina cynthia daniel daniela danielle david deborah denise dennis derek dieter dimitri
    dmitri dominik dominique donald donna doris dorothy douglas eduardo edward elena elisabeth
    elizabeth ellen emily emma emmanuel eric erik ernesto esther ethan eugene eva evelyn fabian
    fabio fatima felipe felix fernanda fernando filip fiona franco francois frederic frederik
    gabriel gabriela gareth gary geoffrey gerald gerhard gina giovanni giulia giuseppe gloria
    gonzalo graham greg gregor gregory guillermo gustavo hannah hans hassan heather heidi heinz
    helen helena helmut henrik henry horst hugo ian ibrahim ignacio ines ingrid irene isabel
    isabella ivan jacob jacques jake jakob james jamie jane janet javier jean jeff jeffrey jenna
    jennifer jens jeremy jessica jill jim joanna joao joaquin joe joel johan johann johannes john
    jonas jonathan jorge jose josef joseph joshua joyce juan juergen julia julian julie julien
    jurgen justin kai karen karin karl karsten katarina kate katherine kathleen kathryn katrin katie
    keith kelly ken kenneth kevin kim klaus kristin kristina kurt kyle lars laura lauren laurent
    leah leo leon leonardo linda lisa lorenzo louise luca lucas lucia lucy luis luisa lukas luke
    magdalena manfred manuel marc marcel marcia marco marcos margaret maria mariana marie mario
    marion markus marta martin martina martha mateo mathieu matt matteo matthew matthias maximilian
    megan mehmet melissa michael michel michelle miguel mike mikhail mohamed mohammad mohammed
    monica monika monique muhammad nadia nancy natalia natalie nathan nicholas nicolas nicole nigel
    nikolai nina noah nora norbert olga oliver olivia olivier omar oscar pablo pamela paola
    patricia patrick paul paula paulo pauline pavel pedro peter petra philip philippe pierre pilar
    priya rachel rafael rahul rainer rajesh ralf ramon raul ravi raymond rebecca renate ricardo
    richard rita robert roberto rodrigo roger roland ronald rosa ruben ruth ryan sabine samantha
    samir samuel sandra sanjay sara sarah scott sean sebastian sergio sharon shirley silvia simon
    simone sofia sophia sophie stefan stefanie stephanie stephen steve steven stuart susan susanne
    sven sylvia tamara tatiana teresa thomas tim timothy tobias tom tomas tony tracy ulrich uwe
    valentina valerie vanessa vera veronica victor vincent vladimir walter wendy werner wolfgang
    yasmin yusuf yvonne zachary
    jürgen jörg björn josé maría sofía andrés martín lucía raúl joão rené andré zoé chloé hélène
    françois frédéric jérôme
    """
)


class Span(NamedTuple):
    """A piece of personal data: `text[start:end]`, and the placeholder that stands for it."""

    start: int
    end: int
    kind: str  # PHONE, EMAIL, CARD ...
    token: str  # <PHONE_1>; the same value has the same token within a text


def spans(text: str, known: Iterable[str] = ()) -> tuple[Span, ...]:
    """The personal data of a text, in order and without overlap; arguments as in `redact`."""
    found: list[tuple[int, int, str]] = []
    _take(found, (*_known(text, known), *_patterns(text)))
    _take(found, _again(text, found))
    return _numbered(text, sorted((s, e, kind) for s, e, kind in found if kind != _KEPT))


def redact(text: str, known: Iterable[str] = (), kinds: Iterable[str] | None = None) -> str:
    """The text with each piece of personal data replaced by its placeholder.

    Args:
        text: What a person wrote.
        known: Personal values of the record: names, numbers, addresses of this respondent. They
            are found in any case and with any separators; names by each of their parts as well.
        kinds: Only these, such as `SECRET_KINDS`; None for all.
    """
    only = None if kinds is None else frozenset(kinds)
    parts, at = [], 0
    for span in spans(text, known):
        if only is None or span.kind in only:
            parts += [text[at : span.start], span.token]
            at = span.end
    return "".join([*parts, text[at:]])


def _take(found: list[tuple[int, int, str]], more: Iterable[tuple[str, int, int]]) -> None:
    """Add what does not overlap with what is there."""
    for kind, start, end in more:
        if start < end and all(end <= s or e <= start for s, e, _ in found):
            found.append((start, end, kind))


def _again(text: str, found: Iterable[tuple[int, int, str]]) -> Iterator[tuple[str, int, int]]:
    """The same value where nothing beside it gives it away; short ones may be something else."""
    values = {(kind, text[start:end]) for start, end, kind in found if end - start >= 5}
    for kind, value in sorted(values):
        if kind != _KEPT:
            for match in re.finditer(rf"(?<!\w){re.escape(value)}(?!\w)", text):
                yield kind, match.start(), match.end()


def _numbered(text: str, found: list[tuple[int, int, str]]) -> tuple[Span, ...]:
    numbers: dict[str, dict[str, int]] = {}
    result = []
    for start, end, kind in found:
        values = numbers.setdefault(kind, {})
        value = re.sub(r"\W", "", text[start:end]).casefold()
        number = values.setdefault(value, len(values) + 1)
        result.append(Span(start, end, kind, f"<{kind}_{number}>"))
    return tuple(result)


# Known fields of the record


def _known(text: str, values: Iterable[str]) -> Iterator[tuple[str, int, int]]:
    for value in sorted({v.strip() for v in values}, key=lambda v: (-len(v), v)):
        for kind, pattern in _known_patterns(value):
            for match in re.finditer(pattern, text):
                yield kind, match.start(), match.end()


def _known_patterns(value: str) -> Iterator[tuple[str, str]]:
    digits = re.sub(r"\D", "", value)
    if re.fullmatch(r"\+?[\d\s().-]+", value):
        if len(digits) >= 7:  # without its country code as well
            tail = r"[\s().-]*".join(digits[-9:])
            yield "PHONE", rf"\+?(?:\(?\d[\s().-]*){{0,6}}{tail}(?!\d)"
        elif len(digits) >= 4:
            yield "NUMBER", rf"(?<!\d){digits}(?!\d)"
    elif "@" in value:
        yield "EMAIL", rf"(?i){re.escape(value)}"
    elif len(value) >= 3:
        whole = r"[\s,]+".join(re.escape(word) for word in value.split())
        yield "NUMBER" if digits else "NAME", rf"(?i)(?<!\w){whole}(?!\w)"
        if not digits and " " in value:
            for word in value.split():
                yield from _known_part(word)


def _known_part(word: str) -> Iterator[tuple[str, str]]:
    if len(word) >= 3 and word[0].isupper():
        ordinary = len(word) < 4 or word.casefold() in _NOT_NAMES
        yield "NAME", rf"{'' if ordinary else '(?i)'}(?<!\w){re.escape(word)}(?!\w)"


# Check digits


def _luhn(text: str) -> bool:
    digits = [int(d) for d in re.sub(r"\D", "", text)]
    doubled = [d if i % 2 == 0 else sum(divmod(2 * d, 10)) for i, d in enumerate(reversed(digits))]
    return len(digits) >= 13 and len(set(digits)) > 1 and sum(doubled) % 10 == 0


def _iban(text: str) -> bool:
    compact = re.sub(r"\s", "", text).upper()
    number = "".join(str(int(c, 36)) for c in compact[4:] + compact[:4])
    return 15 <= len(compact) <= 34 and int(number) % 97 == 1


def _ups(text: str) -> bool:
    body = [int(c) if c.isdigit() else (ord(c) - 63) % 10 for c in text.upper()[2:]]
    return (-sum(body[0:15:2]) - 2 * sum(body[1:15:2])) % 10 == body[15]


def _usps(text: str) -> bool:
    """Twenty or twenty-two digits that begin with 9 are nothing else, mistyped or not."""
    return len(re.sub(r"\D", "", text)) in (20, 22)


def _fedex(text: str) -> bool:
    digits = [int(d) for d in re.sub(r"\D", "", text)]
    weighted = sum(d * (3, 1, 7)[i % 3] for i, d in enumerate(digits[:11]))
    return len(digits) == 12 and weighted % 11 % 10 == digits[11]


def _postal_union(text: str) -> bool:
    """S10 of the Universal Postal Union."""
    digits = [int(d) for d in text[2:11]]
    rest = 11 - sum(d * w for d, w in zip(digits, (8, 6, 4, 2, 3, 5, 9, 7), strict=False)) % 11
    return {10: 0, 11: 5}.get(rest, rest) == digits[8]


def _dni(text: str) -> bool:
    """Spanish national and foreigner's number."""
    compact = re.sub(r"\W", "", text).upper()
    number = int(compact[:-1].translate(str.maketrans("XYZ", "012")))
    return "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23] == compact[-1]


def _cpf(text: str) -> bool:
    """Brazilian taxpayer number."""
    digits = [int(d) for d in re.sub(r"\D", "", text)]
    for n in (9, 10):
        rest = sum(d * (n + 1 - i) for i, d in enumerate(digits[:n])) * 10 % 11 % 10
        if rest != digits[n]:
            return False
    return len(set(digits)) > 1


def _internet_address(text: str) -> bool:
    return all(int(part) <= 255 for part in text.split("."))


def _dialable(text: str) -> bool:
    return 7 <= len(re.sub(r"\D", "", text)) <= 15


def _holds_digit(text: str) -> bool:
    return any(c.isdigit() for c in text)


# Names


def _plausible(text: str) -> bool:
    first = text.split()[0]
    return first.casefold() not in _NOT_NAMES and not (
        len(first.rstrip(".")) > 1 and first.isupper()
    )


def _given(text: str) -> bool:
    return text.split()[0].casefold() in GIVEN_NAMES


def _introduced(text: str) -> bool:
    """After "I am" a single unknown word may be anything; two capitalized words are a name."""
    return _given(text) or (_plausible(text) and len(text.split()) > 1)


_CAPITAL = r"[A-ZÀ-ÖØ-Þ][^\W\d_]*(?:['’-][^\W\d_]+){0,3}"  # one word
_SURNAME = rf"(?:[ ]+(?:(?:de|del|la|van|von|der|den|da|dos|al|bin)[ ]+){{0,2}}{_CAPITAL}){{0,2}}"
_PERSON = rf"(?:[A-Z]\.|{_CAPITAL}){_SURNAME}"
_AFTER_NUMBER = r"(?:[ ]*(?:is|was|es|ist|est|number|num|no|nr|code|[#:.=])){0,3}[ ]*"
_STREET_WORDS = (
    r"(?:(?!(?:on|in|the|of|at|a|by|to|for|and|was|were|late|more|out|then|you"
    r"|your|we|rs|min|mins|minutes?|hours?|hrs|days?|weeks?|km|miles?|m|per|%)\b)[\w'.-]{1,40}[ ]+)"
)
_DIGITS = r"\(?\d(?:[ ().-]{0,2}\d)"

_KEPT = "kept"  # not personal, and not to be taken for a number of another kind

Rule = tuple[str, re.Pattern[str], Callable[[str], bool]]


def _rule(kind: str, pattern: str, valid: Callable[[str], bool] = bool) -> Rule:
    """What is found is the group `it`, or the whole match; `valid` judges its text."""
    return kind, re.compile(pattern), valid


# In order of priority: a later rule leaves alone what an earlier one has taken.
_RULES: tuple[Rule, ...] = (
    _rule("LINK", r"(?i)\b(?:https?://|www\.)\S+"),
    _rule("LINK", r"(?i)\b[\w-]{1,63}(?:\.[\w-]{1,63}){0,3}\.[a-z]{2,6}/\S{0,200}\d\S*"),
    _rule("EMAIL", r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}"),
    _rule(
        "EMAIL",
        r"(?i)\b[\w.+-]{1,64} ?[(\[]at[)\]] ?[\w-]{1,63} ?(?:\.|[(\[]dot[)\]]| dot ) ?[a-z]{2,6}\b",
    ),
    _rule(
        "EMAIL",
        r"(?i)\b(?:[\w+-]{1,64} dot )?[\w.+-]{1,64} at (?:[\w-]{2,30} dot [a-z]{2,6}"
        r"|(?:gmail|googlemail|hotmail|yahoo|outlook|icloud|gmx|proton|protonmail|aol)\.[a-z]{2,3})\b",
    ),
    _rule("IP", r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])", _internet_address),
    _rule("CARD", r"(?<![\d-])[3-6]\d{3}(?:[ -]?\d){9,15}(?![\d-])", _luhn),
    _rule(
        "CARD", r"(?i)\b(?:cvv2?|cvc2?|card (?:security|verification) code)\D{0,6}(?P<it>\d{3,4})\b"
    ),
    _rule("TRACKING", r"(?i)\b1Z[0-9A-Z]{15}\d\b", _ups),
    _rule("TRACKING", r"(?<!\d)9[1-5]\d{2}(?: ?\d){16,18}(?!\d)", _usps),
    _rule("TRACKING", r"\b[A-Z]{2}\d{9}[A-Z]{2}\b", _postal_union),
    _rule("TRACKING", r"(?i)\b(?:TBA\d{10,13}|JJ?D\d{12,20}|JVGL\d{10,16})\b"),
    _rule("ORDER", r"(?<!\d)\d{3}-\d{7}-\d{7}(?!\d)"),
    _rule("ID", r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])"),
    _rule("ID", r"(?i)\b(?:\d{8}|[XYZ]\d{7})[ -]?[A-Z]\b", _dni),
    _rule("ID", r"(?<!\d)\d{3}\.\d{3}\.\d{3}-\d{2}(?!\d)", _cpf),
    _rule("ID", r"\b(?![DFIQUV])[A-Z](?![DFIOQUV])[A-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b"),
    _rule("ID", r"\b[A-Z]{4}\d{6}[HM][A-Z]{5}[0-9A-Z]\d\b"),
    _rule(
        "ID",
        r"(?i)\b(?:ssn|social security|passport|passnummer|reisepass|pasaporte|national id|id card"
        r"|driver'?s? licen[cs]e|dni|nie|nif|curp|cpf|steuer-?id|personalausweis)"
        rf"{_AFTER_NUMBER}(?P<it>[A-Z]{{0,3}}\d(?:[ -]?[0-9A-Z]){{5,12}})\b",
    ),
    _rule(
        "CODE",
        r"(?i)\b(?:gate|door|alarm|access|entry|entrance|buzzer|lock ?box|garage|keypad|building"
        r"|call ?box|gatter|tür|tor|haustür|alarmanlage|portón|puerta|alarma|portail|porte)"
        r"[ -]?(?:s )?(?:codes?|pins?|numbers?)?(?:(?: for \w+)? (?:is|was|ist|es|est)| ?[:#=])[ ]*"
        r"(?P<it>[#*]?\d[\d#*-]{2,9})",
    ),
    _rule(
        "CODE",
        r"(?i)(?:\b(?:gate|door|alarm|access|entry|entrance|buzzer|lock ?box|garage|keypad|building"
        r"|call ?box|tür|tor|haustür|alarm|zugangs)[ -]?(?:codes?|pins?)|\b(?:the|my|our|der|el|le)"
        r" (?:codes?|pin|código) (?:is|ist|es|est)|\bcódigo (?:de|del) (?:la )?\w+|\bpin(?: code)?)"
        rf"{_AFTER_NUMBER}(?P<it>[#*]?\d[\d#*-]{{2,9}})",
    ),
    _rule(
        "CODE",
        r"(?i)(?<![\w$€£])(?P<it>[#*]?\d[\d#*-]{2,9}) (?:is|for|opens) (?:the|my|our)"
        r" (?:gate|door|alarm|buzzer|lock ?box|garage|keypad)\b",
    ),
    _rule(
        "BORN",
        r"(?i)\b(?:dob|date of birth|birth ?(?:day|date)|born(?: on)?|nacid[oa](?: el)?|nacimiento"
        r"|geboren(?: am)?|geburtsdatum|né[e]? le|nascid[oa] em)[ :]*(?:is|es|ist)?[ ]*"
        r"(?P<it>\d{1,4}[/. -]\d{1,2}[/. -]\d{1,4}|(?:\d{1,2}(?:st|nd|rd|th)? )?[A-Z][a-z]{2,8}\.?"
        r" (?:\d{1,2},? )?\d{4})",
    ),
    _rule(
        _KEPT,
        r"(?i)\b(?:p\.?o\.?|purchase order|load|pro|bol|b/l|bill of lading|container|sku|invoice"
        rf"|lane|trailer|pallet|lot|batch|hs)\b{_AFTER_NUMBER}[A-Z]{{0,4}}[\d-]*\d",
    ),
    _rule(_KEPT, r"\b[A-Z]{3}[UJZ]\d{7}\b"),
    _rule(_KEPT, r"[$€£]\s?\d[\d.,]*"),
    _rule(_KEPT, r"\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2})?|\b\d{1,2}([./-])\d{1,2}\1\d{2,4}\b"),
    _rule("TRACKING", r"(?<!\d)\d{4} ?\d{4} ?\d{4}(?!\d)", _fedex),
    _rule(
        "TRACKING",
        r"(?i)\b(?:tracking|awb|waybill|seguimiento|sendungsnummer|sendung|suivi|rastreio)"
        rf"(?: (?:id|code))?{_AFTER_NUMBER}(?P<it>[A-Z]{{0,4}}\d[0-9A-Z-]{{6,24}})\b",
    ),
    _rule(
        "ORDER",
        r"(?i)\b(?:order|pedido|bestellung|bestellnummer|commande)"
        r"(?: (?:id|number|no|num|nr)\.?| ?#)"
        r"(?:[ ]*(?:is|was|es|ist|[#:.])){0,2}[ ]*(?P<it>[A-Z]{0,4}-?\d[0-9A-Z-]{4,20})\b",
    ),
    _rule("PHONE", rf"(?<![\w+])(?:\+|00(?=[1-9])){_DIGITS}{{7,14}}(?!\d)", _dialable),
    _rule("PHONE", r"(?<![\d-])(?:1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\d-])"),
    _rule("PHONE", r"(?<![\w-])\d{2}[ .-]\d{4}[ .-]\d{4}(?![\d-])"),
    _rule("PHONE", r"(?<![\w.,-])0\d{2,4}[ /-]\d{3,8}(?:[ -]?\d{2,4}){0,3}(?![\d-])", _dialable),
    _rule("PHONE", r"(?<![\w.,-])\(?0\d\d?\)?(?:[ .-]?\d{2,4}){3,4}(?![\d-])", _dialable),
    _rule("PHONE", r"(?<![\w.,-])[679]\d{2}(?: \d{3}){2}(?![\d-])"),
    _rule(
        "PHONE",
        r"(?i)\b(?:call|phone|tel|telephone|mobile|cell|text me|reach|ring|number is|whatsapp"
        r"|tel[eé]fono|m[oó]vil|celular|ll[aá]m[ae]\w*|handy|telefon\w*|anrufen|erreichbar|t[eé]l"
        r"|telefone|appel\w*)\b[^\d\n]{0,25}(?P<it>\+?" + _DIGITS + r"{6,14})(?!\d)",
        _dialable,
    ),
    _rule(
        "PHONE",
        r"(?i)\b(?:(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)[ ,-]+){6,}"
        r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)\b",
    ),
    _rule(
        "ADDRESS",
        rf"\b\d{{1,5}}[A-Za-z]?[ ]+{_STREET_WORDS}{{1,3}}(?i:street|st|avenue|ave|road|rd|boulevard"
        r"|blvd|lane|ln|highway|hwy|parkway|pkwy|crescent|terrace)\b\.?"
        r"(?:,? (?i:apt|apartment|unit|suite|ste|flat|#)\.? ?\w{1,5})?",
    ),
    _rule(
        "ADDRESS",
        rf"\b\d{{1,5}}[A-Za-z]?(?:[ ]+{_CAPITAL}\.?){{1,3}}[ ]+(?:Drive|Dr|Court|Ct|Place|Pl|Way"
        r"|Ter|Circle|Cir|Square|Sq|Close|Row|Trail|Loop)\b\.?"
        r"(?:,? (?i:apt|apartment|unit|suite|ste|flat|#)\.? ?\w{1,5})?",
    ),
    _rule(
        "ADDRESS",
        r"\b[A-ZÄÖÜ][\w-]{0,40}?(?:[sS]tra(?:ß|ss)e|[sS]tr\.|[wW]eg|[pP]latz|[aA]llee|[gG]asse"
        r"|[dD]amm|[uU]fer|straat|laan|plein|gracht) ?\d{1,4}(?: ?[a-z]\b)?"
        rf"(?:,? \d{{4,5}}(?: [A-Z]{{2}})? {_CAPITAL})?",
    ),
    _rule(
        "ADDRESS",
        r"(?i:\b(?:calle|c/|avenida|avda\.|av\.|paseo|carrera|rua|travessa))[ ]+"
        r"(?:(?i:de|del|la|las|los|da|do|dos)[ ]+){0,2}[^\W\d_]+(?:[ ]+[^\W\d_]+){0,3}"
        r"(?:,| n[oº°.]+|#)? ?\d{1,5}\b",
    ),
    _rule(
        "ADDRESS",
        r"\b\d{1,4}(?: ?bis| ?ter)?,? (?i:rue|avenue|boulevard|chemin|all[eé]e|impasse|quai)[ ]+"
        rf"(?:(?:de|du|des|la|le|l['’])[ ]*){{0,2}}{_CAPITAL}(?:[ -]{_CAPITAL}){{0,2}}",
    ),
    _rule("ADDRESS", r"(?i)\bp\.?\s?o\.?\s?box \d{1,6}\b|\b(?:apt\.?|apartment) ?#?\d\w{0,4}\b"),
    _rule(
        "POSTCODE",
        r"(?i)\b(?:zip(?: ?code)?|post ?code|postal code|c[oó]digo postal|plz|postleitzahl|cep)"
        rf"{_AFTER_NUMBER}(?P<it>[0-9A-Z]{{2,5}}(?:[ -]?[0-9A-Z]{{3,4}})?)\b",
        _holds_digit,
    ),
    _rule("POSTCODE", r"(?<![\d-])\d{5}-\d{4}(?![\d-])"),
    _rule("POSTCODE", r"\b[A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}\b|\b[A-Z]\d[A-Z] \d[A-Z]\d\b"),
    _rule(
        "NAME",
        r"\b(?:(?:[Mm]rs?|Ms|Mx|Sra?|Mme)\b\.?|[Hh]errn?|[Ff]rau|[Ss]e[ñn]ora?|Do[ñn]a|Don|Monsieur"
        rf"|Madame|[Ss]enhora?)[ ]+(?P<it>{_PERSON})",
    ),
    _rule("NAME", rf"\bDr\.? (?P<it>{_PERSON})", _plausible),
    _rule("NAME", r"\b(?:[Mm]rs?|ms)\b\.? (?P<it>[^\W\d_]{3,})", _plausible),
    _rule(
        "NAME",
        r"(?i:\b(?<!company )(?<!brand )(?<!product )(?<!store )name(?:['’]?s| is| was|:)"
        r"|\b(?:me llamo|mi nombre es|se llama|mein name ist|ich hei(?:ß|ss)e|hei(?:ß|ss)t"
        r"|mi chiamo|je m['’]appelle|s['’]appelle|meu nome é|me chamo|named|signed (?:for )?by"
        r"|attn:?|c/o))[ ]+"
        rf"(?P<it>{_PERSON})",
        _plausible,
    ),
    _rule(
        "NAME",
        r"(?i)\bmy name(?:['’]?s| is) (?P<it>[^\W\d_]{2,}(?: [^\W\d_]{2,}(?=[,.!]|$| and\b"
        r"| from\b| i\b))?)",
        _plausible,
    ),
    _rule(
        "NAME",
        r"(?i:\b(?:i am|i['’]?m|this is|soy|ich bin|hier ist|je suis|eu sou|aqui é))[ ]+"
        rf"(?P<it>{_PERSON})",
        _introduced,
    ),
    _rule(
        "NAME",
        r"(?i:\b(?:driver|neighbou?r|dispatcher|receptionist|supervisor|manager|colleague|foreman"
        r"|guard|doorman|concierge|husband|wife|son|daughter|boss|assistant|landlord|flatmate"
        rf"|roommate|tenant))(?: named| called|,)? (?P<it>{_PERSON})",
        _plausible,
    ),
    _rule(
        "NAME",
        r"(?i)\b(?:driver|neighbou?r|dispatcher|receptionist|supervisor|manager|colleague|guard"
        r"|husband|wife|son|daughter|spoke (?:to|with)|talked (?:to|with)|ask(?:ed)? for|with|hi"
        r"|hey|hello|dear|thanks|it['’]?s|this is|i am|i['’]?m) (?P<it>[^\W\d_]+)",
        _given,
    ),
    _rule(
        "NAME",
        r"(?i:\b(?:regards|cheers|sincerely|yours|thanks|thank you|saludos|gr(?:ü|ue)(?:ß|ss)en?"
        rf"|cordialement))[,!.]?[ ]*(?:\n|[-–—])\s*(?P<it>{_PERSON})\s*$",
        _plausible,
    ),
    _rule(
        "NAME",
        r"(?<!San )(?<!Santa )(?<!Saint )(?<!St )(?<!St\. )(?<!Fort )(?<!Port )"
        rf"\b(?P<it>{_PERSON})",
        _given,
    ),
)


def _patterns(text: str) -> Iterator[tuple[str, int, int]]:
    yield from _ibans(text)
    for kind, pattern, valid in _RULES:
        group = "it" if "it" in pattern.groupindex else 0
        for match in pattern.finditer(text):
            if valid(match[group]):
                yield kind, match.start(group), match.end(group)


def _ibans(text: str) -> Iterator[tuple[str, int, int]]:
    """The longest valid reading: words that follow may look like another group of four."""
    for match in re.finditer(r"(?i)\b[A-Z]{2}\d{2}(?: ?[0-9A-Z]){11,30}\b", text):
        for end in range(match.end(), match.start() + 14, -1):
            if not text[end : end + 1].isalnum() and _iban(text[match.start() : end]):
                yield "IBAN", match.start(), end
                break
