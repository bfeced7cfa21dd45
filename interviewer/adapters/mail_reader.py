"""Raw mails that came to us: answers, bounces (RFC 3464), complaints (RFC 5965), automatic ones."""

import hashlib
import mailbox
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from email.utils import getaddresses
from html.parser import HTMLParser
from pathlib import Path

from interviewer.core.inbound import MailKind, ReadMail

TO_US = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
BULK = ("bulk", "junk", "list", "auto_reply")
# Where the words of somebody else begin: a quote, or the line before one, in five languages.
QUOTED = re.compile(
    r"^(>|-{2,} ?(original|ursprüngliche|mensaje original|message d'origine|mensagem original)"
    r"|_{10,}$|-- $|(on|am|el|le|em|il) .{5,200}(wrote|schrieb.*|escribió|a écrit|escreveu) ?:$"
    r"|(from|von|de): .*@)",
    re.IGNORECASE,
)


def mails_in(file: Path) -> Iterator[bytes]:
    """The mails of an mbox file, or the one of any other."""
    raw = file.read_bytes()
    if raw.startswith(b"From "):
        box = mailbox.mbox(file, create=False)
        yield from (box.get_bytes(key) for key in box.keys())  # noqa: SIM118 - no mapping
        box.close()
    else:
        yield raw


def read_mail(raw: bytes) -> ReadMail:
    """What a raw mail is; anything can be read."""
    mail = message_from_bytes(raw, policy=default)
    provider_id = str(mail["Message-ID"] or hashlib.sha256(raw).hexdigest()).strip()
    token = _token(mail)
    kind: MailKind
    if status := _bounced(mail):
        kind = "bounce" if status.startswith("5") else "soft_bounce"
        return ReadMail(kind=kind, provider_id=provider_id, token=token, status=status)
    if mail.get_content_type() == "multipart/report":
        is_complaint = mail.get_param("report-type") == "feedback-report"
        kind = "complaint" if is_complaint else "automatic"
    else:
        kind = "automatic" if _is_automatic(mail) else "answer"
    text = own_words(_text(mail)) or _subject(mail) if kind == "answer" else ""
    return ReadMail(kind=kind, provider_id=provider_id, token=token, text=text)


def own_words(text: str) -> str:
    """What a person wrote above what they quote."""
    lines: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        if QUOTED.match(line.lstrip()) or line == "-- ":
            break
        lines.append(line.rstrip())
    return "\n".join(lines).strip()


def _token(mail: EmailMessage) -> str | None:
    """`TOKEN` of feedback+TOKEN@example.com, among those whom the mail went to."""
    headers = [str(value) for name in TO_US for value in mail.get_all(name, [])]
    for _, address in getaddresses(headers):
        mailbox_name, plus, token = address.rpartition("@")[0].partition("+")
        if mailbox_name and plus and token:
            return token
    return None


def _bounced(mail: EmailMessage) -> str | None:
    """The status of a delivery that failed for now or for good; None where nothing failed."""
    for part in mail.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        fields = part.get_payload()
        for block in fields if isinstance(fields, list) else []:
            if (
                isinstance(block, Message)
                and str(block.get("Action", "")).strip().lower() == "failed"
            ):
                return str(block.get("Status", "5.0.0")).strip()
    return None


def _is_automatic(mail: EmailMessage) -> bool:
    said = str(mail["Auto-Submitted"] or "no").partition(";")[0].strip().lower()
    return (
        said != "no"
        or str(mail["Precedence"] or "").strip().lower() in BULK
        or str(mail["Return-Path"] or "").strip() == "<>"
        or mail["X-Autoreply"] is not None
        or mail["List-Id"] is not None
    )


def _subject(mail: EmailMessage) -> str:
    """The subject where there is nothing else: a mail that unsubscribes has only that."""
    return " ".join(str(mail["Subject"] or "").split())


def _text(mail: EmailMessage) -> str:
    """The plain part, else the words of the HTML."""
    body = mail.get_body(preferencelist=("plain", "html"))
    if body is None:
        return ""
    try:
        content = str(body.get_content())
    except (LookupError, ValueError):  # an encoding that nobody knows
        payload = body.get_payload(decode=True)
        content = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return _words(content) if body.get_content_type() == "text/html" else content


class _Words(HTMLParser):
    """The words of a page, a line per block; quotes, styles and scripts left out."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden += tag in ("blockquote", "style", "script", "head")
        if tag in ("br", "p", "div", "tr", "li"):
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("blockquote", "style", "script", "head") and self.hidden > 0

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.words.append(data)


def _words(html: str) -> str:
    reader = _Words()
    reader.feed(html)
    return "".join(reader.words)
