"""What a hall's manager looks at: the floor now, and a day in figures."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access import GuardedApi
from api.answers import answer
from api.day_reports import DayReports
from api.parts import Ours, Parts, may_answer
from api.problems import Problem
from api.rectification_forms import summary_form
from api.report_schemas import FloorForm, ReportForm, WeekForm
from api.schemas import Day
from controller.floor_view import floor_form
from controller.paper_reviews import day_levels
from controller.plan import HallId
from controller.report_form import report_form, week_form
from controller.runtime.paper_store import PaperStore

WEEKS_MAX = 12
"""A season: with more, last spring would hide what this month is like."""

router = APIRouter(prefix="/halls/{hall}", tags=["manager"], route_class=GuardedApi)


@router.get("/floor", response_model=FloorForm, responses=may_answer(404))
async def get_floor(hall: str, parts: Ours) -> Response:
    """Return the floor as its manager sees it: every window, and who waits for what since when."""
    day = await parts.day(hall)
    return answer(floor_form(day, parts.now(day)))


@router.get("/report", response_model=ReportForm, responses=may_answer(404, 422))
async def get_report(
    hall: str,
    request: Request,
    parts: Ours,
    day: Annotated[Day | None, Query(description="Business day; today unless told otherwise.")] = None,
) -> Response:
    """Return a day in figures, hour by hour, with both wastes: people wait for windows, windows wait for people."""
    reports: DayReports = request.app.state.reports
    today = await parts.day(hall)
    now = parts.now(today)
    if day is None or day == today.day:
        report = await reports.today(HallId(hall), today.day, now)
    else:
        earlier = await reports.earlier(HallId(hall), day, now)
        if earlier is None:
            raise Problem(404, "day_unknown", {"day": day.isoformat()})
        report = earlier
    return answer({**report_form(report), **await _of_reviews(parts, HallId(hall), report.day, now)})


async def _of_reviews(parts: Parts, hall: HallId, day: date, now: datetime) -> dict[str, Any]:
    """Return what followed from a day's bad reviews, and what its paper says: neither is in the day's stream."""
    counts = await parts.rectifier.store.counts(now.date(), hall, day, day)
    levels = day_levels(await PaperStore(parts.journal).found(hall, is_open=False, day=day))
    unrated = levels.pop(None, 0)
    return {
        "rectifications": summary_form(counts.get(hall, {}), day, day),
        "paper": {"levels": {str(level): count for level, count in levels.items()}, "unrated": unrated},
    }


@router.get("/report/week", response_model=WeekForm, responses=may_answer(404, 422))
async def get_week(
    hall: str,
    request: Request,
    parts: Ours,
    weeks: Annotated[int, Query(ge=1, le=WEEKS_MAX, description="How many weeks back, up to yesterday.")] = 4,
) -> Response:
    """Return when the hall is busy: the last weeks' days by weekday and hour, each hour as the mean of its days."""
    reports: DayReports = request.app.state.reports
    today = await parts.day(hall)
    days = [today.day - timedelta(days=back) for back in range(weeks * 7, 0, -1)]
    told = await reports.several(HallId(hall), days, parts.now(today))
    return answer(await run_in_threadpool(week_form, days[0], days[-1], told))
