"""Every setting, with its meaning and its default: the one place that reads the environment."""

from datetime import time
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    AliasChoices,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from interviewer.core.errors import InvalidInput

EXAMPLE_SECRET = "change-me"
ENV_FILE = Path(".env")  # in the working folder


def _is_link(text: str) -> str:
    if text and not text.startswith(("https://", "http://")):
        raise ValueError("is no link; write it with https:// in front")
    return text.rstrip("/")


Link = Annotated[str, AfterValidator(_is_link)]


class Settings(BaseSettings):
    """The INTERVIEWER_* variables; an empty one counts as not set."""

    model_config = SettingsConfigDict(
        env_prefix="INTERVIEWER_",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    database_url: str = Field(
        default="sqlite:///interviewer.db",
        description="Where everything is stored: a SQLite file, or postgresql://user@host/name.",
    )
    cache_dir: Path = Field(
        default=Path(".interviewer-cache"),
        description="Folder for sentence vectors: a second analysis is quick. Safe to delete.",
    )
    secret: SecretStr = Field(
        default=SecretStr(""),
        description="Signs forms; 32 characters or more. Needed to serve beyond loopback.",
    )

    brand: str = Field(default="", description="Who asks: named in every first message.")
    human_contact: str = Field(
        default="",
        description="An address or number where a person answers; shown on every page and in HELP.",
    )
    postal_address: str = Field(
        default="", description="Postal address, for the foot of an e-mail."
    )
    privacy_url: Link = Field(default="", description="Link to the privacy notice.")
    public_url: Link = Field(
        default="",
        description="Where respondents reach this server, such as https://feedback.example.com: "
        "links start with it. Empty: the address of the request.",
    )

    llm_model: str = Field(
        default="gpt-4.1-mini",
        description="The language model, by its provider's name; one that answers within "
        "6 seconds.",
    )
    llm_base_url: str = Field(
        default="",
        description="An OpenAI-compatible server. Setting it, or a key, turns the model on.",
    )
    llm_api_key: SecretStr = Field(
        default=SecretStr(""),
        validation_alias=AliasChoices("INTERVIEWER_LLM_API_KEY", "OPENAI_API_KEY"),
        description="The key for it; OPENAI_API_KEY is read as well.",
    )
    llm_redact: Literal["off", "known", "strict"] = Field(
        default="strict",
        description="What is hidden from the model: nothing, the record's own fields, or these and "
        "everything that looks like personal data.",
    )

    encoder: str = Field(
        default="bundled",
        description="The sentence encoder of the analysis: `bundled`, or a name or folder that "
        "sentence-transformers can load.",
    )
    base_rate: float = Field(
        default=0.12,
        gt=0,
        lt=1,
        description="Share of accounts lost at renewal; an assumption that the report shows.",
    )

    quiet_from: time = Field(
        default=time(20, 0), description="Local time from which nothing is sent."
    )
    quiet_until: time = Field(
        default=time(9, 0), description="Local time from which messages may go again."
    )
    cap_week: int = Field(default=1, ge=1, description="Invitations per person in 7 days.")
    cap_month: int = Field(default=2, ge=1, description="Invitations per person in 30 days.")

    @property
    def uses_model(self) -> bool:
        """Whether a language model reads and words."""
        return bool(self.llm_base_url or self.llm_api_key.get_secret_value())

    @model_validator(mode="after")
    def _open_at_some_time(self) -> Self:
        if self.quiet_until >= self.quiet_from:
            raise ValueError(
                "INTERVIEWER_QUIET_UNTIL, in the morning, must be before INTERVIEWER_QUIET_FROM"
            )
        return self


def read_settings() -> Settings:
    """The settings of this installation: the environment and, below it, `.env`.

    Raises:
        InvalidInput: Names the variable, its value and the fix.
    """
    try:
        return Settings(_env_file=ENV_FILE)
    except ValidationError as error:
        raise _invalid(error.errors(include_url=False)[0]) from None
    except UnicodeDecodeError:
        raise InvalidInput(str(ENV_FILE), "is not UTF-8 text; save it as UTF-8") from None


def _invalid(error: ErrorDetails) -> InvalidInput:
    message = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:  # about several variables; the message names them
        return InvalidInput("settings", message)
    name = str(error["loc"][0]).upper()
    variable = name if name.startswith("INTERVIEWER_") else f"INTERVIEWER_{name}"
    return InvalidInput(variable, message, error["input"])
