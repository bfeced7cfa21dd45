"""A study file to start from: the closest ready study, with comments that guide its author."""

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import get_args

import yaml

from interviewer.core.book import ContactRole
from interviewer.core.check import TOPICS_PER_QUESTION
from interviewer.core.errors import InvalidInput, NotFound, Problem, Unavailable
from interviewer.core.guide import NO_COMMERCE, InterviewGuide, Moment
from interviewer.core.lint import is_plain_question
from interviewer.ports import Author, DraftedTopic
from interviewer.studies.prompts_folder import check_guide, load_guide, ready_sources

STEM = 6  # letters by which a word names a moment: "disruption" is AccountDisrupted
HEAD = """\
# A draft, made from the ready study {slug}. Every wording in it passes `interviewer study check`.
# Work through it from the top: a comment above each part says what to decide there. Then
#   interviewer study check FILE      what is wrong or weak, line by line
#   interviewer try FILE              be interviewed yourself
#   interviewer study add FILE        store it; launch it with interviewer study launch SLUG
"""
COMMENTS = {
    "slug": "The name in commands and links: small letters, digits and dashes.",
    "goal": "What you want to know at the end, in one sentence. It is never said to a respondent.",
    "audience": "recipient (short, a content answer ends it) or b2b (longer, with a playback).",
    "moments": "What has to happen for somebody to be asked. Without the line: by hand only.",
    "languages": "Every wording is needed in each of these; remove those you do not want to check.",
    "expires": "How long an answer is still worth having: 30m, 48h, 14d.",
    "budget": "Hard limits. The opener and every probe count; fewer questions, more answers.",
    "names": "All that a message may say of what is known. Nothing else can be put in braces.",
    "fields": "Answers to count: coded out of free ones. A field that no topic fills is an error.",
    "topics": "In the order asked; the opener asks the first. Remove what would not change a\n"
    "# decision of yours. One thing per question, no cause, no feeling, no verdict put in it.",
    "probes": "Own wordings of the follow-up questions; without them those of the language.",
    "opener": "Who writes, that it is automated, why, how long, who reads it, how to stop,\n"
    "# one open question. A part in square brackets is left out where its value is not known.",
    "options": "The words for what the recipient chose.",
    "variants": "Words by what happened (the exception code), and the optional topics to ask then.",
}


ENTRY = re.compile(r"  ([a-z][a-z0-9_]*):")
THEN = re.compile(r"(\bthen: )\[([^\]]*)\]")
WIDTH = 100_000  # of a drafted line: a wording is never broken


@dataclass(frozen=True, slots=True)
class Drafted:
    """A study file, and what its author should know of how it was made."""

    text: str
    notes: tuple[str, ...] = ()


async def draft_for_goal(author: Author, moment: str, goal: str) -> Drafted:
    """A study file whose topics were drafted for the goal; it passes its check as it is.

    What the author of the topics gets wrong is left out. With nothing left, and when no answer
    came, it is the ready study as it is; a note says why.

    Raises:
        NotFound, InvalidInput: As `draft`.
    """
    ready = draft(moment, goal)
    guide = load_guide(ready)
    try:
        drafted = await author.draft_topics(guide, goal)
    except Unavailable as error:
        return Drafted(ready, (f"topics are those of the ready study: {error.message}",))
    good, notes = sifted(guide, drafted.topics)
    while True:  # ends: each round takes away a topic
        text = with_topics(ready, guide, drafted.keep, good)
        problems = check_guide(text)
        bad = next(((t, why) for t in good if (why := _fault(guide, t, problems))), None)
        if bad is None:
            break
        faulty, why = bad  # one at a time: what repeats it may be right
        notes.append(f"left out {faulty.name!r}: {why}")
        good.remove(faulty)
    if problems:
        notes.append(f"topics are those of the ready study: {problems[0]}")
        return Drafted(ready, tuple(notes))
    kept = [name for name in load_guide(text).topics if name in guide.topics]
    new = ", ".join(topic.name for topic in good) or "none"
    return Drafted(text, (f"kept of the ready study: {', '.join(kept)}; new: {new}", *notes))


