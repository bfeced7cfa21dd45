"""A server that is killed while it reads an answer: the page sends it again, and it counts once."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import expect

from interviewer.interviews import conversation
from interviewer.interviews.conversation import Opening
from interviewer.wiring import build
from tests.browser.conftest import DAMAGED, Visitor
from tests.browser.test_chat_page import say, turns
from tests.fakes import settings_in
from tests.openai_server import HANGS, OpenAiServer
from tests.web.test_restart import free_port, kill, server

pytestmark = [pytest.mark.browser, pytest.mark.faults]


def test_a_kill_in_mid_turn_is_a_pause(visit: Visitor, tmp_path: Path) -> None:
    installation, port = settings_in(tmp_path), free_port()
    services = build(installation)
    # A loop of its own: the browser's driver holds one in this thread.
    with ThreadPoolExecutor(1) as elsewhere:
        opening = Opening(context=DAMAGED)
        beginning = conversation.start(services, "exception-follow-up", opening)
        started = elsewhere.submit(asyncio.run, beginning).result()
    with OpenAiServer(HANGS) as model:
        with server(installation, port, llm_base_url=model.base_url) as process:
            page = visit(f"http://127.0.0.1:{port}/i/{started.token}").page
            say(page, "The box came smashed.")
            model.wait_for_call()
            kill(process)
            expect(page.locator("#log small")).to_contain_text("Waiting for the connection")
        with server(installation, port):
            turns(page, 3)
            page.reload()
            turns(page, 3)
    stored = services.store.interview(started.interview.interview_id)
    assert [turn.text for turn in stored.answers] == ["The box came smashed."]
    assert model.calls == 1
