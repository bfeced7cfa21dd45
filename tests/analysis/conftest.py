"""What the analysis tests share: the bundled encoder, loaded once, and a few answers."""

from collections.abc import Sequence

import pytest

from analysis.embed import Encoder, MemoryCache, Vectors, bundled_encoder, embed


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The bundled encoder; a text that several tests share is encoded once."""
    bundled, cache = bundled_encoder(), MemoryCache()

    def encode(texts: Sequence[str]) -> Vectors:
        return embed(texts, bundled, cache)

    return encode
