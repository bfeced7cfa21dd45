"""Mail over SMTP: multipart with text and HTML, one-click unsubscribe, an address per mail.

RFC 8058 (one click), RFC 3834 (automatic mail says that it is), RFC 5322 (Message-ID). The HTML is
made of the text, so both say the same; it loads nothing from anywhere.
"""

import ipaddress
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiosmtplib
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from interviewer.core.errors import InvalidInput, Unavailable, Unconfirmed, Undeliverable
from interviewer.core.invitation import OutboundMessage

TIMEOUT = 15.0  # seconds for each answer of the server
TEMPLATES = Path(__file__).parents[1] / "templates"
FOOT = "\n\n-- \n"
NO_SUCH_PERSON = (550, 551, 553)

Line = tuple[str, str | None]  # words, and the link that they are


class SmtpMail:
    """The channel `email`."""

    def __init__(
        self, url: str, sender: str, *, public_url: str, token_of: Callable[[str], str]
    ) -> None:
        """Set up the channel.

        Args:
            url: smtp://user:password@host:port, or smtps://.
            sender: Who writes, with a name or without.
            public_url: Where the links to unsubscribe lead.
            token_of: The token of the mail with this key.

        Raises:
            InvalidInput: The URL or the sender cannot be used.
        """
        self._server = urlsplit(url)
        if self._server.scheme not in ("smtp", "smtps") or not self._server.hostname:
            raise InvalidInput("INTERVIEWER_SMTP_URL", "is no smtp://user:password@host:port")
        self._sender = sender
        self._mailbox, _, self._domain = parseaddr(sender)[1].rpartition("@")
        if not (self._mailbox and self._domain) or "\n" in sender:
            raise InvalidInput("INTERVIEWER_MAIL_FROM", "is no address", sender)
        self._public_url = public_url
        self._token_of = token_of

    async def send(self, message: OutboundMessage) -> str:
        """Send it; its Message-ID. Raises as `ports.Channel` says."""
        mail = self.compose(message)
        await self._deliver(mail, self._own_address(message))
        return str(mail["Message-ID"])

    async def tell(self, address: str, subject: str, text: str, name: str) -> None:
        """Mail a person of ours. Raises as `ports.Mailer` says."""
        mail = EmailMessage()
        mail["From"] = self._sender
        mail["To"] = address
        mail["Subject"] = " ".join(subject.split())
        mail["Date"] = formatdate()
        mail["Message-ID"] = self._message_id(name)
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(text)
        try:
            await self._deliver(mail, parseaddr(self._sender)[1])
        except (Unconfirmed, Undeliverable) as error:
            raise Unavailable(f"the mail was not taken: {error.message}") from None

    async def _deliver(self, mail: EmailMessage, sender: str) -> None:
        """Hand it to the server; `sender` is where it comes back to. Raises as `Channel.send`."""
        client = self._client()
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise Unavailable(f"the mail server does not let us in: {_kind(error)}") from None
        try:
            await client.send_message(mail, sender=sender, recipients=[mail["To"]])
        except aiosmtplib.SMTPRecipientsRefused as error:
            _refused(error.recipients[0].code, is_person=True)
        except aiosmtplib.SMTPSenderRefused as error:
            raise Unavailable(f"the mail server refuses the sender: {error.code}") from None
        except aiosmtplib.SMTPResponseException as error:
            _refused(error.code)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unconfirmed(f"the mail server's answer is lost: {_kind(error)}") from None
        finally:
            client.close()

    async def lookup(self, message: OutboundMessage) -> str | None:
        """SMTP cannot say what became of a mail."""
        return None

    def compose(self, message: OutboundMessage) -> EmailMessage:
        """The mail as it goes out."""
        mail = EmailMessage()
        mail["From"] = self._sender
        mail["To"] = message.address
        mail["Subject"] = message.subject or parseaddr(self._sender)[0]
        mail["Date"] = formatdate()
        mail["Message-ID"] = self._message_id(message.message_key)
        mail["Reply-To"] = self._own_address(message)
        if message.kind != "initiated" and message.interview_id:
            first = self._message_id(f"{message.interview_id}:0")
            mail["In-Reply-To"] = mail["References"] = first
        answers = "auto-generated" if message.kind == "initiated" else "auto-replied"
        mail["Auto-Submitted"] = answers
        if self._public_url:
            one_click = f"{self._public_url}/unsubscribe/{self._token_of(message.message_key)}"
            by_mail = f"mailto:{self._own_address(message)}?subject=unsubscribe"
            mail["List-Unsubscribe"] = f"<{one_click}>, <{by_mail}>"
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail.set_content(message.text)
        mail.add_alternative(html_of(message), subtype="html")
        return mail

    def _client(self) -> aiosmtplib.SMTP:
        """TLS from the start, or by STARTTLS; in clear only to this machine."""
        server = self._server
        is_tls = server.scheme == "smtps"
        return aiosmtplib.SMTP(
            hostname=server.hostname,
            port=server.port or (465 if is_tls else 587),
            username=unquote(server.username) if server.username else None,
            password=unquote(server.password) if server.password else None,
            use_tls=is_tls,
            start_tls=False if is_tls else None if _is_here(server.hostname or "") else True,
            timeout=TIMEOUT,
        )

    def _own_address(self, message: OutboundMessage) -> str:
        """Where answers and bounces of this mail go: they tell which mail they are about."""
        return f"{self._mailbox}+{self._token_of(message.message_key)}@{self._domain}"

    def _message_id(self, message_key: str) -> str:
        name = "".join(c if c.isalnum() or c in "-_" else "." for c in message_key)
        return f"<{name}@{self._domain}>"


def html_of(message: OutboundMessage) -> str:
    """The text as HTML: paragraphs, and a line `words: link` as a link of these words."""
    said, _, foot = message.text.replace("\r\n", "\n").rpartition(FOOT)
    if not said:
        said, foot = foot, ""
    paragraphs = (part for part in said.split("\n\n") if part.strip())
    return _template().render(
        language=message.language or "en",
        subject=message.subject or "",
        body=[[_line(line) for line in part.split("\n")] for part in paragraphs],
        foot=[_line(line) for line in foot.split("\n") if line],
    )


def _line(text: str) -> Line:
    words, separator, link = text.rpartition(": ")
    if separator and link.startswith("https://") and " " not in link:
        return words, link
    return text, None


def _refused(code: int, *, is_person: bool = False) -> None:
    if code < 500:
        raise Unavailable(f"the mail server puts it off: {code}")
    raise Undeliverable(str(code), "suppress" if is_person and code in NO_SUCH_PERSON else "none")


def _kind(error: Exception) -> str:
    return type(error).__name__


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("mail.html.j2")
