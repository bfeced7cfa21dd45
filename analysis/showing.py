"""How findings are worded and masked wherever they are shown: names, money, quotes, pages."""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise

from jinja2 import Environment, PackageLoader, StrictUndefined

from analysis.labels import LABELS
from analysis.redact import spans
from analysis.tables import Account, Band, Quote, Transcript, Turn

BAND_NAMES: Mapping[Band, str] = {
    "high": "High",
    "elevated": "Elevated",
    "low": "Low",
    "not_enough_evidence": "Not enough evidence",
}
_PERSONAL_KEYS = ("contact_name", "contact_title", "recipient_name", "name", "phone", "email")


def money(value: float | None, currency: str | None) -> str | None:
    """A short amount: USD 1.85M; None when it is unknown."""
    if value is None:
        return None
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            number = f"{value / size:.2f}".rstrip("0").rstrip(".") + letter
            break
    else:
        number = f"{value:.0f}"
    return f"{currency} {number}" if currency else number


def total(accounts: Iterable[Account]) -> str | None:
    """What the accounts are worth together, in each currency; the largest number first."""
    sums: dict[str | None, float] = {}
    for account in accounts:
        if account.annual_value is not None:
            sums[account.currency] = sums.get(account.currency, 0.0) + account.annual_value
    largest = sorted(sums.items(), key=lambda row: (-row[1], row[0] or ""))
    return " + ".join(str(money(value, currency)) for currency, value in largest) or None


def quoted(
    quote: Quote, turn: Turn | None, transcript: Transcript | None, names: Sequence[str] = ()
) -> str:
    """The words of a quote with personal data and these names masked, as they stand in a turn."""
    if turn is None or transcript is None:
        return "".join(text for text, _ in masked(quote.text, names, ()))
    marked = [(quote.start, quote.end)]
    pieces = masked(turn.text, (*personal(transcript), *names), marked, only_marked=True)
    return "".join(text for text, _ in pieces)


def masked(
    text: str,
    known: Sequence[str],
    marked: Sequence[tuple[int, int]],
    only_marked: bool = False,
) -> Iterable[tuple[str, bool]]:
    """The text in pieces with personal data masked, each piece quoted or not."""
    found = spans(text, known)
    cuts = {0, len(text), *(x for span in marked for x in span)}
    cuts |= {x for span in found for x in (span.start, span.end)}
    for start, end in pairwise(sorted(cuts)):
        is_marked = any(a <= start and end <= b for a, b in marked)
        if only_marked and not is_marked:
            continue
        inside = next((s for s in found if s.start <= start and end <= s.end), None)
        if inside is None:
            yield text[start:end], is_marked
        elif start == inside.start or (only_marked and any(a == start for a, _ in marked)):
            yield inside.token, is_marked


def personal(transcript: Transcript) -> tuple[str, ...]:
    """Names and addresses that the context of an interview holds."""
    values = (transcript.context.get(key) for key in _PERSONAL_KEYS)
    return tuple(value for value in values if isinstance(value, str) and value.strip())


def sentence(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def plain(text: str) -> str:
    """A sentence of the analysis with the names of the signals as people say them."""
    for signal, name in LABELS.items():
        text = re.sub(rf"\b{signal}\b", f"“{name.lower()}”", text)
    return text


def hashed(text: str) -> str:
    """The name of a style or script in a content security policy."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


@cache
def environment() -> Environment:
    """The templates of all pages, with their filters."""
    found = Environment(
        loader=PackageLoader("analysis"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {"sentence": sentence, "plain": plain}
    return found


def page(template: str, **values: object) -> str:
    """A single-file page without a script: style, policy and content from one template."""
    style = environment().get_template("sheet.css").render()
    policy = f"default-src 'none'; style-src '{hashed(style)}'; base-uri 'none'; form-action 'none'"
    return environment().get_template(template).render(policy=policy, **values)
