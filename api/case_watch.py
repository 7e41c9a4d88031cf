"""The hall's promises, looked at now and then: how many are broken, and how many will be by the next working day."""

import asyncio
from collections.abc import Mapping
from zoneinfo import ZoneInfo

import structlog

from controller.cases import WorkingDays
from controller.plan import HallId, Plan
from controller.runtime.case_store import CaseStore
from controller.runtime.clock import Clock
from controller.runtime.errors import OperatingError
from controller.runtime.metrics import Metrics

log = structlog.get_logger(__name__)

LOOK_S = 30.0
"""How old the figures may be: they change by people's steps, and at midnight."""


class CaseWatch:
    """Counts the cases near and past their promised day. :meth:`run` must run beside it."""

    def __init__(
        self, store: CaseStore, plans: Mapping[HallId, Plan], calendar: WorkingDays, clock: Clock, metrics: Metrics
    ) -> None:
        """Take the cases, the plans of the halls as they are now, and where the figures go."""
        self._store = store
        self._plans = plans
        self._calendar = calendar
        self._clock = clock
        self._metrics = metrics

    async def look(self) -> None:
        """Bring the figures up to now.

        Raises:
            LogUnavailable: the log can't be read now.
        """
        promised = await self._store.promised()
        for hall, plan in list(self._plans.items()):
            today = self._clock.now().astimezone(ZoneInfo(plan.hall.timezone)).date()
            near = self._calendar.after(today, 1)
            days = promised.get(hall, {})
            self._metrics.cases_overdue.labels(hall).set(sum(count for day, count in days.items() if day < today))
            self._metrics.cases_near.labels(hall).set(sum(count for day, count in days.items() if today <= day <= near))

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        while True:
            try:
                await self.look()
            except OperatingError as error:
                log.warning("cases_not_counted", error=str(error))
            await asyncio.sleep(LOOK_S)
