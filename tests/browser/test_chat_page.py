"""Whole interviews on the respondent's page, in a real browser, in every way they are held."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from interviewer.access.users import add_user
from interviewer.clock import StoryClock
from interviewer.core.book import AvailableAction, Shipment
from interviewer.followup import notices
from interviewer.interviews.conversation import TEXT_LIMIT
from interviewer.ports import Services
from interviewer.store import Photo
from interviewer.studies import lifecycle
from interviewer.studies.prompts_folder import load_guide
from tests.browser.conftest import DAMAGED, DESKTOP, PHONE, Site, Visitor, fits, look
from tests.interviews.test_photos import picture

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery"
OURS = "https://feedback.harbor.example.com"
TOLD = "The box came smashed on Monday and two of the plates inside were broken."


def say(page: Page, text: str) -> None:
    page.locator("#text").fill(text)
    page.get_by_role("button", name="Send").click()


def turns(page: Page, number: int) -> None:
    """Wait for so many stored turns, and none on its way."""
    expect(page.locator("#log > li[data-seq]")).to_have_count(number)
    expect(page.locator("#log > [data-pending]")).to_have_count(0)


BUSINESS = {"account_name": "Northwind", "contact_name": "Ann", "contact_role": "operations"}
TOLD_BY_ACCOUNT = (
    "In October two pallets went missing at your hub and our line stopped for three days.",
    "The account team took a week to answer.",
    "It happened twice more in spring.",
    "Your dispatcher answers the same day.",
    "A fixed slot at the dock on Fridays.",
    "We moved some of it to another provider.",
)


def until_summary(page: Page) -> None:
    """Answer a business contact's questions until the summary is read back."""
    for text in TOLD_BY_ACCOUNT:
        if page.get_by_role("button", name="Not quite.").count():
            return
        before = page.locator("#log > li").count()
        say(page, text)
        turns(page, before + 2)
    expect(page.get_by_role("button", name="Not quite.")).to_be_visible()


def add_plain(services: Services) -> str:
    source = services.store.study("exception-follow-up").source
    source = source.replace("slug: exception-follow-up", "slug: plain-one\nlayout: plain")
    return lifecycle.add(services, load_guide(source), source).slug


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("javascript", [True, False], ids=["script", "forms"])
@pytest.mark.parametrize("layout", ["chat", "plain"])
def test_an_interview_to_its_end(
    visit: Visitor, site: Site, viewport: dict[str, int], javascript: bool, layout: str
) -> None:
    study = add_plain(site.services) if layout == "plain" else "exception-follow-up"
    seen = visit(site.link(study), viewport, javascript=javascript)
    page, shown = seen.page, 1
    turns(page, shown)
    while page.get_by_role("textbox").count():
        assert fits(page)
        say(page, TOLD)
        shown += 2
        turns(page, shown)
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert fits(page)
    assert seen.complaints == []
    said = page.locator("#log > li > p").all_text_contents()
    assert said == [turn.text for turn in site.interview.turns]


def test_keys_alone_are_enough(visit: Visitor, site: Site) -> None:
    page = visit(site.link(), DESKTOP).page
    walked = []
    for _ in range(8):
        page.keyboard.press("Tab")
        walked.append(page.evaluate("document.activeElement.id || document.activeElement.value"))
    assert walked[:6] == ["conversation", "text", "send", "skip", "end", "person"]
    assert walked[6] == "stop"
    text = page.get_by_role("textbox")
    text.press_sequentially("The box came")
    text.press("Shift+Enter")
    text.press_sequentially("smashed.")
    turns(page, 1)
    text.press("Enter")
    turns(page, 3)
    assert site.interview.answers[0].text == "The box came\nsmashed."
    expect(text).to_be_focused()
    expect(text).to_have_value("")
    page.get_by_role("button", name="Talk to a person").press("Enter")
    over = page.locator(".over")
    expect(over).to_contain_text("A person takes over")
    expect(over).to_be_focused()


