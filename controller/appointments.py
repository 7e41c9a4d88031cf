"""Appointments (预约): a half-day booked ahead, which on the day is a place at once and never a second queue.

An appointment outlives the day, so it is not in the day's stream: it is a row. These are its rules, as pure functions:
so many days ahead, so late a cancelling, open half-days only. Checked in, it becomes a ticket whose arrival counts from
the time booked (bad-review tag 212: booked online, and yet queued again). Who comes later than that half-day is welcome
all the same, and waits from when he came; who doesn't come by the end of the day is noted as missed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import ClassVar, NewType

from controller.model import HallDay
from controller.opening import Timetable
from controller.plan import Plan, ServiceCode
from controller.quotas import NOON
from controller.refusals import Refusal, ServiceUnknown
from controller.steps import expanded

AppointmentCode = NewType("AppointmentCode", str)


class HalfDay(StrEnum):
    """A half of a day; noon parts them."""

    MORNING = "morning"
    AFTERNOON = "afternoon"


class AppointmentState(StrEnum):
    """What became of an appointment."""

    BOOKED = "booked"
    CHECKED_IN = "checked_in"
    CANCELLED = "cancelled"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Appointment:
    """A half-day booked for some services; ``starts_at`` is when the hall opens in it.

    ``person`` is an opaque word of whoever booked it for somebody, never a name. ``ticket`` is what it became;
    ``refused`` counts the check-ins that the floor refused.
    """

    code: AppointmentCode
    services: tuple[ServiceCode, ...]
    day: date
    half: HalfDay
    starts_at: datetime
    state: AppointmentState = AppointmentState.BOOKED
    person: str = ""
    ticket: str | None = None
    refused: int = 0


@dataclass(frozen=True, slots=True)
class AppointmentUnknown(Refusal):
    """The hall has no such appointment."""

    code: ClassVar[str] = "appointment_unknown"
    http_status: ClassVar[int] = 404
    appointment: str


@dataclass(frozen=True, slots=True)
class AppointmentNotInState(Refusal):
    """The appointment was cancelled, missed, or has become a ticket."""

    code: ClassVar[str] = "appointment_not_in_state"
    appointment: str
    state: str


@dataclass(frozen=True, slots=True)
class BookedTooLate(Refusal):
    """An appointment is booked so many days ahead."""

    code: ClassVar[str] = "booked_too_late"
    day: str
    days: int


@dataclass(frozen=True, slots=True)
class BookedTooEarly(Refusal):
    """An appointment is for one of the next so many days on which the hall is open."""

    code: ClassVar[str] = "booked_too_early"
    day: str
    days: int


@dataclass(frozen=True, slots=True)
class ClosedThen(Refusal):
    """The hall isn't open in that half-day."""

    code: ClassVar[str] = "closed_then"
    day: str


@dataclass(frozen=True, slots=True)
class BookedOut(Refusal):
    """All places for a service in that half-day are booked."""

    code: ClassVar[str] = "booked_out"
    service: str
    day: str


@dataclass(frozen=True, slots=True)
class CancelledTooLate(Refusal):
    """An appointment is cancelled so long ahead, so that somebody else can have the place."""

    code: ClassVar[str] = "cancelled_too_late"
    appointment: str
    minutes: int


@dataclass(frozen=True, slots=True)
class NotToday(Refusal):
    """The appointment is for another day."""

    code: ClassVar[str] = "appointment_not_today"
    appointment: str
    day: str


def bookable_days(plan: Plan, timetable: Timetable, today: date) -> Iterator[date]:
    """Yield the days that may be booked now: open ones, from so many days ahead on, so many at most."""
    policies = plan.policies
    counted = 0
    for offset in range(1, len(_MONTH) + 1):
        day = today + timedelta(days=offset)
        if timetable.on(day) == ():
            continue
        counted += 1
        if counted > policies.booking_within_days:
            return
        if offset >= policies.booking_ahead_days:
            yield day


_MONTH = range(31)
"""Days that a timetable's calendar knows."""


def starts_at(timetable: Timetable, day: date, half: HalfDay, zone: tzinfo | None) -> datetime | None:
    """Return when the hall opens in a half-day, or ``None`` where it doesn't."""
    begins, ends = (time(), NOON) if half is HalfDay.MORNING else (NOON, time.max)
    hours = timetable.on(day)
    if hours is None:
        return datetime.combine(day, begins, zone)
    for stretch in hours:
        first = max(begins, stretch.opens)
        if first < min(ends, stretch.closes):
            return datetime.combine(day, first, zone)
    return None


def book(
    hall: HallDay, now: datetime, services: tuple[ServiceCode, ...], day: date, half: HalfDay
) -> tuple[tuple[ServiceCode, ...], datetime] | Refusal:
    """Return the codes that an appointment is for and when it begins, or why it can't be booked.

    A package is booked by its code and becomes its services on the day, under the plan of that day.

    Args:
        hall: the hall today.
        now: in the hall's zone.
        services: codes of services or packages.
        day: the day wanted.
        half: the half of it.
    """
    plan, timetable = hall.plan, hall.timetable
    codes = tuple(dict.fromkeys(services))
    for code in expanded(plan, codes).services or (ServiceCode(""),):
        if not plan.windows_for.get(code):
            return ServiceUnknown(code)
    policies, today = plan.policies, now.date()
    if (day - today).days < policies.booking_ahead_days:
        return BookedTooLate(day.isoformat(), policies.booking_ahead_days)
    begins = starts_at(timetable, day, half, now.tzinfo)
    if day not in set(bookable_days(plan, timetable, today)):
        closed = timetable.on(day) == () and (day - today).days <= len(_MONTH)
        return ClosedThen(day.isoformat()) if closed else BookedTooEarly(day.isoformat(), policies.booking_within_days)
    return (codes, begins) if begins is not None else ClosedThen(day.isoformat())


def cancel(plan: Plan, appointment: Appointment, now: datetime) -> Refusal | None:
    """Tell why an appointment can't be cancelled any more, if so."""
    if appointment.state is not AppointmentState.BOOKED:
        return AppointmentNotInState(appointment.code, appointment.state)
    if (appointment.starts_at - now).total_seconds() < plan.policies.booking_cancel_s:
        return CancelledTooLate(appointment.code, plan.policies.booking_cancel_s // 60)
    return None


def check_in(appointment: Appointment, now: datetime) -> Refusal | None:
    """Tell why an appointment can't be checked in, if so; who asks again may: the ticket is there, or a crash came.

    From when the arrival counts says :func:`controller.decide_tickets.arrival_of`.
    """
    if appointment.state not in (AppointmentState.BOOKED, AppointmentState.CHECKED_IN):
        return AppointmentNotInState(appointment.code, appointment.state)
    if appointment.day != now.date():
        return NotToday(appointment.code, appointment.day.isoformat())
    return None
