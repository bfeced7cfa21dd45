"""The API's own documentation page: the OpenAPI schema as plain HTML, nothing from elsewhere."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from interviewer.web.pages import page

router = APIRouter(include_in_schema=False)


class Operation(NamedTuple):
    """One method of one path."""

    method: str
    path: str
    schema: dict[str, Any]


def operations(schema: dict[str, Any]) -> Iterator[Operation]:
    """Every operation of an OpenAPI schema, in its order."""
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield Operation(method.upper(), path, operation)


@router.get("/docs")
def show_api(request: Request) -> HTMLResponse:
    """What the API can do, with the examples of the schema."""
    schema = request.app.openapi()
    shown = [_shown(operation, schema) for operation in operations(schema)]
    base = str(request.base_url).rstrip("/")
    return page("api_docs.html.j2", title=schema["info"]["title"], base=base, operations=shown)


def _shown(operation: Operation, schema: dict[str, Any]) -> dict[str, Any]:
    body = operation.schema.get("requestBody", {}).get("content", {})
    responses = operation.schema["responses"]
    return {
        "method": operation.method,
        "path": operation.path,
        "summary": operation.schema["description"],
        "media": next(iter(body), None),
        "example": _example(body, schema),
        "answers": [(status, answer["description"]) for status, answer in responses.items()],
        "fields": _answer_fields(responses, schema),
    }


def _example(body: dict[str, Any], schema: dict[str, Any]) -> str | None:
    """The body's first example, as indented JSON."""
    for content in body.values():
        example = content.get("example") or _made_up(_resolved(content["schema"], schema), schema)
        return json.dumps(example, indent=2, ensure_ascii=False)
    return None


def _made_up(model: dict[str, Any], schema: dict[str, Any]) -> Any:
    if model.get("examples"):
        return model["examples"][0]
    properties = model.get("properties", {})
    return {name: _made_up(_resolved(p, schema), schema) for name, p in properties.items()}


def _answer_fields(responses: dict[str, Any], schema: dict[str, Any]) -> list[tuple[str, str]]:
    """The fields of a good answer, each with what it means; an answer may be empty."""
    good = next(answer for status, answer in responses.items() if status < "300")
    if not good.get("content"):
        return []
    model = _resolved(next(iter(good["content"].values()))["schema"], schema)
    model = _resolved(model.get("items", model), schema)
    fields = model.get("properties", {}).items()
    return [(name, field.get("description", "")) for name, field in fields]


def _resolved(part: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The part that a reference names; a list's is that of its items."""
    reference = part.get("$ref") or part.get("items", {}).get("$ref")
    if reference is None:
        return part
    found: dict[str, Any] = schema["components"]["schemas"][reference.rpartition("/")[2]]
    return found
