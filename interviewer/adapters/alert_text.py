"""What people of ours are told by mail: subject and text of a notice, or of a day's notices."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from interviewer.core.notice import Notice

Body = Mapping[str, Any]

SUBJECT = 120  # characters
REASONS = {"human": "asks for a person"}  # where the name of a reason does not say it
FACTS = (
    ("why", "Why"),
    ("to_do", "To do"),
    ("due_at", "Look by"),
    ("asked_at", "Their contacts are asked from"),
    ("to_ask_nobody", "To ask nobody"),
    ("account_ref", "Account"),
    ("shipment_ref", "Shipment"),
    ("exception_code", "Exception"),
    ("customer_action", "May be offered"),
    ("agent_action", "To do"),
    ("outcome", "Outcome"),
)


def alert(notice: Notice) -> tuple[str, str]:
    """Subject and text of one notice."""
    subject = _headline(notice)
    return subject[:SUBJECT], "\n\n".join(_parts(subject, notice.body))


def digest(notices: Sequence[Notice]) -> tuple[str, str]:
    """One mail for several notices, in the order they came."""
    if len(notices) == 1:
        return alert(notices[0])
    parts = ["\n\n".join(_parts(_headline(notice), notice.body)) for notice in notices]
    return f"{len(notices)} cases to look at", "\n\n----\n\n".join(parts)


def _headline(notice: Notice) -> str:
    body = notice.body
    about = body.get("account_ref") or body.get("shipment_ref") or body.get("about")
    if notice.kind.startswith("case."):
        urgency = _plain(body["class"]).capitalize()
        late = ", not looked at in time" if notice.kind == "case.overdue" else ""
        what = f"{urgency}{late}: {_plain(REASONS.get(body['reason'], body['reason']))}"
    elif notice.kind == "account.disrupted":
        what = "A bad week"
    else:
        what = _plain(notice.kind.replace(".", " ")).capitalize()
    return f"{what}, {about}" if about else what


def _parts(headline: str, body: Body) -> list[str]:
    facts = [f"{label}: {_said(name, body[name])}" for name, label in FACTS if body.get(name)]
    if body.get("hands_off"):
        facts.append("The interview was handed off: it says nothing more by itself.")
    parts = [headline, *(f"\u201c{quote}\u201d" for quote in body.get("quotes") or ())]
    parts += ["\n".join(facts)] if facts else []
    for name, label in (("exceptions", "Exceptions"), ("earlier", "Other cases of theirs")):
        if lines := body.get(name):
            parts.append("\n".join([f"{label}:", *(f"- {line}" for line in lines)]))
    if link := body.get("link"):
        parts.append(f"Open: {link}")
    return parts


def _said(name: str, value: object) -> str:
    """A fact for people: a time to the minute, a reference as it is, words of ours plain."""
    if name.endswith("_at"):
        return datetime.fromisoformat(str(value)).strftime("%Y-%m-%d %H:%M UTC")
    return _plain(value) if name in ("exception_code", "customer_action") else str(value)


def _plain(text: object) -> str:
    """Our own words without underscores."""
    return str(text).replace("_", " ")
