"""Mail against a real server: what it gets, and what its refusals mean."""

import asyncio
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

from interviewer.adapters.smtp_mail import SmtpMail, html_of
from interviewer.core.errors import (
    InterviewerError,
    InvalidInput,
    Unavailable,
    Unconfirmed,
    Undeliverable,
)
from interviewer.core.invitation import OutboundMessage
from tests.smtp_server import MailServer

PUBLIC = "https://feedback.example.com"
INVITATION = OutboundMessage(
    message_key="i1:0",
    interview_id="i1",
    seq=0,
    kind="initiated",
    channel="email",
    address="robin@example.com",
    subject="Harbor Parcel: a short question (Lieferung, 15. September)",
    language="de",
    text=(
        "Hallo, hier ist der automatische Assistent von Harbor <Parcel>.\nWie war es für Sie?\n\n"
        f"Hier antworten: {PUBLIC}/i/token\n\n-- \nHarbor Parcel\n1 Quay, Boston\n"
        f"Datenschutzhinweise: {PUBLIC}/privacy"
    ),
)


@pytest.fixture
def mailroom() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def mail(mailroom: MailServer) -> SmtpMail:
    return channel(mailroom.port)


def channel(port: int) -> SmtpMail:
    return SmtpMail(
        f"smtp://127.0.0.1:{port}",
        "Harbor Parcel <feedback@example.com>",
        public_url=PUBLIC,
        token_of=lambda key: f"t-{key.replace(':', '.')}",
    )


def test_a_mail_arrives_with_all_that_it_needs(mail: SmtpMail, mailroom: MailServer) -> None:
    message_id = asyncio.run(mail.send(INVITATION))
    (got,) = mailroom.mails
    assert mailroom.senders == ["feedback+t-i1.0@example.com"]
    assert {name: got[name] for name in got if name not in ("Date", "Content-Type")} == {
        "From": "Harbor Parcel <feedback@example.com>",
        "To": "robin@example.com",
        "Subject": INVITATION.subject,
        "Message-ID": message_id,
        "Reply-To": "feedback+t-i1.0@example.com",
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": f"<{PUBLIC}/unsubscribe/t-i1.0>, "
        "<mailto:feedback+t-i1.0@example.com?subject=unsubscribe>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "MIME-Version": "1.0",
    }
    assert message_id == "<i1.0@example.com>"
    assert got.get_content_type() == "multipart/alternative"
    plain, html = got.iter_parts()
    assert [part.get_content_type() for part in (plain, html)] == ["text/plain", "text/html"]
    assert plain.get_content().splitlines() == INVITATION.text.splitlines()


def test_a_later_mail_follows_the_first_one(mail: SmtpMail, mailroom: MailServer) -> None:
    later = {"message_key": "i1:2", "seq": 2, "kind": "reply"}
    asyncio.run(mail.send(INVITATION.model_copy(update=later)))
    (got,) = mailroom.mails
    assert (got["In-Reply-To"], got["Auto-Submitted"]) == ("<i1.0@example.com>", "auto-replied")


class Page(HTMLParser):
    """Elements with their attributes, and the words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_html_says_the_same_and_loads_nothing() -> None:
    page = Page(html_of(INVITATION))
    assert ("html", {"lang": "de"}) in page.elements
    links = [attributes["href"] for tag, attributes in page.elements if tag == "a"]
    assert links == [f"{PUBLIC}/i/token", f"{PUBLIC}/privacy"]
    assert not {tag for tag, _ in page.elements} & {"img", "script", "link", "iframe", "parcel"}
    for words in ("Harbor <Parcel>", "Wie war es für Sie?", "Hier antworten", "1 Quay, Boston"):
        assert words in page.words


def test_what_looks_like_markup_or_another_link_stays_words() -> None:
    hostile = "<script>alert(1)</script>\n\nsee: javascript:alert(1)\n\nx: http://insecure"
    page = Page(html_of(INVITATION.model_copy(update={"text": hostile})))
    assert not {tag for tag, _ in page.elements} & {"script", "a"}
    assert "<script>alert(1)</script>" in page.words


@pytest.mark.parametrize(
    ("at_recipient", "at_data", "error", "trouble"),
    [
        ("550 5.1.1 unknown", "", Undeliverable, "suppress"),
        ("554 5.7.1 not you", "", Undeliverable, "none"),
        ("451 4.2.0 later", "", Unavailable, None),
        ("250 OK", "452 4.3.1 full", Unavailable, None),
        ("250 OK", "554 5.6.0 no", Undeliverable, "none"),
        ("250 OK", "drop", Unconfirmed, None),
    ],
)
def test_what_a_refusal_means(
    mail: SmtpMail,
    mailroom: MailServer,
    at_recipient: str,
    at_data: str,
    error: type[InterviewerError],
    trouble: str | None,
) -> None:
    mailroom.at_recipient, mailroom.at_data = at_recipient, at_data
    with pytest.raises(error) as caught:
        asyncio.run(mail.send(INVITATION))
    assert getattr(caught.value, "trouble", None) == trouble


def test_a_server_that_is_not_there_took_nothing() -> None:
    with pytest.raises(Unavailable):
        asyncio.run(channel(9).send(INVITATION))


def test_no_line_break_gets_into_a_header(mail: SmtpMail) -> None:
    split = INVITATION.model_copy(update={"subject": "a\r\nBcc: all@example.com"})
    with pytest.raises(ValueError, match="linefeed"):
        mail.compose(split)


@pytest.mark.parametrize(
    ("url", "sender"), [("http://x", "a@example.com"), ("smtp://host", "nobody")]
)
def test_settings_that_cannot_work_are_named(url: str, sender: str) -> None:
    with pytest.raises(InvalidInput, match="INTERVIEWER_"):
        SmtpMail(url, sender, public_url=PUBLIC, token_of=str)
