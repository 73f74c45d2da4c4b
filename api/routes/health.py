"""Whether it works, for machines: alive, ready, and figures."""

import os
from typing import Literal

from fastapi import APIRouter, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    generate_latest,
    multiprocess,
)

from api.context import Shared
from api.fields import Answer
from api.problems import documented

router = APIRouter(tags=["health"])


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
def readyz(shared: Shared, response: Response) -> object:
    """Every part that has to work for an alert to reach somebody, with a sentence each."""
    parts = shared.look()
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
