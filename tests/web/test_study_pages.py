"""The pages about studies: writing one, trying it, what they count, and how a version differs."""

import re
from html import unescape

import pytest
from starlette.testclient import TestClient

from interviewer.core.book import Account, Consent, Contact
from interviewer.core.study import StudyState
from interviewer.events import endpoints
from interviewer.ports import Services
from interviewer.studies import lifecycle
from interviewer.studies.figures import figures
from interviewer.studies.prompts_folder import ready_sources
from interviewer.web.console.studies.overview import difference
from tests.fakes import NOW
from tests.story import shipment, tell
from tests.web.test_respondent import Link, Page


def token(client: TestClient) -> str:
    (found, *_) = [i for i in Page(client.get("/").text).all("input") if i["name"] == "form_token"]
    return str(found["value"])


def post(client: TestClient, path: str, **data: str) -> tuple[int, str]:
    answer = client.post(path, data={"form_token": token(client), **data})
    return answer.status_code, answer.headers.get("location", answer.text)


def delivery_check() -> str:
    (source,) = (one for one in ready_sources() if one.startswith("slug: delivery-check\n"))
    return source


OWN = delivery_check().replace("slug: delivery-check", "slug: dock-check", 1)


def test_a_study_is_written_changed_and_compared(owner: TestClient, services: Services) -> None:
    assert post(owner, "/studies/save", source=OWN) == (
        303,
        "/studies/dock-check?done=study.saved&about=dock-check",
    )
    changed = OWN.replace("title: ", "title: Dock, ", 1).replace("\n", "\r\n")  # as browsers send
    status, _ = post(owner, "/studies/save", source=changed, slug="dock-check", version="1")
    assert status == 303
    assert services.store.study("dock-check").version == 2
    assert services.store.audit(newest=1)[0].what == "study.write"
    shown = owner.get("/studies/dock-check/versions").text
    assert 'class="added"' in shown
    assert "title: Dock, " in shown
    assert "languages:" not in shown, "only what changed, and what stands around it"


def test_what_is_no_study_is_named_by_line_and_the_text_is_kept(
    owner: TestClient, services: Services
) -> None:
    wrong = OWN.replace("goal:", "gaol:", 1)
    status, shown = post(owner, "/studies/save", source=wrong)
    assert status == 422
    assert "gaol" in unescape(shown.split("<textarea")[1])
    line = 1 + wrong[: wrong.index("gaol")].count("\n")
    assert f'data-line="{line}"' in shown
    _, said = post(owner, "/studies/check", source=wrong)
    assert f'data-line="{line}"' in said
    assert "dock-check" not in {study.slug for study in services.store.studies()}
    assert "Nothing to mend" in post(owner, "/studies/check", source=OWN)[1]
    read = post(owner, "/studies/check", source="prompts/guides/delivery-check.yaml")[1]
    assert "Nothing to mend" not in read, "a text is never taken for the name of a file"


def test_nobody_overwrites_what_somebody_else_wrote(owner: TestClient, services: Services) -> None:
    taken, said = post(owner, "/studies/save", source=delivery_check() + "# mine\n")
    assert (taken, services.store.study("delivery-check").version) == (409, 1)
    assert "another slug" in said
    post(owner, "/studies/save", source=OWN)
    second = OWN.replace("title: ", "title: B, ", 1)
    lifecycle.write(services, second, over=("dock-check", 1))
    third = OWN.replace("title: ", "title: C, ", 1)
    status, said = post(owner, "/studies/save", source=third, slug="dock-check", version="1")
    assert status == 409
    assert "version 2 by now" in said
    assert "title: C, " in unescape(said)


def test_a_study_that_does_not_pass_is_not_launched(owner: TestClient, services: Services) -> None:
    weak = re.sub(r'(    en: \[)"[^"]*"', r'\1"Was it great? Was it fast?"', OWN, count=1)
    status, _ = post(owner, "/studies/save", source=weak)
    assert status == 303, "what is only weak may be kept"
    assert post(owner, "/studies/dock-check/launch")[0] == 422
    assert services.store.study("dock-check").state == "ready"
    assert post(owner, "/studies/save", source=OWN, slug="dock-check", version="1")[0] == 303
    assert post(owner, "/studies/dock-check/launch")[0] == 303
    assert services.store.study("dock-check").state == "live"
    assert post(owner, "/studies/save", source=weak, slug="dock-check", version="2")[0] == 422


def test_a_trial_is_the_ordinary_conversation_and_is_not_kept(
    owner: TestClient, services: Services
) -> None:
    page = Page(owner.get("/studies/exception-follow-up/try?code=damaged").text)
    assert "damaged parcel" in " ".join(page.texts)
    for text in ("It came smashed.", "Nobody told me. I need a new one."):
        hidden = {i["name"]: str(i["value"]) for i in page.all("input") if "value" in i}
        answer = owner.post("/studies/exception-follow-up/try", data={**hidden, "text": text})
        assert answer.status_code == 200
        page = Page(answer.text)
        assert text in " ".join(page.texts)
    assert "Read as" in " ".join(page.texts)
    assert services.store.interviews(include_test=True) == []
    assert services.store.cases() == []
    status, _ = post(owner, "/studies/exception-follow-up/try", interview="{}", text="x")
    assert status == 422


