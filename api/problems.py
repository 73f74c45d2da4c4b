"""Errors as RFC 9457 problem details: each says in a sentence what to do."""

from http import HTTPStatus
from traceback import extract_tb
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from domain.errors import CarewatchError, Unavailable

MEDIA_TYPE = "application/problem+json"
_FRAMES = 8
_log = structlog.get_logger()


class Problem(CarewatchError):
    """An answer that is not what was asked for; raised anywhere below a route."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = headers


def not_found(what: str, name: str) -> Problem:
    """The one answer for what does not exist and for what the caller may not see."""
    return Problem(404, f"There is no {what} {name!r} that you can see; look at the list for ids.")


def conflict(detail: str) -> Problem:
    return Problem(409, detail)


def unprocessable(detail: str) -> Problem:
    return Problem(422, detail)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route: its problems, for OpenAPI. Some go without saying."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in sorted({*statuses, *({413} if 422 in statuses else ()), 500, 503})
    }


def install(app: FastAPI) -> None:
    """Turn every error into a problem."""
    app.exception_handler(Problem)(_problem)
    app.exception_handler(CarewatchError)(_not_allowed)
    app.exception_handler(Unavailable)(_unavailable)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(HTTPException)(_http)
    app.exception_handler(Exception)(_bug)


def answer(
    status: int, detail: str, headers: dict[str, str] | None = None, **more: Any
) -> JSONResponse:
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **more,
    }
    return JSONResponse(body, status, headers, media_type=MEDIA_TYPE)


def _problem(_: Request, error: Problem) -> JSONResponse:
    return answer(error.status, str(error), error.headers)


def _not_allowed(_: Request, error: CarewatchError) -> JSONResponse:
    return answer(409, str(error))


def _unavailable(_: Request, error: Unavailable) -> JSONResponse:
    return answer(503, str(error), {"Retry-After": "2"})


def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
    """Names each wrong field, and never repeats its value: it may be a password."""
    wrong = [{"field": _place(one["loc"]), "detail": one["msg"]} for one in error.errors()]
    sentences = "; ".join(f"{one['field']}: {one['detail']}" for one in wrong)
    return answer(422, f"Please correct {sentences}.", errors=wrong)


def _place(location: tuple[int | str, ...]) -> str:
    where, *path = location
    if path and isinstance(path[0], int) and where == "body":
        return f"the body at character {path[0]}"
    return ".".join(str(step) for step in path) or str(where)


def _http(request: Request, error: HTTPException) -> JSONResponse:
    """What the framework refuses by itself: unknown paths and methods, unreadable bodies."""
    path = request.url.path
    details = {
        404: f"There is nothing at {path}; /api/v1/openapi.json lists all calls.",
        405: f"{path} does not take {request.method}; the header Allow says what it takes.",
    }
    detail = details.get(error.status_code, str(error.detail))
    return answer(error.status_code, detail, dict(error.headers or {}))


def _bug(request: Request, error: Exception) -> JSONResponse:
    """Our fault. The log says where, and no value: it may be a password or a person's data."""
    frames = extract_tb(error.__traceback__)[-_FRAMES:]
    _log.error(
        "request failed",
        method=request.method,
        route=getattr(request.scope.get("route"), "name", "?"),
        error=type(error).__name__,
        where=" < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames)),
    )
    return answer(
        500, "Something went wrong on our side; it was logged. Please try again, or tell us."
    )
