"""Users with roles in place of one owner, keys with scopes, the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

ORDINARY_SCOPES = ["interviews", "events", "studies", "findings", "people", "cases"]


def upgrade() -> None:
    user = op.create_table(
        "user",
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("login", name=op.f("pk_user")),
    )
    _owner_becomes_a_user(user)
    op.drop_table("owner")
    op.drop_table("session")  # everybody logs in again
    op.create_table(
        "session",
        sa.Column("session_hash", sa.String(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["login"], ["user.login"], name=op.f("fk_session_user")),
        sa.PrimaryKeyConstraint("session_hash", name=op.f("pk_session")),
    )
    op.create_index(op.f("ix_session_login"), "session", ["login"])
    _keys_get_scopes()
    op.create_table(
        "audit_entry",
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("previous_hash", sa.String(), nullable=False),
        sa.Column("entry_hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_audit_entry")),
    )


def _owner_becomes_a_user(user: sa.Table) -> None:
    """The one password of before is that of a user named `owner`."""
    before = sa.table("owner", sa.column("password_hash"))
    password = op.get_bind().scalar(sa.select(before.c.password_hash))
    if password:
        now = sa.func.current_timestamp()
        row = {"login": "owner", "role": "owner", "password_hash": password, "created_at": now}
        op.execute(sa.insert(user).values(row))


def _keys_get_scopes() -> None:
    with op.batch_alter_table("api_key") as table:
        table.add_column(sa.Column("scopes", sa.JSON(none_as_null=True), nullable=True))
        table.add_column(sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True))
    key = sa.table("api_key", sa.column("scopes", sa.JSON()))
    op.execute(sa.update(key).values(scopes=ORDINARY_SCOPES))
    with op.batch_alter_table("api_key") as table:
        table.alter_column("scopes", existing_type=sa.JSON(none_as_null=True), nullable=False)
