from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest

from analysis import train_signals
from analysis.embed import BUNDLED_SHA256, Encoder, Vectors, embed
from analysis.sentences import words
from analysis.signals import SIGNALS, alikeness, normalized
from analysis.train_signals import DEFINING, DEVELOPMENT, LEARNED, SHIPPED, examples, tasks


def test_the_shipped_weights_are_of_these_sentences_and_the_bundled_encoder() -> None:
    with np.load(SHIPPED, allow_pickle=False) as held:
        assert str(held["encoder_sha256"]) == BUNDLED_SHA256
        assert str(held["fingerprint"]) == train_signals.fingerprint(), (
            "sentences or patterns have changed: run python -m analysis.train_signals"
        )


def test_training_a_signal_again_gives_the_shipped_weights(encoder: Encoder) -> None:
    shipped = train_signals.detectors(encoder)
    learned = examples()
    some = range(0, len(learned), 97)
    again = embed([normalized(learned[n].text) for n in some], encoder)
    assert np.allclose(again, shipped.learned[list(some)], atol=0.005)  # kept in one byte each
    index = SIGNALS.index("competitor")
    rows, states = list(tasks(learned))[index]
    duals, intercept = train_signals.fit(shipped.learned[rows], states)
    kernel = alikeness(again, shipped.learned[rows])
    kept = kernel @ shipped.duals[rows, index] + shipped.intercepts[index]
    assert np.allclose(kernel @ duals + intercept, kept, atol=0.1)


def test_no_sentence_is_in_two_files() -> None:
    texts = Counter(e.text.lower() for e in examples(LEARNED, DEVELOPMENT, DEFINING))
    assert [text for text, count in texts.items() if count > 1] == []


@pytest.mark.parametrize("signal", SIGNALS)
def test_every_signal_has_enough_of_each_kind(signal: str) -> None:
    kinds = Counter(e.kind for e in examples() if e.signal == signal)
    states = kinds["direct"] + kinds["indirect"]
    assert states >= 140
    assert kinds["indirect"] >= 70
    assert all(kinds[kind] >= 10 for kind in train_signals.COUNTER_KINDS)
    assert sum(e.signal == signal for e in examples(DEVELOPMENT)) >= 40


def test_another_encoder_is_trained_for() -> None:
    def words_only(texts: Sequence[str]) -> Vectors:
        made = np.full((len(texts), 512), 1e-6, dtype=np.float32)
        for row, text in enumerate(texts):
            for word in words(text):
                made[row, sum(map(ord, word)) % 512] += 1
        normed: Vectors = made / np.linalg.norm(made, axis=1, keepdims=True)
        return normed

    learned = examples(DEVELOPMENT)
    texts = [normalized(e.text) for e in learned]
    made = train_signals.train(words_only, sentences=learned)
    assert np.array_equal(made.learned, words_only(texts))
    p = made.strength(made.learned, texts)[:, SIGNALS.index("rfp")]
    states = np.array([e.signal == "rfp" and e.states for e in learned])
    assert p[states].mean() > 0.8 > 0.1 > p[~states].mean()
