"""What Alembic runs: the migrations, inside the transaction of the connection it is given."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel import UTCDateTime
from sqlmodel.sql.sqltypes import AutoString

from interviewer.adapters.sql.tables import Table, is_modelled


def plain_type(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Types as SQLAlchemy's own, so that a migration never depends on a later SQLModel."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, AutoString):
        return "sa.String()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
    render_item=plain_type,
    include_name=is_modelled,
)
with context.begin_transaction():
    context.run_migrations()
