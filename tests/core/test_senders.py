"""Which numbers and addresses are ours, as people copy them."""

import pytest

from interviewer.core.senders import is_ours

SENDERS = ("+15005550006", "feedback@example.com", "HARBOR")


@pytest.mark.parametrize(
    "written",
    [
        "+15005550006",
        "+1 (500) 555-0006",
        "001 500 555 0006",
        "500-555-0006",
        "Feedback@Example.com",
        "Harbor Parcel <feedback+id.0.abc@example.com>",
        "harbor",
    ],
)
def test_ours(written: str) -> None:
    assert is_ours(written, SENDERS)


@pytest.mark.parametrize(
    "written",
    [
        "+15005550007",
        "555-0006",
        "0006",
        "feedback@example.com.evil.com",
        "feedback@examp1e.com",
        "feedback@example.com <evil@example.org>",
        "HARB0R",
        "",
        " ",
        "+",
        "@",
    ],
)
def test_not_ours(written: str) -> None:
    assert not is_ours(written, SENDERS)
