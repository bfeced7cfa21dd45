"""A database of one's own for a test: a SQLite file, or a schema on the Postgres server."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

SERVER = os.environ.get("INTERVIEWER_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1/test")
DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


def postgres_answers() -> bool:
    """Whether there is a server for the tests marked `postgres`."""
    try:
        psycopg.connect(SERVER, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def empty_database(kind: str, folder: Path) -> Iterator[str]:
    """Its URL; no table is in it yet."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/store.db"
        return
    schema = f"test_{uuid4().hex}"
    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(f"create schema {schema}".encode())
        try:
            yield f"{SERVER}{'&' if '?' in SERVER else '?'}options=-csearch_path%3D{schema}"
        finally:
            server.execute(f"drop schema {schema} cascade".encode())
