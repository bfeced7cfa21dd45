"""Texts to vectors. The encoder is an argument; vectors are kept by model and text hash."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Encoder = Callable[[Sequence[str]], Vectors]  # n texts -> (n, dim), rows of length 1


class Cache(Protocol):
    """Keeps the vectors of one model by the hash of their text."""

    def load(self, keys: Sequence[str]) -> Mapping[str, Vectors]:
        """The known ones among the keys, each (dim,)."""
        ...

    def save(self, rows: Mapping[str, Vectors]) -> None:
        """Keep them; saving a known key again changes nothing."""
        ...


def embed(texts: Sequence[str], encoder: Encoder, cache: Cache | None = None) -> Vectors:
    """The vectors of the texts: float32, (n_texts, dim), rows of length 1."""
    raise NotImplementedError


def bundled_encoder() -> Encoder:
    """The all-MiniLM-L6-v2 that is installed with this package: offline, on the CPU, 384-d."""
    raise NotImplementedError


def sentence_encoder(name_or_path: str | Path) -> Encoder:
    """Another sentence-transformers model, by folder or by name."""
    raise NotImplementedError
