"""The console's files, as its build left them, and the style of the pages without a login.

The build compressed them beforehand, beside each file; each browser gets the smallest that it
reads.
"""

import os
import re
from functools import partial
from mimetypes import guess_type
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.datastructures import Headers
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

PREFIX = "/console/"

HERE = Path(__file__).parent
BUILT = HERE / "console" / "dist"

_ASK_AGAIN = {"Cache-Control": "no-cache"}
_KEEP = {"Cache-Control": "public, max-age=31536000, immutable"}
_AT_THE_ROOT = ("sw.js", "manifest.webmanifest")
"""A service worker answers for what is below its own place, so it lies at the root."""
_COMPRESSED = {"br": ".br", "gzip": ".gz"}
"""How a browser calls a coding, and how the build ends such a file's name; the smaller first."""
_REFUSED = re.compile(r";\s*q=0(\.0*)?\s*$")
_NOT_BUILT = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>carewatch</title>'
    '<link rel="stylesheet" href="/page.css"><main><p>The console is not built: run '
    "<code>make demo</code>, or <code>python hatch_build.py</code> in the folder of the "
    "sources. The API works without it.</p></main></html>"
)


def add(app: FastAPI, built: Path = BUILT) -> None:
    """Serve the console; where it was not built, ``/`` says so in a sentence."""
    app.get("/", include_in_schema=False)(partial(_index, built / "index.html"))
    app.get("/page.css", include_in_schema=False)(partial(_file, HERE / "page.css"))
    for name in _AT_THE_ROOT:
        app.get(f"/{name}", include_in_schema=False)(partial(_file, built / name))
    app.mount(PREFIX.rstrip("/"), _Assets(directory=built, check_dir=False))


def _index(page: Path, request: Request) -> Response:
    return _file(page, request) if page.is_file() else HTMLResponse(_NOT_BUILT, 503, _ASK_AGAIN)


def _file(path: Path, request: Request) -> Response:
    if not path.is_file():
        raise HTTPException(404)
    response = _smallest(path, request.headers)
    response.headers.update(_ASK_AGAIN)
    return response


def _smallest(path: Path, asked: Headers) -> FileResponse:
    """The file, compressed where the build did that and the browser can read it."""
    kind, _ = guess_type(path)
    headers = {"Vary": "Accept-Encoding"}
    for coding in _accepted(asked.get("accept-encoding", "")):
        packed = path.with_name(path.name + _COMPRESSED[coding])
        if packed.is_file():
            path, headers["Content-Encoding"] = packed, coding
            break
    return FileResponse(path, 200, headers, kind, stat_result=path.stat())


def _accepted(header: str) -> list[str]:
    """Which of our codings a browser reads, the smaller first."""
    named = {
        part.partition(";")[0].strip().lower()
        for part in header.split(",")
        if not _REFUSED.search(part)
    }
    return [coding for coding in _COMPRESSED if coding in named]


class _Assets(StaticFiles):
    """Names with a hash of their content are kept for good; the others are asked for again."""

    async def check_config(self) -> None:
        """A folder that is not there holds no file: that is all."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(_KEEP if path.startswith("assets/") else _ASK_AGAIN)
        return response

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        asked = Headers(scope=scope)
        response = _smallest(Path(full_path), asked)
        same = self.is_not_modified(response.headers, asked)
        return NotModifiedResponse(response.headers) if same else response
