"""Small pages that need no script: answering from a message, and the hand-over on paper."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

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
    return page("carewatch", f"<p>{escape(text)}</p>{_table(place or {})}", language, status)


def handover(document: Mapping[str, Any], language: str) -> HTMLResponse:
    """The hand-over document, to be read on a screen or printed on one sheet."""
    wording = Wording(language)
    what, who, where = document["what"], document["who"] or {}, document["where"] or {}
    parts = [f"<h1>{escape(wording.event(what['kind']))}: {escape(who.get('name') or '-')}</h1>"]
    sections = {
        "what": {"since": what["since"], "raised_at": what["raised_at"], "state": what["state"],
                 "note": what["note"]},
        "where": _place(where),
        "who": {name: who.get(name) for name in ("birth_year", "living", "languages")},
        "health": _health(document["health"]),
        "contacts": _contacts(document["contacts"]),
        "on_the_way": _holder(document["on_the_way"]),
        "also_open": {wording.event(each["kind"]): each["since"] for each in document["also_open"]},
    }  # fmt: skip
    for name, facts in sections.items():
        rows = _table({wording.label(key): _said(value) for key, value in facts.items() if value})
        parts += [f"<h2>{escape(wording.label(name))}</h2>{rows}"] if rows else []
    parts.append(f"<footer>carewatch, {escape(document['made_at'])}</footer>")
    return page(wording.label("title"), "".join(parts), language)


def _place(where: Mapping[str, Any]) -> dict[str, Any]:
    names = ("address", "floor", "way_in", "room", "notes")
    box = where.get("key_box") or {}
    found = {name: where.get(name) for name in names}
    found["key_box"] = ", ".join(str(box[name]) for name in ("place", "code") if box.get(name))
    if where.get("latitude") is not None:
        found["coordinates"] = f"{where['latitude']:.6f}, {where['longitude']:.6f}"
    return found


def _health(health: Mapping[str, Any] | None) -> dict[str, Any]:
    if health is None:
        return {}
    told = {
        each["quantity"]: f"{each['value']:g} {each['unit']} ({each['at']})"
        for each in health["vitals"]
    }
    known = {name: health[name] for name in ("risks", "medication", "abilities", "doctor")}
    return {**told, **known}


def _contacts(contacts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        f"{each.get('name')} {each.get('relation') or ''}".strip(): each.get("phones") or "-"
        for each in contacts
    }


def _holder(holder: Mapping[str, Any] | None) -> dict[str, Any]:
    if holder is None:
        return {}
    return {holder["name"] or holder["username"]: f"{holder['role']}, {holder['state']}"}


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {each}" for name, each in value.items() if each is not None)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _table(facts: Mapping[str, str]) -> str:
    if not facts:
        return ""
    rows = "".join(
        f"<dt>{escape(key)}</dt><dd>{escape(value)}</dd>" for key, value in facts.items()
    )
    return f"<dl>{rows}</dl>"
