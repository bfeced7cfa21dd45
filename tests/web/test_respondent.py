"""The respondent's page without JavaScript: what it shows, takes and never does."""

import asyncio
import itertools
import json
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from starlette.testclient import TestClient

from interviewer.clock import StoryClock
from interviewer.core.answering import quick_replies
from interviewer.core.interview import Decision, Interview
from interviewer.core.opt_out import is_opt_out
from interviewer.interviews import conversation
from interviewer.interviews.conversation import Opening
from interviewer.ports import Services
from interviewer.studies import lifecycle
from interviewer.studies.prompts_folder import load_guide, ready_sources
from interviewer.web import throttle
from interviewer.web.app import create_app
from interviewer.web.chat_page import STOP_WORD, said_by
from interviewer.web.pages import words
from interviewer.web.respondent import READABLE

DAMAGED = {"shipment_ref": "S-2", "exception_code": "damaged", "exception_at": "2026-09-14"}


class Page(HTMLParser):
    """The turns, the form and the texts of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]

    @property
    def turns(self) -> list[str | None]:
        return [attrs["class"] for attrs in self.all("li") if "data-seq" in attrs]

    @property
    def message_id(self) -> str | None:
        return next(i["value"] for i in self.all("input") if i["name"] == "message_id")


class Link:
    """An interview behind its link."""

    def __init__(self, services: Services, visitor: TestClient, **opening: Any) -> None:
        given = Opening(**{"context": DAMAGED, **opening})
        started = asyncio.run(conversation.start(services, "exception-follow-up", given))
        self.services, self.visitor = services, visitor
        self.interview_id, self.path = started.interview.interview_id, f"/i/{started.token}"

    @property
    def stored(self) -> Interview:
        return self.services.store.interview(self.interview_id)

    def page(self) -> Page:
        response = self.visitor.get(self.path)
        assert response.status_code == 200
        return Page(response.text)

    def post(self, headers: dict[str, str] | None = None, **fields: str) -> Any:
        form = {"message_id": "m1", "text": "", "action": "send", **fields}
        return self.visitor.post(self.path, data=form, headers=headers)


@pytest.fixture
def link(services: Services, visitor: TestClient) -> Link:
    return Link(services, visitor)


def test_the_page_says_who_asks_and_how_to_stop(link: Link) -> None:
    page = link.page()
    said = " ".join(page.texts)
    assert "Automated interviewer for Harbor Parcel." in said
    assert "Your answers are shared with Harbor Parcel. You can stop at any time." in said
    links = [attrs["href"] for attrs in page.all("a")]
    assert links == ["https://harbor.example.com/privacy", "mailto:help@harbor.example.com"]
    assert [b["value"] for b in page.all("button")] == ["send", "skip", "end", "person", "stop"]
    assert {"role": "log", "aria-live": "polite"}.items() <= page.all("div")[0].items()
    assert link.stored.turns[0].text in said


def test_an_interview_from_the_first_answer_to_the_end(link: Link) -> None:
    shown = 1
    for _ in range(6):
        page = link.page()
        if not page.all("form"):
            break
        told = "The box came smashed on Monday and two plates inside were broken."
        sent = link.post(message_id=str(page.message_id), text=told)
        assert (sent.status_code, sent.headers["location"]) == (303, link.path)
        shown += 2
        assert len(link.page().turns) == shown
    assert link.stored.status == "closed"
    page = link.page()
    assert page.all("form") == []
    assert words()["en"]["closed"] in page.texts


def test_looking_changes_nothing(link: Link) -> None:
    before = link.stored
    for method in ("GET", "HEAD", "GET"):
        assert link.visitor.request(method, link.path).status_code == 200
    assert link.stored == before
    assert link.page().message_id != link.page().message_id


def test_the_same_form_twice_is_one_turn(link: Link) -> None:
    for _ in range(2):
        assert link.post(text="It came smashed.").status_code == 303
    assert len(link.stored.answers) == 1


@pytest.mark.parametrize(("action", "reason"), [("skip", "skip"), ("stop", "opt_out")])
def test_skip_and_stop_go_the_way_of_every_message(link: Link, action: str, reason: str) -> None:
    assert link.post(action=action, text="a draft that is not sent").status_code == 303
    (answer,) = link.stored.answers
    assert answer.text == action
    assert answer.decision is not None
    assert answer.decision.reason == reason


def test_after_a_stop_the_page_is_read_only(link: Link) -> None:
    link.post(action="stop")
    page = link.page()
    assert page.all("form") == []
    assert words()["en"]["opted_out"] in page.texts


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "empty"), ("  \n", "empty"), ("x" * 2001, "too_long"), ("a\x00b", "NUL byte")],
)
def test_a_bad_answer_is_told_kept_and_not_stored(link: Link, text: str, says: str) -> None:
    refused = link.post(text=text)
    assert refused.status_code == 422
    assert words()["en"].get(says, says) in refused.text.replace("&#34;", '"')
    page = Page(refused.text)
    assert page.message_id == "m1"
    assert page.all("textarea")[0]["aria-invalid"] == "true"
    assert link.stored.answers == ()


def test_a_form_without_an_id_is_not_stored(link: Link) -> None:
    assert link.post(message_id="", text="Late.").status_code == 422
    assert link.post(message_id="m" * 201, text="Late.").status_code == 422
    assert link.stored.answers == ()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 303),
        ({"Origin": "https://elsewhere.example.com"}, 403),
        ({"Origin": "http://testserver"}, 303),
        ({"Origin": "null"}, 303),
        ({}, 303),
    ],
)
def test_forms_of_other_sites_are_refused(link: Link, headers: dict[str, str], status: int) -> None:
    assert link.post(headers, text="Late.").status_code == status
    assert len(link.stored.answers) == (status == 303)


def test_a_wrong_and_an_expired_link_have_the_same_page(
    link: Link, services: Services, visitor: TestClient
) -> None:
    clock = services.clock
    assert isinstance(clock, StoryClock)
    wrong = visitor.get("/i/not-a-token")
    assert wrong.status_code == 404
    assert words()["en"]["no_link"] in wrong.text
    clock.move_to(link.stored.expires_at)
    for answer in (visitor.get(link.path), link.post(text="Late."), visitor.get("/i/%00")):
        assert (answer.status_code, answer.content) == (404, wrong.content)
    conversation.close_expired(services)
    assert link.stored.close_reason == "expired"
    assert visitor.get(link.path).content == wrong.content


def test_what_is_over_can_be_read_for_a_day(link: Link, services: Services) -> None:
    clock = services.clock
    assert isinstance(clock, StoryClock)
    link.post(action="stop")
    clock.move_to(clock.now() + READABLE - timedelta(seconds=1))
    assert len(link.page().turns) == 3
    clock.move_to(clock.now() + timedelta(seconds=1))
    assert link.visitor.get(link.path).status_code == 404


def test_nothing_else_of_the_record_is_on_the_page(services: Services, visitor: TestClient) -> None:
    context = {**DAMAGED, "item": "a red lamp", "account_name": "Acme", "amount": 91.5}
    link = Link(services, visitor, context=context, address="+14155550123", name="Ann Example")
    html = visitor.get(link.path).text
    for secret in ("a red lamp", "Acme", "91.5", "+14155550123", "Ann Example", link.interview_id):
        assert secret not in html


MARKUP = [
    "<script>alert(1)</script>",
    "</textarea><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }} {% raw %}",
    "javascript:alert(1)",
    "<a href='https://evil.example.com'>here</a>",
]


@pytest.mark.parametrize("text", MARKUP)
def test_what_people_write_never_becomes_markup(
    services: Services, visitor: TestClient, text: str
) -> None:
    link = Link(services, visitor, context={**DAMAGED, "brand": text})
    plain = Link(services, visitor, context=DAMAGED)
    for each in (link, plain):
        each.post(text=text)
    tags = [tag for tag, _ in link.page().tags]
    assert tags == [tag for tag, _ in plain.page().tags]
    assert text in link.page().texts
    too_long = Page(link.post(message_id="m2", text=text + "x" * 2000).text)
    assert {"img", "a", "script"} & {tag for tag, _ in too_long.tags} == {"a", "script"}
    assert [a["href"] for a in too_long.all("a")] == [a["href"] for a in plain.page().all("a")]


@pytest.mark.parametrize(("language", "skips"), [("es", "paso"), ("de", "weiter")])
def test_the_page_speaks_the_interview_s_language(
    services: Services, visitor: TestClient, language: str, skips: str
) -> None:
    link = Link(services, visitor, language=language)
    html = visitor.get(link.path).text
    assert f'<html lang="{language}">' in html
    assert words()[language]["disclosure"].replace("{brand}", "Harbor Parcel") in html
    link.post(action="skip")
    assert link.stored.answers[0].text == skips
    missing = visitor.get("/i/none", headers={"Accept-Language": f"xx, {language}-MX;q=0.9, en"})
    assert words()[language]["no_link"] in missing.text


def test_every_language_has_every_word_and_its_skip_is_read_as_one(services: Services) -> None:
    assert words().keys() == services.phrases.keys()
    guide = services.store.study("delivery-check").guide
    opener = asyncio.run(conversation.start(services, "delivery-check", Opening(context={})))
    for language, spoken in words().items():
        assert spoken.keys() == words()["en"].keys()
        interview = opener.interview.evolve(language=language)
        reading = services.reader.read(guide, interview, spoken["skip_word"])
        assert "skip" in reading.wants, language
    assert is_opt_out(STOP_WORD)


def test_without_an_organization_the_page_has_no_empty_words(
    services: Services, settings: Any
) -> None:
    nobody = replace(
        services.organization, brand="", human_contact="ask at the desk", privacy_url="javascript:1"
    )
    bare = replace(services, organization=nobody)
    visitor = TestClient(create_app(bare, settings), follow_redirects=False)
    page = Link(bare, visitor).page()
    assert "Automated interviewer for your delivery service" in " ".join(page.texts)
    assert page.all("a") == []
    assert re.search("ask at the desk", " ".join(page.texts))


def test_every_button_s_words_are_read_as_what_they_say(services: Services) -> None:
    guide = services.store.study("account-renewal").guide
    started = asyncio.run(conversation.start(services, "account-renewal", Opening(context={})))
    told = "The driver was rude twice."
    for language, spoken in words().items():
        interview = started.interview.evolve(language=language)
        for action, intent in (("end", "end"), ("person", "human")):
            for text in ("", told):
                said = said_by(action, text, spoken)  # type: ignore[arg-type]
                reading = services.reader.read(guide, interview, said)
                assert intent in reading.wants, (language, action, said)
        playback = started.interview.turns[0].model_copy(update={"move": "playback"})
        read_back = interview.evolve(turns=(playback,))
        for reply in ("confirm", "correct"):
            reading = services.reader.read(guide, read_back, spoken[reply])
            assert reply in reading.wants, (language, reply)


def test_the_words_of_a_field_s_buttons_are_read_as_its_values(services: Services) -> None:
    read = 0
    for study in ("account-renewal", "claim-intake"):
        guide = services.store.study(study).guide
        begun = asyncio.run(conversation.start(services, study, Opening(context={}))).interview
        fields = {name for topic in guide.topics.values() for name in topic.field_ask}
        for language, name in itertools.product(("en", "es", "de"), sorted(fields)):
            opener = begun.turns[0].model_copy(update={"language": language})
            asks = Decision(move="ask", reason="open_topic", field=name)
            told = opener.model_copy(
                update={"seq": 1, "speaker": "respondent", "move": None, "decision": asks}
            )
            again = opener.model_copy(update={"seq": 2, "move": "ask"})
            interview = begun.evolve(language=language, turns=(opener, told, again))
            field = guide.fields[name]
            values = field.values or range(field.min or 0, (field.max or 0) + 1)
            for offered in quick_replies(guide, interview):
                for reply, value in zip(offered.texts, values, strict=True):
                    said = words()[language].get(reply, reply)
                    found = services.reader.read(guide, interview, said).fields
                    assert name in found, (study, language, name, said)
                    assert found[name].value == value, (study, language, name, said)
                    read += 1
    assert read > 30


def test_what_was_written_goes_along_with_the_wish_for_a_person(link: Link) -> None:
    assert link.post(action="person", text="The box came smashed.").status_code == 303
    (answer,) = link.stored.answers
    assert answer.text == "The box came smashed.\nI want to talk to a person."
    assert link.stored.status == "handed_off"


def test_a_quick_reply_is_the_answer(link: Link) -> None:
    assert link.post(reply="7", text="a draft").status_code == 303
    assert link.stored.answers[0].text == "7"


# what the script asks


def said(link: Link, headers: dict[str, str] | None = None, **fields: Any) -> Any:
    body = {"message_id": "m1", "text": "It came smashed.", **fields}
    return link.visitor.post(f"{link.path}/messages", json=body, headers=headers)


def events(response: Any) -> list[tuple[str, Any]]:
    parts = [
        dict(line.split(": ", 1) for line in part.split("\n"))
        for part in response.text.strip().split("\n\n")
    ]
    return [(part["event"], json.loads(part.get("data", "null"))) for part in parts]


def test_an_answer_streams_that_it_is_being_read_and_then_the_whole_message(link: Link) -> None:
    response = said(link, after=0)
    assert response.headers["content-type"].startswith("text/event-stream")
    (first, _), (second, state) = events(response)
    assert (first, second) == ("writing", "state")
    assert [turn["seq"] for turn in state["turns"]] == [1, 2]
    assert state["turns"][0]["message_id"] == "m1"
    assert state["turns"][1]["text"] == link.stored.turns[2].text
    assert state["status"] == "open"
    assert events(said(link, after=0))[1][1] == state, "the same again is answered the same"
    assert len(link.stored.answers) == 1


def test_another_device_reads_what_was_said_since(link: Link) -> None:
    said(link)
    seen = link.visitor.get(f"{link.path}/messages", params={"after": 1}).json()
    assert [turn["seq"] for turn in seen["turns"]] == [2]
    assert link.visitor.get("/i/none/messages").status_code == 404


def test_what_cannot_be_answered_says_whether_to_send_it_again(
    link: Link, services: Services
) -> None:
    (_, failed) = events(said(link, text=" "))[-1]
    assert failed == {"message": words()["en"]["empty"], "final": True}
    assert said(link, text="x" * 2001).status_code == 422
    assert said(link, message_id="").status_code == 422
    assert said(link, {"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert link.stored.answers == ()


# how often strangers may knock


def test_answers_are_limited_per_interview_and_keep_what_was_written(
    link: Link, services: Services
) -> None:
    for _ in range(10):
        assert link.post(text="Late.").status_code == 303
    refused = link.post(message_id="more", text="One too many.")
    assert (refused.status_code, words()["en"]["busy"] in refused.text) == (429, True)
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert said(link, message_id="more").status_code == 429
    other = Link(services, link.visitor)
    assert other.post(text="Late.").status_code == 303, "another interview is not slowed"


def test_looking_is_limited_per_address(link: Link) -> None:
    statuses = [link.visitor.get(link.path).status_code for _ in range(31)]
    assert statuses == [200] * 30 + [429]


def test_wrong_links_get_slower_and_say_the_same(
    link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    answers = [link.visitor.get(f"/i/wrong{n}") for n in range(12)]
    assert {a.status_code for a in answers} == {404}
    assert len({a.text for a in answers}) == 1
    assert waited == [throttle.WRONG_LINK_DELAY] * 2
    assert link.visitor.get(link.path).status_code == 200


# layouts


def test_a_study_may_ask_one_plain_question_at_a_time(
    services: Services, visitor: TestClient
) -> None:
    guide = services.store.study("exception-follow-up")
    source = guide.source.replace("slug: exception-follow-up", "slug: plain-one\nlayout: plain")
    lifecycle.add(services, load_guide(source), source)
    started = asyncio.run(conversation.start(services, "plain-one", Opening(context=DAMAGED)))
    page = Page(visitor.get(f"/i/{started.token}").text)
    assert page.all("body") == [{"class": "plain"}]
    lead, question = started.interview.turns[0].text.rsplit(". ", 1)
    assert f"{lead}." in page.texts
    assert question in page.texts
    assert page.all("label")[0]["for"] == "text"


def test_half_of_a_comparison_is_plain() -> None:
    guide = load_guide(ready_sources()[0]).model_copy(update={"layout": "compare"})
    drawn = [guide.layout_of(f"id-{n}") for n in range(400)]
    assert 160 < drawn.count("plain") < 240
    assert drawn == [guide.layout_of(f"id-{n}") for n in range(400)]
