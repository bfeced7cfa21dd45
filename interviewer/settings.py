"""Every setting, with its meaning and its default: the one place that reads the environment."""

from datetime import time
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

EXAMPLE_SECRET = "change-me"


class Settings(BaseSettings):
    """The INTERVIEWER_* variables, from the environment or from `.env` in the working folder."""

    model_config = SettingsConfigDict(
        env_prefix="INTERVIEWER_", env_file=".env", extra="ignore", frozen=True
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
    privacy_url: str = Field(default="", description="Link to the privacy notice.")
    public_url: str = Field(
        default="",
        description="Where respondents reach this server, such as https://feedback.example.com: "
        "links start with it. Empty: the address of the request.",
    )

    llm_model: str = Field(
        default="gpt-4.1-mini",
        description="The language model, by its provider's name; one that answers within 6 seconds."
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
