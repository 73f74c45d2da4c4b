"""No lost update: a change may name the version that it was made from."""

from typing import Annotated

from fastapi import Header, Response

from api.problems import Problem
from domain.refusals import refused

IfMatch = Annotated[
    str | None,
    Header(description="The `version` that was read, as in `ETag`; 412 where there is a newer."),
]


def tag(response: Response, version: int) -> None:
    """Say the version of what is answered."""
    response.headers["ETag"] = f'"{version}"'


def check_version(if_match: str | None, version: int) -> None:
    """A problem where somebody has changed the thing since the caller read it."""
    if if_match is not None and if_match.removeprefix("W/").strip(' "') not in ("*", str(version)):
        raise Problem(412, refused("changed_meanwhile"))
