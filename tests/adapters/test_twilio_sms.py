"""SMS with Twilio: what is sent, what its errors mean, and which webhooks are genuine."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from interviewer.adapters.twilio_sms import TROUBLES, TwilioSms, is_signed, signature
from interviewer.core.errors import InterviewerError, Unavailable, Unconfirmed, Undeliverable
from interviewer.core.invitation import OutboundMessage
from tests.twilio_server import ACCOUNT, SENDER, TOKEN, Fault, TwilioServer

PAYLOADS = Path(__file__).parents[2].parent / "shared" / "data" / "payloads"
PUBLIC = "https://feedback.example.com"
QUESTION = OutboundMessage(
    message_key="i1:2",
    interview_id="i1",
    seq=2,
    channel="sms",
    address="+12125550142",
    text="How did it go?",
)


@pytest.fixture
def server() -> Iterator[TwilioServer]:
    with TwilioServer() as server:
        yield server


def channel(server: TwilioServer, sender: str = SENDER, token: str = TOKEN) -> TwilioSms:
    return TwilioSms(ACCOUNT, [token], sender, public_url=PUBLIC, api_url=server.url)


def test_a_message_goes_with_its_callback_and_a_time_to_live(server: TwilioServer) -> None:
    sid = asyncio.run(channel(server).send(QUESTION))
    assert sid == server.messages[0]["sid"]
    assert server.forms == [
        {
            "To": "+12125550142",
            "From": SENDER,
            "Body": "How did it go?",
            "ValidityPeriod": "14400",
            "StatusCallback": f"{PUBLIC}/hooks/twilio/status?message=i1%3A2",
        }
    ]


def test_a_messaging_service_picks_the_number(server: TwilioServer) -> None:
    asyncio.run(channel(server, "MG1").send(QUESTION))
    assert server.forms[0]["MessagingServiceSid"] == "MG1"
    assert "From" not in server.forms[0]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(429, 20429), Unavailable),
        (Fault(400, 30001), Unavailable),
        (Fault(503), Unavailable),
        (Fault(500), Unconfirmed),
        (Fault(taken_first=True), Unconfirmed),
        (Fault(400, 21610), Undeliverable),
        (Fault(400, 99999), Undeliverable),
    ],
)
def test_what_an_answer_means(
    server: TwilioServer, fault: Fault, error: type[InterviewerError]
) -> None:
    server.faults.append(fault)
    with pytest.raises(error):
        asyncio.run(channel(server).send(QUESTION))


def test_wrong_credentials_are_mended_not_given_up(server: TwilioServer) -> None:
    with pytest.raises(Unavailable, match="20003"):
        asyncio.run(channel(server, token="old").send(QUESTION))


def test_a_server_that_is_not_there_took_nothing() -> None:
    away = TwilioSms(ACCOUNT, [TOKEN], SENDER, public_url=PUBLIC, api_url="http://127.0.0.1:9")
    with pytest.raises(Unavailable):
        asyncio.run(away.send(QUESTION))


@pytest.mark.parametrize("code", sorted(TROUBLES))
def test_every_known_error_says_what_to_do(server: TwilioServer, code: str) -> None:
    server.faults.append(Fault(400, int(code)))
    with pytest.raises(Undeliverable) as caught:
        asyncio.run(channel(server).send(QUESTION))
    assert (caught.value.code, caught.value.trouble) == (code, TROUBLES[code])


def test_a_lost_answer_is_found_by_number_and_text(server: TwilioServer) -> None:
    sms = channel(server)
    assert asyncio.run(sms.lookup(QUESTION)) is None
    server.faults.append(Fault(taken_first=True))
    with pytest.raises(Unconfirmed):
        asyncio.run(sms.send(QUESTION))
    assert asyncio.run(sms.lookup(QUESTION)) == server.messages[0]["sid"]
    other = QUESTION.model_copy(update={"text": "What happened?"})
    assert asyncio.run(sms.lookup(other)) is None


# webhooks


def vectors() -> list[dict[str, Any]]:
    file = PAYLOADS / "signature_vectors.json"
    found = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    return [vector for vector in found if vector["source"].startswith("twilio")]


@pytest.mark.skipif(not vectors(), reason="shared: the payloads are not beside the project")
def test_golden_vectors() -> None:
    for vector in vectors():
        presented, token = vector["headers"]["X-Twilio-Signature"], vector["secret"]
        if vector["file"] is None:
            made = signature(vector["url"], vector["params"].items(), token)
            assert made == presented
            continue
        raw = (PAYLOADS / vector["file"]).read_bytes()
        genuine = is_signed(raw, presented, vector["url"], [token])
        assert genuine == (vector["expect"] == "accept"), vector["note"]
        if genuine:
            assert is_signed(raw, presented, vector["url"], ["other", token])
            assert not is_signed(raw, presented, vector["url"], ["other"])


@pytest.mark.skipif(not vectors(), reason="shared: the payloads are not beside the project")
def test_every_changed_byte_of_a_body_is_refused() -> None:
    for vector in vectors():
        if vector["file"] is None or vector["expect"] != "accept":
            continue
        raw = (PAYLOADS / vector["file"]).read_bytes()
        fields = parse_qsl(raw.decode(), keep_blank_values=True)
        for place in range(len(raw)):
            changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
            same = parse_qsl(changed.decode("utf-8", "replace"), keep_blank_values=True) == fields
            assert same or not is_signed(
                changed, vector["headers"]["X-Twilio-Signature"], vector["url"], [vector["secret"]]
            )


def form(**fields: str) -> bytes:
    return urlencode(fields).encode()


def test_a_webhook_is_checked_against_the_public_url(server: TwilioServer) -> None:
    sms = channel(server)
    raw = form(MessageSid="SM1", From="+1", Body="", To=SENDER)
    path = "/hooks/twilio/inbound?a=b"
    signed = signature(PUBLIC + path, parse_qsl(raw.decode(), keep_blank_values=True), TOKEN)
    assert sms.is_genuine(raw, {"x-twilio-signature": signed}, path)
    assert not sms.is_genuine(raw, {"x-twilio-signature": signed}, "/hooks/twilio/inbound")
    assert not sms.is_genuine(raw, {}, path)
    assert not sms.is_genuine(raw + b"&x=", {"x-twilio-signature": signed}, path)


def test_a_message_with_pictures(server: TwilioServer) -> None:
    raw = form(
        MessageSid="MM1",
        From="+12125550142",
        Body=" ok ",
        NumMedia="1",
        MediaContentType0="image/jpeg",
        MediaUrl0="https://api.twilio.com/1",
    )
    came = channel(server).received(raw)
    assert (came.provider_id, came.address, came.text) == ("MM1", "+12125550142", " ok ")
    assert [media.content_type for media in came.media] == ["image/jpeg"]
    assert not came.is_answered


@pytest.mark.parametrize(
    ("status", "code", "delivery", "trouble"),
    [
        ("queued", None, "accepted", "none"),
        ("sent", None, "accepted", "none"),
        ("delivered", None, "delivered", "none"),
        ("undelivered", "30003", "failed", "retry"),
        ("failed", "21610", "failed", "suppress"),
        ("failed", "12345", "failed", "none"),
    ],
)
def test_a_report(
    server: TwilioServer, status: str, code: str | None, delivery: str, trouble: str
) -> None:
    raw = form(MessageSid="SM9", MessageStatus=status, **({"ErrorCode": code} if code else {}))
    path = urlsplit(f"{PUBLIC}/hooks/twilio/status?message=i1%3A2")
    report = channel(server).report(raw, f"{path.path}?{path.query}")
    assert report is not None
    assert (report.message_key, report.provider_id) == ("i1:2", "SM9")
    assert (report.delivery, report.error_code, report.trouble) == (delivery, code, trouble)
