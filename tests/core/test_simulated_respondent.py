from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interviewer.core.errors import InvalidInput
from interviewer.core.simulated_respondent import (
    Memory,
    SimulatedRespondent,
    answer,
    begin,
    is_foreign,
    is_repeated,
    last_question,
    plain,
)
from tests.guides import b2b_guide, recipient_guide

OPENING = "The driver left the box at the wrong gate and drove off."
GATE = "It stood in the lane for three hours."
NOTE = "My note says the shed."
APP = "The app said two stops away all morning."
DOG = "The dog got to it first."
HOW = "Automated. How did it go?"
ASKS = {  # what earns what, as the second message of an interview
    "cue": ("What happened at the gate?", GATE),
    "quote": ('You said "drove off". What did that lead to?', GATE),
    "three words in a row": ("So he left the box, and then?", GATE),
    "depth 2 waits for depth 1 of its topic": ("What did your instructions say?", "Fine."),
    "another topic": ("How were you kept informed by the app?", APP),
    "two questions: only the last is heard": ("Was the app any use? How are you?", "Fine."),
    "two questions: the last earns": ("How are you? What did the app say?", APP),
    "most cue words matched comes first": ("Did the app say morning, at the gate?", APP),
    "nothing": ("How is the weather?", "Fine."),
    "generic earns one of depth 1": ("Can you tell me more?", GATE),
    "leading": ("How disappointing was it?", "I guess so."),
    "tag question": ("It was the gate, wasn't it?", "I guess so."),
    "foreign": ("¿Qué pasó en la puerta?", "Fine."),
    "repeated": ("So how did it go, automated?", "I already answered that."),
    "scale": ("From 0 to 10, how sure are you?", "7"),
    "no question": ("Thank you.", None),
    "four untold topics": ("Was it the gate, the app, the dog or the neighbor?", "Fine."),
    "playback in a study without one": ("I noted the gate. Is this right?", "I guess so."),
}


def respondent(**changes: Any) -> SimulatedRespondent:
    return SimulatedRespondent.read(
        {
            "id": "r",
            "study": "parcel",
            "opening": OPENING,
            "vague": ["Fine.", "Really, fine."],
            "patience": 5,
            "rating": 7,
            "facts": [
                {"id": "0", "topic": "handover", "text": "left the box", "depth": 0},
                {"id": "1", "topic": "handover", "text": GATE, "depth": 1, "cues": ["gate"]},
                {"id": "2", "topic": "handover", "text": NOTE, "depth": 2, "cues": ["instruct"]},
                {"id": "3", "topic": "updates", "text": APP, "depth": 1, "cues": ["app", "morni"]},
                {"id": "4", "topic": "dog", "text": DOG, "depth": 1, "cues": ["dog"]},
                {"id": "5", "topic": "next door", "text": "No.", "depth": 1, "cues": ["neighb"]},
            ],
            **changes,
        }
    )


def replies(who: SimulatedRespondent, *messages: str, b2b: bool = False) -> list[str | None]:
    memory = begin(who, b2b_guide() if b2b else recipient_guide(), who.channel)
    said = []
    for message in messages:
        reply, memory = answer(who, memory, [message])
        said.append(reply)
    return said


@pytest.mark.parametrize(("asked", "expected"), ASKS.values(), ids=ASKS)
def test_what_a_question_earns(asked: str, expected: str | None) -> None:
    assert replies(respondent(), HOW, asked) == [OPENING, expected]


def test_depth_two_is_earned_by_its_cue_or_by_asking_for_an_instance() -> None:
    gate, note = "What happened at the gate?", "What did your instructions say?"
    assert replies(respondent(), HOW, gate, note)[2] == NOTE
    assert replies(respondent(), HOW, gate, "Which shipment was that?")[2] == NOTE
    elsewhere = "What did the app say?"
    assert replies(respondent(), HOW, gate, elsewhere, "Which shipment was that?")[3] == "Fine."


def test_a_quote_is_of_the_last_two_things_said_or_the_opening() -> None:
    app, other = "What did the app say?", "How is the weather?"
    quoting = ['You said "drove off". What then?', 'You said "stops away". What then?']
    assert replies(respondent(), HOW, app, other, quoting[0])[3] == GATE
    assert replies(respondent(), HOW, app, other, quoting[1])[3] == "Really, fine."


def test_the_second_generic_question_in_a_row_earns_nothing_and_costs_patience() -> None:
    generic = ["Can you tell me more?", "Could you elaborate?", "What of the dog?"]
    assert replies(respondent(patience=4), HOW, *generic) == [OPENING, GATE, "Fine.", None]


def test_a_terse_respondent_gives_nothing_to_a_generic_question() -> None:
    assert replies(respondent(opening="Fine I guess."), HOW, "Anything else?")[1] == "Fine."


