"""`interviewer source test`: a signed sample through an endpoint, step by step; nothing is sent."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from interviewer.core.book import Shipment, ShipmentEvent
from interviewer.core.errors import InvalidInput, NotFound
from interviewer.core.moments import shipment_moments
from interviewer.core.offer import ActionAnswer
from interviewer.core.shipment import fold
from interviewer.events import endpoints, intake, settling
from interviewer.outreach.people import whom_to_ask
from interviewer.ports import Services
from interviewer.store import Endpoint, InboxEvent

PATIENCE = 10  # seconds
OUTCOMES = {
    "planned": "would ask",
    "not_live": "is not launched; interviewer study launch",
    "no_study": "no study takes it",
    "not_sampled": "is not in its sample",
    "superseded": "another moment of the delivery has the interview",
    "stale": "is too old for it",
}


class Step(NamedTuple):
    """One step and what came of it."""

    name: str
    detail: str
    passed: bool = True


@dataclass(slots=True)
class Trial:
    """The steps, up to the first that failed."""

    steps: list[Step] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether all of them did."""
        return all(step.passed for step in self.steps)


def run(services: Services, name: str, base: str, body: Callable[[str, datetime], bytes]) -> Trial:
    """Deliver a body to the endpoint's own URL.

    Args:
        services: The installation whose endpoint it is.
        name: The endpoint's.
        base: Where the server answers.
        body: What a source would send now.

    Raises:
        NotFound: No such source.
        InvalidInput: It is a folder.
    """
    endpoint, trial = services.store.endpoint(name), Trial()
    if endpoint.source == endpoints.FOLDER:
        raise InvalidInput("name", f"is a folder; put a file into {endpoint.path}", name)
    for step in _steps(services, endpoint, base, body):
        trial.steps.append(step)
        if not step.passed:
            break
    return trial


def _steps(
    services: Services, endpoint: Endpoint, base: str, body: Callable[[str, datetime], bytes]
) -> Iterator[Step]:
    source, now = services.sources[endpoint.source], services.clock.now()
    raw = body(endpoint.source, now)
    secret = endpoints.live_secrets(services, endpoint)[0]
    headers = source.sign(raw, secret, now)
    yield Step("signed", f"{len(raw)} bytes, {', '.join(headers)}")
    url = endpoints.url(base, endpoint, secret)
    status, why = _post(url, raw, headers)
    yield Step("verified", why, status in (200, 202))
    event_id = source.event_id(raw, headers)
    try:
        event = services.store.inbox_event(endpoint.name, event_id)
    except NotFound:
        yield Step("stored", "the server has another database than this command", passed=False)
        return
    kind = "as a test" if event.test else "it came before, in earnest"
    yield Step("stored", f"{endpoint.name}/{event_id}, {kind}")
    if event.test:
        done = replace(event, processed_at=now, note="test")
        services.store.save_inbox([done])
    yield from _reading(services, event)


def _post(url: str, raw: bytes, headers: dict[str, str]) -> tuple[int, str]:
    joined = f"{url}{'&' if '?' in url else '?'}test=1"
    place = url.partition("?")[0]
    request = Request(joined, raw, {"Content-Type": "application/json", **headers})
    try:
        with urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, f"{place} answered {answer.status}"
    except HTTPError as error:
        return error.code, f"{place} answered {error.code}"
    except (URLError, OSError, ValueError):
        return (
            0,
            f"no server answers at {place}; start it: interviewer serve, or name it with --url",
        )


def _reading(services: Services, event: InboxEvent) -> Iterator[Step]:
    reading = intake.Reading(services)
    rows, reason = reading.rows(event)
    if reason:
        yield Step("parsed", reason, passed=False)
        return
    scans = [row for row in rows if isinstance(row, ShipmentEvent)]
    unknown = ", ".join(word for words in reading.unknown.values() for word in words)
    said = (
        " ".join(str(word) for word in (scans[-1].status, scans[-1].exception_code) if word)
        if scans
        else ""
    )
    more = f"; on no map: {unknown}" if unknown else ""
    yield Step("parsed", f"{len(rows)} facts, {len(scans)} scans {said}{more}".strip())
    for one in rows:
        if isinstance(one, ActionAnswer):
            yield _answered(services, one)
    for ref in dict.fromkeys(scan.shipment_ref for scan in scans):
        own = [scan for scan in scans if scan.shipment_ref == ref]
        yield from _judged(services, ref, own)


def _answered(services: Services, said: ActionAnswer) -> Step:
    try:
        request = services.store.request(said.request_id)
    except NotFound:
        return Step("action", f"{said.request_id} was not asked for", passed=False)
    return Step("action", f"{request.label}: {request.state}, would be {said.state}")


def _judged(services: Services, ref: str, scans: list[ShipmentEvent]) -> Iterator[Step]:
    """What the intake would make of it, with what is known of the shipment; nothing is stored."""
    known = settling.events_of(services, [ref]).get(ref, [])
    state = fold([*known, *scans])
    codes = ", ".join(state.exception_codes)
    yield Step("folded", f"{ref} is {state.status}{f' ({codes})' if codes else ''}")
    shipments = services.store.find(Shipment, shipment_ref=ref)
    shipment = shipments[0] if shipments else Shipment(shipment_ref=ref)
    moments = shipment_moments(state, shipment)
    if not moments:
        yield Step("moment", "none: a scan on the way starts nothing unless it is loss or harm")
    for moment, outcome, study in settling.verdicts(services, [ref], moments):
        yield Step("moment", f"{moment.kind}, due {moment.due_at:%Y-%m-%d %H:%M} UTC")
        yield Step("study", f"{study or 'none'}: {OUTCOMES[outcome]}")
        found = [study_ for study_ in services.store.studies() if study_.slug == study]
        people = whom_to_ask(services.store, moment, found[0].guide) if found else []
        yield Step("gate", f"{len(people)} people known to ask; a test is never sent")
