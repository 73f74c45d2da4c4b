"""Whether it works, for machines: alive, ready, and figures."""

import os
from collections.abc import Mapping
from typing import Literal

import anyio
from fastapi import APIRouter, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    generate_latest,
    multiprocess,
)

from api.context import Part, Shared
from api.problems import documented
from api.schemas.fields import Answer

router = APIRouter(tags=["health"])

LOOK_S = 4.5
"""Who watches over us waits 5 s, as a rule."""
_lookers = anyio.CapacityLimiter(4)
_OVERDUE = Part(False, "It took too long to look: something that carewatch needs hangs.")


class PartState(Answer):
    state: Literal["ok", "failing"]
    detail: str


class Health(Answer):
    state: Literal["ok", "failing"]
    parts: dict[str, PartState]


class Alive(Answer):
    status: Literal["ok"]


@router.get("/healthz", response_model=Alive, responses=documented())
def healthz() -> object:
    """The process answers; nothing else is looked at."""
    return {"status": "ok"}


@router.get(
    "/readyz",
    response_model=Health,
    responses={503: {"description": "A part is failing", "model": Health}},
)
async def readyz(shared: Shared, response: Response) -> object:
    """Every part that has to work for an alert to reach somebody, with a sentence each.

    In a thread that is kept for it, so that it is answered when all others wait for something.
    """
    parts: Mapping[str, Part] = {"api": _OVERDUE}
    with anyio.move_on_after(LOOK_S):
        parts = await anyio.to_thread.run_sync(
            shared.look, abandon_on_cancel=True, limiter=_lookers
        )
    ok = all(part.ok for part in parts.values())
    response.status_code = 200 if ok else 503
    states = {
        name: {"state": _state(part.ok), "detail": part.detail} for name, part in parts.items()
    }
    return {"state": _state(ok), "parts": states}


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics() -> Response:
    """Figures in Prometheus' text format; those of all processes where they share a folder."""
    return Response(generate_latest(_registry()), media_type=CONTENT_TYPE_LATEST)


def _registry() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    shared = CollectorRegistry()
    multiprocess.MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
    return shared


def _state(ok: bool) -> str:
    return "ok" if ok else "failing"
