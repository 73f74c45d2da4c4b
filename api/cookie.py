"""The console's login: a cookie that scripts cannot read and other sites cannot send.

Two locks against forged requests. The cookie is ``SameSite=Strict``, so no page of another site
sends it. And whatever changes something needs the header :data:`PROOF` besides, which a page of
another origin (another port of this host, say) could send only after a preflight, and we answer
none. Reading is safe without: nobody else may read our answers.
"""

from fastapi import Request, Response

from api.problems import Problem

PROOF = "X-Carewatch-Console"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_NO_PROOF = (
    f"A login by cookie needs the header `{PROOF}: 1` with each call that changes something; "
    "programs log in with POST /api/v1/session and send `Authorization: Bearer`."
)


def token_of(request: Request) -> str | None:
    """The token in the cookie; a problem where it would change something without the header."""
    token = request.cookies.get(_name(request))
    if token is not None and request.method not in _SAFE:
        require_proof(request)
    return token


def require_proof(request: Request) -> None:
    """Raise a problem unless the request comes from our own page."""
    if PROOF not in request.headers:
        raise Problem(403, _NO_PROOF)


def give(request: Request, response: Response, token: str, seconds: int) -> None:
    """Put the token into the cookie."""
    response.set_cookie(
        _name(request),
        token,
        max_age=seconds,
        path="/",
        secure=_encrypted(request),
        httponly=True,
        samesite="strict",
    )


def take_back(request: Request, response: Response) -> None:
    """Delete the cookie."""
    response.delete_cookie(
        _name(request), path="/", secure=_encrypted(request), httponly=True, samesite="strict"
    )


def _name(request: Request) -> str:
    """``__Host-``: browsers take it over TLS only, from this host, for all of it."""
    return "__Host-carewatch" if _encrypted(request) else "carewatch"


def _encrypted(request: Request) -> bool:
    return request.url.scheme == "https"
