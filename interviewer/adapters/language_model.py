"""Reads and words with a language model: any server that speaks the OpenAI chat protocol.

One call per turn. Whatever goes wrong is `Unavailable`, with a reason that holds no text of the
answer; the turn is then read and worded without a model.
"""

from collections.abc import Sequence
from importlib.resources.abc import Traversable
from typing import Self

from interviewer.adapters.chat_model import ChatModel, json_of, tokens_of
from interviewer.adapters.turn_answer import Answer, json_schema, option_ids
from interviewer.adapters.turn_prompt import PromptWriter, Redact
from interviewer.core.decision import Option
from interviewer.core.errors import Unavailable
from interviewer.core.guide import InterviewGuide
from interviewer.core.interview import Interview
from interviewer.core.leaks import leaks
from interviewer.core.wording import PhraseBook
from interviewer.ports import ReadAndWorded

TIMEOUT = 20.0  # seconds for one turn, the longest deadline of any channel


class LanguageModelInterviewer:
    """The `Interviewer` port on a chat model.

    A server enters it as a context for as long as it runs; a short program may go without. The
    caller's deadline is a cancellation (`asyncio.timeout` around the turn); `timeout` ends a turn
    that nobody watches.
    """

    def __init__(
        self,
        model: str,
        base_url: str | None,
        api_key: str | None,
        *,
        prompts: Traversable,
        phrases: PhraseBook,
        redact: Redact = "strict",
        timeout: float = TIMEOUT,
    ) -> None:
        self.model = model
        self._chat = ChatModel(model, base_url, api_key, timeout=timeout)
        self._prompts = PromptWriter(prompts, phrases, redact)

    async def __aenter__(self) -> Self:
        """Load the client now: the first import takes seconds that a first turn may not have."""
        await self._chat.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections of the running event loop."""
        await self._chat.__aexit__()

    async def read_and_word(
        self,
        guide: InterviewGuide,
        interview: Interview,
        utterance: str,
        options: Sequence[Option],
    ) -> ReadAndWorded:
        """One reading and a wording for each option that asks, by one call.

        Raises:
            Unavailable: No usable answer came.
        """
        prompt = self._prompts.write(guide, interview, utterance, options)
        answer, tokens = await self._chat.answer(
            prompt.system,
            prompt.user,
            name="turn",
            schema=json_schema(guide),
            read=lambda m: (Answer.model_validate_json(json_of(m)), tokens_of(m)),
        )
        wanted = {option.option_id for option in options if option.asks}
        known = {*option_ids(guide), *(option.option_id for option in options)}
        if not {w.option for w in answer.wordings} <= known:
            raise Unavailable("unknown option")
        restore = prompt.redaction.restore
        return ReadAndWorded(
            reading=answer.reading(guide, utterance, self.model, restore),
            wordings={
                option: text
                for option, text in answer.wordings_for(wanted, restore).items()
                if not leaks(text, prompt.system)
            },
            adapter="language_model",
            model=self.model,
            prompt_hash=prompt.prompt_hash,
            tokens_in=tokens["input_tokens"],
            tokens_out=tokens["output_tokens"],
        )
