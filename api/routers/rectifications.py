"""Rectifications of bad reviews (差评整改): found, worked step by step, and counted."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api.access import GuardedApi, caller_of
from api.answers import answer
from api.parts import Key, Ours, Parts, may_answer
from api.rectification_desk import RectificationDesk
from api.rectification_forms import history_form, list_answer, rectification_form, summary_form
from api.rectification_schemas import (
    ContactForm,
    ListFormat,
    RectificationAction,
    RectificationAsked,
    RectificationForm,
    RectificationHistoryForm,
    RectificationSummaryForm,
)
from api.schemas import Day
from controller.rectification_model import Rectification, RectificationState
from controller.runtime.rectification_store import LIST_MAX, Wanted

router = APIRouter(prefix="/halls/{hall}/rectifications", tags=["reviews"], route_class=GuardedApi)
contacts = APIRouter(prefix="/halls/{hall}/rectification-contacts", tags=["reviews"], route_class=GuardedApi)
"""Apart, where no step of a rectification is."""

STATES_MAX = len(RectificationState)
COLUMNS = (
    *("rectification", "given_at", "level", "tags", "text", "channel", "window_label", "clerk", "number", "services"),
    *("state", "due", "promised", "overdue", "ended_on", "contact", "reached", "handling", "findings", "assignee"),
    *("measures", "returns", "answer", "claim", "result"),
)


@router.get(
    "",
    response_model=list[RectificationForm],
    responses={
        200: {"content": {"text/csv": {}, "application/x-ndjson": {}}},
        **may_answer(404, 422),
    },
)
async def list_rectifications(  # noqa: PLR0917 - FastAPI passes them by name
    hall: str,
    request: Request,
    parts: Ours,
    state: Annotated[list[RectificationState] | None, Query(max_length=STATES_MAX)] = None,
    open: Annotated[bool | None, Query(description="whether something still follows")] = None,  # noqa: A002 - its name in the address
    overdue: Annotated[bool | None, Query(description="only those that are past their day")] = None,
    since: Annotated[Day | None, Query(description="reviews given on this day or later")] = None,
    until: Annotated[Day | None, Query(description="reviews given on this day or before")] = None,
    limit: Annotated[int, Query(ge=1, le=LIST_MAX)] = LIST_MAX,
    format: Annotated[ListFormat, Query()] = ListFormat.JSON,  # noqa: A002 - its name in the address
) -> Response:
    """Return rectifications, those first whose day comes first; a clerk sees those that are theirs or about them."""
    desk = await _desk(hall, request, parts)
    wanted = Wanted(state or (), open, None, since, until, None, limit)
    if overdue:
        wanted = replace(wanted, overdue_on=desk.asker.today)
    if not desk.asker.is_manager:
        wanted = replace(wanted, person=desk.asker.name)
    forms = [_form(desk, one) for one in await desk.found(wanted)]
    return list_answer(forms, format, f"rectifications-{desk.asker.today}", COLUMNS)


@router.get("/summary", response_model=RectificationSummaryForm, responses=may_answer(404, 422))
async def get_summary(
    hall: str,
    request: Request,
    parts: Ours,
    since: Annotated[Day | None, Query(description="of reviews given on this day or later")] = None,
    until: Annotated[Day | None, Query(description="of reviews given on this day or before")] = None,
) -> Response:
    """Return how many rectifications stand where, how many are late, and which share has ended (整改率)."""
    desk = await _desk(hall, request, parts)
    counts = await desk.store.counts(desk.asker.today, hall, since, until)
    return answer(summary_form(counts.get(hall, {}), since, until))


@router.get("/{rectification}", response_model=RectificationHistoryForm, responses=may_answer(404))
async def get_rectification(hall: str, rectification: str, request: Request, parts: Ours) -> Response:
    """Return a rectification with its history."""
    desk = await _desk(hall, request, parts)
    found, history = await desk.one(rectification)
    return answer({**_form(desk, found), "history": history_form(history, desk.zone)})


@contacts.get("/{rectification}", response_model=ContactForm, responses=may_answer(404, 409))
async def get_contact(hall: str, rectification: str, request: Request, parts: Ours) -> Response:
    """Return how the citizen can be reached, to whom handles the matter; that somebody looked is kept on record."""
    desk = await _desk(hall, request, parts)
    word = await desk.contact(rectification)
    return answer({"name": word.name, "phone": word.phone})


@router.post("/{rectification}/{action}", response_model=RectificationForm, responses=may_answer(404, 409, 422))
async def take_step(  # noqa: PLR0917 - FastAPI passes them by name
    hall: str,
    rectification: str,
    action: RectificationAction,
    asked: RectificationAsked,
    request: Request,
    parts: Ours,
    key: Key,
) -> Response:
    """Take a step of a rectification, and return it as it is then."""
    desk = await _desk(hall, request, parts)
    now = await desk.step(rectification, action, asked, key)
    return answer(_form(desk, now))


def _form(desk: RectificationDesk, now: Rectification) -> dict[str, Any]:
    return rectification_form(now, desk.asker, desk.zone, may_act=desk.may_act)


async def _desk(hall: str, request: Request, parts: Parts) -> RectificationDesk:
    return RectificationDesk(parts, await parts.day(hall), caller_of(request))
