"""Create every table"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("context", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("account_ref", sa.String(), nullable=False),
        sa.Column("account_name", sa.String(), nullable=False),
        sa.Column("parent_ref", sa.String(), nullable=True),
        sa.Column("brand", sa.String(), nullable=True),
        sa.Column("segment", sa.String(), nullable=True),
        sa.Column("tier", sa.String(), nullable=True),
        sa.Column("owner_name", sa.String(), nullable=True),
        sa.Column("owner_email", sa.String(), nullable=True),
        sa.Column("second_owner_email", sa.String(), nullable=True),
        sa.Column("annual_value", sa.Float(), nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("renewal_date", sa.Date(), nullable=True),
        sa.Column("notice_date", sa.Date(), nullable=True),
        sa.Column("term_months", sa.Integer(), nullable=True),
        sa.Column("review_date", sa.Date(), nullable=True),
        sa.Column("last_contact_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("timezone", sa.String(), nullable=True),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_account")),
    )
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_account_ref"), ["account_ref"], unique=False)

    op.create_table(
        "analysis_run",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settings", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("memory", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("report", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_analysis_run")),
    )
    with op.batch_alter_table("analysis_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_analysis_run_at"), ["at"], unique=False)

    op.create_table(
        "api_key",
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_api_key")),
    )
    op.create_table(
        "claim",
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("context", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("claim_ref", sa.String(), nullable=False),
        sa.Column("account_ref", sa.String(), nullable=True),
        sa.Column("shipment_ref", sa.String(), nullable=True),
        sa.Column("contact_ref", sa.String(), nullable=True),
        sa.Column("exception_code", sa.String(), nullable=True),
        sa.Column("claim_opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claim_closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("time_quality", sa.String(), nullable=False),
        sa.Column("claim_outcome", sa.String(), nullable=True),
        sa.Column("amount", sa.Float(), nullable=True),
        sa.Column("paid_amount", sa.Float(), nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_claim")),
    )
    with op.batch_alter_table("claim", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claim_account_ref"), ["account_ref"], unique=False)
        batch_op.create_index(batch_op.f("ix_claim_claim_ref"), ["claim_ref"], unique=False)
        batch_op.create_index(batch_op.f("ix_claim_shipment_ref"), ["shipment_ref"], unique=False)

    op.create_table(
        "consent",
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("context", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_quality", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_consent")),
    )
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consent_address"), ["address"], unique=False)

    op.create_table(
        "contact",
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("context", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("contact_ref", sa.String(), nullable=False),
        sa.Column("account_ref", sa.String(), nullable=False),
        sa.Column("contact_name", sa.String(), nullable=True),
        sa.Column("contact_role", sa.String(), nullable=True),
        sa.Column("contact_title", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("timezone", sa.String(), nullable=True),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("preferred_channel", sa.String(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_contact")),
    )
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_account_ref"), ["account_ref"], unique=False)
        batch_op.create_index(batch_op.f("ix_contact_contact_ref"), ["contact_ref"], unique=False)
        batch_op.create_index(batch_op.f("ix_contact_email"), ["email"], unique=False)
        batch_op.create_index(batch_op.f("ix_contact_phone"), ["phone"], unique=False)

    op.create_table(
        "imported_transcript",
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("context", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_ref", sa.String(), nullable=True),
        sa.Column("contact_ref", sa.String(), nullable=True),
        sa.Column("contact_role", sa.String(), nullable=True),
        sa.Column("study", sa.String(), nullable=True),
        sa.Column("channel", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("turns", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_imported_transcript")),
    )
    with op.batch_alter_table("imported_transcript", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_imported_transcript_account_ref"), ["account_ref"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_imported_transcript_id"), ["id"], unique=False)

    op.create_table(
        "inbox_event",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("raw", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("source", "event_id", name=op.f("pk_inbox_event")),
    )
    with op.batch_alter_table("inbox_event", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_inbox_event_processed_at_received_at"),
            ["processed_at", "received_at"],
            unique=False,
        )

    op.create_table(
        "invitation",
        sa.Column("invitation_id", sa.String(), nullable=False),
        sa.Column("study", sa.String(), nullable=False),
        sa.Column("moment_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("contact_ref", sa.String(), nullable=True),
        sa.Column("account_ref", sa.String(), nullable=True),
        sa.Column("shipment_ref", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("zones", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("regions", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("interview_id", sa.String(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("invitation_id", name=op.f("pk_invitation")),
    )
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invitation_address"), ["address"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_invitation_interview_id"), ["interview_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_invitation_moment_id"), ["moment_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_invitation_state_due_at"), ["state", "due_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_invitation_study"), ["study"], unique=False)

    op.create_table(
        "moment",
        sa.Column("moment_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("moment", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("study", sa.String(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("moment_id", name=op.f("pk_moment")),
    )
    with op.batch_alter_table("moment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_moment_outcome_due_at"), ["outcome", "due_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_moment_subject"), ["subject"], unique=False)

    op.create_table(
        "outcome",
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("context", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("account_ref", sa.String(), nullable=False),
        sa.Column("decided_at", sa.Date(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("renewal_date", sa.Date(), nullable=True),
        sa.Column("value_before", sa.Float(), nullable=True),
        sa.Column("value_after", sa.Float(), nullable=True),
        sa.Column("competitor", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_outcome")),
    )
    with op.batch_alter_table("outcome", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outcome_account_ref"), ["account_ref"], unique=False)

    op.create_table(
        "owner",
        sa.Column("owner_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", name=op.f("pk_owner")),
    )
    op.create_table(
        "score",
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("context", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("account_ref", sa.String(), nullable=False),
        sa.Column("metric", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("scale_min", sa.Float(), nullable=True),
        sa.Column("scale_max", sa.Float(), nullable=True),
        sa.Column("n", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_score")),
    )
    with op.batch_alter_table("score", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_score_account_ref"), ["account_ref"], unique=False)

    op.create_table(
        "session",
        sa.Column("session_hash", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("session_hash", name=op.f("pk_session")),
    )
    op.create_table(
        "shipment",
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("context", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("shipment_ref", sa.String(), nullable=False),
        sa.Column("account_ref", sa.String(), nullable=True),
        sa.Column("contact_ref", sa.String(), nullable=True),
        sa.Column("recipient_name", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("timezone", sa.String(), nullable=True),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("carrier", sa.String(), nullable=True),
        sa.Column("tracking_code", sa.String(), nullable=True),
        sa.Column("order_ref", sa.String(), nullable=True),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("service_level", sa.String(), nullable=True),
        sa.Column("item", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=True),
        sa.Column("exception_code", sa.String(), nullable=True),
        sa.Column("exception_text", sa.String(), nullable=True),
        sa.Column("notified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("option_chosen", sa.String(), nullable=True),
        sa.Column("proof", sa.String(), nullable=True),
        sa.Column("proof_place", sa.String(), nullable=True),
        sa.Column("available_actions", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_shipment")),
    )
    with op.batch_alter_table("shipment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shipment_account_ref"), ["account_ref"], unique=False)
        batch_op.create_index(batch_op.f("ix_shipment_contact_ref"), ["contact_ref"], unique=False)
        batch_op.create_index(batch_op.f("ix_shipment_email"), ["email"], unique=False)
        batch_op.create_index(batch_op.f("ix_shipment_phone"), ["phone"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_shipment_shipment_ref"), ["shipment_ref"], unique=False
        )

    op.create_table(
        "shipment_event",
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("context", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("shipment_ref", sa.String(), nullable=False),
        sa.Column("event_kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=True),
        sa.Column("exception_code", sa.String(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_quality", sa.String(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("source_event_id", sa.String(), nullable=True),
        sa.Column("carrier", sa.String(), nullable=True),
        sa.Column("account_ref", sa.String(), nullable=True),
        sa.Column("order_ref", sa.String(), nullable=True),
        sa.Column("exception_text", sa.String(), nullable=True),
        sa.Column("raw_codes", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("city", sa.String(), nullable=True),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("country", sa.String(), nullable=True),
        sa.Column("promised_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("promised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("promised_quality", sa.String(), nullable=False),
        sa.Column("promised_source", sa.String(), nullable=True),
        sa.Column("estimated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("estimated_quality", sa.String(), nullable=False),
        sa.Column("estimate_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proof", sa.String(), nullable=True),
        sa.Column("proof_place", sa.String(), nullable=True),
        sa.Column("available_actions", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_shipment_event")),
    )
    with op.batch_alter_table("shipment_event", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_shipment_event_account_ref"), ["account_ref"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_shipment_event_shipment_ref"), ["shipment_ref"], unique=False
        )

    op.create_table(
        "study",
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("guide_hash", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("launched_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("slug", "version", name=op.f("pk_study")),
    )
    op.create_table(
        "suppression",
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("context", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_quality", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_suppression")),
    )
    with op.batch_alter_table("suppression", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_suppression_address"), ["address"], unique=False)

    op.create_table(
        "account_risk",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("data", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("account_ref", sa.String(), nullable=True),
        sa.Column("band", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"], ["analysis_run.run_id"], name=op.f("fk_account_risk_analysis_run")
        ),
        sa.PrimaryKeyConstraint("run_id", "place", name=op.f("pk_account_risk")),
    )
    with op.batch_alter_table("account_risk", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_account_risk_account_ref"), ["account_ref"], unique=False
        )

    op.create_table(
        "interview",
        sa.Column("interview_id", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("study", sa.String(), nullable=False),
        sa.Column("study_version", sa.Integer(), nullable=False),
        sa.Column("guide_hash", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("context", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("respondent_name", sa.String(), nullable=True),
        sa.Column("contact_ref", sa.String(), nullable=True),
        sa.Column("account_ref", sa.String(), nullable=True),
        sa.Column("shipment_ref", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("topics", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("memory", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_reason", sa.String(), nullable=True),
        sa.Column("expired", sa.Boolean(), nullable=False),
        sa.Column("test", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["study", "study_version"],
            ["study.slug", "study.version"],
            name=op.f("fk_interview_study"),
        ),
        sa.PrimaryKeyConstraint("interview_id", name=op.f("pk_interview")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_interview_token_hash")),
    )
    with op.batch_alter_table("interview", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_interview_account_ref"), ["account_ref"], unique=False)
        batch_op.create_index(batch_op.f("ix_interview_address"), ["address"], unique=False)
        batch_op.create_index(batch_op.f("ix_interview_contact_ref"), ["contact_ref"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_interview_shipment_ref"), ["shipment_ref"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_interview_status_expires_at"), ["status", "expires_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_interview_study_opened_at"), ["study", "opened_at"], unique=False
        )

    op.create_table(
        "signal",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("data", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("signal", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=True),
        sa.Column("account_ref", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"], ["analysis_run.run_id"], name=op.f("fk_signal_analysis_run")
        ),
        sa.PrimaryKeyConstraint("run_id", "place", name=op.f("pk_signal")),
    )
    with op.batch_alter_table("signal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signal_account_ref"), ["account_ref"], unique=False)

    op.create_table(
        "theme",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("data", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("theme_id", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("respondents", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"], ["analysis_run.run_id"], name=op.f("fk_theme_analysis_run")
        ),
        sa.PrimaryKeyConstraint("run_id", "place", name=op.f("pk_theme")),
    )
    with op.batch_alter_table("theme", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_theme_theme_id"), ["theme_id"], unique=False)

    op.create_table(
        "case",
        sa.Column("interview_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("case_class", sa.String(), nullable=False),
        sa.Column("hands_off", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("turn_seqs", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("quotes", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("study", sa.String(), nullable=False),
        sa.Column("account_ref", sa.String(), nullable=True),
        sa.Column("contact_ref", sa.String(), nullable=True),
        sa.Column("shipment_ref", sa.String(), nullable=True),
        sa.Column("to_second_owner", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["interview_id"], ["interview.interview_id"], name=op.f("fk_case_interview")
        ),
        sa.PrimaryKeyConstraint("interview_id", "reason", name=op.f("pk_case")),
    )
    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_account_ref"), ["account_ref"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_case_state_opened_at"), ["state", "opened_at"], unique=False
        )

    op.create_table(
        "outbound_message",
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("message_key", sa.String(), nullable=False),
        sa.Column("interview_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["interview_id"], ["interview.interview_id"], name=op.f("fk_outbound_message_interview")
        ),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_outbound_message")),
        sa.UniqueConstraint(
            "interview_id",
            "seq",
            "channel",
            name=op.f("uq_outbound_message_interview_id_seq_channel"),
        ),
        sa.UniqueConstraint("message_key", name=op.f("uq_outbound_message_message_key")),
    )
    with op.batch_alter_table("outbound_message", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_outbound_message_state_place"), ["state", "place"], unique=False
        )

    op.create_table(
        "turn",
        sa.Column("interview_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("speaker", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("move", sa.String(), nullable=True),
        sa.Column("topic", sa.String(), nullable=True),
        sa.Column("decided", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("reading", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("decision", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("trace", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["interview_id"], ["interview.interview_id"], name=op.f("fk_turn_interview")
        ),
        sa.PrimaryKeyConstraint("interview_id", "seq", name=op.f("pk_turn")),
        sa.UniqueConstraint(
            "interview_id", "message_id", name=op.f("uq_turn_interview_id_message_id")
        ),
    )
