"""Answers from a message, without a login: the page behind its link, and replies with a code."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from alerts import handover, links, store
from alerts.alert import as_json
from alerts.channels.webhook import verified
from alerts.links import Link, NoSuchLink, Used
from alerts.reach import queries
from alerts.wording import About, Privacy, Wording
from api import audit, pages, sheet
from api.access import Viewer
from api.context import Context, Now, Shared, Transaction
from api.database import Connection
from api.problems import Problem, conflict, unprocessable
from api.schemas.reachability import Reply, ReplyAnswer
from domain.errors import NotAllowed
from domain.time import Micros

router = APIRouter(include_in_schema=False)
replies = APIRouter(include_in_schema=False)

Answer = Literal["accept", "reject"]
_TALKS = "This reply holds no answer: send Y or N and the code of the message."


@router.get("/a/{token}")
def show_question(token: str, connection: Transaction, now: Now) -> HTMLResponse:
    """Who needs what, and two buttons. Changes nothing: programs that look at mail open links."""
    try:
        link = _person(links.find(connection, token, now))
    except NoSuchLink:
        return _gone()
    wording = Wording(link.language)
    over = _over(link, wording)
    if over is not None:
        return pages.said(over, link.language)
    return pages.question(_text(link, wording, connection, now), token, wording, link.language)


@router.post("/a/{token}/{answer}")
def answer_question(
    token: str, answer: Answer, request: Request, connection: Transaction, now: Now
) -> HTMLResponse:
    """The answer of the person whose link it is."""
    try:
        link = _person(links.find(connection, token, now))
        with connection.transaction():
            _act(connection, link, answer, request, now)
    except NoSuchLink:
        return _gone()
    except (NotAllowed, Used) as error:
        return pages.said(_refused(error, Wording(link.language)), link.language, 409)
    wording = Wording(link.language)
    place = _place(connection, link, wording) if answer == "accept" else None
    return pages.said(wording.page(f"{answer}ed"), link.language, place=place)


@router.get("/a/{token}/handover")
def show_handover(
    token: str,
    request: Request,
    connection: Transaction,
    now: Now,
    accept_language: Annotated[str, Header()] = "en",
) -> HTMLResponse:
    """The page for the emergency service, by the link that it was sent."""
    try:
        link = links.find(connection, token, now)
    except NoSuchLink:
        return _gone()
    if link.by is not None:
        return _gone()
    resident, name = link.alert.resident_id, f"alert:{link.alert.id}"
    audit.read(connection, _viewer(None, request, now), "get_handover", [resident], name)
    found = handover.document(connection, link.alert.id, now)
    assert found is not None, "the link holds its alert"
    return sheet.handover(found, language_of(accept_language))


async def _raw(request: Request) -> bytes:
    return await request.body()


@replies.post("/replies", response_model=ReplyAnswer)
def take_reply(
    body: Annotated[bytes, Depends(_raw)],
    request: Request,
    shared: Shared,
    connection: Transaction,
    now: Now,
) -> object:
    """An answer by SMS or mail, passed on by the operator's gateway and signed by it."""
    _check_signature(shared, request, body, now)
    try:
        reply = Reply.model_validate_json(body)
    except ValidationError:
        raise unprocessable('Send {"from": "+86...", "text": "Y 7K3M9Q"}.') from None
    parsed = links.parse(reply.text)
    if parsed is None:
        raise unprocessable(_TALKS)
    return _reply(connection, reply.sender, parsed, request, now)


def language_of(accept_language: str) -> str:
    """The language of a reader who is not known to us."""
    return "zh" if accept_language.lower().startswith("zh") else "en"


def _reply(
    connection: Connection, sender: str, said: tuple[Any, str], request: Request, now: Micros
) -> dict[str, Any]:
    try:
        link = links.find_by_code(connection, sender, said[1], now)
    except NoSuchLink as error:
        raise Problem(404, str(error)) from error
    wording = Wording(link.language)
    over = _over(link, wording) if link.used != said[0] else None
    if over is not None:
        raise conflict(over)
    try:
        with connection.transaction():
            _act(connection, link, said[0], request, now)
    except (NotAllowed, Used) as error:
        raise conflict(_refused(error, wording)) from error
    return {"answer": said[0], "text": wording.page(f"{said[0]}ed")}


def _check_signature(shared: Context, request: Request, body: bytes, now: Micros) -> None:
    if not shared.reply_secret:
        raise Problem(404, "Replies are not taken here: set CAREWATCH_REPLY_SECRET.")
    if not verified(shared.reply_secret, request.headers, body, now):
        raise Problem(401, "The signature is not right: sign as docs/operations.md says.")


def _act(connection: Connection, link: Link, answer: Answer, request: Request, now: Micros) -> None:
    after = links.answer(connection, link, answer, now)
    what, name = f"alert_{links.CHANGES[answer]}", f"alert:{after.id}"
    audit.changed(connection, _viewer(link, request, now), what, name, [after.resident_id])


def _viewer(link: Link | None, request: Request, now: Micros) -> Viewer:
    """Who answers, for the audit."""
    address = request.client.host if request.client else None
    if link is None or link.by is None:
        return Viewer("", "link:handover", "", "responder", now, address=address, session="link")
    by: Any = link.by
    return Viewer(by.id, by.username, "", by.role, now, address=address, session="link")


def _person(link: Link) -> Link:
    if link.by is None:
        raise NoSuchLink("This link shows, and does not answer.")
    return link


def _over(link: Link, wording: Wording) -> str | None:
    """What there is to say where the link cannot answer any more."""
    alert, by = link.alert, link.by
    if alert.state == "resolved":
        return wording.page("over")
    if alert.accepted_by is not None and by is not None:
        mine = alert.accepted_by == by.id
        return wording.page("yours") if mine else _taken(alert.holder, wording)
    return wording.page("used") if link.used else None


def _taken(holder: str | None, wording: Wording) -> str:
    return wording.page("taken", who=holder or "?")


def _refused(error: Exception, wording: Wording) -> str:
    if isinstance(error, store.Taken):
        return _taken(error.holder, wording)
    return wording.page("used" if isinstance(error, Used) else "over")


def _text(link: Link, wording: Wording, connection: Connection, now: Micros) -> str:
    """The same as the message said: whoever has the link may be anybody."""
    row, alert = queries.place_of(connection, alert_id=link.alert.id), as_json(link.alert)
    about = About(
        alert["kind"], alert["priority"], "raised", link.alert.since, row["name"],
        Privacy.of(row["consents"]), row["timezone"],
    )  # fmt: skip
    return wording.alert(about, now).body


def _place(connection: Connection, link: Link, wording: Wording) -> dict[str, str]:
    """Where to go, for who has just said that they go; never the code of a key box."""
    row = queries.place_of(connection, alert_id=link.alert.id)
    parts = [row[name] for name in ("address", "floor", "way_in") if row[name]]
    return {wording.page("where"): "\n".join(parts)} if parts else {}


def _gone() -> HTMLResponse:
    wordings = [Wording(language).page("gone") for language in ("en", "zh")]
    return pages.said(" ".join(wordings), "en", 404)
