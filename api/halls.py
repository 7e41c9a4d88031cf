"""The halls that a controller serves: those in its log, those of its plan files, or the sample hall."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import structlog

from api.plan_file import load_plan, sample_plan
from controller.plan import Plan
from controller.runtime.catalogue import DEFAULT_LANGUAGE
from controller.runtime.engine import Engine
from controller.runtime.journal import Journal
from controller.runtime.stream_forms import parse_plan

log = structlog.get_logger(__name__)

FILE, SAMPLE = "plan-file", "sample-hall"
"""Who a plan is saved by."""


def read_plans(files: Sequence[Path]) -> list[Plan]:
    """Read plan files.

    Raises:
        BadPlan: one isn't a plan that can be used; a note says which.
        OSError: one can't be read.
    """
    plans = []
    for path in files:
        try:
            plans.append(load_plan(path, DEFAULT_LANGUAGE))
        except Exception as error:
            error.add_note(str(path))
            raise
    return plans


async def import_plans(engine: Engine, journal: Journal, plans: Sequence[Plan]) -> None:
    """Put the plans of files in force, or the sample hall where there is no hall at all.

    A file that has not changed since it was last imported leaves alone what a manager has made of its plan since.

    Raises:
        LogUnavailable: the log can't be read or written.
    """
    for plan in plans:
        await _import(engine, journal, plan, FILE)
    if not engine.plans or not plans:
        sample = await asyncio.to_thread(sample_plan)
        if not engine.plans or (sample.hall.id in engine.plans and not plans):
            await _import(engine, journal, sample, SAMPLE)


async def _import(engine: Engine, journal: Journal, plan: Plan, by: str) -> None:
    hall = plan.hall.id
    before = await journal.newest_saved_by(hall, by)
    if hall in engine.plans and (engine.plans[hall] == plan or (before is not None and parse_plan(before) == plan)):
        return
    if by == SAMPLE and before is None and hall in engine.plans:
        return  # somebody's own hall of the same name
    refusal = await engine.put_plan(plan, command_id=f"{by}/{uuid4().hex}", actor=by)
    if refusal is None:
        log.info("plan_imported", hall=hall, by=by)
    else:
        log.error("plan_not_imported", hall=hall, by=by, code=refusal.code, **refusal.params)
