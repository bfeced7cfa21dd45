"""A local server that speaks POST /v1/chat/completions as it is told to, request by request."""

import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True)
class Reply:
    """What one request gets."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs: bool = False  # until the server closes
    resets: bool = False  # the connection, without a byte


def completion(message: Mapping[str, Any], finish: str = "stop", usage: Any = None) -> Reply:
    """A whole chat completion around a message."""
    usage = usage or {"prompt_tokens": 700, "completion_tokens": 90, "total_tokens": 790}
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "scripted"}
    return Reply(json.dumps({**head, "choices": [choice], "usage": usage}).encode())


def says(content: object, finish: str = "stop") -> Reply:
    """An answer with this content; anything but a text is sent as JSON."""
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return completion({"content": text}, finish)


def refuses() -> Reply:
    return completion({"content": None, "refusal": "I cannot help with that."})


def fails(status: int, message: str = "no", **headers: str) -> Reply:
    body = json.dumps({"error": {"message": message, "type": "error"}}).encode()
    return Reply(body, status, {name.replace("_", "-"): value for name, value in headers.items()})


HANGS = Reply(hangs=True)
RESETS = Reply(resets=True)


class OpenAiServer:
    """A real HTTP server in a thread: one reply per request, in order; 500 when none is left."""

    def __init__(self, *replies: Reply) -> None:
        self.requests: list[dict[str, Any]] = []
        self._replies = deque(replies)
        self._closing = threading.Event()
        self._called = threading.Semaphore(0)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def calls(self) -> int:
        return len(self.requests)

    def wait_for_call(self) -> None:
        """Until one more request has arrived."""
        assert self._called.acquire(timeout=60), "nobody called"

    def will(self, *replies: Reply) -> None:
        """Add replies for the next requests."""
        self._replies.extend(replies)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one packet per reply
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                server.requests.append({"path": self.path, **json.loads(body)})
                server._called.release()
                reply = server._replies.popleft() if server._replies else fails(500, "no script")
                if reply.hangs:
                    server._closing.wait()
                if reply.hangs or reply.resets:
                    self._reset()
                else:
                    self._send(reply)

            def _send(self, reply: Reply) -> None:
                self.send_response(reply.status)
                headers = {"Content-Type": "application/json", **reply.headers}
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            def _reset(self) -> None:
                linger = struct.pack("ii", 1, 0)  # close() sends a reset
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        return Handler
