"""Reviews on paper (纸质评价): batches of sheets that two people type, and that count once both agree."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from api.access import GuardedApi, caller_of
from api.answers import answer
from api.case_desk import CALENDAR
from api.parts import Key, Ours, Parts, may_answer
from api.problems import Problem, refused
from api.schemas import LIST_MAX, Asked, Day, Name, Tag, Words
from controller.codec import to_json
from controller.model import HallDay
from controller.paper_model import Batch, BatchId, BatchState, Sheet
from controller.paper_refusals import BatchUnknown
from controller.paper_reviews import SHEETS_MAX, enter, levels, opened_by_sheets, settle
from controller.plan import WindowId
from controller.refusals import Refusal, WindowUnknown
from controller.runtime.case_store import Asked as Write
from controller.runtime.paper_store import PaperStore, Step

router = APIRouter(prefix="/halls/{hall}/paper-reviews", tags=["reviews"], route_class=GuardedApi)

ID_CHARS = 12


class BatchAsked(Asked):
    """Sheets were collected: how many, of which day, and at which window, where they are all of one."""

    count: Annotated[int, Field(ge=1, le=SHEETS_MAX, strict=True)]
    day: Annotated[Day | None, Field(description="on which they were filled in; today unless told otherwise")] = None
    window: Name | None = None
    clerk: Annotated[Words, Field(description="who worked there, and so types none of them")] = ""


class SheetAsked(Asked):
    """A sheet as it is typed; without a level it is unrated."""

    level: Annotated[int | None, Field(ge=1, le=5, strict=True)] = None
    tags: Annotated[list[Tag], Field(max_length=LIST_MAX, default_factory=list)]
    text: Words = ""
    number: Annotated[Words, Field(description="of the ticket, where the sheet names one")] = ""

    def sheet(self) -> Sheet:
        """Return it as the core knows it."""
        return Sheet(self.level, tuple(self.tags), self.text, self.number)


class EntryAsked(Asked):
    """All sheets of a batch, in the order of the pile."""

    sheets: Annotated[list[SheetAsked], Field(min_length=1, max_length=SHEETS_MAX)]


class SettlementAsked(Asked):
    """The sheets that differ as they are on paper, by their numbers in the pile, from 1."""

    sheets: Annotated[dict[int, SheetAsked], Field(min_length=1, max_length=SHEETS_MAX)]


class SheetForm(BaseModel):
    """A sheet as somebody typed it."""

    level: int | None
    tags: list[str]
    text: str
    number: str


class DifferenceForm(BaseModel):
    """A sheet that the two typed differently."""

    sheet: int
    first: SheetForm
    second: SheetForm
    proposed: SheetForm | None


class BatchForm(BaseModel):
    """A batch; what was typed is shown to nobody before both have typed.

    ``levels`` are the sheets that count by level, and under ``unrated`` those that are not rated. ``may_enter`` and
    ``may_settle`` tell what the caller may do now.
    """

    batch: str
    hall: str
    day: Day
    state: BatchState
    count: int
    window: str | None
    window_label: str
    clerk: str
    opened_by: str
    opened_at: AwareDatetime
    entered_by: list[str]
    proposed_by: str | None
    settled_by: str
    differences: list[DifferenceForm]
    levels: dict[str, int]
    may_enter: bool
    may_settle: bool


@router.post("", status_code=201, response_model=BatchForm, responses=may_answer(404, 422))
async def open_batch(hall: str, asked: BatchAsked, request: Request, parts: Ours, key: Key) -> Response:
    """Open a batch of sheets that were counted."""
    day, now = await _now(parts, hall)
    window = day.plan.window_by_id.get(WindowId(asked.window)) if asked.window is not None else None
    if asked.window is not None and window is None:
        raise refused(WindowUnknown(asked.window))
    if asked.day is not None and asked.day > now.date():
        raise Problem(422, "day_to_come", {"day": asked.day.isoformat()})
    who = caller_of(request)
    batch = Batch(
        id=BatchId(f"p{hashlib.sha256(f'{hall}/{who.actor}/{key}'.encode()).hexdigest()[:ID_CHARS]}"),
        hall=day.hall,
        day=asked.day or day.day,
        count=asked.count,
        opened_by=who.name,
        opened_at=now,
        window=window.id if window is not None else None,
        window_label=window.label if window is not None else "",
        clerk=asked.clerk.strip(),
    )
    return answer(_form(await PaperStore(parts.journal).open(batch), who.name, now), 201)


@router.get("", response_model=list[BatchForm], responses=may_answer(404, 422))
async def list_batches(
    hall: str,
    request: Request,
    parts: Ours,
    open: Annotated[bool | None, Query(description="whether they still wait for somebody")] = None,  # noqa: A002 - its name in the address
) -> Response:
    """Return batches, the newest first."""
    day, now = await _now(parts, hall)
    found = await PaperStore(parts.journal).found(day.hall, is_open=open)
    return answer([_form(batch, caller_of(request).name, now) for batch in found])


@router.get("/{batch}", response_model=BatchForm, responses=may_answer(404))
async def get_batch(hall: str, batch: str, request: Request, parts: Ours) -> Response:
    """Return a batch, and once both have typed what they typed differently."""
    day, now = await _now(parts, hall)
    found = await PaperStore(parts.journal).one(day.hall, batch)
    if found is None:
        raise refused(BatchUnknown(batch))
    return answer(_form(found, caller_of(request).name, now))


@router.post("/{batch}/entries", response_model=BatchForm, responses=may_answer(404, 409, 422))
async def post_entry(hall: str, batch: str, asked: EntryAsked, request: Request, parts: Ours) -> Response:
    """Type all sheets of a batch, as the first or as the second; what both typed alike counts at once."""
    who = caller_of(request).name
    sheets = tuple(sheet.sheet() for sheet in asked.sheets)
    return await _act(parts, hall, batch, request, lambda found, now: enter(found, who, now, sheets))


@router.post("/{batch}/settlement", response_model=BatchForm, responses=may_answer(404, 409, 422))
async def post_settlement(hall: str, batch: str, asked: SettlementAsked, request: Request, parts: Ours) -> Response:
    """Say what stands on the sheets that differ: a third person at once, one of the two who typed with the other."""
    who = caller_of(request).name
    right = {number - 1: sheet.sheet() for number, sheet in asked.sheets.items()}
    return await _act(parts, hall, batch, request, lambda found, now: settle(found, who, now, right))


async def _act(
    parts: Parts, hall: str, batch: str, request: Request, decide: Callable[[Batch, datetime], Batch | Refusal]
) -> Response:
    day, now = await _now(parts, hall)
    who = caller_of(request)
    step = await PaperStore(parts.journal).act(
        day.hall,
        batch,
        Write("", "", who.actor, now),
        lambda found: decide(found, now),
        lambda settled: opened_by_sheets(settled, day.plan.policies, CALENDAR),
    )
    if isinstance(step, Refusal):
        parts.metrics.refusals.labels(step.code).inc()
        raise refused(step)
    _count(parts, step)
    return answer(_form(step.batch, who.name, now))


def _count(parts: Parts, step: Step) -> None:
    """Count what a step settled, after its commit."""
    for written in step.opened:
        parts.rectifier.count(written)
    if step.settled:
        for level, count in levels(step.batch.settled or ()).items():
            if level is not None:
                parts.metrics.reviews.labels(step.batch.hall, str(level)).inc(count)


async def _now(parts: Parts, hall: str) -> tuple[HallDay, datetime]:
    day = await parts.day(hall)
    return day, parts.now(day)


def _form(batch: Batch, who: str, now: datetime) -> dict[str, Any]:
    typed = [entry.by for entry in batch.entries]
    proposal = batch.proposal
    counted = {str(level) if level is not None else "unrated": n for level, n in levels(batch.settled or ()).items()}
    return {
        "batch": batch.id,
        "hall": batch.hall,
        "day": batch.day.isoformat(),
        "state": batch.state,
        "count": batch.count,
        "window": batch.window,
        "window_label": batch.window_label,
        "clerk": batch.clerk,
        "opened_by": batch.opened_by,
        "opened_at": batch.opened_at.astimezone(now.tzinfo).isoformat(timespec="seconds"),
        "entered_by": typed,
        "proposed_by": proposal.by if proposal is not None else None,
        "settled_by": batch.settled_by,
        "differences": [
            {
                "sheet": place + 1,
                "first": to_json(batch.entries[0].sheets[place]),
                "second": to_json(batch.entries[1].sheets[place]),
                "proposed": to_json(proposal.sheets[place]) if proposal is not None else None,
            }
            for place in batch.differences
        ],
        "levels": dict(sorted(counted.items())),
        "may_enter": batch.state in {BatchState.OPEN, BatchState.ENTERED} and who not in {*typed, batch.clerk},
        "may_settle": batch.state is BatchState.DIFFERS
        and who != batch.clerk
        and (proposal is None or proposal.by != who),
    }
