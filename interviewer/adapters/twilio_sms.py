"""SMS with Twilio: one HTTP call per message, and what its webhooks say.

Facts about the API: twilio.com/docs/messaging and the helper library twilio-python
(`request_validator.py`). A message has no idempotency key there, so one whose answer is lost is
looked up, never sent again.
"""

import base64
import hashlib
import hmac
import ssl
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from urllib.parse import parse_qs, parse_qsl, quote, urlsplit

import httpx2

from interviewer.core.errors import Trouble, Unavailable, Unconfirmed, Undeliverable
from interviewer.core.inbound import Media
from interviewer.core.invitation import Delivery, OutboundMessage
from interviewer.ports import DeliveryReport, Received

TIMEOUT = 10.0  # seconds
VALID = timedelta(hours=4)  # a text that Twilio cannot send by then is dropped, not sent at night
TALK = timedelta(days=1)  # a message whose answer was lost is younger than this
MOST_MEDIA = 10  # of one message
STATUS_PATH = "/hooks/twilio/status"
TWIML = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'

BUSY = frozenset(("20429", "30001"))  # too many requests; the queue is full
TROUBLES: Mapping[str, Trouble] = {
    "21610": "suppress",  # the person sent STOP to Twilio
    "21211": "bad_number",  # no valid number
    "21614": "bad_number",  # no mobile number
    "30003": "retry",  # the phone is off
    "30004": "suppress",  # the person blocks us
    "30005": "bad_number",  # unknown number
    "30006": "bad_number",  # a landline
    "30007": "pause_study",  # filtered as spam
    "30008": "retry",  # unknown
    "30034": "stop_sender",  # US number without a registered campaign
}
DELIVERIES: Mapping[str, Delivery] = {
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "failed",
    "failed": "failed",
}
NEVER_LEFT = (  # the request did not reach Twilio
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
    httpx2.LocalProtocolError,
)


