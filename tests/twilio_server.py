"""A local server that speaks Twilio's REST API: it takes messages, lists them, can misbehave."""

import base64
import json
import socket
import struct
import threading
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

ACCOUNT, TOKEN, SENDER = "AC123", "secret-token", "+15005550006"


UNKNOWN = (401, {"code": 20003, "status": 401})


@dataclass(frozen=True)
class Fault:
    """What the next message gets in place of being taken."""

    status: int = 400
    code: int | None = None
    taken_first: bool = False  # it is sent, and the answer is lost


class TwilioServer:
    """Messages as Twilio keeps them; `faults` are had by the next requests, in order."""

    def __init__(self) -> None:
        self.messages: list[dict[str, str]] = []
        self.forms: list[dict[str, str]] = []
        self.faults: deque[Fault] = deque()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def texts(self) -> list[str]:
        return [message["body"] for message in self.messages]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def take(self, form: dict[str, str]) -> dict[str, str]:
        message = {
            "sid": f"SM{len(self.messages) + 1:032d}",
            "to": form["To"],
            "from": form.get("From", SENDER),
            "body": form["Body"],
            "status": "queued",
            "date_created": format_datetime(datetime.now(UTC)),
        }
        self.forms.append(form)
        self.messages.append(message)
        return message

    def answer(self, form: dict[str, str]) -> tuple[int, Any] | None:
        """Status and body; None when the answer is lost."""
        fault = self.faults.popleft() if self.faults else None
        if fault is None:
            return 201, self.take(form)
        if fault.taken_first:
            self.take(form)
            return None
        return fault.status, {"code": fault.code, "status": fault.status}

    def listed(self, To: str, From: str = SENDER, **_: str) -> list[dict[str, str]]:
        """Newest first."""
        sent = reversed(self.messages)
        return [one for one in sent if (one["to"], one["from"]) == (To, From)]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                form = dict(parse_qsl(raw.decode(), keep_blank_values=True))
                answer = server.answer(form) if self._is_known() else UNKNOWN
                return self._send(*answer) if answer else self._reset()

            def do_GET(self) -> None:
                query = dict(parse_qsl(urlsplit(self.path).query))
                listed = (200, {"messages": server.listed(**query)})
                self._send(*(listed if self._is_known() else UNKNOWN))

            def _is_known(self) -> bool:
                path = urlsplit(self.path).path
                given = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
                return (
                    path == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
                    and self.headers["Authorization"] == f"Basic {given}"
                )

            def _send(self, status: int, body: Any) -> None:
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def _reset(self) -> None:
                linger = struct.pack("ii", 1, 0)  # close() sends a reset
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        return Handler
