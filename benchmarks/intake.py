"""What comes in: how quickly a webhook is acknowledged, and how long a replay of years takes.

    python -m benchmarks.intake ack postgresql://... [EVENTS_PER_SECOND [SECONDS]]
    python -m benchmarks.intake replay FILE [sqlite:///FILE | postgresql://...]

Both take a new, empty database. `ack` serves in a process of its own and sends on a fixed schedule,
whether or not the answers before have come: an answer's time counts from when it was due. `replay`
signs FILE (ts, source, account_id, shipment_id, place, event) in batches of CloudEvents, checks and
stores them as the endpoint does, and lets the worker read, fold and settle them; beside it stands a
bare bulk insert of the same rows.
"""

import csv
import http.client
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import local

from sqlalchemy import Column, MetaData, String, Table, insert

from interviewer.adapters.carriers import cloudevents, easypost
from interviewer.adapters.carriers.samples import sample
from interviewer.adapters.sql.engine import Database
from interviewer.events import endpoints, intake
from interviewer.ports import Services
from interviewer.settings import Settings
from interviewer.wiring import build, initialize

SENDERS = 32  # connections of the load generator
BATCH = 500  # events of the replay in one request
IGNORED = ("recorded", "survey_sent", "survey_answered")
WORDS = {
    "status": {
        "order_created": "pre_transit",
        "order_approved": "pre_transit",
        "handed_to_carrier": "in_transit",
        **dict.fromkeys(IGNORED),
    }
}
SECRET = secrets.token_urlsafe(32)


def installation(url: str) -> Services:
    settings = Settings(database_url=url, secret=SECRET, brand="Northwind")
    initialize(settings)
    return build(settings)


def ack(url: str, per_second: int = 200, seconds: int = 30) -> None:
    services = installation(url)
    made = endpoints.add(services, "easypost", "carrier")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "INTERVIEWER_DATABASE_URL": url, "INTERVIEWER_SECRET": SECRET}
    code = "from interviewer.cli.app import main; main()"
    server = subprocess.Popen(
        [sys.executable, "-c", code, "serve", "--port", str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        path = f"/hooks/easypost/{made.endpoint.path}"
        _load(port, path, made.secret, per_second, 3)  # warm
        times, statuses = _load(port, path, made.secret, per_second, seconds)
    finally:
        server.terminate()
        server.wait()
    stored = len(services.store.inbox())
    times.sort()
    p50, p99 = (1000 * times[int(len(times) * share)] for share in (0.5, 0.99))
    print(
        f"{len(times)} webhooks at {per_second}/s: acknowledged p50 {p50:.0f} ms, "
        f"p99 {p99:.0f} ms, longest {1000 * times[-1]:.0f} ms; "
        f"{dict(statuses)}; {stored} in the inbox"
    )


def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not start")


def _load(
    port: int, path: str, secret: str, per_second: int, seconds: int
) -> tuple[list[float], Counter[int]]:
    """Seconds from the time an event was due to its answer, and the statuses."""
    own = local()
    begin = time.perf_counter() + 0.5
    body = json.loads(sample("easypost", datetime.now(UTC)))

    def send(n: int) -> tuple[float, int]:
        due = begin + n / per_second
        time.sleep(max(0.0, due - time.perf_counter()))
        raw = json.dumps(body | {"id": f"evt_{seconds}_{n}"}).encode()
        headers = easypost.sign(raw, secret, datetime.now(UTC))
        if not hasattr(own, "connection"):
            own.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        own.connection.request("POST", path, raw, headers)
        answer = own.connection.getresponse()
        answer.read()
        return time.perf_counter() - due, answer.status

    with ThreadPoolExecutor(SENDERS) as pool:
        done = list(pool.map(send, range(per_second * seconds)))
    return [each for each, _ in done], Counter(status for _, status in done)


def replay(file: str, url: str) -> None:
    bare = _bare_insert(file, url)
    services = installation(url)
    made = endpoints.add(services, "cloudevents", "replay", words=WORDS)
    lookup = endpoints.Lookup(services)
    begin, cpu, events = time.perf_counter(), time.process_time(), 0
    for batch in _batches(file):
        raw = json.dumps(batch).encode()
        headers = cloudevents.sign(raw, made.secret, services.clock.now())
        headers["content-type"] = "application/cloudevents-batch+json"
        call = endpoints.Call("cloudevents", made.endpoint.path, raw, headers)
        opened = lookup.recent(call) or lookup.find(call)
        if not endpoints.is_theirs(services, opened, call):
            raise SystemExit("our own signature was refused")
        events += sum(services.store.add_to_inbox(endpoints.events_in(services, opened, call)))
    stored = time.perf_counter()
    while intake.work_inbox(services):
        pass
    done, cpu = time.perf_counter(), time.process_time() - cpu
    moments = Counter((m.moment.kind, m.outcome) for m in services.store.moments())
    print(
        f"{events} events: stored in {stored - begin:.1f} s, read, folded and settled in "
        f"{done - stored:.1f} s, together {done - begin:.1f} s ({cpu:.0f} s of CPU); "
        f"bare bulk insert {bare:.2f} s"
    )
    print(f"{len(services.store.inbox(held_back=True))} held back; {dict(moments)}")


def _batches(file: str) -> Iterator[list[dict[str, object]]]:
    batch: list[dict[str, object]] = []
    for n, row in enumerate(_rows(file)):
        account = {"ref": row["account_id"]} if row["source"] == "scms" else None
        data = {
            "shipment_ref": row["shipment_id"],
            "status": row["event"],
            "occurred_at": row["ts"],
            "account": account,
        }
        envelope = {"specversion": "1.0", "id": str(n), "source": row["source"]}
        batch.append({**envelope, "type": "shipment.status", "data": data})
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch


def _rows(file: str) -> Iterator[dict[str, str]]:
    with Path(file).open(encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


def _bare_insert(file: str, url: str) -> float:
    """Seconds to insert the rows into one table without a key, in one transaction."""
    rows, database = list(_rows(file)), Database(url)
    table = Table("bare", MetaData(), *(Column(name, String) for name in rows[0]))
    with database.write() as connection:
        table.create(connection)
    begin = time.perf_counter()
    with database.write() as connection:
        connection.execute(insert(table), rows)
    took = time.perf_counter() - begin
    with database.write() as connection:
        table.drop(connection)
    database.close()
    return took


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["ack"] and len(arguments) > 1:
        ack(arguments[1], *map(int, arguments[2:]))
    elif arguments[:1] == ["replay"] and len(arguments) > 1:
        with tempfile.TemporaryDirectory() as folder:
            replay(arguments[1], *(arguments[2:] or [f"sqlite:///{folder}/replay.db"]))
    else:
        print(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
