"""Every setting, with its meaning and its default: the one place that reads the environment."""

from datetime import time
from email.utils import parseaddr
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


def _plain(value: str | SecretStr) -> str:
    return value if isinstance(value, str) else value.get_secret_value()


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
        description="Signs forms and encrypts stored secrets; 32 characters or more. Needed to "
        "serve beyond loopback.",
    )
    secret_before: SecretStr = Field(
        default=SecretStr(""),
        description="The secret before this one: what it encrypted is still read.",
    )

    private_hosts: tuple[str, ...] = Field(
        default=(),
        description="Hosts inside your network that notices may go to, as a JSON list of "
        "host:port; all others must be public.",
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

    link_hosts: str = Field(
        default="",
        description="Hosts of other pages of yours that messages and actions may link to, with "
        "commas between them; those of the two links above are allowed anyway.",
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

    keep_text_days: int = Field(
        default=180,
        ge=0,
        description="Days after which the words of an ended interview are erased; 0: never.",
    )
    keep_events_days: int = Field(
        default=30,
        ge=0,
        description="Days after which the raw bodies of events that were worked on are erased; "
        "0: never.",
    )

    quiet_from: time = Field(
        default=time(20, 0), description="Local time from which nothing is sent."
    )
    quiet_until: time = Field(
        default=time(9, 0), description="Local time from which messages may go again."
    )
    cap_week: int = Field(default=1, ge=1, description="Invitations per person in 7 days.")
    cap_month: int = Field(default=2, ge=1, description="Invitations per person in 30 days.")
    sms_per_minute: int = Field(
        default=60,
        ge=0,
        description="SMS that the sender's number may send in a minute; 0: no limit.",
    )
    brake_opt_outs: float = Field(
        default=0.03,
        gt=0,
        le=1,
        description="Share of the last 200 people asked who opt out, above which a study stops "
        "asking by itself.",
    )
    brake_complaints: float = Field(
        default=0.003, gt=0, le=1, description="The same for those who report a mail as spam."
    )
    price_segment: float = Field(
        default=0.0, ge=0, description="What a part of an SMS costs, for previews; 0: not known."
    )
    price_mail: float = Field(default=0.0, ge=0, description="What a mail costs, for previews.")
    sending: bool = Field(
        default=True,
        description="Off: nothing leaves this installation. What is due while it is off is not "
        "sent later.",
    )

    console: bool = Field(
        default=False,
        description="Print SMS, and with a secret mails, in place of sending them, to try things.",
    )
    twilio_account_sid: str = Field(default="", description="SMS: the account with Twilio (AC...).")
    twilio_auth_token: SecretStr = Field(
        default=SecretStr(""),
        description="Its auth token; while it is rotated, both, with a comma between them.",
    )
    twilio_sender: str = Field(
        default="",
        description="Our number, such as +14155550123, or the SID of a messaging service (MG...).",
    )
    twilio_api_url: Link = Field(
        default="https://api.twilio.com", description="Where Twilio's API is reached."
    )
    smtp_url: SecretStr = Field(
        default=SecretStr(""),
        description="Mail: smtp://user:password@host:587 (STARTTLS), or smtps://... for port 465.",
    )
    mail_from: str = Field(
        default="",
        description="Who writes our mails, such as Harbor Parcel <feedback@example.com>; answers "
        "and bounces come to feedback+...@example.com.",
    )
    senders: str = Field(
        default="",
        description="Other numbers and addresses that write for us, with commas between them; "
        "/is-this-real knows them.",
    )

    @property
    def uses_model(self) -> bool:
        """Whether a language model reads and words."""
        return bool(self.llm_base_url or self.llm_api_key.get_secret_value())

    @property
    def own_senders(self) -> tuple[str, ...]:
        """Every number and address that writes for us."""
        listed = (self.twilio_sender, parseaddr(self.mail_from)[1], *self.senders.split(","))
        return tuple(sender.strip() for sender in listed if sender.strip())

    @property
    def own_pages(self) -> tuple[str, ...]:
        """Hosts of further pages of ours."""
        return tuple(host.strip() for host in self.link_hosts.split(",") if host.strip())

    @model_validator(mode="after")
    def _providers_are_whole(self) -> Self:
        for name, others in (
            ("twilio_account_sid", ("twilio_auth_token", "twilio_sender")),
            ("smtp_url", ("mail_from", "secret")),
        ):
            missing = [other for other in others if not _plain(getattr(self, other))]
            if missing and _plain(getattr(self, name)):
                lacking = ", ".join(f"INTERVIEWER_{each.upper()}" for each in missing)
                raise ValueError(f"{lacking}: needed beside INTERVIEWER_{name.upper()}")
        return self

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
