"""Secrets at rest: unreadable without the installation's secret, readable after it was changed."""

import pytest

from interviewer.core.errors import InvalidInput, Unavailable
from interviewer.sealing import Sealer


def test_what_was_sealed_is_read_again_and_cannot_be_read_in_the_store() -> None:
    sealer = Sealer("first")
    sealed = sealer.seal("whsec_abc")
    assert "whsec_abc" not in sealed
    assert sealer.open(sealed) == "whsec_abc"
    assert sealed != sealer.seal("whsec_abc")


def test_a_new_secret_reads_what_the_one_before_sealed() -> None:
    sealed = Sealer("first").seal("whsec_abc")
    assert Sealer("second", "first").open(sealed) == "whsec_abc"
    for stranger in (Sealer("second"), Sealer("first ")):
        with pytest.raises(Unavailable, match="INTERVIEWER_SECRET_BEFORE"):
            stranger.open(sealed)
    with pytest.raises(Unavailable):
        Sealer("first").open(sealed[:-2] + "xx")


def test_without_a_secret_it_says_how_to_set_one() -> None:
    with pytest.raises(InvalidInput, match="INTERVIEWER_SECRET"):
        Sealer("").seal("a")
