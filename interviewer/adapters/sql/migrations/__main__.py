"""Draft the next migration: `python -m interviewer.adapters.sql.migrations 0002 "what changes"`.

It compares the tables with a fresh database at head and writes a file into `versions/`; read it.
"""

import sys
import tempfile

from alembic import command

from interviewer.adapters.sql.engine import Database, migrations


def main(revision: str, message: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/draft.db")
        database.migrate()
        with database.write() as connection:
            command.revision(migrations(connection), message, autogenerate=True, rev_id=revision)
        database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