def test_a_whole_interview_without_a_mouse(visit: Visitor, site: Site) -> None:
    page, shown = visit(site.link(), DESKTOP).page, 1
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    while page.get_by_role("textbox").count():
        text = page.get_by_role("textbox")
        expect(text).to_be_focused()
        text.press_sequentially("Two plates were broken.")
        text.press("Enter")
        shown += 2
        turns(page, shown)
    expect(page.locator(".over")).to_be_focused()


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "forms"])
@pytest.mark.parametrize(
    ("tapped", "reason", "rating"),
    [("3 of 4", "confirmed", 3), ("Yes, that is right.", "confirmed", None)],
)
def test_a_summary_is_confirmed_or_rated_by_a_tap(
    visit: Visitor, site: Site, tapped: str, reason: str, rating: int | None, javascript: bool
) -> None:
    page = visit(site.link("score-drop", BUSINESS), javascript=javascript).page
    expect(page.get_by_role("group", name="Quick replies")).to_have_count(0)
    until_summary(page)
    judged = page.get_by_role("group", name="rate this conversation")
    expect(judged.get_by_role("button")).to_have_text(["1", "2", "3", "4"])
    page.get_by_role("button", name=tapped, exact=True).click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert site.interview.close_reason == reason
    assert site.interview.fields.get("rating") == rating


@pytest.mark.parametrize(
    ("button", "title"),
    [("That’s all", "Thank you"), ("Talk to a person", "A person takes over")],
)
def test_a_way_out_takes_what_was_written_along(
    visit: Visitor, site: Site, button: str, title: str
) -> None:
    page = visit(site.link()).page
    page.locator("#text").fill("The box came smashed.")
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    assert site.interview.answers[0].text.startswith("The box came smashed.\n")
    page.reload()
    expect(page.get_by_role("heading", name=title)).to_be_visible()


def test_stop_and_skip(visit: Visitor, site: Site) -> None:
    page = visit(site.link()).page
    page.get_by_role("button", name="Skip").click()
    turns(page, 3)
    page.get_by_role("button", name="Stop asking me").click()
    expect(page.get_by_role("heading", name="We have stopped")).to_be_visible()
    assert site.interview.status == "opted_out"


def test_offline_answers_wait_and_are_sent_once(visit: Visitor, site: Site) -> None:
    seen = visit(site.link())
    page = seen.page
    seen.context.set_offline(True)
    say(page, "The box came smashed.")
    expect(page.locator("#log small")).to_contain_text("Waiting for the connection")
    seen.context.set_offline(False)
    turns(page, 3)
    page.reload()
    turns(page, 3)
    assert [turn.text for turn in site.interview.answers] == ["The box came smashed."]


def test_a_draft_and_an_answer_on_its_way_survive_a_reload(visit: Visitor, site: Site) -> None:
    page = visit(site.link()).page
    page.locator("#text").fill("The box came")
    page.reload()
    expect(page.locator("#text")).to_have_value("The box came")
    page.route("**/messages", lambda route: route.abort())
    say(page, "The box came smashed.")
    expect(page.locator("#log [data-pending]")).to_have_count(1)
    page.unroute("**/messages")
    page.reload()
    turns(page, 3)
    assert len(site.interview.answers) == 1


def test_an_answer_whose_reply_was_lost_is_not_taken_twice(visit: Visitor, site: Site) -> None:
    page = visit(site.link()).page
    lost = []

    def lose(route: object) -> None:
        if not lost:
            lost.append(route.fetch().status)  # type: ignore[attr-defined]
            route.abort()  # type: ignore[attr-defined]
        else:
            route.continue_()  # type: ignore[attr-defined]

    page.route("**/messages", lose)
    say(page, "The box came smashed.")
    turns(page, 3)
    assert lost == [200]
    assert len(site.interview.answers) == 1


def test_a_double_click_sends_once(visit: Visitor, site: Site) -> None:
    page = visit(site.link()).page
    page.locator("#text").fill("The box came smashed.")
    page.get_by_role("button", name="Send").dblclick()
    turns(page, 3)
    assert len(site.interview.answers) == 1


