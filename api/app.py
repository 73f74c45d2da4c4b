"""The application: routes, errors, headers and figures around one context."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from prometheus_client import Histogram
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems, site
from api.changes import Changes
from api.context import Context, Look, no_parts
from api.database import Database, Pool
from api.feed import Feed
from api.routes import (
    alerts,
    answers,
    audit,
    channels,
    devices,
    duty,
    feed,
    figures,
    handover,
    health,
    homes,
    latest,
    messages,
    models,
    offers,
    pauses,
    policies,
    quarantine,
    readings,
    residents,
    rotas,
    session,
    teams,
    testing,
    users,
)  # fmt: skip
from api.schemas.devices import DeviceMessage
from api.schemas.fields import Problem
from api.throttle import Throttle
from domain.time import Clock, Micros, stopwatch

PREFIX = "/api/v1"

MOST_BYTES = 1024 * 1024
"""The largest body that is read; people's and devices' records are a few KB."""

_TOO_LARGE = f"A body may have {MOST_BYTES // 1024} KiB: send less at a time."

_NAMED = "#/components/schemas/{model}"

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_latency = Histogram(
    "carewatch_http_request_seconds",
    "Time from a request to the beginning of its answer.",
    ("method", "route", "status"),
)


def create_app(
    pool: Pool,
    clock: Clock,
    look: Look = no_parts,
    reply_secret: str | None = None,
    device_url: str | None = None,
    stay: Micros = 0,
) -> FastAPI:
    """The API and its page. ``look`` tells the parts that ``/readyz`` shows.

    ``reply_secret`` signs what a gateway for SMS or mail passes on; None: nothing is taken.
    ``device_url`` is where devices reach the broker, as who registers one is told.
    ``stay`` is how long a login lasts on a device that stays logged in; 0: none does.

    ``app.state.context.feed`` is to be woken when something changes, and closed at the end.
    """
    database = Database(pool)
    feeds = Feed(Changes(database), clock)
    context = Context(database, clock, feeds, Throttle(), look, reply_secret, device_url, stay)
    app = FastAPI(
        title="carewatch",
        version="1",
        description="Watches over people who are cared for at home.",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # these pages load their scripts from other people's hosts
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        lifespan=_lifespan,
    )
    app.state.context = context
    for routes in (
        session, channels, alerts, offers, handover, residents, readings, latest, homes, devices,
        messages, models, testing, users, teams, quarantine, audit, duty, rotas, policies, pauses,
        figures, feed,
    ):  # fmt: skip
        app.include_router(routes.router, prefix=PREFIX)
    app.include_router(answers.replies, prefix=PREFIX)
    app.include_router(answers.router)
    app.include_router(handover.page)
    app.include_router(figures.page)
    app.include_router(health.router)
    site.add(app)
    problems.install(app)
    app.add_middleware(_Outside)
    app.openapi = _true_openapi(app.openapi)  # type: ignore[method-assign]
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    feed: Feed = app.state.context.feed
    reading = asyncio.create_task(feed.run(), name="feed")
    yield
    feed.close()
    await reading


class _Outside:
    """Around every answer: headers that protect whoever reads it, and how long it took."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = stopwatch()

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                _latency.labels(*_labels(scope, message)).observe(stopwatch() - began)
                _protect(scope["path"], message)
            await send(message)

        await self._app(scope, _bounded(receive), answer)


def _bounded(receive: Receive) -> Receive:
    """The same, until a body grows too large: nobody fills our memory."""
    taken = 0

    async def take() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MOST_BYTES:
            raise HTTPException(413, _TOO_LARGE)
        return message

    return take


def _labels(scope: Scope, message: Message) -> tuple[str, str, str]:
    """By route, never by path: figures name no resident, and are few."""
    route, path = scope.get("route"), scope["path"]
    if isinstance(route, APIRoute):
        place = PREFIX + route.path if path.startswith(PREFIX) else route.path
    else:
        place = "/console" if path.startswith(site.PREFIX) else "none"
    method = scope["method"] if scope["method"] in _METHODS else "other"
    return method, place, str(message["status"])


_METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})


def _protect(path: str, message: Message) -> None:
    headers = list(message["headers"])
    present = {name for name, _ in headers}
    wanted = dict(_HEADERS)
    if path.startswith(PREFIX):
        wanted["Cache-Control"] = "no-store"
    headers += [
        (name.lower().encode(), value.encode())
        for name, value in wanted.items()
        if name.lower().encode() not in present
    ]
    message["headers"] = headers


def _true_openapi(make: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    """The framework's document, with our problems in it, and what a stream carries."""

    def openapi() -> dict[str, Any]:
        document = make()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for model in (Problem, DeviceMessage):
            schema = model.model_json_schema(ref_template=_NAMED)
            schemas.update(schema.pop("$defs", {}), **{model.__name__: schema})
        return document

    return openapi
