"""The plan as a manager edits it: its text, and what a changed text would do, before anything changes."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Request
from pydantic import StringConstraints
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access import GuardedApi
from api.answers import answer
from api.parts import Ours, may_answer
from api.plan_file import FILE_BYTES_MAX, BadPlan, PlanFault, check_text
from api.plan_text import plan_text
from api.problems import language_of, refused
from api.report_schemas import PlanDraftForm, PlanTextForm
from api.schemas import Asked
from controller import commands as c
from controller.assignment import stranded
from controller.codec import to_json
from controller.decide import decide
from controller.model import CommandId, HallDay
from controller.plan import HallId, Plan
from controller.refusals import HallUnknown, Refusal
from controller.runtime.catalogue import refusal_text, text
from controller.views import stranded_form

router = APIRouter(prefix="/halls/{hall}/plan", tags=["manager"], route_class=GuardedApi)


class DraftAsked(Asked):
    """A plan's text, YAML or JSON."""

    text: Annotated[str, StringConstraints(max_length=FILE_BYTES_MAX)]


@router.get("/text", response_model=PlanTextForm, responses=may_answer(404))
async def get_plan_text(hall: str, parts: Ours) -> Response:
    """Return the plan in force as YAML, ready to be edited."""
    plan = parts.engine.plans.get(HallId(hall))
    if plan is None:
        raise refused(HallUnknown(hall))
    return answer({"text": await run_in_threadpool(plan_text, plan)})


@router.post("/text", response_model=PlanDraftForm, responses=may_answer(404, 422))
async def check_plan_text(hall: str, draft: DraftAsked, parts: Ours, request: Request) -> Response:
    """Say what is wrong with a plan's text, and where; or what putting it in force now would do. Nothing changes.

    A plan without faults comes back as JSON, as ``PUT …/plan`` takes it.
    """
    day = await parts.day(hall)
    language = language_of(request)
    try:
        plan, doubts = await run_in_threadpool(check_text, draft.text.encode("utf-8", "replace"), language, day.day)
    except BadPlan as error:
        return answer(_form(error.faults))
    if plan.hall.id != day.hall:
        said = text("refusal.hall_mismatch", language, hall=plan.hall.id, expected=day.hall)
        return answer(_form((PlanFault("/hall/id", "hall_mismatch", said),)))
    refusal = _refusal(day, plan)
    return answer(
        {
            **_form(()),
            "warnings": [_fault(doubt) for doubt in doubts],
            "plan": to_json(plan),
            "refusal": None if refusal is None else refusal_text(refusal.code, language, refusal.params),
            "stranded": [stranded_form(day.tickets[ticket]) for ticket in stranded(day.changed(plan=plan))],
        }
    )


def _refusal(day: HallDay, plan: Plan) -> Refusal | None:
    """Return why the floor would refuse a plan now."""
    nonce = uuid4().hex
    decision = decide(day, c.Request(CommandId(nonce), "manager", day.at, nonce, c.ChangePlan(plan)))
    return decision if isinstance(decision, Refusal) else None


def _form(faults: tuple[PlanFault, ...]) -> dict[str, object]:
    return {
        "faults": [_fault(fault) for fault in faults],
        "warnings": [],
        "plan": None,
        "refusal": None,
        "stranded": [],
    }


def _fault(fault: PlanFault) -> dict[str, object]:
    return {"line": fault.line, "path": fault.path, "code": fault.code, "message": fault.message}