def test_two_windows_and_a_second_device_show_the_same(visit: Visitor, site: Site) -> None:
    link = site.link()
    here = visit(link)
    beside = look(here.context, link).page
    device = visit(link, DESKTOP).page
    say(here.page, "The box came smashed.")
    turns(here.page, 3)
    turns(beside, 3)
    device.evaluate("dispatchEvent(new Event('online'))")
    turns(device, 3)
    say(device, "A neighbor told me on Tuesday.")
    expect(device.locator("#log > li[data-seq='3']")).to_contain_text("neighbor")


def test_a_restart_in_mid_turn_loses_nothing(visit: Visitor, site: Site) -> None:
    page = visit(site.link()).page
    site.stop()
    say(page, "The box came smashed.")
    expect(page.locator("#log small")).to_contain_text("Waiting")
    site.start()
    turns(page, 3)
    assert len(site.interview.answers) == 1


def test_a_slow_server_shows_that_it_writes_and_takes_more(visit: Visitor, site: Site) -> None:
    go_on = threading.Event()
    reader = site.services.reader
    read = reader.read

    def slowly(*given: object) -> object:
        go_on.wait(10)
        return read(*given)  # type: ignore[arg-type]

    reader.read = slowly  # type: ignore[method-assign,assignment]
    page = visit(site.link()).page
    say(page, "The box came smashed.")
    status = page.locator("#writing")
    assert status.get_attribute("role") == "status"
    expect(page.locator("#log [data-pending]")).to_have_count(1)
    go_on.set()
    turns(page, 3)
    expect(status).to_have_text("")


def test_too_long_an_answer_cannot_be_typed_and_an_empty_one_is_told(
    visit: Visitor, site: Site
) -> None:
    page = visit(site.link()).page
    assert page.locator("#text").get_attribute("maxlength") == str(TEXT_LIMIT)
    page.get_by_role("button", name="Send").click()
    assert page.locator("#text").evaluate("box => !box.validity.valid")
    page.locator("#text").fill("   ")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_contain_text("Write an answer first")
    expect(page.locator("#text")).to_have_attribute("aria-invalid", "true")


def test_a_photo_is_shown_at_once_and_what_is_none_is_told(
    visit: Visitor, site: Site, tmp_path: Path
) -> None:
    page = visit(site.link("claim-intake", {"shipment_ref": "S-1"})).page
    file = tmp_path / "photo.jpg"
    file.write_bytes(picture(size=(4000, 3000)))
    page.get_by_label("Add a photo").set_input_files(file)
    image = page.get_by_role("img", name="Photo 1")
    expect(image).to_be_visible()
    assert image.evaluate("async image => (await image.decode(), image.naturalWidth)") == 1600
    (photo,) = site.services.store.photos([site.interview.interview_id])
    assert isinstance(photo, Photo)
    page.get_by_label("Add a photo").set_input_files(__file__)
    expect(page.locator("#photo-state")).to_contain_text("no photo that can be read")


@pytest.mark.parametrize(("language", "layout"), [("de", "chat"), ("pt", "chat"), ("de", "plain")])
@pytest.mark.parametrize(
    ("viewport", "size"),
    [({"width": 320, "height": 256}, "100%"), (PHONE, "200%")],
    ids=["zoom 400 %", "text 200 %"],
)
def test_everything_fits_when_it_is_large(
    visit: Visitor, site: Site, viewport: dict[str, int], size: str, language: str, layout: str
) -> None:
    study = add_plain(site.services) if layout == "plain" else "exception-follow-up"
    page = visit(site.link(study, language=language), viewport).page
    page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
    assert fits(page)
    for button in page.get_by_role("button").all():
        button.scroll_into_view_if_needed()
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44, button.text_content()
    page.locator("#text").fill("x" * 200)
    assert fits(page)
    asked, footer = (page.locator(part).bounding_box() for part in ("#answer", "footer"))
    assert asked is not None
    assert footer is not None
    assert footer["y"] >= asked["y"] + asked["height"], "nothing lies over the form"


