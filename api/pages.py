"""Small pages that need no script, and what they are made of."""

from collections.abc import Iterable, Mapping
from html import escape

from fastapi.responses import HTMLResponse

from alerts.wording import Wording

_POLICY = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action {form}; "
    "frame-ancestors 'none'"
)


def page(
    title: str, body: str, language: str, status: int = 200, *, form: bool = False
) -> HTMLResponse:
    """A whole page around a body that is HTML already."""
    html = (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="robots" content="noindex">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="/page.css">'
        f"<main>{body}</main></html>"
    )
    headers = {
        "Content-Security-Policy": _POLICY.format(form="'self'" if form else "'none'"),
        "Cache-Control": "no-store",
    }
    return HTMLResponse(html, status, headers)


def question(text: str, token: str, wording: Wording, language: str) -> HTMLResponse:
    """Can you go? Two buttons; looking at them answers nothing."""
    buttons = "".join(
        f'<form method="post" action="/a/{escape(token)}/{answer}">'
        f'<button class="{answer}">{escape(wording.page(answer))}</button></form>'
        for answer in ("accept", "reject")
    )
    title = wording.page("title")
    body = f"<h1>{escape(title)}</h1><p>{escape(text)}</p>{buttons}"
    return page(title, body, language, form=True)


def said(
    text: str, language: str, status: int = 200, place: Mapping[str, str] | None = None
) -> HTMLResponse:
    """One sentence, and where to go."""
    return page(
        "carewatch", f"<p>{escape(text)}</p>{facts((place or {}).items())}", language, status
    )


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """What is known, each under its name; nothing where there are none."""
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs)
    return f"<dl>{rows}</dl>" if rows else ""
