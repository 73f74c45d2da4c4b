"""Errors as RFC 9457 problem details: each says in a sentence what to do.

Where people meet one, ``reasons`` says the same as codes with values (``domain/refusals.py``).
"""

from collections.abc import Mapping
from http import HTTPStatus
from traceback import extract_tb
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from domain.errors import CarewatchError, Unavailable
from domain.refusals import Refusal, refused

MEDIA_TYPE = "application/problem+json"
_FRAMES = 8
_log = structlog.get_logger()


class Problem(CarewatchError):
    """An answer that is not what was asked for; raised anywhere below a route."""

    def __init__(
        self, status: int, *why: str | Refusal, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(*why)
        self.status = status
        self.headers = headers


def not_found(what: str, name: str) -> Problem:
    """The one answer for what does not exist and for what the caller may not see."""
    return Problem(404, f"There is no {what} {name!r} that you can see; look at the list for ids.")


def conflict(*why: str | Refusal) -> Problem:
    return Problem(409, *why)


def unprocessable(*why: str | Refusal) -> Problem:
    return Problem(422, *why)


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
    status: int, *why: str | Refusal, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """A problem: ``detail`` is all that is said, ``reasons`` what of it can be said otherwise."""
    reasons = [each.as_json() for each in why if isinstance(each, Refusal)]
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": " ".join(map(str, why)),
        **({"reasons": reasons} if reasons else {}),
        **more,
    }
    return JSONResponse(body, status, headers, media_type=MEDIA_TYPE)


def _problem(_: Request, error: Problem) -> JSONResponse:
    return answer(error.status, *error.why, headers=error.headers)


def _not_allowed(_: Request, error: CarewatchError) -> JSONResponse:
    return answer(409, *error.why)


def _unavailable(_: Request, error: Unavailable) -> JSONResponse:
    return answer(503, *error.why, headers={"Retry-After": "2"})


def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
    """Names each wrong field, and never repeats its value: it may be a password."""
    wrong = [(_place(one["loc"]), _wrong(one)) for one in error.errors()]
    of_whole = [why for place, why in wrong if place == "body"]
    fields = dict.fromkeys(place.split(".")[0] for place, _ in wrong if place != "body")
    of_fields = [refused("fields_wrong", field=list(fields))] if fields else []
    return answer(
        422,
        *of_whole,
        *of_fields,
        detail="Please correct " + " ".join(f"{place}: {why}" for place, why in wrong),
        errors=[
            {"field": place, "detail": str(why), "reasons": [why.as_json()]} for place, why in wrong
        ],
    )


def _place(location: tuple[int | str, ...]) -> str:
    where, *path = location
    if path and isinstance(path[0], int) and where == "body":
        return f"the body at character {path[0]}"
    return ".".join(str(step) for step in path) or str(where)


def _wrong(error: Mapping[str, Any]) -> Refusal:
    """What is wrong with a field: our own validators say it, or the kind of pydantic's error."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        why = context["error"]
        said = next(iter(why.args), why)
        return said if isinstance(said, Refusal) else refused("field_form", said=str(said))
    if context.get("min_length") == 1:
        return refused("field_missing")
    if kind in _WRONG:
        code, values = _WRONG[kind]
        return refused(code, **{name: context[limit] for name, limit in values.items()})
    return refused("field_form", said=error["msg"])


_WRONG: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "missing": ("field_missing", {}),
    "extra_forbidden": ("field_unknown", {}),
    "string_too_short": ("field_short", {"least": "min_length"}),
    "string_too_long": ("field_long", {"most": "max_length"}),
    "too_short": ("field_few", {"least": "min_length"}),
    "too_long": ("field_many", {"most": "max_length"}),
    "greater_than_equal": ("field_low", {"least": "ge"}),
    "greater_than": ("field_not_above", {"limit": "gt"}),
    "less_than_equal": ("field_high", {"most": "le"}),
}
"""A kind of error of pydantic: our code, and which of its limits is called what."""


def _http(request: Request, error: HTTPException) -> JSONResponse:
    """What the framework refuses by itself: unknown paths and methods, unreadable bodies."""
    path = request.url.path
    details = {
        404: f"There is nothing at {path}; /api/v1/openapi.json lists all calls.",
        405: f"{path} does not take {request.method}; the header Allow says what it takes.",
    }
    detail = details.get(error.status_code, str(error.detail))
    return answer(error.status_code, detail, headers=error.headers)


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
