"""The one place that picks adapters: `build` makes an installation from its settings."""

import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from interviewer.adapters.carriers import aftership, cloudevents, easypost, shippo, shopify
from interviewer.adapters.carriers.feed import Feed
from interviewer.adapters.offline import OfflineInterviewer
from interviewer.adapters.sql.store import migrate, open_store
from interviewer.adapters.webhooks_out import WebhookSender
from interviewer.core.contact import ContactPolicy
from interviewer.core.quiet_hours import QuietHours
from interviewer.outreach.mail_text import mail_token
from interviewer.ports import (
    Author,
    Channel,
    Clock,
    Interviewer,
    Mailer,
    Organization,
    Prices,
    Retention,
    Services,
    Source,
)
from interviewer.sealing import Sealer
from interviewer.settings import Settings
from interviewer.store import Store
from interviewer.studies import lifecycle
from interviewer.studies.prompts_folder import (
    load_phrases,
    prompts_folder,
    ready_sources,
)

if TYPE_CHECKING:
    from analysis.embed import Cache, Encoder

DEADLINES = {"chat": 6.0, "sms": 20.0, "email": 20.0}  # seconds for one turn

QUIET = {"LANGSMITH_TRACING": "false", "LANGCHAIN_TRACING_V2": "false"}  # of the model's client

SOURCES: Mapping[str, Source] = {
    "aftership": Feed(aftership),
    "cloudevents": cloudevents,
    "easypost": Feed(easypost),
    "shippo": Feed(shippo),
    "shopify": Feed(shopify),
}


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
        clock: In place of the store's, which all its processes share.
        channels: What takes messages to people, in place of the providers that are set up.

    Raises:
        Unavailable: The database does not fit this version: run `interviewer init`.
    """
    phrases = load_phrases()
    sealer = Sealer(settings.secret.get_secret_value(), settings.secret_before.get_secret_value())
    ways = _channels(settings, sealer) if channels is None else channels
    mail = ways.get("email")
    store = store or open_store(settings.database_url)
    return Services(
        store=store,
        clock=clock or store,
        reader=OfflineInterviewer(),
        model=_model(settings) if settings.uses_model else None,
        channels=ways,
        phrases=phrases,
        sources=SOURCES,
        sealer=sealer,
        notifier=WebhookSender(
            sealer, settings.private_hosts, mail if isinstance(mail, Mailer) else None
        ),
        policy=ContactPolicy(
            brand=settings.brand,
            quiet_hours=QuietHours(opens=settings.quiet_until, closes=settings.quiet_from),
            per_week=settings.cap_week,
            per_month=settings.cap_month,
            per_minute={"sms": settings.sms_per_minute} if settings.sms_per_minute else {},
            brake_opt_outs=settings.brake_opt_outs,
            brake_complaints=settings.brake_complaints,
            switched_off=not settings.sending,
        ),
        organization=organization(settings),
        prices=Prices(settings.price_segment, settings.price_mail),
        new_id=lambda: secrets.token_hex(12),
        new_token=lambda: secrets.token_urlsafe(32),
        deadlines=DEADLINES,
        retention=Retention(settings.keep_text_days, settings.keep_events_days),
    )


def _channels(settings: Settings, sealer: Sealer) -> dict[str, Channel]:
    """The providers that are set up."""
    if settings.console:
        from interviewer.adapters.console_channel import ConsoleChannel

        printed = ("sms", "email") if settings.secret.get_secret_value() else ("sms",)
        return {name: ConsoleChannel() for name in printed}  # links in a mail are signed
    channels: dict[str, Channel] = {}
    if settings.twilio_account_sid:
        from interviewer.adapters.twilio_sms import TwilioSms

        channels["sms"] = TwilioSms(
            settings.twilio_account_sid,
            [token.strip() for token in settings.twilio_auth_token.get_secret_value().split(",")],
            settings.twilio_sender,
            public_url=settings.public_url,
            api_url=settings.twilio_api_url,
        )
    if settings.smtp_url.get_secret_value():
        from interviewer.adapters.smtp_mail import SmtpMail

        channels["email"] = SmtpMail(
            settings.smtp_url.get_secret_value(),
            settings.mail_from,
            public_url=settings.public_url,
            token_of=partial(mail_token, sealer),
        )
    return channels


def organization(settings: Settings) -> Organization:
    """Who asks, as the settings say."""
    return Organization(
        brand=settings.brand,
        human_contact=settings.human_contact,
        postal_address=settings.postal_address,
        privacy_url=settings.privacy_url,
        public_url=settings.public_url.rstrip("/"),
        senders=settings.own_senders,
        pages=settings.own_pages,
    )


def initialize(settings: Settings) -> lifecycle.Loaded:
    """Create or migrate the database and load the ready studies. Safe to repeat."""
    migrate(settings.database_url)
    store = open_store(settings.database_url)
    try:
        services = build(settings, store=store)
        return lifecycle.load_ready(services, ready_sources())
    finally:
        store.close()


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


def sample_event(source: str, now: datetime) -> bytes:
    """What a source of this kind would send now, to try an endpoint with."""
    from interviewer.adapters.carriers.samples import sample

    return sample(source, now)


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


def author(settings: Settings) -> Author | None:
    """Who drafts the topics of a study; None without a model."""
    if not settings.uses_model:
        return None
    os.environ.update(QUIET)
    from interviewer.adapters.topic_author import TopicAuthor

    return TopicAuthor(
        settings.llm_model,
        settings.llm_base_url or None,
        settings.llm_api_key.get_secret_value() or None,
        prompts=prompts_folder(),
    )


def forget_vectors(settings: Settings) -> None:
    """Empty the cache: the next analysis encodes every sentence again."""
    for name in ("vectors.db", "vectors.db-wal", "vectors.db-journal"):
        (settings.cache_dir / name).unlink(missing_ok=True)


def _model(settings: Settings) -> Interviewer:
    os.environ.update(QUIET)
    from interviewer.adapters.language_model import LanguageModelInterviewer

    return LanguageModelInterviewer(
        settings.llm_model,
        settings.llm_base_url or None,
        settings.llm_api_key.get_secret_value() or None,
        prompts=prompts_folder(),
        phrases=load_phrases(),
        redact=settings.llm_redact,
    )
