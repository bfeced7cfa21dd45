"""Headers of every page, and templates without anything inline."""

import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from interviewer.ports import Services
from interviewer.web.protection import HEADERS
from tests.web.test_api import analyzed
from tests.web.test_respondent import Link, Page

WEB = Path(__file__).parents[2] / "interviewer" / "web"


def pages(app: FastAPI) -> list[str]:
    """Every path that answers a GET with a page."""
    found = []
    for route in app.router.routes:
        inner = getattr(getattr(route, "original_router", None), "routes", [route])
        found += [
            r.path
            for r in inner
            if isinstance(r, APIRoute) and "GET" in r.methods and not r.include_in_schema
        ]
    return sorted(found)


def filled_in(path: str, values: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)[^}]*\}", lambda name: values.get(name[1], "none"), path)


def test_every_page_carries_every_header(
    app: FastAPI, owner: TestClient, visitor: TestClient, services: Services
) -> None:
    analyzed(services)
    link = Link(services, visitor)
    values = {"token": link.path[3:], "interview_id": link.interview_id, "run_id": "r1"}
    values |= {"study": "delivery-check", "photo_id": "none"}
    walked = pages(app)
    assert len(walked) > 15
    data = {"/i/{token}/messages", "/i/{token}/photos/{photo_id}", "/widget.js"}
    data |= {"/interviews/{interview_id}/photos/{photo_id}"}
    for path in (p for p in walked if p not in data and not p.endswith(".csv")):
        for filled in (filled_in(path, values), filled_in(path, {})):
            answer = owner.get(filled, headers={"Accept": "text/html"})
            assert answer.status_code in (200, 404, 422), filled
            assert answer.headers["content-type"].startswith("text/html")
            assert answer.headers["cache-control"] == "no-store"
            own = {"Content-Security-Policy"} if filled == "/reports/r1" else set()
            for name in HEADERS.keys() - own:
                assert answer.headers[name] == HEADERS[name], (filled, name)


def test_answers_that_are_no_pages_carry_them_too(visitor: TestClient, api: TestClient) -> None:
    for answer in (
        visitor.get("/api/v1/studies"),
        api.get("/api/v1/studies"),
        visitor.get("/static/console.css"),
        visitor.get("/static/none.css"),
        visitor.get("/openapi.json"),
        visitor.get("/interviews"),
        visitor.post("/i/none", content=b"x" * 70_000),
    ):
        assert HEADERS.items() <= {n: answer.headers.get(n) for n in HEADERS}.items()


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    for loose in ("unsafe", "http", "*", "blob:"):
        assert loose not in policy


INLINE = re.compile(
    r"<script(?![^>]*\bsrc=\"/static/)|<style|\bstyle\s*=|\bon\w+\s*=|javascript:|\|\s*safe\b", re.I
)
TEMPLATES = sorted((WEB / "templates").glob("*.j2"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_nothing_inline(template: Path) -> None:
    assert INLINE.findall(template.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "bad", ["<script>x</script>", "<p style='x'>", '<a onclick = "x">', "{{ x | safe }}", "<style>"]
)
def test_the_search_for_inline_parts_finds_them(bad: str) -> None:
    assert INLINE.search(bad)


def test_markup_is_never_made_in_code() -> None:
    for file in WEB.rglob("*.py"):
        assert not re.search(r"Markup\(|\|safe", file.read_text(encoding="utf-8")), file


def test_the_documentation_shows_every_operation(visitor: TestClient) -> None:
    shown = Page(visitor.get("/docs").text)
    schema = visitor.get("/openapi.json").json()
    for path in schema["paths"]:
        assert path in shown.texts
    assert any('"text": "It came two days late' in text for text in shown.texts)
