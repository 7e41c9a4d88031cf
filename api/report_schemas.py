"""The forms of the manager's answers, as OpenAPI tells of them."""

from datetime import date
from typing import Any

from pydantic import AwareDatetime, BaseModel

from api.rectification_schemas import RectificationSummaryForm
from api.schemas import PlanFaultForm, StrandedForm, WindowForm
from controller.plan import Lane


class FloorWindowForm(WindowForm):
    """A window, since when it has been so, and how many it may call."""

    since: AwareDatetime | None
    eligible: int


class WaitingForm(BaseModel):
    """Somebody who waits."""

    number: str
    services: list[str]
    lane: Lane
    arrived_at: AwareDatetime
    manned: bool
    served: bool


class ServiceQueueForm(BaseModel):
    """Who waits for a service, and since when the first."""

    service: str
    waiting: int
    first: AwareDatetime


class FloorForm(BaseModel):
    """The floor now."""

    hall: str
    day: str
    seq: int
    at: AwareDatetime
    open: bool
    long_wait_s: int
    windows: list[FloorWindowForm]
    waiting: int
    longest: list[WaitingForm]
    services: list[ServiceQueueForm]
    unserved: list[str]
    held: int


class FiguresForm(BaseModel):
    """What happened in a stretch of time."""

    open_min: float
    tickets: int
    called: int
    served: int
    no_shows: int
    reviews: int
    entered: int
    mean_wait_s: float | None
    people_wait_min: float
    windows_wait_min: dict[str, float]


class HourForm(FiguresForm):
    """An hour."""

    hour: AwareDatetime


class PointForm(BaseModel):
    """The means of a slot."""

    at: AwareDatetime
    waiting: float
    people_wait: float
    windows_wait: float
    entered: int
    manned: float


class HalfHourForm(PointForm):
    """Half an hour: its means, and the waits of those who were called in it."""

    called: int
    p50_s: float | None
    p90_s: float | None


class PaperReviewsForm(BaseModel):
    """Reviews on paper of a day that count, by level, and the sheets that are not rated."""

    levels: dict[str, int]
    unrated: int


class ReportForm(BaseModel):
    """A day in figures; ``rectifications`` are those of the bad reviews that were given on it, as they stand now."""

    hall: str
    day: str
    seq: int
    until: AwareDatetime
    slot_s: int
    hours: list[HourForm]
    total: FiguresForm
    half_hours: list[HalfHourForm]
    curve: list[PointForm]
    rectifications: RectificationSummaryForm
    paper: PaperReviewsForm


class WeekCellForm(BaseModel):
    """An hour of the week, as the mean of its days; ``weekday`` 1 is Monday."""

    weekday: int
    hour: int
    days: int
    tickets: float
    mean_wait_s: float | None
    people_wait_min: float
    windows_wait_min: float


class WeekForm(BaseModel):
    """When a hall is busy, from the days since a date until another; ``days`` of them had a record."""

    since: date
    until: date
    days: int
    cells: list[WeekCellForm]


class PlanTextForm(BaseModel):
    """A plan as its manager edits it."""

    text: str


class PlanDraftForm(BaseModel):
    """What a plan would do: nothing while it has faults."""

    faults: list[PlanFaultForm]
    warnings: list[PlanFaultForm]
    plan: dict[str, Any] | None
    refusal: str | None
    stranded: list[StrandedForm]
