"""Appointments in the log's database.

Rules of this file. What is decided of a row is decided inside the transaction that changes it. A place is a row of its
own: of two controllers that take the same one, one does its work again. A booking whose id was used before is the first
one's. Each method may raise `LogUnavailable`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from controller.appointments import (
    Appointment,
    AppointmentCode,
    AppointmentState,
    AppointmentUnknown,
    BookedOut,
    HalfDay,
)
from controller.plan import ServiceCode
from controller.refusals import CommandIdReused, Refusal
from controller.runtime.appointment_tables import appointment as row
from controller.runtime.appointment_tables import appointment_place as place
from controller.runtime.journal import Journal

LIST_MAX = 500
"""Appointments that are listed at once."""


@dataclass(frozen=True, slots=True)
class Write:
    """A write: its id, who asks, and when."""

    request: str
    actor: str
    at: datetime


async def halls_with_booked(journal: Journal, before: datetime) -> list[str]:
    """Return the halls that have an appointment that began before a time and is still only booked."""
    statement = (
        select(row.c.hall)
        .where(row.c.state == AppointmentState.BOOKED.value, row.c.starts_at < before)
        .distinct()
        .order_by(row.c.hall)
    )
    return await journal.look(lambda connection: list(connection.scalars(statement)))


class AppointmentStore:
    """The appointments of one hall; times come back in its zone."""

    def __init__(self, journal: Journal, hall: str, zone: tzinfo) -> None:
        self._journal = journal
        self._hall = hall
        self._zone = zone

    async def book(self, wanted: Appointment, quotas: Mapping[ServiceCode, int], write: Write) -> Appointment | Refusal:
        """Store an appointment, and take its places.

        Args:
            wanted: the appointment, under a code that nobody has.
            quotas: how many places the half-day has, by each of its services that has a quota.
            write: the write; done twice it books once.
        """

        def work(connection: Connection) -> Appointment | Refusal:
            statement = select(row).where(row.c.hall == self._hall, row.c.request == write.request)
            before = connection.execute(statement).one_or_none()
            if before is not None:
                first = self._read(before)
                same = (first.services, first.day, first.half) == (wanted.services, wanted.day, wanted.half)
                return first if same else CommandIdReused(write.request)
            key = {"hall": self._hall, "day": wanted.day, "half": wanted.half.value}
            places = []
            for service, quota in quotas.items():
                taken = set(connection.scalars(select(place.c.place).where(*_where(key | {"service": service}))))
                free = next((number for number in range(1, quota + 1) if number not in taken), None)
                if free is None:
                    return BookedOut(service, wanted.day.isoformat())
                places.append({**key, "service": service, "place": free, "code": wanted.code})
            if places:
                connection.execute(place.insert(), places)
            connection.execute(
                row.insert().values(
                    **key,
                    code=wanted.code,
                    services=json.dumps(wanted.services),
                    starts_at=wanted.starts_at,
                    state=wanted.state.value,
                    person=wanted.person,
                    refused=wanted.refused,
                    request=write.request,
                    booked_at=write.at,
                    booked_by=write.actor,
                    changed_at=write.at,
                    changed_by=write.actor,
                )
            )
            return wanted

        return await self._journal.change(work)

    async def change(
        self,
        code: AppointmentCode,
        write: Write,
        decide: Callable[[Appointment], Refusal | None],
        state: AppointmentState,
        ticket: str | None = None,
    ) -> Appointment | Refusal:
        """Bring an appointment into a state, unless what it is now forbids that.

        Cancelled, it frees its places. Booked again, its check-in was refused.
        """

        def work(connection: Connection) -> Appointment | Refusal:
            mine = (row.c.hall == self._hall, row.c.code == code)
            found = connection.execute(select(row).where(*mine).with_for_update()).one_or_none()
            if found is None:
                return AppointmentUnknown(code)
            refusal = decide(self._read(found))
            if refusal is not None:
                return refusal
            values: dict[str, Any] = {"state": state.value, "changed_at": write.at, "changed_by": write.actor}
            if ticket is not None:
                values["ticket"] = ticket
            if state is AppointmentState.BOOKED:
                values["refused"] = row.c.refused + 1
            connection.execute(update(row).where(*mine).values(**values))
            if state is AppointmentState.CANCELLED:
                connection.execute(delete(place).where(place.c.hall == self._hall, place.c.code == code))
            return self._read(connection.execute(select(row).where(*mine)).one())

        return await self._journal.change(work)

    async def miss(self, today: date, write: Write) -> list[AppointmentCode]:
        """Note every appointment of a day before today that nobody checked in; return their codes."""
        gone = (row.c.hall == self._hall, row.c.day < today, row.c.state == AppointmentState.BOOKED.value)
        codes = await self._journal.look(lambda connection: list(connection.scalars(select(row.c.code).where(*gone))))
        if codes:
            values = {"state": AppointmentState.MISSED.value, "changed_at": write.at, "changed_by": write.actor}
            await self._journal.change(lambda connection: connection.execute(update(row).where(*gone).values(**values)))
        return [AppointmentCode(code) for code in codes]

    async def one(self, code: AppointmentCode) -> Appointment | None:
        """Return an appointment."""
        statement = select(row).where(row.c.hall == self._hall, row.c.code == code)
        found = await self._journal.look(lambda connection: connection.execute(statement).one_or_none())
        return None if found is None else self._read(found)

    async def of_day(self, day: date) -> list[Appointment]:
        """Return the appointments of a day, in the order of their times."""
        statement = (
            select(row)
            .where(row.c.hall == self._hall, row.c.day == day)
            .order_by(row.c.starts_at, row.c.booked_at, row.c.code)
            .limit(LIST_MAX)
        )
        return await self._journal.look(lambda connection: [self._read(one) for one in connection.execute(statement)])

    async def taken(self, first: date) -> dict[tuple[date, HalfDay, ServiceCode], int]:
        """Return how many places are taken from a day on, of services that have a quota."""
        statement = (
            select(place.c.day, place.c.half, place.c.service, func.count())
            .where(place.c.hall == self._hall, place.c.day >= first)
            .group_by(place.c.day, place.c.half, place.c.service)
        )

        def read(connection: Connection) -> dict[tuple[date, HalfDay, ServiceCode], int]:
            return {
                (day, HalfDay(half), ServiceCode(service)): count
                for day, half, service, count in connection.execute(statement)
            }

        return await self._journal.look(read)

    def _read(self, found: Any) -> Appointment:
        return Appointment(
            code=AppointmentCode(found.code),
            services=tuple(ServiceCode(code) for code in json.loads(found.services)),
            day=found.day,
            half=HalfDay(found.half),
            starts_at=found.starts_at.astimezone(self._zone),
            state=AppointmentState(found.state),
            person=found.person,
            ticket=found.ticket,
            refused=found.refused,
        )


def _where(key: Mapping[str, Any]) -> list[Any]:
    return [place.c[name] == value for name, value in key.items()]
