"""Halls, their plans and their streams of events."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.access import GuardedApi, caller_of
from api.answers import answer
from api.parts import Key, Ours, may_answer
from api.plan_file import read_plan
from api.problems import Problem, language_of, refused
from api.schemas import EventForm, HallForm
from controller.codec import to_json
from controller.plan import HallId
from controller.refusals import HallUnknown
from controller.views import hall_form

router = APIRouter(prefix="/halls", tags=["halls"], route_class=GuardedApi)

SEQ_MAX = 2**31 - 1


@router.get("", response_model=list[HallForm], responses=may_answer())
async def list_halls(parts: Ours) -> Response:
    """Return every hall's live state."""
    days = [await parts.day(hall) for hall in parts.engine.plans]
    return answer([hall_form(day, parts.now(day)) for day in days])


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
    refusal = await parts.engine.put_plan(plan, command_id=f"http/{key}", actor=caller_of(request).actor)
    if refusal is not None:
        raise refused(refusal)
    return answer(to_json(plan))


@router.get("/{hall}/stream", response_model=list[EventForm], responses=may_answer(404, 422))
async def get_stream(hall: str, parts: Ours, after: Annotated[int, Query(ge=0, le=SEQ_MAX)] = 0) -> Response:
    """Return today's events behind ``after``, for audit, replay and tests."""
    events = await parts.engine.stream(hall, after)
    if isinstance(events, HallUnknown):
        raise refused(events)
    return answer(events)
