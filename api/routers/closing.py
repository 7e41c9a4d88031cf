"""The end of a day: who was not served."""

from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access import GuardedApi
from api.answers import answer
from api.parts import Ours, may_answer
from api.problems import Problem
from api.schemas import ClosingForm, Day
from controller.carry_over import unserved
from controller.evolve import fold
from controller.plan import HallId
from controller.runtime.stream_forms import from_row, stream_name
from controller.views import ticket_form

router = APIRouter(prefix="/halls/{hall}/closing", tags=["halls"], route_class=GuardedApi)


@router.get("", response_model=ClosingForm, responses=may_answer(404, 422))
async def get_closing(hall: str, parts: Ours, day: Day | None = None) -> Response:
    """Return who was not served on a day, today's by default: who waits, is at a window or was set aside."""
    found = await parts.day(hall)
    if day not in (None, found.day):
        rows = await parts.journal.read(stream_name(HallId(hall), day))
        zone = ZoneInfo(found.plan.hall.timezone)
        past = await run_in_threadpool(lambda: fold(from_row(row, zone) for row in rows))
        if past is None:
            raise Problem(404, "day_unknown", {"day": day.isoformat()})
        found = past
    now = found.at if found.closed else parts.now(found)
    return answer(
        {
            "hall": found.hall,
            "day": found.day.isoformat(),
            "closed": found.closed,
            "carry_over": found.plan.policies.carry_over,
            "unserved": [ticket_form(found, ticket, now) for ticket in unserved(found)],
        }
    )
