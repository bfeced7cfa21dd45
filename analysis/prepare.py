"""From transcripts to the points that themes are made of.

A point is a sentence, or one side of a "but", of 4 to 60 words. What is shorter belongs to the
sentence beside it; an answer that is only short ("late again") is a point of its own, because it
may be all that a respondent says. What says nothing, says it twice or speaks to the software is
parked with its reason: it stays readable and takes no part in the themes.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from analysis.instructions import addressed_to_software
from analysis.proper_names import read_letters
from analysis.redact import CARRIERS, spans
from analysis.sentences import Clause, clauses, language, words
from analysis.tables import Book, Segment, Transcript, Utterance

SHORTEST, LONGEST = 4, 60  # words of a point
ALIKE = 0.8  # share of common words above which a respondent repeats a point

NAME_FIELDS = re.compile(
    r"(?:^|_)(?:name|brand|carrier|merchant|shipper|consignee|city|place|site|warehouse|hub|depot"
    r"|origin|destination)$"
)
"""Context keys whose values are names: `contact_name`, `carrier`, `city` ..."""

PERSON_FIELDS = ("name", "contact_name", "recipient_name", "driver_name", "owner_name")
"""Context keys of people, who are called by a part of their name as well."""

Names = Mapping[str, Sequence[tuple[str, ...]]]  # first word -> the names that begin with it

MASKS = {"NAME": "someone", "ADDRESS": "an address", "EMAIL": "an e-mail address", "LINK": "a link"}
MASK_OF_NUMBERS = "a number"
MASK_OF_NAMES = "company"
MASK_WORDS = frozenset({"someone", "company"})
"""Words that may stand for a name in a masked text, and so may not name a theme."""

_TOKEN = re.compile(r"[^\W_]+")

_NEGATIONS = frozenset(
    (
        *("no", "not", "never", "none", "nothing", "without"),
        *("kein", "keine", "nicht", "nie", "ni", "nunca", "sin"),
    )
)

_NON_ANSWER = re.compile(
    r"(?:(?:^| )(?:"
    r"no|nope|nah|none|nothing|na|n a|n|a|yes|yep|yeah|yup|ya|y|ok|okay|k|kk|sure|right|correct"
    r"|thanks|thank you|thx|ty|cheers|please|hi|hello|hey|hiya|bye|goodbye|stop|test|hmm|um|uh|lol"
    r"|(?:very|so) much|a lot|nothing (?:else|more|really|special|comes to mind)|(?:not |no )really"
    r"|(?:that's|that is|thats) (?:all|it|right|correct)|all|to (?:add|say|report)|else|from me"
    r"|(?:i )?(?:don't|dont|do not) (?:know|remember|care)|idk|dunno|no (?:idea|comments?|opinion)"
    r"|(?:i'm |im )?not sure|not applicable|have a (?:good|nice|great) (?:day|one|evening|weekend)"
    r"|good (?:morning|afternoon|evening|day)|you too"
    r"|nein|ja|nichts|danke|vielen dank|bitte|hallo|tschüss|keine ahnung|weiß nicht|nö"
    r"|sí|si|nada|gracias|muchas gracias|hola|adiós|vale|no sé|ninguno|ninguna|nada más"
    r"|non|oui|rien|merci|bonjour|não|sim|obrigad[oa]"
    r"))*"
)


def utterances(book: Book) -> tuple[Utterance, ...]:
    """Every respondent turn, in order, with the question before it."""
    return tuple(u for transcript in book.transcripts for u in _utterances(transcript))


def _utterances(transcript: Transcript) -> Iterator[Utterance]:
    question = topic = None
    for turn in transcript.turns:
        if turn.speaker == "interviewer":
            question, topic = turn.text, turn.topic
            continue
        yield Utterance(
            turn_id=turn.turn_id,
            interview_id=transcript.interview_id,
            text=turn.text,
            respondent=transcript.contact_ref or transcript.interview_id,
            account_ref=transcript.account_ref,
            contact_role=transcript.contact_role,
            study=transcript.study,
            language=transcript.language,
            at=turn.at or transcript.at,
            audience=turn.audience,
            question=question,
            topic=turn.topic or topic,
            fields=turn.fields,
        )


def names(book: Book) -> tuple[str, ...]:
    """The brands, carriers, accounts, people and places that the book itself knows by name."""
    found = {a.account_name for a in book.accounts} | {a.owner_name for a in book.accounts}
    for transcript in book.transcripts:
        for key, value in transcript.context.items():
            if NAME_FIELDS.search(key) and value is not None:
                found |= {str(v) for v in value} if isinstance(value, list) else {str(value)}
    return tuple(sorted(name for name in found if name and words(name)))


def parts_of_names(book: Book) -> frozenset[str]:
    """First and last names of the people that the book knows, each by itself, in lower case."""
    people = {account.owner_name for account in book.accounts}
    for transcript in book.transcripts:
        people |= {str(transcript.context.get(key) or "") for key in PERSON_FIELDS}
    parts = {word.casefold() for name in people if name for word in _TOKEN.findall(name)}
    return frozenset(part for part in parts if len(part) > 2 and part.isalpha())


def names_in(utterances: Iterable[Utterance], parts: Collection[str] = ()) -> tuple[str, ...]:
    """Names that the letters of the texts show, and those parts of names that are no other word.

    Args:
        utterances: Respondents' turns; each language is read by itself.
        parts: Of people's names, in lower case.
    """
    texts: dict[str, list[str]] = defaultdict(list)
    for utterance in utterances:
        texts[language(utterance)].append(utterance.text)
    read = [read_letters(own) for own in texts.values()]
    ordinary = frozenset[str]().union(*(letters.ordinary for letters in read))
    shown = frozenset[str]().union(*(letters.names for letters in read))
    return tuple(sorted(shown | (set(parts) - ordinary)))


def segments(utterances: Sequence[Utterance], names: Collection[str] = ()) -> tuple[Segment, ...]:
    """The points of each utterance, masked, and parked with a reason where they take no part.

    Args:
        utterances: Respondents' turns.
        names: Brand, carrier, person and place names that must not become themes; see `names`.
            Carriers known to everyone are masked anyway.
    """
    known = _by_first_word({*names, *CARRIERS})
    found = [segment for utterance in utterances for segment in _segments(utterance, known)]
    repeated = _repeated(found, {u.turn_id: u.respondent for u in utterances})
    return tuple(replace(s, parked="duplicate") if s.segment_id in repeated else s for s in found)


def alike(text: str, other: str) -> bool:
    """Whether two points of one respondent say the same thing in nearly the same words.

    A negation or a number makes a difference by itself.
    """
    a, b = set(words(text)), set(words(other))
    return len(a & b) >= ALIKE * len(a | b) and not any(map(_decides, a ^ b))


def parked(text: str) -> str | None:
    """Why a text takes no part in the themes: `instruction`, `non_answer`, or None."""
    if addressed_to_software(text):
        return "instruction"
    said = " ".join(word for word in words(text) if not word.isdigit())
    return "non_answer" if _NON_ANSWER.fullmatch(said) else None


# Points


def _segments(utterance: Utterance, known: Names) -> Iterator[Segment]:
    masks = _masks(utterance.text, known)
    for start, end in _points(utterance):
        text = utterance.text[start:end]
        yield Segment(
            segment_id=f"{utterance.turn_id}:{start}",
            turn_id=utterance.turn_id,
            start=start,
            end=end,
            text=text,
            masked=_masked(utterance.text, start, end, masks),
            parked=parked(text),
        )


def _points(utterance: Utterance) -> Iterator[tuple[int, int]]:
    groups: list[list[Clause]] = []
    for clause in clauses(utterance):
        if groups and _belongs(clause, groups[-1]):
            groups[-1].append(clause)
        else:
            groups.append([clause])
    for group in groups:
        yield from _cut(utterance.text, group[0].start, group[-1].end)


def _belongs(clause: Clause, group: Sequence[Clause]) -> bool:
    """A short piece goes with the one before it, the short side of a "but" with its other side."""
    if parked(clause.text) or parked(group[-1].text):
        return False
    here, before = len(words(clause.text)), sum(len(words(c.text)) for c in group)
    if here + before > LONGEST:
        return False
    return before < SHORTEST or (here < SHORTEST and not clause.after)


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Pieces of at most `LONGEST` words, cut behind a comma where there is one."""
    found = [match.span() for match in re.finditer(r"\S+", text[start:end])]
    while len(found) > LONGEST:
        most = min(LONGEST, len(found) - SHORTEST)
        commas = (
            n for n in range(most, LONGEST // 2, -1) if text[start + found[n - 1][1] - 1] == ","
        )
        n = next(commas, most)
        yield start + found[0][0], start + found[n - 1][1]
        found = found[n:]
    yield start + found[0][0], end


# Parking


def _repeated(segments: Sequence[Segment], respondents: Mapping[str, str]) -> set[str]:
    """The segments whose point their respondent has made already; the same in any row order."""
    kept: dict[str, list[Segment]] = defaultdict(list)
    repeated = set()
    for segment in sorted(segments, key=lambda s: s.segment_id):
        made = kept[respondents[segment.turn_id]]
        if segment.parked:
            continue
        if any(alike(segment.masked, earlier.masked) for earlier in made):
            repeated.add(segment.segment_id)
        else:
            made.append(segment)
    return repeated


def _decides(word: str) -> bool:
    return word in _NEGATIONS or word.endswith("n't") or any(c.isdigit() for c in word)


# Masking


def _masks(text: str, known: Names) -> list[tuple[int, int, str]]:
    """What is replaced and by what; read in the whole turn, where the cues are."""
    found = [(s.start, s.end, MASKS.get(s.kind, MASK_OF_NUMBERS)) for s in spans(text)]
    for start, end in _named(text, known):
        if all(end <= s or e <= start for s, e, _ in found):
            found.append((start, end, MASK_OF_NAMES))
    return sorted(found)


def _masked(text: str, start: int, end: int, masks: Sequence[tuple[int, int, str]]) -> str:
    parts, at = [], start
    for begin, stop, mask in masks:
        if at <= begin < end:
            parts += [text[at:begin], mask]
            at = min(stop, end)
    return "".join([*parts, text[at:end]])


def _named(text: str, known: Names) -> Iterator[tuple[int, int]]:
    """Where a known name stands, in any case and with any separators; the longest first."""
    tokens = [(match.group().casefold(), match.span()) for match in _TOKEN.finditer(text)]
    plain = [token for token, _ in tokens]
    for i, token in enumerate(plain):
        for name in known.get(token, ()):
            if tuple(plain[i : i + len(name)]) == name:
                yield tokens[i][1][0], tokens[i + len(name) - 1][1][1]
                break


def _by_first_word(names: Iterable[str]) -> Names:
    index: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for name in sorted(names):
        tokens = tuple(_TOKEN.findall(name.casefold()))
        if len("".join(tokens)) >= 3 and any(c.isalpha() for c in name):
            index[tokens[0]].append(tokens)
    return {first: sorted(listed, key=len, reverse=True) for first, listed in index.items()}
