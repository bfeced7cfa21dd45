"""How long a text is as an SMS (GSM 03.38 / 3GPP TS 23.038), and which characters to spare.

A text of GSM-7 characters alone has room for 160 of them, 153 per part when it takes several;
any other character turns the whole text to UCS-2: 70 units, 67 per part.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")  # an escape and a character: two septets

# Typographic characters with a plain twin; letters are never replaced.
_PLAIN = str.maketrans(
    {
        "‘": "'",
        "’": "'",
        "‚": "'",
        "‛": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "‟": '"',
        "«": '"',
        "»": '"',
        "‹": "'",
        "›": "'",
        "‐": "-",
        "‑": "-",
        "‒": "-",
        "–": "-",
        "—": "-",
        "―": "-",
        "−": "-",
        "…": "...",
        "•": "-",
        "\u00a0": " ",
        "\u2007": " ",
        "\u2009": " ",
        "\u202f": " ",
        "\u200b": "",
        "\u00ad": "",
        "\ufeff": "",
    }
)


# NUL, zero-width and bidirectional controls, the byte order mark, and Unicode tags: a text that
# holds them looks like another one.
_UNSEEN = re.compile("[\x00\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")


@dataclass(frozen=True, slots=True)
class SmsSize:
    """`units` are septets of GSM-7 or UTF-16 code units of UCS-2; `segments` is what is billed."""

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    segments: int


def sms_text(text: str) -> str:
    """The text as it is sent by SMS: composed, and without typographic quotes, dashes, spaces."""
    return unicodedata.normalize("NFC", text).translate(_PLAIN)


def seen_text(text: str) -> str:
    """What a person sees of a received text: composed, and without characters that hide."""
    return _UNSEEN.sub("", unicodedata.normalize("NFC", text))


def sms_size(text: str) -> SmsSize:
    """The size of exactly this text; `sms_text` is not applied.

    A character that takes two units is never split over two parts.
    """
    if all(char in _BASIC or char in _EXTENDED for char in text):
        widths = [2 if char in _EXTENDED else 1 for char in text]
        return SmsSize("GSM-7", sum(widths), _segments(widths, single=160, part=153))
    widths = [2 if ord(char) > 0xFFFF else 1 for char in text]
    return SmsSize("UCS-2", sum(widths), _segments(widths, single=70, part=67))


def fits_sms(text: str, *, first: bool) -> bool:
    """Whether a message may go out: 306 GSM-7 characters for the first one, 160 later, else 134.

    Measured as it is sent, after `sms_text`; 134 is UCS-2 in either place.
    """
    size = sms_size(sms_text(text))
    limit = {"GSM-7": 306 if first else 160, "UCS-2": 134}
    return size.units <= limit[size.encoding]


def _segments(widths: list[int], *, single: int, part: int) -> int:
    if sum(widths) <= single:
        return 1
    segments, room = 1, part
    for width in widths:
        if width > room:
            segments, room = segments + 1, part
        room -= width
    return segments
