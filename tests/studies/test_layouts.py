"""The two looks of the page, side by side."""

import asyncio
from pathlib import Path

import pytest

from interviewer.interviews import conversation
from interviewer.interviews.conversation import Opening
from interviewer.ports import Services
from interviewer.studies import lifecycle
from interviewer.studies.prompts_folder import load_guide
from tests.fakes import services_in


@pytest.fixture
def services(tmp_path: Path) -> Services:
    return services_in(tmp_path)


def rows(services: Services, slug: str) -> dict[str, object]:
    return {row["figure"]: row["value"] for row in lifecycle.show(services, slug)}


def test_a_comparison_shows_how_far_each_look_brings_people(services: Services) -> None:
    source = services.store.study("delivery-check").source
    source = source.replace("slug: delivery-check", "slug: both\nlayout: compare")
    guide = lifecycle.add(services, load_guide(source), source).guide
    seen = {"chat": 0, "plain": 0}
    for _ in range(12):
        opening = Opening(context={"delivered_at": "2026-09-14"})
        started = asyncio.run(conversation.start(services, "both", opening))
        own = started.interview.interview_id
        seen[guide.layout_of(own)] += 1
        if guide.layout_of(own) == "plain":
            asyncio.run(conversation.receive(services, own, "m1", "All was well, thank you."))
    assert min(seen.values()) > 0
    shown = rows(services, "both")
    assert shown["page chat"] == f"{seen['chat']} opened, 0 answered, 0 closed"
    plain = seen["plain"]
    assert shown["page plain"] == (
        f"{plain} opened, {plain} answered, {plain} closed, 5 words in a first answer"
    )
    assert "page chat" not in rows(services, "delivery-check")
