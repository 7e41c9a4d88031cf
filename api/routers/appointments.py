"""Appointments (预约): booked ahead, cancelled in time, and on the day checked in, which gives a place at once."""

import secrets
from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from api.access import GuardedApi, actor_of
from api.answers import answer
from api.appointment_watch import note_missed
from api.check_ins import CheckIns
from api.parts import Key, Ours, Parts, may_answer
from api.problems import Problem, refused
from api.schemas import LIST_MAX, Asked, Day, IssuedForm, Name
from controller.appointments import (
    Appointment,
    AppointmentCode,
    AppointmentState,
    AppointmentUnknown,
    HalfDay,
    book,
    bookable_days,
    cancel,
    starts_at,
)
from controller.model import HallDay
from controller.plan import ServiceCode
from controller.refusals import Refusal
from controller.runtime.appointment_store import AppointmentStore, Write
from controller.steps import expanded
from controller.views import issued_form

router = APIRouter(prefix="/halls/{hall}/appointments", tags=["appointments"], route_class=GuardedApi)
places = APIRouter(prefix="/halls/{hall}/appointment-places", tags=["appointments"], route_class=GuardedApi)
"""An address of its own: below the appointments it would have the form of one's code."""

CODE_DIGITS = 8
"""Digits of a code: short enough to be read out, and too many to be guessed at a counter."""

Services = Annotated[list[Name], Field(min_length=1, max_length=LIST_MAX)]


class AppointmentAsked(Asked):
    """A half-day that somebody wants; ``person`` is an opaque word of whoever asks, never a name."""

    services: Services
    day: Day
    half: HalfDay
    person: Name | None = None


class CheckInAsked(Asked):
    """Where the receipt of the ticket is to be printed, if anywhere."""

    device: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None


class AppointmentForm(BaseModel):
    """An appointment."""

    appointment: str
    services: list[str]
    day: date
    half: HalfDay
    starts_at: AwareDatetime
    state: AppointmentState
    ticket: str | None


class PlacesForm(BaseModel):
    """A half-day that may be booked; ``left`` is null where there is no quota."""

    day: date
    half: HalfDay
    starts_at: AwareDatetime
    left: int | None


@router.post("", status_code=201, response_model=AppointmentForm, responses=may_answer(404, 409, 422))
async def book_appointment(hall: str, asked: AppointmentAsked, request: Request, parts: Ours, key: Key) -> Response:
    """Book a half-day; its code is what to bring along."""
    desk = await _Desk.of(parts, hall)
    services = tuple(ServiceCode(code) for code in asked.services)
    found = book(desk.day, desk.now, services, asked.day, asked.half)
    if isinstance(found, Refusal):
        raise desk.refused(found)
    code = AppointmentCode(f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}")
    wanted = Appointment(code, found[0], asked.day, asked.half, found[1], person=asked.person or "")
    booked = await desk.store.book(
        wanted, desk.quotas(services), desk.write(f"http/{key}", actor_of(request, "citizen"))
    )
    return answer(_form(desk.accepted(booked)), 201)


@router.get("", response_model=list[AppointmentForm], responses=may_answer(404, 422))
async def list_appointments(hall: str, parts: Ours, day: Day | None = None) -> Response:
    """Return the appointments of a day, today's by default, in the order of their times."""
    desk = await _Desk.of(parts, hall)
    return answer([_form(one) for one in await desk.store.of_day(day or desk.now.date())])


@places.get("", response_model=list[PlacesForm], responses=may_answer(404, 422))
async def list_places(
    hall: str, parts: Ours, service: Annotated[list[Name], Query(min_length=1, max_length=LIST_MAX)]
) -> Response:
    """Return the half-days that may be booked now for some services, with the places left."""
    desk = await _Desk.of(parts, hall)
    quotas = desk.quotas(tuple(ServiceCode(code) for code in service))
    taken = await desk.store.taken(desk.now.date())
    forms = []
    for day in bookable_days(desk.day.plan, desk.day.timetable, desk.now.date()):
        for half in HalfDay:
            begins = starts_at(desk.day.timetable, day, half, desk.now.tzinfo)
            if begins is not None:
                places = [max(quota - taken.get((day, half, code), 0), 0) for code, quota in quotas.items()]
                form = {"day": day.isoformat(), "half": half, "starts_at": _time(begins)}
                forms.append({**form, "left": min(places, default=None)})
    return answer(forms)


