import numpy as np

from analysis.embed import Encoder
from analysis.topics import TOPICS, topics_of

DOCK = (
    "The dock was blocked by somebody else again.",
    "Our dock appointment was missed.",
    "Your truck came after the dock appointment.",
    "They missed the appointment at our dock.",
)
CLAIM = (
    "My claim was denied.",
    "The claim is open since June.",
    "Nobody works on our claim.",
    "They refused the claim.",
)
MONEY = (
    "The exchange rate was wrong.",
    "Why is the exchange rate so low?",
    "Which exchange rate do you use?",
    "I want another exchange rate.",
)


def test_themes_of_the_trade_take_its_names_and_others_do_not(encoder: Encoder) -> None:
    texts = [*DOCK, *CLAIM, *MONEY]
    found = topics_of(encoder(texts), np.repeat([0, 1, 2], 4), 3, encoder)
    assert found == {0: "Dock appointments", 1: "Claims"}


def test_a_topic_names_one_theme(encoder: Encoder) -> None:
    found = topics_of(encoder([*CLAIM, *CLAIM]), np.repeat([0, 1], 4), 2, encoder)
    assert list(found.values()).count("Claims") == 1


def test_no_words_stand_for_two_topics() -> None:
    texts = [text for words in TOPICS.values() for text in words]
    assert len(texts) == len(set(texts))