def sifted(
    guide: InterviewGuide, topics: Sequence[DraftedTopic]
) -> tuple[list[DraftedTopic], list[str]]:
    """The topics that a guide can hold, and why the others are left out."""
    good: list[DraftedTopic] = []
    notes: list[str] = []
    for topic in topics:
        taken = {*guide.topics, *(other.name for other in good)}
        if why := _unfit(guide, topic, taken):
            notes.append(f"left out {topic.name[:40]!r}: {why}")
        else:
            good.append(topic)
    return good, notes


def _unfit(guide: InterviewGuide, topic: DraftedTopic, taken: Collection[str]) -> str | None:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", topic.name):
        return "its name is not in small letters"
    if topic.name in taken:
        return "there is a topic of this name"
    for language in guide.languages:
        wordings = topic.ask.get(language, ())
        if len(wordings) < 2:
            return f"it has no two wordings in {language!r}"
    return None


def _fault(guide: InterviewGuide, topic: DraftedTopic, problems: Sequence[Problem]) -> str | None:
    """What the check says of a topic; else that a wording of it is no plain question."""
    own = f"topics.{topic.name}."
    if found := next((p for p in problems if f"{p.field}.".startswith(own)), None):
        return found.message
    for language in guide.languages:
        if not all(is_plain_question(text, language, ()) for text in topic.ask[language]):
            return f"a wording in {language!r} is not one plain question"
    return None


def with_topics(
    text: str, guide: InterviewGuide, keep: Collection[str], new: Sequence[DraftedTopic]
) -> str:
    """The study file with only these of its topics, and the new ones behind them.

    The first topic stays, as the opener asks it. What only a removed topic used goes with it: its
    coded fields, its place in the variants.
    """
    names = list(guide.topics)
    stays = {names[0], *keep} & set(names)
    stays |= {old for name in stays if (old := guide.topics[name].instead_of)}
    new = [*_within_budget(guide, stays, new)]
    stays = _fitting(guide, stays, len(new))
    fields = {field for name in stays for field in guide.topics[name].fills}
    fields |= {name for name in guide.fields if not _filled_by_topic(guide, name)}
    optional = [topic.name for topic in new if not topic.must]
    sections = _sections(text)
    out: list[str] = []
    for key, lines in sections:
        if key == "topics":
            out += [*_only(lines, stays), *_dumped(guide, new)]
        elif key == "fields":
            out += _only(lines, fields) if fields else []
        elif key == "variants":
            out += [THEN.sub(lambda then: _then(then, optional, stays), line) for line in lines]
        else:
            out += lines
    return "".join(out)


def _within_budget(
    guide: InterviewGuide, stays: Collection[str], new: Sequence[DraftedTopic]
) -> Iterator[DraftedTopic]:
    """The new topics, with as many must topics as leave a question for a probe."""
    room = guide.budget.questions - 1 - sum(guide.topics[name].must for name in stays)
    for topic in new:
        must = topic.must and room > 0
        room -= must
        yield DraftedTopic(topic.name, must, topic.commercial, topic.ask, topic.about, topic.words)


def _fitting(guide: InterviewGuide, stays: Collection[str], new: int) -> set[str]:
    """As many of the ready topics as the questions reach, must topics and earlier ones first."""
    room = TOPICS_PER_QUESTION * guide.budget.questions - new
    first, *others = [name for name in guide.topics if name in stays]
    order = [first, *sorted(others, key=lambda name: not guide.topics[name].must)]
    return set(order[: max(1, room)])


def _filled_by_topic(guide: InterviewGuide, field: str) -> bool:
    return any(field in topic.fills for topic in guide.topics.values())


def _sections(text: str) -> list[tuple[str, list[str]]]:
    """The lines of a study file by top-level key; the comment above a key belongs to it."""
    sections: list[tuple[str, list[str]]] = [("", [])]
    waiting: list[str] = []  # blank lines and comments, until it is known whose they are
    for line in text.splitlines(keepends=True):
        if key := re.match(r"([a-z]+):", line):
            sections.append((key[1], [*waiting, line]))
            waiting = []
        elif line.startswith("#") or not line.strip():
            waiting.append(line)
        else:
            sections[-1][1].extend([*waiting, line])
            waiting = []
    sections[-1][1].extend(waiting)
    return sections


def _only(lines: Sequence[str], names: Collection[str]) -> list[str]:
    """The lines of a section without the entries that are not named."""
    kept: list[str] = []
    shown = True
    for line in lines:
        if entry := ENTRY.match(line):
            shown = entry[1] in names
        if shown:
            kept.append(line)
    return kept


