"""Study files: found, read, and refused with the line that is wrong."""

import re
from pathlib import Path

import pytest

from interviewer.core.errors import InvalidGuide, NotFound
from interviewer.studies.prompts_folder import (
    check_guide,
    load_guide,
    load_phrases,
    prompts_folder,
    ready_guides,
    ready_sources,
)

SMALL = """\
slug: small
title: Small
goal: Learn something.
audience: recipient
languages: [en]
expires: 48h
budget: {questions: 2, probes_in_a_row: 1}
names: [brand]
topics:
  went:
    must: true
    ask:
      en: ["How did it go?"]
opener:
  en:
    chat: "This is the assistant of {brand}. What was it like for you?"
"""


def lines(text: str) -> list[tuple[int | None, str]]:
    with pytest.raises(InvalidGuide) as caught:
        load_guide(text)
    return [(problem.line, problem.field) for problem in caught.value.problems]


def test_the_ready_studies() -> None:
    wanted = {
        "delivery-check",
        "exception-follow-up",
        "claim-closed",
        "claim-intake",
        "account-renewal",
        "account-review",
        "score-drop",
        "disruption-check",
        "win-loss",
    }
    guides = ready_guides()
    assert set(guides) == wanted
    assert all(guide.languages == ("en", "es", "de", "fr", "pt") for guide in guides.values())
    assert all(check_guide(source) == () for source in ready_sources())
    assert set(load_phrases()) == {"en", "es", "de", "fr", "pt"}


def test_a_text_and_a_file_are_read_alike(tmp_path: Path) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(SMALL, encoding="utf-8")
    assert load_guide(SMALL) == load_guide(file) == load_guide(str(file))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("goal: Learn something.", "gaol: Learn something."), [(None, "goal"), (3, "gaol")]),
        (("must: true", "must: maybe"), [(11, "topics.went.must")]),
        (('["How did it go?"]', '["How did it go, {item}?"]'), [(13, "topics.went.ask.en.0")]),
        (("languages: [en]", "languages: [en, es]"), [(14, "opener"), (12, "topics.went.ask")]),
        (("expires: 48h", "expires: 48h\nexpires: 24h"), [(7, "expires")]),
        (("went:", "went: &a"), []),
        (("must: true", "must: &a true\n    consequence: *a"), [(12, "topics.went.consequence")]),
        (("budget: {", "budget: {{"), [(8, "file")]),
        (("title: Small", "title: !!python/object:os.system x"), [(2, "file")]),
        (("title: Small", "title: 2026-13-45"), [(None, "file")]),
        (("title: Small", "title: \x00"), [(None, "file")]),
    ],
)
def test_a_problem_names_its_line(
    change: tuple[str, str], expected: list[tuple[int | None, str]]
) -> None:
    text = SMALL.replace(*change)
    assert text != SMALL
    if not expected:
        assert load_guide(text).slug == "small"
    else:
        assert lines(text) == expected


def test_the_message_names_file_line_and_field(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(SMALL.replace("questions: 2", "questions: two"), encoding="utf-8")
    with pytest.raises(InvalidGuide, match=r"mine\.yaml: line 7: budget\.questions: "):
        load_guide(file)


def test_check_lints_every_wording_with_its_line() -> None:
    text = SMALL.replace("How did it go?", "Was the driver rude?")
    found = [(p.line, p.field, p.message) for p in check_guide(text)]
    assert found == [
        (
            13,
            "topics.went.ask.en.0",
            "leading (chat): 'Was the driver rude?' in 'Was the driver rude?'; "
            "ask what happened, without a cause, feeling or verdict",
        )
    ]
    assert check_guide(SMALL) == ()
    assert [p.field for p in check_guide(SMALL.replace("goal:", "gaol:"))] == ["goal", "gaol"]


LONG = (
    "What did you see at the door, in the hall, on the stairs, at the gate, in the yard and by it?"
)
MORE = """\
  told:
    must: true
    ask:
      en: ["Who let you know?"]
"""
MANY = "".join(f'  extra_{n}:\n    ask:\n      en: ["What of part {n * "x"}?"]\n' for n in range(6))
ORDERED = """\
variants:
  generic_exception:
    event: {en: your delivery}
    aspect: {en: the delivery}
    then: [extra_0]
"""


@pytest.mark.parametrize(
    ("change", "line", "field", "says"),
    [
        (("How did it go?", "How awful was the wait?"), 13, "topics.went.ask.en.0", "leading"),
        (("How did it go?", "Was it late, right?"), 13, "topics.went.ask.en.0", "leading"),
        (
            ("How did it go?", "What happened, and who told you?"),
            13,
            "topics.went.ask.en.0",
            "compound",
        ),
        (("How did it go?", "Was it late? Who rang?"), 13, "topics.went.ask.en.0", "one_question"),
        (("How did it go?", LONG), 13, "topics.went.ask.en.0", "length"),
        (("How did it go?", "What will we refund?"), 13, "topics.went.ask.en.0", "promise"),
        (('go?"', 'go?", "How did it all go?"'), 13, "topics.went.ask.en.1", "repeat"),
        (
            ("{brand}. What", "{brand}, for {brand} and " + "x" * 560 + ". What"),
            16,
            "opener.en.chat",
            "length",
        ),
        (("opener:", MORE + "opener:"), 7, "budget.questions", "leave none for a probe"),
        (("opener:", MANY + "opener:"), 9, "topics", "7 topics for 2 questions"),
    ],
)
def test_check_says_what_is_weak(change: tuple[str, str], line: int, field: str, says: str) -> None:
    text = SMALL.replace(*change)
    assert text != SMALL
    found = check_guide(text)
    assert [(p.line, p.field) for p in found if says in p.message] == [(line, field)], found


def test_check_finds_topics_that_no_variant_asks() -> None:
    several = MANY.partition("  extra_2")[0]
    text = SMALL.replace("opener:", several + ORDERED + "opener:")
    assert [(p.line, p.field, p.message) for p in check_guide(text)] == [
        (17, "topics.extra_1", "is never asked: no variant has it in `then`")
    ]


@pytest.mark.parametrize("depth", [5_000, 200_000])
def test_a_hostile_file_is_refused(depth: int) -> None:
    assert lines("a:\n " + "[" * depth)[0][1] == "file"


@pytest.mark.parametrize("text", ["\n", "- a\n- b\n", "just text\n", "a: b\n---\nc: d\n"])
def test_other_yaml_is_no_guide(text: str) -> None:
    assert lines(text)


def test_a_missing_or_binary_file(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"none\.yaml"):
        load_guide(tmp_path / "none.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidGuide, match="is not UTF-8"):
        load_guide(tmp_path / "binary.yaml")


def test_the_folder_is_the_one_beside_the_package() -> None:
    assert (prompts_folder() / "guides" / "delivery-check.yaml").is_file()


DESIGN = Path(__file__).parents[3] / "shared" / "design" / "interviewing.md"


@pytest.mark.skipif(not DESIGN.is_file(), reason="the design documents are not beside the project")
def test_the_documented_guide_is_one() -> None:
    blocks = re.findall(r"```yaml\n(slug: .*?)```", DESIGN.read_text(encoding="utf-8"), re.DOTALL)
    sample = next(block for block in blocks if block.startswith("slug: exception-follow-up"))
    assert load_guide(sample).languages == ("en", "es")
    assert check_guide(sample) == ()
