"""Who booked and did not come, noted soon after midnight and not only when somebody looks at the appointments."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog

from controller.plan import HallId, Plan
from controller.runtime.appointment_store import AppointmentStore, Write, halls_with_booked
from controller.runtime.clock import Clock
from controller.runtime.errors import OperatingError
from controller.runtime.journal import Journal

log = structlog.get_logger(__name__)

LOOK_S = 60.0
"""How long after midnight a missed appointment may still look as if somebody came."""


async def note_missed(store: AppointmentStore, hall: str, now: datetime) -> None:
    """Note every appointment of a hall that nobody checked in until yesterday.

    Args:
        store: the hall's appointments.
        hall: its id, for the log.
        now: in the hall's zone.

    Raises:
        OperatingError: it can't be written now.
    """
    for code in await store.miss(now.date(), Write("", "system", now)):
        log.info("appointment_missed", hall=hall, appointment=code)


class AppointmentWatch:
    """Notes who did not come, hall by hall. :meth:`run` must run beside it."""

    def __init__(self, journal: Journal, plans: Mapping[HallId, Plan], clock: Clock) -> None:
        """Take the log, the plans of the halls as they are now, and the time."""
        self._journal = journal
        self._plans = plans
        self._clock = clock

    async def look(self) -> None:
        """Note who did not come until yesterday, in every hall's own time.

        Raises:
            OperatingError: the log can't be used now.
        """
        for hall in await halls_with_booked(self._journal, self._clock.now()):
            plan = self._plans.get(HallId(hall))
            if plan is not None:
                zone = ZoneInfo(plan.hall.timezone)
                await note_missed(AppointmentStore(self._journal, hall, zone), hall, self._clock.now().astimezone(zone))

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        while True:
            try:
                await self.look()
            except OperatingError as error:
                log.warning("appointments_not_noted", error=str(error))
            await asyncio.sleep(LOOK_S)
