"""Which devices are there, and what a device is told when it comes: its state, and the paper it has not confirmed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from api.device_states import DeviceStates
from api.paper import Paper
from controller import events as e
from controller.model import HallDay
from controller.plan import Device, DeviceId, DeviceKind, HallId, Plan
from controller.refusals import HallUnknown
from controller.runtime.errors import OperatingError
from controller.runtime.hall_actor import CoreFailed
from controller.runtime.hall_days import Commit
from controller.runtime.metrics import Metrics

log = structlog.get_logger(__name__)

STRANGERS_MAX = 10_000
"""Devices that are online; beyond it those that no plan names are not noted, for there is no end of names."""
AGAIN_S = 1.0
"""Pause before a hall that can't be read now is asked for again."""


class Presence:
    """Follows births and last wills. :meth:`run` must run beside it."""

    def __init__(
        self,
        plans: Mapping[HallId, Plan],
        day: Callable[[str], Awaitable[HallDay | HallUnknown]],
        metrics: Metrics,
    ) -> None:
        """Begin with nobody there.

        Args:
            plans: those in force.
            day: reads a hall's day.
            metrics: is told who is online.
        """
        self._plans = plans
        self._day = day
        self._metrics = metrics
        self._online: set[tuple[str, str]] = set()
        self._came: dict[str, set[str]] = {}
        self._measured: dict[str, dict[DeviceId, DeviceKind]] = {}
        self._work = asyncio.Event()

    def note(self, hall: str, device: str, online: bool) -> None:  # noqa: FBT001 - the gateway's own port
        """Take a birth or a last will; returns at once. Of halls that there aren't nothing is kept."""
        plan = self._plans.get(HallId(hall))
        if plan is None:
            return
        planned = plan.device_by_id.get(DeviceId(device))
        if planned is not None:  # a label for each name that a stranger may think of would have no end
            self._measure(hall, planned, online=online)
        if not online:
            self._online.discard((hall, device))
            return
        if planned is None and len(self._online) >= STRANGERS_MAX:
            return
        self._online.add((hall, device))
        self._came.setdefault(hall, set()).add(device)
        self._work.set()

    def changed(self, commit: Commit) -> None:
        """Take a commit; a device that left the plan is measured no more, or it would be missed for ever."""
        if not any(isinstance(recorded.event, e.PlanChanged) for recorded in commit.events):
            return
        hall, plan = commit.day.hall, commit.day.plan
        kinds = {device.id: device.kind for device in plan.devices}
        measured = self._measured.setdefault(hall, {})
        for device, kind in list(measured.items()):
            if kinds.get(device) != kind:
                self._metrics.device_online.remove(hall, device, kind)
                del measured[device]
        for planned in plan.devices:
            if self.is_online(hall, planned.id):
                self._measure(hall, planned, online=True)

    def _measure(self, hall: str, planned: Device, *, online: bool) -> None:
        self._measured.setdefault(hall, {})[planned.id] = planned.kind
        self._metrics.device_online.labels(hall, planned.id, planned.kind).set(online)

    def is_online(self, hall: str, device: str) -> bool:
        """Tell whether a device is there now."""
        return (hall, device) in self._online

    async def run(self, states: DeviceStates, paper: Paper) -> None:
        """Tell devices that came what they must know, until cancelled."""
        while True:
            await self._work.wait()
            self._work.clear()
            came, self._came = self._came, {}
            for hall, devices in came.items():
                try:
                    day = await self._day(hall)
                except (OperatingError, CoreFailed) as error:
                    log.warning("device_greeted_later", hall=hall, devices=len(devices), error=str(error))
                    self._came.setdefault(hall, set()).update(devices)
                    continue
                if isinstance(day, HallDay):
                    try:
                        states.tell(day)
                        for device in devices:
                            paper.device_came(day, device)
                    except Exception:  # one hall's trouble must not end the controller
                        log.exception("device_not_greeted", hall=hall, devices=len(devices))
            if self._came:
                await asyncio.sleep(AGAIN_S)
                self._work.set()
