"""Everything that goes wrong over HTTP, as RFC 9457 problem documents with a stable code and a text for people."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Match

from api.answers import PROBLEM_JSON
from api.plan_file import BadPlan
from controller.refusals import Refusal
from controller.runtime.catalogue import DEFAULT_LANGUAGE, languages, refusal_text
from controller.runtime.errors import OperatingError
from controller.runtime.hall_actor import Overloaded

log = structlog.get_logger(__name__)

TYPE_PREFIX = "urn:yichuang:problem:"
RETRY_AFTER_S = "1"
FIELDS_NAMED_MAX = 8
"""Faults of a request's form that its text names."""
FIELDS_LISTED_MAX = 64
"""Faults of a request's form that are listed at all."""
BAD_REQUEST, METHOD_NOT_ALLOWED = 400, 405
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
FILES_TAKE = "GET, HEAD"
LANGUAGES_READ_MAX = 32
"""Entries of ``Accept-Language`` that are looked at; people speak fewer."""
QUALITY = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")


class Problem(Exception):
    """Something that a caller is told, and does or asks differently then.

    Attributes:
        status: HTTP status.
        code: stable name; ``refusal.<code>`` is its text.
        params: values of the text.
        more: further members of the document.
        headers: of the answer.
    """

    def __init__(
        self,
        status: int,
        code: str,
        params: Mapping[str, object] | None = None,
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.params = dict(params or {})
        self.more = dict(more or {})
        self.headers = dict(headers or {})


def refused(refusal: Refusal) -> Problem:
    """Return the problem of a command that the floor refused."""
    return Problem(refusal.http_status, refusal.code, refusal.params, {"params": refusal.params})


def language_of(request: Request) -> str:
    """Return the language with a catalogue that the caller likes best (RFC 9110, 12.5.4); Chinese where none is named.

    A range stands for all that begins with it and for its own beginning: ``zh-TW`` would rather read ``zh-CN`` than
    English.
    """
    known = {name.partition("-")[0].lower(): name for name in reversed(languages())}
    likes: dict[str, float] = {}
    anything = 0.0
    for entry in request.headers.get("accept-language", "").split(",")[:LANGUAGES_READ_MAX]:
        wanted, *parameters = (part.strip().lower() for part in entry.split(";"))
        quality = _quality(parameters)
        name = known.get(wanted.partition("-")[0])
        if wanted == "*":
            anything = quality
        elif name is not None:
            likes[name] = max(quality, likes.get(name, 0.0))
    likes = {name: likes.get(name, anything) for name in (*likes, *languages())}
    best = max(likes, key=lambda name: likes[name])
    return best if likes[best] > 0 else DEFAULT_LANGUAGE


def _quality(parameters: Sequence[str]) -> float:
    given = next((value for name, _, value in (part.partition("=") for part in parameters) if name == "q"), "1")
    return float(given) if QUALITY.fullmatch(given) else 0.0


def problem_response(request: Request, problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Return the document of a problem in the caller's language."""
    detail = refusal_text(problem.code, language_of(request), problem.params)
    document = {
        "type": TYPE_PREFIX + problem.code,
        "title": problem.code.replace("_", " "),
        "status": problem.status,
        "code": problem.code,
        "detail": detail,
        "instance": request.url.path,
        **problem.more,
    }
    # Not by the encoder of answers: what the caller sent comes back here, lone surrogates and all.
    body = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
    return Response(
        body, problem.status, media_type=PROBLEM_JSON, headers={"Cache-Control": "no-store", **(headers or {})}
    )


def add_handlers(app: FastAPI) -> None:
    """Let an application answer whatever is raised with a problem document."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(BadPlan, _bad_plan)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(OperatingError, _unavailable)
    app.add_exception_handler(Exception, _failed)


def _problem(request: Request, error: Exception) -> Response:
    if not isinstance(error, Problem):
        raise error
    return problem_response(request, error, error.headers)


def _bad_plan(request: Request, error: Exception) -> Response:
    if not isinstance(error, BadPlan):
        raise error
    errors = [{"path": fault.path, "code": fault.code, "message": fault.message} for fault in error.faults]
    return problem_response(request, Problem(422, "plan_invalid", {"count": len(errors)}, {"errors": errors}))


def _invalid(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    found: Sequence[Any] = error.errors()
    errors = [
        {"path": "/" + "/".join(map(str, one["loc"])), "message": one["msg"]} for one in found[:FIELDS_LISTED_MAX]
    ]
    what = "; ".join(f"{one['path']}: {one['message']}" for one in errors[:FIELDS_NAMED_MAX])
    return problem_response(request, Problem(422, "request_invalid", {"what": what}, {"errors": errors}))


_BY_STATUS = {404: "not_found", 405: "method_not_allowed"}


def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    status = error.status_code
    if status == BAD_REQUEST:  # what FastAPI says of a body that can't be read at all
        return problem_response(request, Problem(400, "request_invalid", {"what": error.detail}))
    code = _BY_STATUS.get(status, "http_error")
    params = {"status": status, "method": request.method} if code in {"http_error", "method_not_allowed"} else {}
    headers = error.headers
    if status == METHOD_NOT_ALLOWED:
        headers = {**(headers or {}), "Allow": _allowed(request) or FILES_TAKE}
    return problem_response(request, Problem(status, code, params), headers)


def _allowed(request: Request) -> str:
    """Return every method of an address: the router itself tells only those of the first route that it meets.

    Nothing for files, which tell it themselves.
    """
    routes: Sequence[BaseRoute] = request.app.routes
    return ", ".join(
        method
        for method in METHODS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    )


def _unavailable(request: Request, error: Exception) -> Response:
    code = "overloaded" if isinstance(error, Overloaded) else "log_unavailable"
    log.warning("request_postponed", address=_address(request), code=code, error=str(error))
    return problem_response(request, Problem(503, code), {"Retry-After": RETRY_AFTER_S})


def _failed(request: Request, error: Exception) -> Response:
    log.error("request_failed", address=_address(request), method=request.method, exc_info=error)
    return problem_response(request, Problem(500, "internal_error"))


def _address(request: Request) -> str:
    """Return what was asked for as a log may name it: a ticket's token opens its page to whoever reads the log."""
    path = request.url.path
    token = request.path_params.get("token")
    return path.replace(token, "{token}") if isinstance(token, str) and token else path
