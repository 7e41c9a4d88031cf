"""Cases (办件): opened at a window, moved on step by step, found again on any later day."""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Body, Query
from starlette.requests import Request
from starlette.responses import Response

from api.access import GuardedApi, caller_of
from api.answers import answer
from api.case_desk import CALENDAR, CaseDesk
from api.case_forms import case_form, history_form
from api.case_schemas import (
    CaseAction,
    CaseAsked,
    CaseForm,
    CaseHistoryForm,
    SlipAsked,
    SlipForm,
    StepAsked,
    StepForm,
)
from api.parts import Key, Ours, may_answer
from api.schemas import Day, Name
from controller.case_model import CaseState
from controller.runtime.case_store import LIST_MAX, Wanted
from devices.slips import Slip

router = APIRouter(prefix="/halls/{hall}", tags=["cases"], route_class=GuardedApi)

STATES_MAX = 10
NOTHING = StepAsked.model_validate({})


@router.post("/windows/{window}/cases", status_code=201, response_model=CaseForm, responses=may_answer(404, 409, 422))
async def open_case(  # noqa: PLR0917 - FastAPI passes them by name
    hall: str, window: str, asked: CaseAsked, request: Request, parts: Ours, key: Key
) -> Response:
    """Open a case for somebody who asks at a window; its clerk stays answerable for it (首问负责)."""
    desk = CaseDesk(parts, await parts.day(hall), caller_of(request).actor)
    return answer(case_form(await desk.open(window, asked, key), desk.now, CALENDAR), 201)


@router.get("/cases", response_model=list[CaseForm], responses=may_answer(404, 422))
async def list_cases(  # noqa: PLR0917 - FastAPI passes them by name
    hall: str,
    request: Request,
    parts: Ours,
    state: Annotated[list[CaseState] | None, Query(max_length=STATES_MAX)] = None,
    open: Annotated[bool | None, Query(description="whether something still follows")] = None,  # noqa: A002 - its name in the address
    due_before: Annotated[Day | None, Query(description="something of it must be done before this day")] = None,
    service: Annotated[Name | None, Query()] = None,
    ticket: Annotated[Name | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=LIST_MAX)] = LIST_MAX,
) -> Response:
    """Return cases, those first whose day comes first."""
    desk = CaseDesk(parts, await parts.day(hall), caller_of(request).actor)
    wanted = Wanted(state or (), open, due_before, service, ticket, limit)
    found = await desk.store.cases(hall, wanted)
    return answer([case_form(case, desk.now, CALENDAR) for case in found])


@router.get("/cases/{case}", response_model=CaseHistoryForm, responses=may_answer(404))
async def get_case(hall: str, case: str, request: Request, parts: Ours) -> Response:
    """Return a case with its history."""
    day = await parts.day(hall)
    desk = CaseDesk(parts, day, caller_of(request).actor)
    found, history = await desk.case(case)
    events = history_form(history, ZoneInfo(day.plan.hall.timezone))
    return answer({**case_form(found, desk.now, CALENDAR), "history": events})


@router.post(
    "/cases/{case}/slips/{slip}", status_code=202, response_model=SlipForm, responses=may_answer(404, 409, 422)
)
async def print_slip(  # noqa: PLR0917 - FastAPI passes them by name
    hall: str, case: str, slip: Slip, asked: SlipAsked, request: Request, parts: Ours
) -> Response:
    """Print a paper of a case once more, at a window."""
    desk = CaseDesk(parts, await parts.day(hall), caller_of(request).actor)
    job, device = await desk.slip(case, slip, asked.window)
    return answer({"case": case, "slip": slip, "job": job, "device": device}, 202)


@router.post("/cases/{case}/{action}", response_model=StepForm, responses=may_answer(404, 409, 422))
async def take_step(  # noqa: PLR0917 - FastAPI passes them by name
    hall: str,
    case: str,
    action: CaseAction,
    request: Request,
    parts: Ours,
    key: Key,
    asked: Annotated[StepAsked | None, Body()] = None,
) -> Response:
    """Take a step of a case, and return it as it is then."""
    desk = CaseDesk(parts, await parts.day(hall), caller_of(request).actor)
    step = await desk.step(case, action, asked or NOTHING, key)
    return answer({**case_form(step.case, desk.now, CALENDAR), "printed": step.printed, "number": step.number})