class TwilioSms:
    """The channel `sms`, and the reader of its webhooks."""

    webhook_answer = (TWIML, "text/xml")

    def __init__(
        self,
        account: str,
        tokens: Sequence[str],
        sender: str,
        *,
        public_url: str,
        api_url: str = "https://api.twilio.com",
    ) -> None:
        """Set up the channel.

        Args:
            account: The account's SID.
            tokens: The auth token; while it is rotated the secondary one as well.
            sender: Our number, or the SID of a messaging service (MG...).
            public_url: Where Twilio reaches us; what it signs starts with it.
            api_url: Where we reach Twilio.
        """
        self._account = account
        self._tokens = tuple(tokens)
        self._sender = sender
        self._public_url = public_url
        self._messages = f"{api_url}/2010-04-01/Accounts/{account}/Messages.json"

    async def send(self, message: OutboundMessage) -> str:
        """Send it; the message's SID. Raises as `ports.Channel` says."""
        form = {
            "To": message.address,
            "Body": message.text,
            "ValidityPeriod": str(int(VALID.total_seconds())),
            self._sender_field: self._sender,
        }
        if self._public_url:
            key = quote(message.message_key, safe="")
            form["StatusCallback"] = f"{self._public_url}{STATUS_PATH}?message={key}"
        answer = await self._call("POST", data=form)
        return _sid(answer)

    async def lookup(self, message: OutboundMessage) -> str | None:
        """The SID of the newest message with this text to this number, of the last day."""
        query = {"To": message.address, "PageSize": "50"}
        if self._sender_field == "From":
            query["From"] = self._sender
        answer = await self._call("GET", params=query)
        if answer.status_code != 200:
            raise Unavailable(f"Twilio answers {answer.status_code}")
        now = _time(answer.headers.get("date"))
        for sent in answer.json().get("messages", []):
            made = _time(sent.get("date_created"))
            is_new = now is None or made is None or now - made < TALK
            # A trial account puts words of its own in front.
            if is_new and str(sent.get("body", "")).endswith(message.text):
                return str(sent["sid"])
        return None

    @property
    def _sender_field(self) -> str:
        return "MessagingServiceSid" if self._sender.startswith("MG") else "From"

    async def _call(
        self,
        method: str,
        *,
        data: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        client = httpx2.AsyncClient(
            auth=(self._account, self._tokens[0]), timeout=TIMEOUT, verify=_trust()
        )
        try:
            async with client:
                return await client.request(method, self._messages, data=data, params=params)
        except NEVER_LEFT as error:
            raise Unavailable(f"Twilio is not reached: {type(error).__name__}") from None
        except httpx2.RequestError as error:
            raise Unconfirmed(f"Twilio's answer is lost: {type(error).__name__}") from None

    # webhooks

    def is_genuine(self, raw: bytes, headers: Mapping[str, str], path: str) -> bool:
        """Whether Twilio signed this request to us; `path` is the path with its query."""
        presented = headers.get("x-twilio-signature", "")
        return is_signed(raw, presented, f"{self._public_url}{path}", self._tokens)

    def received(self, raw: bytes) -> Received:
        """The message of a person in an inbound webhook.

        Raises:
            KeyError: It has no sender or no id.
        """
        form = dict(_fields(raw))
        number = form.get("NumMedia", "")
        files = range(min(int(number), MOST_MEDIA)) if number.isdecimal() else ()
        return Received(
            channel="sms",
            provider_id=form["MessageSid"],
            address=form["From"],
            text=form.get("Body", ""),
            media=tuple(
                Media(
                    content_type=form.get(f"MediaContentType{n}", ""),
                    url=form.get(f"MediaUrl{n}", ""),
                )
                for n in files
            ),
            is_answered=bool(form.get("OptOutType")),
        )

    def report(self, raw: bytes, path: str) -> DeliveryReport | None:
        """What a status webhook says of a message; None when it names none of ours.

        Raises:
            KeyError: It has no id or no status.
        """
        keys = parse_qs(urlsplit(path).query).get("message")
        if not keys:
            return None
        form = dict(_fields(raw))
        code = form.get("ErrorCode") or None
        delivery = DELIVERIES.get(form["MessageStatus"], "accepted")
        trouble = TROUBLES.get(code or "", "none") if delivery == "failed" else "none"
        return DeliveryReport(keys[0], form["MessageSid"], delivery, code, trouble)


def is_signed(raw: bytes, presented: str, url: str, tokens: Sequence[str]) -> bool:
    """Whether one of the tokens signed this form for this URL; compared in constant time."""
    fields = _fields(raw)
    own = [signature(url, fields, token).encode() for token in tokens]
    return any([hmac.compare_digest(each, presented.encode()) for each in own])


def signature(url: str, fields: Iterable[tuple[str, str]], token: str) -> str:
    """Twilio's signature: the URL and every field by name, a repeated value once."""
    signed = "".join(name + value for name, value in sorted(set(fields)))
    digest = hmac.new(token.encode(), (url + signed).encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def _fields(raw: bytes) -> list[tuple[str, str]]:
    """The fields of a form as they were sent: blank values count, and nothing is trimmed."""
    return parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True)


def _sid(answer: httpx2.Response) -> str:
    """The SID in Twilio's answer, or what the answer means."""
    try:
        body = answer.json()
    except ValueError:
        body = {}
    if answer.is_success and isinstance(body, dict) and body.get("sid"):
        return str(body["sid"])
    if answer.is_success or (answer.status_code >= 500 and answer.status_code != 503):
        raise Unconfirmed(f"Twilio answers {answer.status_code}")
    code = str(body.get("code") or answer.status_code)
    if answer.status_code in (401, 403, 429, 503) or code in BUSY:
        raise Unavailable(f"Twilio answers {answer.status_code}, code {code}")
    raise Undeliverable(code, TROUBLES.get(code, "none"))


def _time(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text) if text else None
    except ValueError:
        return None


@cache
def _trust() -> ssl.SSLContext:
    """Read once: it takes longer than a message."""
    return ssl.create_default_context()
