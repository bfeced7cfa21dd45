"""A chat model: any server that speaks the OpenAI chat protocol, asked for one JSON object.

Whatever goes wrong has a reason that holds no text of the answer.
"""

import asyncio
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeVar

from pydantic import SecretStr, ValidationError

from interviewer.core.errors import Unavailable

if TYPE_CHECKING:  # loaded with the first call: they cost a second and 86 MB
    import httpx2
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage

T = TypeVar("T")

LONGEST_PAUSE = 2.0  # seconds of a Retry-After that are worth waiting for
UNKNOWN_TO_SOME = {  # parameters that some servers refuse, and how they name them
    "response_format": re.compile(r"\b(response_format|json_schema)\b"),
    "store": re.compile(r"\bstore\b"),
}


@dataclass(frozen=True, slots=True)
class Connection:
    """A chat model and the HTTP client under it; both belong to one event loop."""

    client: "httpx2.AsyncClient"
    model: "BaseChatModel"


class ChatModel:
    """One model of one server.

    A server enters it as a context for as long as it runs; a short program may go without. The
    caller's deadline is a cancellation (`asyncio.timeout` around the call); `timeout`, in seconds,
    ends a call that nobody watches.
    """

    def __init__(
        self, model: str, base_url: str | None, api_key: str | None, *, timeout: float
    ) -> None:
        self.model = model
        self._base_url = base_url
        # A local server needs no key, but the client insists on one.
        key = api_key or ("none" if base_url else None)
        self._api_key = SecretStr(key) if key else None
        self._timeout = timeout
        self._connections: dict[asyncio.AbstractEventLoop, Connection] = {}
        self._refused: frozenset[str] = frozenset()  # parameters this server does not know

    async def __aenter__(self) -> Self:
        """Load the client now: the first import takes seconds that a first call may not have."""
        await self._model()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections of the running event loop."""
        connection = self._connections.pop(asyncio.get_running_loop(), None)
        if connection:
            await connection.client.aclose()

    async def answer(
        self,
        system: str,
        user: str,
        *,
        name: str,
        schema: Mapping[str, Any],
        read: Callable[["AIMessage"], T],
    ) -> T:
        """What `read` makes of the answer to one prompt.

        Raises:
            Unavailable: No usable answer came; it says why in our words.
        """
        try:
            return read(await self._asked(system, user, name, schema))
        except Exception as error:  # a server may send anything, and the client raise anything
            raise Unavailable(_reason_of(error)) from None

    async def _asked(
        self, system: str, user: str, name: str, schema: Mapping[str, Any]
    ) -> "AIMessage":
        """With at most one retry of the transport."""
        import openai

        strict = {"name": name, "strict": True, "schema": schema}
        messages = [("system", system), ("human", user)]
        async with asyncio.timeout(self._timeout):
            model = await self._model()
            try:
                return await model.ainvoke(messages, **self._parameters(strict))
            except openai.APIError as error:
                pause = self._pause_before_retry(error)
                if pause is None:
                    raise
            await asyncio.sleep(pause)
            return await model.ainvoke(messages, **self._parameters(strict))

    def _parameters(self, strict: Mapping[str, Any]) -> dict[str, Any]:
        plain = "response_format" in self._refused
        parameters: dict[str, Any] = {
            "response_format": {"type": "json_object"}
            if plain
            else {"type": "json_schema", "json_schema": strict},
            "store": False,
        }
        return {k: v for k, v in parameters.items() if k != "store" or k not in self._refused}

    def _pause_before_retry(self, error: Exception) -> float | None:
        """Seconds until the same call is worth making again; None when it is not."""
        import openai

        if isinstance(error, openai.APIConnectionError):
            return None if isinstance(error, openai.APITimeoutError) else 0.0
        if not isinstance(error, openai.APIStatusError):
            return None
        if error.status_code in (400, 422):
            return 0.0 if self._learns_from(str(error)) else None
        if error.status_code not in (429, 503):
            return None
        absent = math.inf if error.status_code == 429 else 0.0
        pause = _seconds(error.response.headers.get("retry-after"), absent)
        return pause if 0 <= pause <= LONGEST_PAUSE else None

    def _learns_from(self, refusal: str) -> bool:
        """Whether the server named a parameter that it has to be spared from now on."""
        named = {name for name, words in UNKNOWN_TO_SOME.items() if words.search(refusal)}
        new = named - self._refused
        self._refused |= new
        return bool(new)

    async def _model(self) -> "BaseChatModel":
        """The chat model of the running event loop; a client works on one loop only."""
        loop = asyncio.get_running_loop()
        if loop not in self._connections:
            # In a thread: the first import takes a second, and other turns go on meanwhile.
            connection = await asyncio.to_thread(self._connect)
            alive = {k: v for k, v in self._connections.items() if not k.is_closed()}
            self._connections = {**alive, loop: connection}
        return self._connections[loop].model

    def _connect(self) -> Connection:
        import httpx2
        import langsmith
        from langchain.chat_models import init_chat_model

        langsmith.configure(enabled=False)  # a transcript goes nowhere but to the model
        client = httpx2.AsyncClient(timeout=self._timeout)
        model = init_chat_model(
            self.model,
            model_provider="openai",
            base_url=self._base_url,
            api_key=self._api_key,
            timeout=self._timeout,
            max_retries=0,  # the one retry is ours
            use_responses_api=False,
            http_async_client=client,
        )
        return Connection(client, model)


def json_of(message: "AIMessage") -> str:
    """The JSON object in a message; text around it, such as a code fence, is left out.

    Raises:
        Unavailable: The model refused, or said nothing.
    """
    if message.additional_kwargs.get("refusal"):
        raise Unavailable("refusal")
    if not isinstance(message.content, str) or not message.content.strip():
        raise Unavailable("empty")
    text = message.content
    return text[text.find("{") : text.rfind("}") + 1]


def _reason_of(error: Exception) -> str:
    """Why no answer came, in words that hold nothing of what the server sent."""
    import openai

    match error:
        case Unavailable():
            return error.message
        case TimeoutError() | openai.APITimeoutError():
            return "timeout"
        case openai.APIConnectionError():
            return "connection"
        case openai.APIStatusError():
            return f"status {error.status_code}"
        case openai.LengthFinishReasonError():
            return "length"
        case openai.ContentFilterFinishReasonError():
            return "content filter"
        case ValidationError():
            place = error.errors(include_input=False, include_url=False)[0]["loc"]
            return "not valid: " + (".".join(map(str, place)) or "JSON")
    return f"unreadable: {type(error).__name__}"


def tokens_of(message: "AIMessage") -> dict[str, int]:
    """Tokens in and out; 0 where the server does not say."""
    usage: Mapping[str, Any] = message.usage_metadata or {}
    counts = {name: usage.get(name) for name in ("input_tokens", "output_tokens")}
    return {name: n if isinstance(n, int) and n >= 0 else 0 for name, n in counts.items()}


def _seconds(header: str | None, absent: float) -> float:
    """A Retry-After in seconds; one that names a date is too far away to wait for."""
    if header is None:
        return absent
    try:
        return float(header)
    except ValueError:
        return math.inf
