"""How long a text is as an SMS; the counts follow GSM 03.38."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interviewer.core.sms_text import fits_sms, sms_size, sms_text


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("", "GSM-7", 0, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),  # the pair is not split over two parts
        ("[]{}\\^~|", "GSM-7", 16, 1),
        ("é ñ ¿ ü ö ä ß à", "GSM-7", 15, 1),
        ("ó", "UCS-2", 1, 1),
        ("á" * 70, "UCS-2", 70, 1),
        ("á" * 71, "UCS-2", 71, 2),
        ("á" * 134, "UCS-2", 134, 2),
        ("á" * 135, "UCS-2", 135, 3),
        ("👍", "UCS-2", 2, 1),
        ("á" * 66 + "👍" + "á" * 66, "UCS-2", 134, 3),
    ],
)
def test_size(text: str, encoding: str, units: int, segments: int) -> None:
    size = sms_size(text)
    assert (size.encoding, size.units, size.segments) == (encoding, units, segments)


def test_one_curly_quote_and_one_dash_no_longer_triple_the_price() -> None:
    opener = "“" + "a" * 144 + "–"
    assert sms_size(opener).segments == 3
    assert sms_size(sms_text(opener)).segments == 1


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("“late” – again…", '"late" - again...'),
        ("it’s\u00a0here", "it's here"),
        ("¿Qué pasó?", "¿Qué pasó?"),
        ("e\u0301", "é"),
        ("zu „spät“", 'zu "spät"'),
    ],
)
def test_letters_are_never_replaced(written: str, sent: str) -> None:
    assert sms_text(written) == sent


@pytest.mark.parametrize(
    ("text", "first", "fits"),
    [
        ("a" * 160, False, True),
        ("a" * 161, False, False),
        ("a" * 306, True, True),
        ("a" * 307, True, False),
        ("á" * 134, False, True),
        ("á" * 135, True, False),
    ],
)
def test_fits(text: str, first: bool, fits: bool) -> None:
    assert fits_sms(text, first=first) is fits


@given(st.text())
def test_sending_form_is_stable(text: str) -> None:
    assert sms_text(sms_text(text)) == sms_text(text)
    assert sms_size(text).segments >= 1
