"""Halls, their plans and their streams of events."""

from dataclasses import asdict
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Body, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.access import GuardedApi, caller_of
from api.answers import answer
from api.parts import Key, Ours, Parts, may_answer
from api.plan_file import plan_warnings, read_plan
from api.problems import Problem, language_of, refused
from api.schemas import EventForm, HallForm
from controller.assignment import stranded
from controller.codec import to_json
from controller.plan import HallId, Plan
from controller.refusals import CommandIdReused, HallUnknown
from controller.runtime.hall_actor import CoreFailed
from controller.views import hall_form, stranded_form

log = structlog.get_logger(__name__)

router = APIRouter(prefix="/halls", tags=["halls"], route_class=GuardedApi)

SEQ_MAX = 2**31 - 1


@router.get("", response_model=list[HallForm], responses=may_answer())
async def list_halls(parts: Ours) -> Response:
    """Return every hall's live state; one that can't be served now is left out."""
    forms = []
    for hall in list(parts.engine.plans):
        try:
            day = await parts.day(hall)
        except CoreFailed as error:
            log.warning("hall_left_out", hall=hall, error=str(error))
            continue
        forms.append(hall_form(day, parts.now(day)))
    return answer(forms)


@router.get("/{hall}", response_model=HallForm, responses=may_answer(404))
async def get_hall(hall: str, parts: Ours) -> Response:
    """Return a hall's live state."""
    day = await parts.day(hall)
    return answer(hall_form(day, parts.now(day)))


@router.get("/{hall}/plan", response_model=dict[str, Any], responses=may_answer(404))
async def get_plan(hall: str, parts: Ours) -> Response:
    """Return the plan in force."""
    plan = parts.engine.plans.get(HallId(hall))
    if plan is None:
        raise refused(HallUnknown(hall))
    return answer(to_json(plan))


@router.put("/{hall}/plan", response_model=dict[str, Any], responses=may_answer(409, 422))
async def put_plan(
    hall: str, form: Annotated[dict[str, Any], Body()], parts: Ours, key: Key, request: Request
) -> Response:
    """Put a new plan in force, whole and at once, while people wait; a hall that isn't there yet comes to be."""
    plan = await run_in_threadpool(read_plan, form, language_of(request))
    if plan.hall.id != hall:
        raise Problem(422, "hall_mismatch", {"hall": plan.hall.id, "expected": hall})
    command_id, actor = f"http/{key}", caller_of(request).actor
    refusal = await parts.engine.put_plan(plan, command_id=command_id, actor=actor)
    if refusal is None and parts.engine.plans.get(plan.hall.id) != plan:
        refusal = await _put_before(parts, plan, command_id)
    if refusal is not None:
        raise refused(refusal)
    return answer({**to_json(plan), **await _looked_at(parts, plan, request)})


async def _looked_at(parts: Parts, plan: Plan, request: Request) -> dict[str, Any]:
    """Return what a hall's manager should look at with a new plan: what is doubtful in it, and whom it strands."""
    day = await parts.day(plan.hall.id)
    doubts = await run_in_threadpool(plan_warnings, plan, language_of(request), day.day)
    left = stranded(day.changed(plan=plan))  # the answer to a repeated request, too, speaks of this plan
    return {
        "warnings": [asdict(doubt) for doubt in doubts],
        "stranded": [stranded_form(day.tickets[ticket]) for ticket in left],
    }


@router.get("/{hall}/stream", response_model=list[EventForm], responses=may_answer(404, 422))
async def get_stream(hall: str, parts: Ours, after: Annotated[int, Query(ge=0, le=SEQ_MAX)] = 0) -> Response:
    """Return today's events behind ``after``, for audit, replay and tests."""
    events = await parts.engine.stream(hall, after)
    if isinstance(events, HallUnknown):
        raise refused(events)
    return answer(events)


async def _put_before(parts: Parts, plan: Plan, command_id: str) -> CommandIdReused | None:
    """Tell whether an id that was accepted put another plan in force than the one asked for now.

    The floor takes an id that it knows for the first command's, whatever plan comes with it.
    """
    events = await parts.engine.stream(plan.hall.id, 0)
    rows = [] if isinstance(events, HallUnknown) else events
    first = next((row["data"]["plan"] for row in rows if row["command"] == command_id and "plan" in row["data"]), None)
    return None if first in (None, to_json(plan)) else CommandIdReused(command_id)
