"""The one place that picks adapters: `build` makes an installation from its settings."""

import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from interviewer import studies
from interviewer.adapters.carriers import cloudevents
from interviewer.adapters.offline import OfflineInterviewer
from interviewer.adapters.sql_store import migrate, open_store
from interviewer.clock import SystemClock
from interviewer.core.contact import ContactPolicy
from interviewer.core.quiet_hours import QuietHours
from interviewer.ports import Channel, Clock, Interviewer, Organization, Services, Store
from interviewer.prompts_folder import load_guide, load_phrases, prompts_folder, ready_sources
from interviewer.settings import Settings

if TYPE_CHECKING:
    from analysis.embed import Cache, Encoder

DEADLINES = {"chat": 6.0, "sms": 20.0, "email": 20.0}  # seconds for one turn


def build(
    settings: Settings,
    *,
    store: Store | None = None,
    clock: Clock | None = None,
    channels: Mapping[str, Channel] | None = None,
) -> Services:
    """The parts of an installation.

    Args:
        settings: What the installation is.
        store: In place of the one that `database_url` names.
        clock: In place of the machine's.
        channels: What takes messages to people; none until a provider is set up.

    Raises:
        Unavailable: The database does not fit this version: run `interviewer init`.
    """
    phrases = load_phrases()
    return Services(
        store=store or open_store(settings.database_url),
        clock=clock or SystemClock(),
        reader=OfflineInterviewer(),
        model=_model(settings) if settings.uses_model else None,
        channels=channels or {},
        phrases=phrases,
        sources={"api": cloudevents},
        policy=ContactPolicy(
            brand=settings.brand,
            quiet_hours=QuietHours(opens=settings.quiet_until, closes=settings.quiet_from),
            per_week=settings.cap_week,
            per_month=settings.cap_month,
        ),
        organization=organization(settings),
        new_id=lambda: secrets.token_hex(12),
        new_token=lambda: secrets.token_urlsafe(32),
        deadlines=DEADLINES,
    )


def organization(settings: Settings) -> Organization:
    """Who asks, as the settings say."""
    return Organization(
        brand=settings.brand,
        human_contact=settings.human_contact,
        postal_address=settings.postal_address,
        privacy_url=settings.privacy_url,
        public_url=settings.public_url.rstrip("/"),
    )


def initialize(settings: Settings) -> list[str]:
    """Create or migrate the database and load the ready studies; their slugs. Safe to repeat."""
    migrate(settings.database_url)
    services = build(settings)
    return [studies.add(services, load_guide(s), s).slug for s in ready_sources()]


@contextmanager
def trial(settings: Settings, *, clock: Clock | None = None) -> Iterator[Services]:
    """An installation for trying things: its database is thrown away afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        tried = settings.model_copy(update={"database_url": f"sqlite:///{folder}/trial.db"})
        initialize(tried)
        store = open_store(tried.database_url)
        try:
            yield build(tried, store=store, clock=clock)
        finally:
            store.close()


def encoder(settings: Settings) -> "Encoder":
    """The sentence encoder of the analysis; loading it takes seconds and some 500 MB."""
    from analysis.embed import bundled_encoder, sentence_encoder

    if settings.encoder == "bundled":
        return bundled_encoder()
    return sentence_encoder(settings.encoder)


def vector_cache(settings: Settings) -> "Cache":
    """Where sentence vectors are kept between analyses."""
    from analysis.embed import FileCache

    settings.cache_dir.mkdir(parents=True, exist_ok=True)
    return FileCache(settings.cache_dir / "vectors.db", settings.encoder)


def _model(settings: Settings) -> Interviewer:
    os.environ.update(LANGSMITH_TRACING="false", LANGCHAIN_TRACING_V2="false")
    from interviewer.adapters.language_model import LanguageModelInterviewer

    return LanguageModelInterviewer(
        settings.llm_model,
        settings.llm_base_url or None,
        settings.llm_api_key.get_secret_value() or None,
        prompts=prompts_folder(),
        phrases=load_phrases(),
        redact=settings.llm_redact,
    )
