"""Which devices are there, and what a device is told when it comes: its state, and the paper it has not confirmed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from time import monotonic

import structlog

from api.conditions import Conditions
from api.device_directory import HallDevices
from api.device_states import DeviceStates
from api.paper import Paper
from controller import events as e
from controller.lifeline import Lifeline, Status, Word, follow, is_beat
from controller.model import HallDay
from controller.plan import Device, DeviceId, DeviceKind, HallId, Plan
from controller.refusals import HallUnknown
from controller.runtime.clock import Clock
from controller.runtime.device_store import Registered
from controller.runtime.errors import OperatingError
from controller.runtime.hall_actor import CoreFailed
from controller.runtime.hall_days import Commit
from controller.runtime.metrics import Metrics

log = structlog.get_logger(__name__)

STRANGERS_MAX = 10_000
"""Devices that are online; beyond it those that no plan names are not noted, for there is no end of names."""
OTHERS_SHARE = 4
"""For how many times as long as greeting has taken nobody is greeted: it looks at every device of the hall."""
AGAIN_S = 1.0
"""Pause before a hall that can't be read now is asked for again."""


class Presence:
    """Follows births and last wills. :meth:`run` must run beside it.

    Attributes:
        conditions: what devices said of themselves.
    """

    def __init__(
        self,
        plans: Mapping[HallId, Plan],
        devices: HallDevices,
        day: Callable[[str], Awaitable[HallDay | HallUnknown]],
        *,
        metrics: Metrics,
        clock: Clock,
        conditions: Conditions,
    ) -> None:
        """Begin with nobody there.

        Args:
            plans: those in force.
            devices: of all halls.
            day: reads a hall's day.
            metrics: is told who is online.
            clock: tells since when.
            conditions: is told who comes, and who says that it is still there.
        """
        self._plans = plans
        self._devices = devices
        self._day = day
        self._metrics = metrics
        self._clock = clock
        self.conditions = conditions
        self._lines: dict[tuple[str, str], Lifeline] = {}
        self._since: dict[tuple[str, str], datetime] = {}
        self._came: dict[str, set[str]] = {}
        self._measured: dict[str, dict[DeviceId, DeviceKind]] = {}
        self._work = asyncio.Event()

    def note(self, hall: str, device: str, status: Status) -> None:
        """Take a birth or a last will; returns at once. Of halls that there aren't nothing is kept.

        A will that belongs to an earlier session than the one that stands changes nothing (`controller.lifeline`); a
        birth that is repeated is a sign of life and no more.
        """
        plan = self._plans.get(HallId(hall))
        if plan is None:
            return
        if not self._devices.may_speak(hall, device):
            status = Status(Word.CLEARED)  # what a revoked one said last may still be there
        key = (hall, device)
        before = self._lines.get(key, Lifeline())
        if is_beat(before, status):
            self.conditions.beat(hall, device)
            return
        after = follow(before, status)
        if after.online and status.word is Word.OFFLINE:
            log.info("will_of_an_earlier_session", hall=hall, device=device, session=status.session)
            return
        if after.online and status.live:
            self.conditions.came(hall, device)
        self._follow(plan, device, after)

    def shown(self, hall: str, device: str, *, online: bool) -> None:
        """Take that a display, which has no status, is connected now or isn't any more."""
        plan = self._plans.get(HallId(hall))
        planned = self._devices.find(plan, device) if plan is not None else None
        if plan is not None and planned is not None and online != self.is_online(hall, device):
            if online:
                self.conditions.came(hall, device)
            self._follow(plan, device, Lifeline(online=online))

    def _follow(self, plan: Plan, device: str, line: Lifeline) -> None:
        hall, key = str(plan.hall.id), (str(plan.hall.id), device)
        planned = self._devices.find(plan, device)
        if planned is not None:  # a label for each name that a stranger may think of would have no end
            self._measure(hall, planned, online=line.online)
            if line.online != self.is_online(hall, device):
                self._since[key] = self._clock.now()
        if not line.online:
            self._lines.pop(key, None)
            return
        if planned is None and key not in self._lines and len(self._lines) >= STRANGERS_MAX:
            return
        self._lines[key] = line
        self._came.setdefault(hall, set()).add(device)
        self._work.set()

    def limited(self, hall: str, device: str) -> None:
        """Count an event that was more than a device may say: by its kind, for ids have no end."""
        plan = self._plans.get(HallId(hall))
        found = self._devices.find(plan, device) if plan is not None else None
        self._metrics.mqtt_limited.labels(found.kind if found is not None else "unknown").inc()

    def changed(self, commit: Commit) -> None:
        """Take a commit; a device that left the plan is measured no more, or it would be missed for ever."""
        if any(isinstance(recorded.event, e.PlanChanged) for recorded in commit.events):
            self._measure_anew(commit.day.plan)

    async def registered(self, changed: Sequence[Registered]) -> None:
        """Take what has changed in the registry: who may not speak any more is gone; states are told anew."""
        for one in changed:
            for hall in self._plans:
                if self.is_online(hall, one.id) and not self._devices.may_speak(hall, one.id):
                    self.note(hall, one.id, Status(Word.CLEARED))
            self._came.setdefault(one.hall, set())
        for hall in {one.hall for one in changed} & self._plans.keys():
            self._measure_anew(self._plans[hall])
        self._work.set()

    def _measure_anew(self, plan: Plan) -> None:
        hall, devices = plan.hall.id, self._devices.of(plan)
        kinds = {device.id: device.kind for device in devices}
        measured = self._measured.setdefault(hall, {})
        for device, kind in list(measured.items()):
            if kinds.get(device) != kind:
                self._metrics.device_online.remove(hall, device, kind)
                del measured[device]
            if device not in kinds:
                self._since.pop((hall, device), None)
                self.conditions.forget(hall, device)
        for planned in devices:
            if self.is_online(hall, planned.id):
                self._measure(hall, planned, online=True)

    def _measure(self, hall: str, planned: Device, *, online: bool) -> None:
        self._measured.setdefault(hall, {})[planned.id] = planned.kind
        self._metrics.device_online.labels(hall, planned.id, planned.kind).set(online)

    def is_online(self, hall: str, device: str) -> bool:
        """Tell whether a device is there now."""
        return (hall, device) in self._lines

    def was_told(self, hall: str, device: str) -> bool:
        """Tell whether a device of the hall has been heard to come or go since the start."""
        return device in self._measured.get(hall, {})

    def since(self, hall: str, device: str) -> datetime | None:
        """Return when one of the hall's devices came or went last; none if neither was seen since the start."""
        return self._since.get((hall, device))

    async def run(self, states: DeviceStates, paper: Paper) -> None:
        """Tell devices that came what they must know, until cancelled."""
        while True:
            await self._work.wait()
            self._work.clear()
            began = monotonic()
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
            else:  # after a power cut all come at once: whoever comes meanwhile is greeted together, not one by one
                await asyncio.sleep((monotonic() - began) * OTHERS_SHARE)