def test_figures_count_what_there_is(
    owner: TestClient, visitor: TestClient, services: Services
) -> None:
    Link(services, visitor).post(text="The box came smashed.")
    Link(services, visitor)
    study = services.store.study("exception-follow-up")
    found = figures(services, study)
    counted = dict(found.funnel)
    assert (counted["begun"], counted["answered"], found.looked_at) == (2, 1, 2)
    (channel,) = found.groups["Channel"]
    assert (channel.name, channel.begun, channel.answered) == ("chat", 2, 1)
    (segment,) = found.groups["Segment"]
    assert segment.name == "damaged"
    shown = owner.get("/studies/exception-follow-up")
    assert shown.status_code == 200
    assert "From planned to answered" in shown.text


def test_a_difference_shows_changed_lines_with_those_around() -> None:
    before = "".join(f"{n}\n" for n in range(20))
    now = before.replace("5\n", "five\n", 1).replace("17\n", "", 1)
    lines = list(difference(before, now))
    changed = [(line.kind, line.number, line.text) for line in lines if line.kind != "same"]
    assert changed == [
        ("removed", 6, "5"),
        ("added", 6, "five"),
        ("gap", 0, ""),
        ("removed", 18, "17"),
    ]
    assert len(lines) == 4 + 4 + 4
    assert list(difference(before, before)) == []


@pytest.mark.parametrize("state", ["ready", "live", "shadow", "paused"])
@pytest.mark.parametrize("pressed", ["pause", "close", "launch", "shadow"])
def test_undo_restores_the_state_before(
    owner: TestClient, services: Services, state: StudyState, pressed: str
) -> None:
    slug = "delivery-check"
    lifecycle.set_state(services, slug, state, ["ops@example.com"] if state == "shadow" else ())
    services.store.brake_study(slug, "too many opted out")
    before = services.store.study(slug)
    assert post(owner, f"/studies/{slug}/{pressed}")[0] == 303
    page = Page(owner.get(f"/studies/{slug}?done=study.paused&about={slug}.{state}").text)
    (undo,) = (f["action"] for f in page.all("form") if "restore" in str(f["action"]))
    assert post(owner, str(undo))[0] == 303
    after = services.store.study(slug)
    assert after.state == before.state
    if pressed in ("pause", "close"):
        assert after == before


def test_what_was_cancelled_by_closing_waits_again(owner: TestClient, services: Services) -> None:
    lifecycle.set_state(services, "delivery-check", "live")
    tell(services, shipment("1", "delivered"))
    post(owner, "/studies/delivery-check/close")
    (cancelled,) = services.store.invitations()
    assert cancelled.state == "cancelled"
    assert post(owner, "/studies/delivery-check.live/restore")[0] == 303
    (waits,) = services.store.invitations()
    assert (waits.state, waits.due_at) == ("due", cancelled.due_at)
    assert post(owner, "/studies/delivery-check.gone/restore")[0] == 404


def test_a_list_is_previewed_and_then_asked(owner: TestClient, services: Services) -> None:
    services.store.put(
        [
            Account(account_ref="A-1", account_name="Larch", timezone="America/New_York"),
            Contact(
                contact_ref="C-1",
                account_ref="A-1",
                contact_role="buyer",
                email="dana@larch.example.com",
                timezone="America/New_York",
            ),
            Consent(
                address="dana@larch.example.com",
                channel="email",
                status="granted",
                source="contract",
                at=NOW,
            ),
        ]
    )
    path = "/studies/account-review/list"
    assert post(owner, path, listed="who\nA-1")[0] == 422
    listed = {"listed": "account_ref\r\nA-1\r\nA-9", "name": "QBR"}
    status, shown = post(owner, path, **listed)
    assert status == 200
    assert "1</strong> of 2 on the list QBR would be asked" in shown
    assert services.store.invitations(study="account-review") == []
    assert post(owner, path, do="launch", **listed)[0] == 303
    assert len(services.store.invitations(study="account-review")) == 1
    assert services.store.study("account-review").state == "live"
    post(owner, path, do="launch", **listed)
    assert len(services.store.invitations(study="account-review")) == 1, "nobody twice"


def test_a_study_is_tried_on_the_past(owner: TestClient, services: Services) -> None:
    path = "/studies/delivery-check/backtest"
    for days in (("", ""), ("2026-09-02", "2026-09-01"), ("2026-01-01", "2026-03-01")):
        assert post(owner, path, since=days[0], until=days[1])[0] == 422
    status, shown = post(owner, path, since="2026-09-01", until="2026-09-02")
    assert status == 200
    assert "Nothing happened in these days" in shown
    assert services.store.study("delivery-check").state == "ready"


def test_a_source_that_no_server_answers_for_says_so(owner: TestClient, services: Services) -> None:
    endpoints.add(services, "cloudevents", "tms")
    status, shown = post(owner, "/sources/test", name="tms")
    assert status == 200
    assert "did not go through" in shown
    assert "no server answers" in shown
    assert services.store.audit(newest=1)[0].what == "source.test"
    assert post(owner, "/sources/test", name="none")[0] == 404
