"""The console's files, as its build left them, and the style of the pages without a login."""

from functools import partial
from pathlib import Path

from fastapi import FastAPI, HTTPException
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

PREFIX = "/console/"

HERE = Path(__file__).parent
BUILT = HERE / "console" / "dist"

_ASK_AGAIN = {"Cache-Control": "no-cache"}
_KEEP = {"Cache-Control": "public, max-age=31536000, immutable"}
_AT_THE_ROOT = ("sw.js", "manifest.webmanifest")
"""A service worker answers for what is below its own place, so it lies at the root."""
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


def _index(page: Path) -> Response:
    return _file(page) if page.is_file() else HTMLResponse(_NOT_BUILT, 503, _ASK_AGAIN)


def _file(path: Path) -> Response:
    if not path.is_file():
        raise HTTPException(404)
    return FileResponse(path, headers=_ASK_AGAIN)


class _Assets(StaticFiles):
    """Names with a hash of their content are kept for good; the others are asked for again."""

    async def check_config(self) -> None:
        """A folder that is not there holds no file: that is all."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(_KEEP if path.startswith("assets/") else _ASK_AGAIN)
        return response
