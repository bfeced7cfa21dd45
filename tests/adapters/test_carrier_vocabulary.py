import json
from importlib.resources import files
from typing import get_args

from interviewer.core.vocabulary import ExceptionCode, Status


def test_every_word_of_a_carrier_is_mapped_to_ours() -> None:
    text = files("interviewer.adapters.carriers").joinpath("vocabulary.json").read_text("utf-8")
    for source, words in json.loads(text)["map"].items():
        for word, ours in words.items():
            code = ours["exception"] if isinstance(ours, dict) else ours
            assert code is None or code in get_args(ExceptionCode), (source, word)
            if isinstance(ours, dict):
                assert ours["status"] in get_args(Status), (source, word)
