"""The halls that a controller serves: those in its log, those of its plan files, or the sample hall."""

import asyncio
from collections.abc import Collection, Sequence
from pathlib import Path
from uuid import uuid4

import structlog

from api.plan_file import BadPlan, PlanFault, load_plan, sample_plan
from controller.plan import HallId, Plan
from controller.runtime.catalogue import DEFAULT_LANGUAGE, text
from controller.runtime.engine import Engine
from controller.runtime.hall_actor import CoreFailed
from controller.runtime.journal import Journal
from controller.runtime.stream_forms import parse_plan

log = structlog.get_logger(__name__)

FILE, SAMPLE = "plan-file", "sample-hall"
"""Who a plan is saved by."""


def read_plans(files: Sequence[Path]) -> list[Plan]:
    """Read plan files.

    Raises:
        BadPlan: one isn't a plan that can be used, or two are of one hall; a note says which.
        OSError: one can't be read.
    """
    plans: dict[HallId, Plan] = {}
    for path in files:
        try:
            plan = _read(path, plans)
        except Exception as error:
            error.add_note(str(path))
            raise
        plans[plan.hall.id] = plan
    return list(plans.values())


def _read(path: Path, others: Collection[HallId]) -> Plan:
    plan = load_plan(path, DEFAULT_LANGUAGE)
    if plan.hall.id in others:  # each would take the other's place, at every start
        said = text("plan.hall_twice", DEFAULT_LANGUAGE, value=plan.hall.id)
        raise BadPlan((PlanFault("/hall/id", "hall_twice", said),))
    return plan


async def import_plans(engine: Engine, journal: Journal, plans: Sequence[Plan]) -> None:
    """Put the plans of files in force, or the sample hall where there is no hall at all.

    A file that has not changed since it was last imported leaves alone what a manager has made of its plan since.

    Raises:
        LogUnavailable: the log can't be read or written.
    """
    for plan in plans:
        await _import(engine, journal, plan, FILE)
    if plans:
        return
    sample = await asyncio.to_thread(sample_plan)
    if sample.hall.id in engine.plans or not await journal.plans():  # a hall that can't be read now is one all the same
        await _import(engine, journal, sample, SAMPLE)


async def _import(engine: Engine, journal: Journal, plan: Plan, by: str) -> None:
    hall = plan.hall.id
    before = await journal.newest_saved_by(hall, by)
    if hall in engine.plans and (engine.plans[hall] == plan or (before is not None and _is_of(before, plan))):
        return
    if by == SAMPLE and before is None and hall in engine.plans:
        return  # somebody's own hall of the same name
    try:
        refusal = await engine.put_plan(plan, command_id=f"{by}/{uuid4().hex}", actor=by)
    except CoreFailed as error:  # this hall can't be served now; the others can
        log.error("plan_not_imported", hall=hall, by=by, error=str(error))  # noqa: TRY400 - its cause is logged
        return
    if refusal is None:
        log.info("plan_imported", hall=hall, by=by)
    else:
        log.error("plan_not_imported", hall=hall, by=by, code=refusal.code, **refusal.params)


def _is_of(stored: str, plan: Plan) -> bool:
    """Tell whether a stored plan is this one; one that only an older program could read isn't."""
    try:
        return parse_plan(stored) == plan
    except ValueError:
        return False
