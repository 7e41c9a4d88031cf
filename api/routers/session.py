"""Signing in and out, by pages: the session is a cookie that no script can read."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.access import COOKIE, GuardedApi, caller_of, is_same_origin
from api.answers import answer
from api.identities import Principal
from api.parts import Ours, client_host, may_answer
from api.problems import Problem
from api.schemas import PasswordAsked, PrincipalForm, SignInAsked
from api.sign_in import form_of

router = APIRouter(prefix="/session", tags=["accounts"], route_class=GuardedApi)


@router.post("", response_model=PrincipalForm, responses=may_answer(401, 403, 422, 429))
async def sign_in(asked: SignInAsked, request: Request, parts: Ours) -> Response:
    """Sign in by name and password; the session comes as a cookie."""
    if not is_same_origin(request, unsaid=True):  # nobody is signed in by a foreign page, as somebody else
        raise Problem(403, "foreign_page")
    secret, who = await parts.sign_in.sign_in(asked.name, asked.password, client_host(request))
    return _opened(request, secret, who)


@router.get("", response_model=PrincipalForm, responses=may_answer())
async def who_am_i(request: Request) -> Response:
    """Tell a caller who it is."""
    return answer(form_of(caller_of(request)))


@router.delete("", status_code=204, response_class=Response, responses=may_answer())
async def sign_out(request: Request, parts: Ours) -> Response:
    """Sign out; of no effect for a token."""
    await parts.sign_in.sign_out(caller_of(request))
    response = Response(status_code=204, headers={"Cache-Control": "no-store"})
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict", secure=_is_secure(request))
    return response


@router.post("/password", response_model=PrincipalForm, responses=may_answer(409, 422, 429))
async def change_password(asked: PasswordAsked, request: Request, parts: Ours) -> Response:
    """Choose another password; every other session of the account ends."""
    secret, who = await parts.sign_in.change_password(
        caller_of(request), asked.current, asked.new, client_host(request)
    )
    return _opened(request, secret, who)


def _opened(request: Request, secret: str, who: Principal) -> Response:
    """Return the answer that begins a session. The browser keeps it until it is closed, and we for a day at most."""
    response = answer(form_of(who))
    response.set_cookie(COOKIE, secret, path="/", httponly=True, samesite="strict", secure=_is_secure(request))
    return response


def _is_secure(request: Request) -> bool:
    return request.url.scheme == "https"
