"""Check-ins: an appointment becomes a place, whoever asks for it: a page, a program, or a ticket machine."""

from zoneinfo import ZoneInfo

from controller import commands as c
from controller.appointments import (
    Appointment,
    AppointmentCode,
    AppointmentNotInState,
    AppointmentState,
    check_in,
)
from controller.model import HallDay, Ticket
from controller.plan import DeviceId, Lane
from controller.refusals import Refusal
from controller.runtime.appointment_store import AppointmentStore, Write
from controller.runtime.clock import Clock
from controller.runtime.engine import Engine
from controller.runtime.journal import Journal

CHANNEL = "appointment"


class CheckIns:
    """Turns appointments into tickets."""

    def __init__(self, engine: Engine, journal: Journal, clock: Clock) -> None:
        self._engine = engine
        self._journal = journal
        self._clock = clock

    async def take(
        self, day: HallDay, code: AppointmentCode, device: str | None, actor: str | None = None
    ) -> Ticket | Refusal:
        """Return the ticket of an appointment, or why it can't be checked in; asked again, it is the same ticket.

        The row says so first, so that nobody cancels it meanwhile, and learns its ticket at the end; a crash in between
        leaves an appointment that may be checked in again and is given the same ticket. A refused one is booked as
        before, and may come again under another command.

        Args:
            day: the hall today.
            code: of the appointment.
            device: where the receipt is to be printed, if anywhere.
            actor: who asks; by default the device.

        Raises:
            OperatingError: it can't be done now.
        """
        zone = ZoneInfo(day.plan.hall.timezone)
        now = self._clock.now().astimezone(zone)
        store = AppointmentStore(self._journal, day.hall, zone)
        write = Write("", actor or f"device:{device}", now)
        before = await store.change(code, write, lambda found: check_in(found, now), AppointmentState.CHECKED_IN)
        if isinstance(before, Refusal):
            return before
        command = c.IssueTicket(
            before.services,
            Lane.APPOINTMENT,
            CHANNEL,
            DeviceId(device) if device is not None else None,
            booked_at=before.starts_at,
        )
        result = await self._engine.submit(
            day.hall, command, command_id=f"appointment/{code}/{before.refused}", actor=f"channel:{CHANNEL}"
        )
        if isinstance(result, Refusal):
            await store.change(code, write, lambda found: _unless_moved(found, before), AppointmentState.BOOKED)
            return result
        ticket = result.answer.subject
        if not isinstance(ticket, Ticket):
            raise TypeError(f"a check-in is answered with {type(ticket).__name__}")
        await store.change(code, write, lambda _found: None, AppointmentState.CHECKED_IN, ticket.id)
        return ticket


def _unless_moved(now: Appointment, before: Appointment) -> Refusal | None:
    return None if now == before and now.ticket is None else AppointmentNotInState(now.code, now.state)
