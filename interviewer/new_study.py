"""A study file to start from: the closest ready study, with comments that guide its author."""

import json
import re
from typing import get_args

from interviewer.core.errors import InvalidInput, NotFound
from interviewer.core.guide import InterviewGuide, Moment
from interviewer.prompts_folder import check_guide, load_guide, ready_sources

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
