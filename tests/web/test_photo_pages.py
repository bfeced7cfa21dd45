"""Photos through the page: who may add one, and who may see it."""

import asyncio
from typing import Any

import pytest
from starlette.testclient import TestClient

from interviewer.interviews import conversation
from interviewer.interviews.conversation import Opening
from interviewer.interviews.photos import UPLOAD_LIMIT
from interviewer.ports import Services
from interviewer.web.pages import words
from tests.interviews.test_photos import picture
from tests.web.test_respondent import Link, Page

SMALL = picture(size=(30, 20))


@pytest.fixture
def claim(services: Services, visitor: TestClient) -> Link:
    link = Link(services, visitor)
    started = asyncio.run(conversation.start(services, "claim-intake", Opening(context={})))
    link.interview_id, link.path = started.interview.interview_id, f"/i/{started.token}"
    return link


def upload(link: Link, photo: bytes = SMALL, **headers: str) -> Any:
    files = {"photo": ("photo.jpg", photo, "image/jpeg")}
    return link.visitor.post(f"{link.path}/photos", files=files, headers=headers)


def test_a_photo_is_added_with_and_without_a_script(claim: Link) -> None:
    made = upload(claim)
    assert made.status_code == 201
    path = made.json()["path"]
    shown = claim.visitor.get(path)
    assert shown.headers["content-type"] == "image/jpeg"
    assert shown.headers["cache-control"] == "no-store"
    plain = upload(claim, Accept="text/html")
    assert (plain.status_code, plain.headers["location"]) == (303, claim.path)
    assert next(i["src"] for i in claim.page().all("img")) == path
    assert len(claim.page().all("img")) == 2


def test_a_photo_is_seen_through_its_own_link_and_by_who_works_on_it(
    claim: Link, services: Services, visitor: TestClient, owner: TestClient
) -> None:
    path = upload(claim).json()["path"]
    photo_id = path.rpartition("/")[2]
    other = Link(services, visitor)
    assert visitor.get(f"{other.path}/photos/{photo_id}").status_code == 404
    assert visitor.get(f"/i/none/photos/{photo_id}").status_code == 404
    ours = f"/interviews/{claim.interview_id}/photos/{photo_id}"
    assert visitor.get(ours).status_code == 303
    assert owner.get(ours).headers["content-type"] == "image/jpeg"
    assert owner.get(f"/interviews/{other.interview_id}/photos/{photo_id}").status_code == 404
    assert ours in [
        i["src"] for i in Page(owner.get(f"/interviews/{claim.interview_id}").text).all("img")
    ]
    claim.post(text="The box came smashed.")
    (case,) = services.store.cases()
    assert ours in owner.get(f"/cases/{case.case_id}").text


def test_what_is_no_photo_is_said_in_the_respondent_s_words(claim: Link) -> None:
    refused = upload(claim, b"no picture")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["message"] == words()["en"]["photo_unread"]
    assert words()["en"]["photo_unread"] in upload(claim, b"none", Accept="text/html").text
    assert upload(claim, b"x" * (UPLOAD_LIMIT + 5000)).status_code == 413
    for _ in range(6):
        upload(claim)
    assert upload(claim).json()["errors"][0]["message"] == words()["en"]["photo_enough"]


def test_another_site_cannot_add_one(claim: Link) -> None:
    assert upload(claim, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
