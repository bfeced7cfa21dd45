"""From a mail to a conversation: invitation, link, answers by mail, bounces, signing off."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from email import message_from_string
from email.message import EmailMessage
from email.policy import default
from functools import partial
from pathlib import Path

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from interviewer.adapters.mail_reader import read_mail
from interviewer.adapters.smtp_mail import SmtpMail
from interviewer.core.book import Suppression
from interviewer.core.contact import is_suppressed
from interviewer.core.interview import Interview
from interviewer.interviews import conversation, links
from interviewer.outreach.incoming_mail import take_mail
from interviewer.outreach.mail_text import mail_token
from interviewer.ports import Services
from interviewer.settings import Settings
from interviewer.web.app import create_app
from tests.fakes import services_in
from tests.outreach.test_outreach import SETTLED
from tests.smtp_server import MailServer
from tests.story import EMAIL, launch, shipment, tell, wait, work

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


@dataclass
class Mails:
    """An installation that invites by mail, its mail server, and the browser of a respondent."""

    services: Services
    server: MailServer
    browser: TestClient

    def new(self) -> list[EmailMessage]:
        """What arrived since the last look, after the worker has done its work."""
        before = len(self.server.mails)
        wait(self.services, SECOND)
        work(self.services)
        work(self.services)
        return self.server.mails[before:]

    @property
    def interview(self) -> Interview:
        (found,) = self.services.store.interviews()
        return found

    @property
    def is_stopped(self) -> bool:
        rows = self.services.store.find(Suppression, address=EMAIL)
        return is_suppressed(rows, EMAIL, "email")

    def comes(self, mail: EmailMessage) -> str:
        """A mail came to our address."""
        return take_mail(self.services, read_mail(mail.as_bytes()))

    def wants_link(self, path: str) -> Response:
        return self.browser.post(path, data={"action": "new_link"})

    def look(self, path: str) -> int:
        return self.browser.get(path).status_code


@pytest.fixture
def mails(tmp_path: Path) -> Iterator[Mails]:
    with MailServer() as server:
        services = services_in(tmp_path)
        mail = SmtpMail(
            f"smtp://127.0.0.1:{server.port}",
            "Harbor Parcel <feedback@harbor.example.com>",
            public_url=services.organization.public_url,
            token_of=partial(mail_token, services.sealer),
        )
        senders = ("+15005550006", "feedback@harbor.example.com")
        organization = replace(services.organization, senders=senders)
        services = replace(services, channels={"email": mail}, organization=organization)
        launch(services, "delivery-check")
        tell(services, shipment("1", "delivered"))
        wait(services, SETTLED)
        settings = Settings(database_url="postgresql://no-worker-in-this-app")
        app = create_app(services, settings)
        yield Mails(services, server, TestClient(app, follow_redirects=False))


@pytest.fixture
def invited(mails: Mails) -> tuple[Mails, EmailMessage]:
    (mail,) = mails.new()
    return mails, mail


Invited = tuple[Mails, EmailMessage]


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body
    return str(body.get_content())


def path_in(mail: EmailMessage, start: str) -> str:
    found = re.search(rf"https://feedback\.harbor\.example\.com({start}[\w.-]+)", text_of(mail))
    assert found
    return found[1]


def answer_to(mail: EmailMessage, text: str, **headers: str) -> EmailMessage:
    reply = EmailMessage()
    known = {"From": "somebody@else.example.org", "To": mail["Reply-To"], "Message-ID": "<a1@x>"}
    for name, value in {**known, "Subject": f"Re: {mail['Subject']}"}.items():
        reply[name] = headers.pop(name.replace("-", "_"), value)
    for name, value in headers.items():
        reply[name.replace("_", "-")] = value
    reply.set_content(text)
    return reply


def bounce_of(mail: EmailMessage, status: str) -> EmailMessage:
    raw = (
        f"From: MAILER-DAEMON@example.com\r\nTo: {mail['Reply-To']}\r\n"
        "Message-ID: <b1@x>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
        f"Final-Recipient: rfc822; {EMAIL}\r\nAction: failed\r\nStatus: {status}\r\n\r\n--b--\r\n"
    )
    return message_from_string(raw, policy=default)


def test_a_mail_leads_to_the_conversation(invited: Invited) -> None:
    mails, mail = invited
    path = path_in(mail, "/i/")
    assert mails.look(path) == 200
    form = {"message_id": "m1", "text": "The box was crushed and nobody told me."}
    assert mails.browser.post(path, data=form).status_code == 303
    assert mails.interview.channel == "chat"
    assert len(mails.interview.turns) == 3
    assert mails.new() == []  # what is said on the page is answered there


def test_an_answer_by_mail_joins_the_interview_and_is_answered_by_mail(invited: Invited) -> None:
    mails, mail = invited
    words = "The box was crushed.\n\nOn Tue, Harbor Parcel wrote:\n> How did it go?"
    assert mails.comes(answer_to(mail, words)) == "answer"
    assert mails.comes(answer_to(mail, words)) == "known"
    (reply,) = mails.new()
    assert mails.interview.answers[0].text == "The box was crushed."
    assert text_of(reply).strip() == mails.interview.said[-1].text
    assert reply["In-Reply-To"] == mail["Message-ID"]
    assert reply["To"] == EMAIL  # not who the answer says it is from


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ("Please stop writing to me", {}),
        ("", {"Subject": "unsubscribe"}),
    ],
)
def test_a_wish_to_hear_no_more(invited: Invited, text: str, headers: dict[str, str]) -> None:
    mails, mail = invited
    mails.comes(answer_to(mail, text, **headers))
    assert mails.is_stopped
    (confirmation,) = mails.new()
    assert "?" not in text_of(confirmation)
    assert mails.interview.status == "opted_out"


@pytest.mark.parametrize(
    "headers",
    [{"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"Return_Path": "<>"}],
)
def test_automatic_mail_is_never_answered(invited: Invited, headers: dict[str, str]) -> None:
    mails, mail = invited
    assert mails.comes(answer_to(mail, "I am away. STOP", **headers)) == "automatic"
    assert mails.new() == []
    assert mails.interview.answers == ()
    assert not mails.is_stopped


def test_a_bounce_ends_our_mails_and_a_soft_one_does_not(invited: Invited) -> None:
    mails, mail = invited
    assert mails.comes(bounce_of(mail, "4.2.2")) == "soft_bounce"
    assert not mails.is_stopped
    assert mails.comes(bounce_of(mail, "5.1.1")) == "bounce"


def test_a_hard_bounce_suppresses(invited: Invited) -> None:
    mails, mail = invited
    mails.comes(bounce_of(mail, "5.1.1"))
    assert mails.is_stopped


def test_who_forges_an_address_of_ours_reaches_nothing(invited: Invited) -> None:
    mails, mail = invited
    forged = mail["Reply-To"].replace("@", "x@")
    assert mails.comes(answer_to(mail, "STOP", To=forged)) == "not_ours"
    assert mails.comes(answer_to(mail, "STOP", To="feedback@harbor.example.com")) == "not_ours"
    assert not mails.is_stopped


def test_one_click_signs_off_and_looking_does_not(invited: Invited) -> None:
    mails, mail = invited
    path = path_in(mail, "/unsubscribe/")
    assert f"<https://feedback.harbor.example.com{path}>" in mail["List-Unsubscribe"]
    assert mails.look(path) == 200
    assert not mails.is_stopped
    one_click = {"List-Unsubscribe": "One-Click"}
    elsewhere = {"Origin": "https://mail.example.org", "Sec-Fetch-Site": "cross-site"}
    assert mails.browser.post(path, data=one_click, headers=elsewhere).status_code == 200
    assert mails.is_stopped
    assert mails.look(path[:-1] + "x") == 404
    assert mails.browser.post(path[:-1] + "x").status_code == 404


# links


def test_a_replaced_link_works_no_more_and_its_person_may_get_another(invited: Invited) -> None:
    mails, mail = invited
    old = path_in(mail, "/i/")
    links.replace_link(mails.services, mails.interview.interview_id)
    assert mails.look(old) == 404
    assert mails.wants_link(old).status_code == 200
    (sent,) = mails.new()
    assert sent["To"] == EMAIL
    assert mails.look(path_in(sent, "/i/")) == 200


def test_asking_for_a_link_tells_nothing(invited: Invited) -> None:
    mails, mail = invited
    known, unknown = path_in(mail, "/i/"), "/i/nobodys"
    links.replace_link(mails.services, mails.interview.interview_id)
    said = [mails.wants_link(path).text for path in (known, unknown)]
    assert said[0] == said[1]
    gone = [mails.browser.get(path).text for path in (unknown, known)]
    assert gone[0] == gone[1]  # it was replaced just now
    assert len(mails.new()) == 1


def test_a_revoked_link_is_gone_for_good(invited: Invited) -> None:
    mails, mail = invited
    path = path_in(mail, "/i/")
    links.revoke_link(mails.services, mails.interview.interview_id)
    assert mails.look(path) == 404
    mails.wants_link(path)
    assert mails.new() == []


def test_who_asks_after_the_end_may_still_answer(invited: Invited) -> None:
    mails, mail = invited
    path = path_in(mail, "/i/")
    wait(mails.services, 2 * DAY)
    work(mails.services)
    assert mails.interview.close_reason == "expired"
    assert mails.look(path) == 404
    mails.wants_link(path)
    (sent,) = mails.new()
    assert mails.look(path_in(sent, "/i/")) == 200
    assert mails.interview.status == "open"


def test_a_finished_interview_gets_no_new_link(invited: Invited) -> None:
    mails, mail = invited
    path = path_in(mail, "/i/")
    said = conversation.receive(mails.services, mails.interview.interview_id, "m1", "stop")
    asyncio.run(said)
    mails.wants_link(path)
    mails.new()
    assert all(m["Subject"] != mail["Subject"] for m in mails.server.mails[1:])


def test_is_this_real(mails: Mails) -> None:
    def ask(sender: str) -> str:
        return mails.browser.post("/is-this-real", data={"sender": sender}).text

    assert mails.look("/is-this-real") == 200
    assert "Yes, this is us" in ask("Harbor <feedback@harbor.example.com>")
    assert "Yes, this is us" in ask("+1 500 555 0006")
    assert "not one of ours" in ask(EMAIL)
    assert ask("+12125550100") == ask("nobody@example.org")
    while (last := mails.browser.get("/is-this-real")).status_code == 200:
        pass
    assert last.status_code == 429