@pytest.mark.parametrize("wasted", ["How awful was it?", "¿Qué pasó ahí?", "x" * 561 + " a?"])
def test_a_wasted_question_costs_one_patience_more(wasted: str) -> None:
    assert replies(respondent(patience=3), HOW, wasted, "What of the dog?")[2] is None
    assert replies(respondent(patience=3), HOW, "Hm?", "What of the dog?")[2] == DOG


def test_the_playback_is_confirmed_once_and_costs_no_patience() -> None:
    playback = "Here is what I noted: the gate. Is this right?"
    said = replies(respondent(patience=2), HOW, playback, "What of the dog?", b2b=True)
    assert said == [OPENING, "Yes, that's right.", DOG]
    assert replies(respondent(), HOW, playback, playback, b2b=True)[2] == "I guess so."


@pytest.mark.parametrize(
    ("behaviour", "messages", "place"),
    [
        ({"after_turn": 0}, [HOW], 0),
        ({"after_turn": 2}, [HOW, "What of the dog?", "And the app?"], 2),
        ({"after_turn": 1}, [HOW, "Thank you."], 1),
        ({"on": "probe"}, [HOW, "What of the dog?", "And the app?"], 1),
        ({"on": "summary"}, [HOW, "Noted. Is this right?"], 1),
    ],
)
def test_a_scripted_message_takes_the_place_of_an_answer(
    behaviour: dict[str, Any], messages: list[str], place: int
) -> None:
    who = respondent(behaviours=[{**behaviour, "say": "STOP", "expect": "stop"}])
    said = replies(who, *messages, b2b=True)
    assert [n for n, text in enumerate(said) if text == "STOP"] == [place]


def test_what_is_said_in_spanish_is_heard_without_accents() -> None:
    who = respondent(
        language="es",
        facts=[{"id": "1", "topic": "a", "text": "Sí.", "depth": 1, "cues": ["qué pasó"]}],
    )
    assert replies(who, "¿Qué tal?", "¿QUE PASÓ?")[1] == "Sí."
    assert replies(who, "¿Qué tal?", "How disappointing was it?")[1] == "Supongo que sí."


def test_questions_are_repeated_by_their_content_or_their_stem() -> None:
    assert is_repeated("what broke in the parcel?", ["and what broke in your parcel?"])
    assert not is_repeated('you said "a b". what happened?', ['you said "c d". what happened?'])
    stems = ['you said "a b". what happened?', 'you said "c d". what happened?']
    assert is_repeated('you said "e f". what happened?', stems)


def test_a_mark_inside_a_quote_asks_nothing() -> None:
    assert last_question(plain("You wrote “why?”. Noted.")) is None
    assert last_question("first? then this one? bye.") == "then this one?"


@pytest.mark.parametrize(
    ("question", "language", "foreign"),
    [
        ("what happened?", "es", True),
        ("what happened?", "en", False),
        ("was ist passiert?", "de", False),
        ("was ist passiert?", "en", True),
        ('usted dijo "the door". que paso?', "es", False),
        ("what happened?", "fi", False),
    ],
)
def test_another_language_is_noticed(question: str, language: str, foreign: bool) -> None:
    assert is_foreign(question, language) is foreign


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"patience": 0}, "patience"),
        ({"vague": []}, "vague"),
        ({"facts": [{"id": "1", "topic": "a", "text": "b", "depth": 3}]}, "facts.0.depth"),
        (
            {"facts": [{"id": "1", "topic": "a", "text": "b", "depth": 1, "cues": ["("]}]},
            "facts.0.cues",
        ),
        ({"behaviours": [{"say": "a", "expect": "joy"}]}, "behaviours.0.expect"),
        ({"must_elicit": ["1", "nine"]}, "must_elicit"),
        ({"opening": None}, "opening"),
    ],
)
def test_a_respondent_that_breaks_the_format_is_refused(
    changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        respondent(**changes)
    assert refused.value.field == field


QUESTIONS = st.sampled_from([asked for asked, _ in ASKS.values()])


@given(st.lists(st.one_of(QUESTIONS, st.text(max_size=40)), min_size=20, max_size=30))
def test_patience_ends_every_interview(messages: list[str]) -> None:
    who = respondent()
    memory: Memory = begin(who, b2b_guide(), "chat")
    told: list[frozenset[str]] = []
    given_answers = 0
    for message in messages:
        reply, memory = answer(who, memory, [message])
        given_answers += reply is not None
        told.append(memory.told)
    assert given_answers <= who.patience + 1  # the confirmed playback is free
    assert all(before <= after for before, after in pairwise(told))
    assert answer(who, memory, [HOW]) == answer(who, memory, [HOW])
