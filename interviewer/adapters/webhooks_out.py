"""Notices to others: signed Standard Webhooks, lines for Slack and Teams channels, mails."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from interviewer.adapters import egress
from interviewer.adapters.alert_text import digest
from interviewer.core import standard_webhooks
from interviewer.core.book import EMAIL
from interviewer.core.errors import InvalidInput, Unavailable
from interviewer.core.notice import Destination, Format, Notice
from interviewer.ports import Mailer
from interviewer.sealing import Sealer


class WebhookSender:
    """Takes a notice to the URL of its destination, or mails it."""

    def __init__(
        self, sealer: Sealer, private_hosts: Collection[str] = (), mail: Mailer | None = None
    ) -> None:
        self._sealer = sealer
        self._mail = mail
        self._private_hosts = frozenset(private_hosts)

    def check(self, format: Format, url: str) -> None:
        """Refuse what could never be sent to. Raises InvalidInput."""
        if format == "mail":
            if self._mail is None:
                raise InvalidInput("format", "needs a mail server; set INTERVIEWER_SMTP_URL")
            if not EMAIL.fullmatch(url):
                raise InvalidInput("url", "is no mail address", url)
            return
        egress.check_url(url, self._private_hosts)

    async def send(self, destination: Destination, notice: Notice, now: datetime) -> None:
        """Send it; the id is the same in every try.

        Raises:
            Unavailable: It was not accepted; it may be tried again.
        """
        if destination.format == "mail":
            await self.tell(self._sealer.open(destination.sealed_url), [notice])
            return
        body = json.dumps(body_for(destination, notice), ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "User-Agent": "feedback-interviewer"}
        if destination.format == "standard":
            secrets = [self._sealer.open(sealed) for sealed in destination.sealed_secrets]
            headers |= standard_webhooks.headers(notice.notice_id, now, body, secrets)
        url = self._sealer.open(destination.sealed_url)
        answer = await egress.post(url, headers, body, private_hosts=self._private_hosts)
        if not 200 <= answer.status < 300:
            raise Unavailable(f"answered {answer.status}")

    async def tell(self, address: str, notices: Sequence[Notice]) -> None:
        """Mail them as one; its name is that of the first, so a second try is the same mail."""
        if self._mail is None:
            raise Unavailable("no mail server is set up")
        subject, text = digest(notices)
        await self._mail.tell(address, subject, text, notices[0].notice_id)


def body_for(destination: Destination, notice: Notice) -> Mapping[str, Any]:
    """The body in the destination's form."""
    if destination.format == "standard":
        return {"type": notice.kind, "timestamp": notice.at.isoformat(), "data": notice.body}
    lines = headline(notice)
    link = str(notice.body.get("link") or "")
    if destination.format == "slack":
        return {
            "text": "\n".join([*map(_slack_text, lines), *([f"<{link}|Open>"] if link else [])])
        }
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [{"type": "TextBlock", "text": _card_text(line), "wrap": True} for line in lines],
        "actions": [{"type": "Action.OpenUrl", "title": "Open", "url": link}] if link else [],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [attachment]}


def headline(notice: Notice) -> list[str]:
    """The notice for people: what happened, to what, one redacted quote."""
    body = notice.body
    about = body.get("account_ref") or body.get("shipment_ref") or body.get("about")
    first = f"{notice.kind.replace('.', ' ').replace('_', ' ').capitalize()}: {about}"
    reason = str(body.get("reason") or "").replace("_", " ")
    quotes = body.get("quotes") or ()
    return [first + (f" ({reason})" if reason else ""), *(f"\u201c{q}\u201d" for q in quotes[:1])]


def _card_text(line: str) -> str:
    """A card's text is Markdown: a quote must make no link of its own."""
    return line.replace("[", "(").replace("]", ")")


def _slack_text(line: str) -> str:
    """Slack's three control characters, so that a quote can make no link and call nobody."""
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
