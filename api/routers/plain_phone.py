"""A ticket's page for old phones: read, refreshed, given back and rated by links and forms alone."""

from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.access import Guarded
from api.pages import languages
from api.parts import Ours, Parts, key_of
from api.plain_phone import LEVELS, MOVING, TEXT_CHARS_MAX, Asked, PlainPhone, tags_of, unknown_page
from api.problems import Problem
from api.routers.phone_cases import cases_of
from api.routers.tickets import holder_of
from controller import commands as c
from controller.plan import WindowId
from controller.runtime.catalogue import DEFAULT_LANGUAGE, refusal_text
from controller.views import phone_form

REFRESH_S = 20
"""How often a page of a ticket that may move asks again by itself: a wait is minutes."""
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
FIELDS_MAX = 32

router = APIRouter(include_in_schema=False, route_class=Guarded)


@router.get("/t/{token}/plain")
async def read_plain(token: str, request: Request, parts: Ours) -> Response:
    """Return the page."""
    level = request.query_params.get("level", "")
    asked = Asked(
        language=_language(request),
        level=int(level) if level in map(str, LEVELS) else None,
        returning="returning" in request.query_params,
    )
    return await _shown(parts, token, asked)


@router.post("/t/{token}/plain")
async def act_plain(token: str, request: Request, parts: Ours) -> Response:
    """Give the ticket back, or rate the service, and return to the page."""
    fields = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=FIELDS_MAX)
    does, level = (_one(fields, name) for name in ("does", "level"))
    language = _language(request)
    asked = Asked(language)
    try:
        day, ticket = await holder_of(parts, token)
        if does == "give_back":
            await parts.submit(day.hall, c.CancelTicket(ticket.id, "citizen"), _key(fields), "citizen")
        elif does == "review" and level in map(str, LEVELS):
            known = tags_of(int(level), language)
            tags = [code for code in fields.get("tags", ()) if code in known]
            words = _one(fields, "text").replace("\x00", "").strip()[:TEXT_CHARS_MAX]
            asked = Asked(language, int(level), tags=tags, words=words)
            window = _one(fields, "window")
            command = c.SubmitReview(int(level), tuple(tags), words, ticket.id, WindowId(window) if window else None)
            await parts.submit(day.hall, command, _key(fields), "citizen")
    except Problem as problem:
        if problem.code == "token_unknown":
            return HTMLResponse(unknown_page(language), problem.status, HEADERS)
        trouble = refusal_text(problem.code, language, problem.params)
        told = Asked(language, asked.level, trouble=trouble, tags=asked.tags, words=asked.words)
        return await _shown(parts, token, told, problem.status)
    return RedirectResponse(f"plain?lang={language}", 303, HEADERS)


async def _shown(parts: Parts, token: str, asked: Asked, status: int = 200) -> Response:
    try:
        day, ticket = await holder_of(parts, token)
    except Problem as problem:
        return HTMLResponse(unknown_page(asked.language), problem.status, HEADERS)
    form = phone_form(day, ticket, parts.now(day))
    page = PlainPhone(day, ticket, form, await cases_of(parts, day, ticket), asked)
    # By a header: a page may not be changed under somebody who is about to answer it.
    answering = asked.returning or asked.trouble or asked.level is not None
    again = {"Refresh": str(REFRESH_S)} if ticket.state in MOVING and not answering else {}
    return HTMLResponse(page.html(), status, {**HEADERS, **again})


def _language(request: Request) -> str:
    wanted = request.query_params.get("lang", "")
    return wanted if wanted in languages() else DEFAULT_LANGUAGE


def _one(fields: dict[str, list[str]], name: str) -> str:
    return fields.get(name, [""])[0]


def _key(fields: dict[str, list[str]]) -> str:
    return key_of(_one(fields, "key") or None)