@router.get("/{appointment}", response_model=AppointmentForm, responses=may_answer(404))
async def get_appointment(hall: str, appointment: str, parts: Ours) -> Response:
    """Return an appointment."""
    desk = await _Desk.of(parts, hall)
    return answer(_form(await desk.found(appointment)))


@router.delete("/{appointment}", response_model=AppointmentForm, responses=may_answer(404, 409, 422))
async def cancel_appointment(hall: str, appointment: str, request: Request, parts: Ours, key: Key) -> Response:
    """Cancel an appointment in time: somebody else can have the place."""
    desk = await _Desk.of(parts, hall)

    def refusal(now: Appointment) -> Refusal | None:
        return None if now.state is AppointmentState.CANCELLED else cancel(desk.day.plan, now, desk.now)

    code, write = AppointmentCode(appointment), desk.write(f"http/{key}", actor_of(request, "citizen"))
    return answer(_form(desk.accepted(await desk.store.change(code, write, refusal, AppointmentState.CANCELLED))))


@router.post("/{appointment}/check-in", status_code=201, response_model=IssuedForm, responses=may_answer(404, 409, 422))
async def check_in_appointment(hall: str, appointment: str, asked: CheckInAsked, parts: Ours) -> Response:
    """Give who booked a place at once, its arrival counted from the time booked; asked again, it is the same ticket."""
    desk = await _Desk.of(parts, hall)
    found = await CheckIns(parts.engine, parts.journal, parts.clock).take(
        desk.day, AppointmentCode(appointment), asked.device, "desk"
    )
    if isinstance(found, Refusal):
        raise desk.refused(found)
    return answer(issued_form(found), 201)


class _Desk:
    """The appointments of a hall, as a request sees them."""

    def __init__(self, parts: Parts, day: HallDay) -> None:
        self.day = day
        self.now = parts.now(day)
        self.store = AppointmentStore(parts.journal, day.hall, ZoneInfo(day.plan.hall.timezone))
        self._parts = parts

    @classmethod
    async def of(cls, parts: Parts, hall: str) -> "_Desk":
        """Return the desk of a hall, where those who did not come until yesterday are noted."""
        desk = cls(parts, await parts.day(hall))
        await note_missed(desk.store, hall, desk.now)
        return desk

    def write(self, request: str, actor: str) -> Write:
        return Write(request, actor, self.now)

    def refused(self, refusal: Refusal) -> Problem:
        self._parts.metrics.refusals.labels(refusal.code).inc()
        return refused(refusal)

    def accepted(self, result: Appointment | Refusal) -> Appointment:
        if isinstance(result, Refusal):
            raise self.refused(result)
        return result

    async def found(self, appointment: str) -> Appointment:
        found = await self.store.one(AppointmentCode(appointment))
        return self.accepted(found or AppointmentUnknown(appointment))

    def quotas(self, codes: Iterable[ServiceCode]) -> dict[ServiceCode, int]:
        """Return the places of a half-day, by each of some services that has a quota."""
        known = self.day.plan.service_by_code
        services = [known[code] for code in expanded(self.day.plan, tuple(codes)).services if code in known]
        return {service.code: service.quota for service in services if service.quota is not None}


def _time(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


def _form(appointment: Appointment) -> dict[str, Any]:
    return {
        "appointment": appointment.code,
        "services": list(appointment.services),
        "day": appointment.day.isoformat(),
        "half": appointment.half,
        "starts_at": _time(appointment.starts_at),
        "state": appointment.state,
        "ticket": appointment.ticket,
    }
