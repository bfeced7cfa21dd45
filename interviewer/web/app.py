"""The application: every door of the web, around one set of services."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.staticfiles import StaticFiles

from interviewer import worker
from interviewer.ports import Services
from interviewer.settings import Settings
from interviewer.web import (
    api,
    api_actions,
    api_cases,
    api_docs,
    api_numbers,
    api_people,
    console,
    doors,
    hooks,
    problems,
    public_pages,
    respondent,
    twilio,
    widget,
)
from interviewer.web.protection import BodyLimit, Compressed, ProtectiveHeaders
from interviewer.web.throttle import Throttle

STATIC = Path(__file__).parent / "static"


def create_app(services: Services, settings: Settings) -> FastAPI:
    """The pages and the JSON API of an installation."""
    app = FastAPI(
        title="Feedback interviewer",
        version=version("logistics-feedback-interviewer"),
        description="Interviews, events, studies and accounts as JSON.",
        docs_url=None,  # the usual page loads scripts from another site; `api_docs` is ours
        redoc_url=None,
        lifespan=_lifespan,
        dependencies=[Depends(doors.pass_door)],
    )
    app.state.services = services
    app.state.settings = settings
    app.state.rates = Throttle()
    app.state.reception = hooks.Reception(services)
    problems.install(app)
    # of two routes that fit a path the first takes it
    ours = (
        twilio,
        hooks,
        api,
        api_actions,
        api_cases,
        api_docs,
        api_numbers,
        api_people,
        respondent,
        public_pages,
        widget,
        *console.PARTS,
    )
    for router in (part.router for part in ours):
        app.include_router(router)
    doors.check_doors(app)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_middleware(Compressed)
    app.add_middleware(BodyLimit)
    app.add_middleware(problems.UnexpectedErrors)
    app.add_middleware(ProtectiveHeaders)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """The model client is open while we serve; on SQLite the worker runs in this process."""
    services: Services = app.state.services
    settings: Settings = app.state.settings
    async with AsyncExitStack() as parts:
        if isinstance(services.model, AbstractAsyncContextManager):
            await parts.enter_async_context(services.model)
        if settings.database_url.startswith("sqlite"):
            await parts.enter_async_context(_working(services))
        yield


@asynccontextmanager
async def _working(services: Services) -> AsyncIterator[None]:
    stop = asyncio.Event()
    rounds = asyncio.create_task(worker.run(services, stop))
    yield
    stop.set()
    await rounds


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The schema; errors are documented under the media type that they have."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        for operation in api_docs.operations(schema):
            for status, response in operation.schema["responses"].items():
                if status >= "400":
                    response["content"] = {problems.MEDIA_TYPE: response["content"].popitem()[1]}
        app.openapi_schema = schema
    return app.openapi_schema