def test_a_summary_higher_than_the_log_is_read_from_its_beginning(
    visit: Visitor, site: Site
) -> None:
    page = visit(site.link("score-drop", BUSINESS)).page
    until_summary(page)
    log, summary = (
        page.locator(place).bounding_box() for place in ("#conversation", "#log > li:last-child")
    )
    assert log is not None
    assert summary is not None
    assert summary["height"] > log["height"], "it fits: the test needs a longer one"
    assert abs(summary["y"] - log["y"]) < 2


def test_a_business_contact_who_comes_back_is_told_where_they_stopped(
    visit: Visitor, site: Site
) -> None:
    link = site.link("account-renewal", BUSINESS)
    page = visit(link, DESKTOP).page
    say(page, "Reliable pickups matter most to us.")
    turns(page, 3)
    clock = site.services.clock
    assert isinstance(clock, StoryClock)
    clock.move_to(clock.now() + timedelta(hours=5))
    page.reload()
    greeting = page.locator("#greeting")
    expect(greeting).to_be_visible()
    assert "pickups" not in greeting.inner_text(), "no answer is said again"
    say(page, "In October two pallets went missing at your hub.")
    turns(page, 5)
    expect(greeting).to_be_hidden()


def test_right_to_left_turns_the_page_around(visit: Visitor, site: Site) -> None:
    page = visit(site.link()).page
    say(page, "The box came smashed.")
    turns(page, 3)
    page.evaluate("document.documentElement.dir = 'rtl'")
    asked, told = (page.locator(f"#log .{who}").first.bounding_box() for who in
                   ("interviewer", "respondent"))  # fmt: skip
    assert asked is not None
    assert told is not None
    assert told["x"] < asked["x"] + asked["width"] - told["width"]
    assert fits(page)


def test_another_site_cannot_send_the_form(visit: Visitor, site: Site) -> None:
    link = site.link()
    page = visit("about:blank").page
    page.set_content(
        f'<form method="post" action="{link}"><input name="text" value="x">'
        '<input name="message_id" value="m"><button>go</button></form>'
    )
    with page.expect_response(lambda response: response.url == link) as answer:
        page.get_by_role("button").click()
    assert answer.value.status == 403
    assert site.interview.answers == ()


def test_the_pages_of_users_fit_a_phone(visit: Visitor, site: Site, tmp_path: Path) -> None:
    say(visit(site.link(context=DAMAGED)).page, "The box came smashed.")
    add_user(site.services, "ann", "owner", PASSWORD)
    seen = visit(site.base)
    page = seen.page
    assert fits(page)
    page.get_by_label("E-mail address or name").fill("ann")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    own = f"/interviews/{site.interview.interview_id}"
    for n, path in enumerate(["/", "/studies", "/interviews", own, "/cases", "/accounts", "/docs"]):
        page.goto(site.base + path)
        page.screenshot(path=tmp_path / f"page-{n}.png", full_page=True)
        assert fits(page), path
    page.goto(site.base)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Password")).to_be_visible()
    assert seen.complaints == []


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "forms"])
def test_an_action_is_asked_for_beside_the_conversation(
    visit: Visitor, site: Site, javascript: bool
) -> None:
    listed = (
        AvailableAction(id="pickup", label="Leave at a pickup point"),
        AvailableAction(id="map", label="Address page", link=f"{OURS}/map"),
    )
    site.services.store.put([Shipment(shipment_ref="S-2", available_actions=listed)])
    notices.add_destination(site.services, "tms", "https://tms.example.com/in")
    seen = visit(site.link(), PHONE, javascript=javascript)
    page = seen.page
    expect(page.get_by_role("link", name="Address page")).to_be_visible()
    page.get_by_role("button", name="Leave at a pickup point").click()
    expect(page.locator("#offer-list li").first).to_contain_text("Asked for, not confirmed yet.")
    expect(page.get_by_role("button", name="Leave at a pickup point")).to_have_count(0)
    assert [one.action_id for one in site.services.store.requests()] == ["pickup"]
    turns(page, 1)
    assert fits(page)
    assert seen.complaints == []