def _then(then: re.Match[str], new: Sequence[str], stays: Collection[str]) -> str:
    old = [name.strip() for name in then[2].split(",")]
    return f"{then[1]}[{', '.join([*new, *(name for name in old if name in stays)])}]"


def _dumped(guide: InterviewGuide, topics: Sequence[DraftedTopic]) -> list[str]:
    """The new topics as lines of the file."""
    if not topics:
        return []
    data = {topic.name: _topic_data(guide, topic) for topic in topics}
    text = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=WIDTH)
    return [f"  {line}\n" for line in text.splitlines()]


def _topic_data(guide: InterviewGuide, topic: DraftedTopic) -> dict[str, object]:
    languages = guide.languages
    data: dict[str, object] = {"must": True} if topic.must else {}
    if topic.commercial and guide.audience == "b2b":
        data["roles"] = [role for role in get_args(ContactRole) if role not in NO_COMMERCE]
    words = {x: _cleaned(topic.words.get(x, ())) for x in languages}
    if words := {language: found for language, found in words.items() if found}:
        data["aspects"] = {topic.name: words}
    about = {x: " ".join(topic.about.get(x, "").split()) for x in languages}
    if all(about.values()):
        data["aspect"] = about
    return data | {"ask": {x: [*topic.ask[x]][:2] for x in languages}}


def _cleaned(words: Sequence[str]) -> list[str]:
    plain = (" ".join(word.lower().split()) for word in words)
    return list(dict.fromkeys(word for word in plain if 2 < len(word) <= 40))[:12]


def draft(moment: str, goal: str | None = None) -> str:
    """The text of a new study file for this moment; it passes its check as it is.

    Args:
        moment: A moment (`ExceptionResolved`), or a word for it (`exception`).
        goal: What the study is to learn; without one that of the ready study.

    Raises:
        NotFound: No ready study starts at such a moment.
        InvalidInput: The goal makes a study that does not pass.
    """
    source, moments = closest(moment)
    guide = load_guide(source)
    given = {
        "slug": f"my-{guide.slug}",
        "title": json.dumps(f"{guide.title} (draft)", ensure_ascii=False),
        "goal": json.dumps(" ".join((goal or guide.goal).split()), ensure_ascii=False),
        "moments": f"[{', '.join(moments)}]",
    }
    text = "".join(_line(line, given) for line in source.splitlines(keepends=True))
    text = HEAD.format(slug=guide.slug) + re.sub(r"\n{3,}", "\n\n", text)
    if problems := check_guide(text):
        raise InvalidInput("goal", f"makes a study that does not pass: {problems[0]}")
    return text


@lru_cache(maxsize=64)  # it reads every ready study
def closest(moment: str) -> tuple[str, tuple[Moment, ...]]:
    """The ready study that starts at this moment first of all, and its moments of that kind.

    Raises:
        NotFound: There is none.
    """
    wanted = moments_named(moment)
    found: list[tuple[int, str, InterviewGuide]] = []
    for source in ready_sources():
        guide = load_guide(source)
        places = [place for place, name in enumerate(guide.moments) if name in wanted]
        found += [(min(places), source, guide)] if places else []
    if not found:
        known = ", ".join(get_args(Moment))
        raise NotFound(f"no moment {moment!r}; there are {known}")
    _, source, guide = min(found, key=lambda row: row[0])
    return source, tuple(name for name in guide.moments if name in wanted)


def moments_named(word: str) -> tuple[Moment, ...]:
    """The moments that a word names: one exactly, or all with its stem in their name."""
    plain = re.sub(r"[^a-z]", "", word.lower())
    exact = tuple(name for name in get_args(Moment) if name.lower() == plain)
    stem = plain[:STEM]
    like = tuple(name for name in get_args(Moment) if len(stem) > 3 and stem in name.lower())
    return exact or like


def _line(line: str, given: dict[str, str]) -> str:
    """A line of the ready study; a top-level key gets its comment, and its own value if given."""
    key = line.split(":")[0] if re.match(r"[a-z]+:", line) else ""
    if key in given:
        line = f"{key}: {given[key]}\n"
    return f"\n# {COMMENTS[key]}\n{line}" if key in COMMENTS else line
