"""The health of halls' devices: looked at every few seconds, with alarms that are neither hasty nor forgetful.

Rules of this file. What is wrong now is shown at once, whether or not its alarm is raised yet; what people are told
beside the page (metrics, the log) is raised and cleared with patience (`controller.alarms`). Each controller judges for
itself; alarms aren't kept: after a start they are raised anew by what is still wrong, from the time it is known since.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import structlog

from api.device_directory import HallDevices
from api.presence import Presence
from controller.alarms import QUIET, Alarm, step
from controller.health import IDLE, PATIENCE, RANK, Fault, Finding, Hit, Severity, findings, hit_by, weighed
from controller.plan import Device, DeviceKind, HallId, Plan
from controller.runtime.clock import Clock
from controller.runtime.metrics import Metrics
from controller.vitals import Vitals
from displays.hub import Hub

log = structlog.get_logger(__name__)

LOOK_S = 2.0
"""How often devices are looked at; the least patience of an alarm is ten times that."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong with a device, or was until a moment ago.

    Attributes:
        device: which.
        finding: what is wrong.
        hit: whom it hits.
        alarm: whether people are told, and since when it is bad.
    """

    device: Device
    finding: Finding
    hit: Hit
    alarm: Alarm

    @property
    def since(self) -> datetime | None:
        """Since when it is wrong, as far as this is known; what was never heard has no beginning."""
        if self.finding.fault is Fault.NEVER_SEEN:
            return None
        return self.finding.since or self.alarm.bad_since


@dataclass(frozen=True, slots=True)
class Health:
    """A hall's devices at a look.

    Attributes:
        at: when.
        troubles: the worst first.
        devices: all of the hall, with what is known of each.
    """

    at: datetime
    troubles: tuple[Trouble, ...]
    devices: Mapping[Device, Vitals]

    @property
    def well(self) -> int:
        """How many are there and have nothing wrong."""
        bad = {trouble.device for trouble in self.troubles}
        return sum(device not in bad and vitals.online is True for device, vitals in self.devices.items())

    @property
    def idle(self) -> frozenset[str]:
        """Ids of the devices that don't do their work."""
        return frozenset(
            str(trouble.device.id)
            for trouble in self.troubles
            if trouble.finding.fault in IDLE and trouble.alarm.well_since is None
        )


class HealthWatch:
    """Looks after the devices of all halls. :meth:`run` must run beside it."""

    def __init__(
        self,
        plans: Mapping[HallId, Plan],
        devices: HallDevices,
        presence: Presence,
        hub: Hub,
        *,
        metrics: Metrics,
        clock: Clock,
    ) -> None:
        """Begin with nothing known to be wrong.

        Args:
            plans: those in force.
            devices: of all halls.
            presence: who is there, and what devices said of themselves.
            hub: which displays are there.
            metrics: is told of alarms.
            clock: tells the time of a look.
        """
        self._plans = plans
        self._devices = devices
        self._presence = presence
        self._hub = hub
        self._metrics = metrics
        self._clock = clock
        self._alarms: dict[HallId, dict[tuple[str, Fault], tuple[Finding, Alarm]]] = {}
        self._shown: dict[HallId, frozenset[str]] = {}
        self._pages: set[tuple[str, str]] = set()
        self._counted: dict[HallId, Counter[tuple[Fault, Severity]]] = {}

    async def run(self) -> None:
        """Look at the devices of every hall, until cancelled."""
        while True:
            for hall in list(self._plans):
                try:
                    self.look(hall)
                except Exception:  # one hall's trouble must not end the controller
                    log.exception("health_unknown", hall=hall)
                await asyncio.sleep(0)  # a province's halls must not hold up the calls of one
            await asyncio.sleep(LOOK_S)

    def look(self, hall: HallId) -> Health:
        """Look at a hall's devices now, and tell of alarms that are raised or over.

        Raises:
            KeyError: there is no such hall.
        """
        plan, now = self._plans[hall], self._clock.now()
        self._follow_displays(plan)
        devices = self._devices.of(plan)
        known = {device: self._vitals(plan, device) for device in devices}
        found = {
            device: findings(device.kind, vitals, now, may_speak=self._may_speak(hall, device))
            if device.card is None
            else ()  # it never speaks: nothing is known, so nothing is at fault
            for device, vitals in known.items()
        }
        able = tuple(device for device in devices if not any(one.fault in IDLE for one in found[device]))
        hits = {device: hit_by(plan, device, tuple(one for one in able if one is not device)) for device in devices}
        weighed_now = {
            (str(device.id), one.fault): weighed(one, hits[device]) for device in devices for one in found[device]
        }
        alarms = self._step(hall, weighed_now, {str(device.id) for device in devices}, now)
        by_id = {str(device.id): device for device in devices}
        troubles = [
            Trouble(by_id[name], finding, hits[by_id[name]], alarm) for (name, _), (finding, alarm) in alarms.items()
        ]
        return Health(now, tuple(sorted(troubles, key=_how_bad)), known)

    def _vitals(self, plan: Plan, device: Device) -> Vitals:
        hall = str(plan.hall.id)
        was_told = self._presence.was_told(hall, device.id)
        online = self._presence.is_online(hall, device.id) if was_told else None
        vitals = self._presence.conditions.vitals(
            hall, device.id, online=online, since=self._presence.since(hall, device.id)
        )
        if online is None and vitals.heard_at is not None and not vitals.beats and device.kind is DeviceKind.TV:
            return replace(vitals, online=False)  # a display is there while it is connected, whatever was before
        return vitals

    def _may_speak(self, hall: str, device: Device) -> bool:
        """Tell whether a device may; a page is open inside the hall's network."""
        is_page = device.kind is DeviceKind.TV or (hall, str(device.id)) in self._pages
        return is_page or self._devices.may_speak(hall, str(device.id))

    def _follow_displays(self, plan: Plan) -> None:
        hall = plan.hall.id
        connected = frozenset(self._hub.displays(hall))
        shown = frozenset(str(one.id) for one in self._devices.of(plan) if connected & _displays(one))
        before = self._shown.get(hall, frozenset())
        for device in shown - before:
            self._presence.shown(hall, device, online=True)
            self._pages.add((hall, device))
        for device in before - shown:
            if not self._presence.conditions.vitals(hall, device, online=None, since=None).beats:
                self._presence.shown(hall, device, online=False)  # a board's own word counts more than a page beside it
        self._shown[hall] = shown

    def _step(
        self, hall: HallId, found: Mapping[tuple[str, Fault], Finding], devices: set[str], now: datetime
    ) -> dict[tuple[str, Fault], tuple[Finding, Alarm]]:
        before, after = self._alarms.get(hall, {}), {}
        for key in found.keys() | before.keys():
            name, fault = key
            finding = found.get(key) or before[key][0]
            alarm = before[key][1] if key in before else QUIET
            if name not in devices:  # it left the plan: nothing is wrong with it any more
                new = QUIET
            else:
                new = step(alarm, PATIENCE[fault], now, bad=key in found, since=finding.since)
            self._tell(hall, name, finding, alarm, new)
            if new != QUIET:
                after[key] = (finding, new)
        self._alarms[hall] = after
        self._count(hall, Counter((fault, one.severity) for (_, fault), (one, alarm) in after.items() if alarm.raised))
        return after

    def _tell(self, hall: str, device: str, finding: Finding, before: Alarm, after: Alarm) -> None:
        if after.raised and not before.raised:
            self._metrics.device_alerts_raised.labels(finding.fault).inc()
            log.warning(
                "device_alert",
                hall=hall,
                device=device,
                fault=finding.fault,
                severity=finding.severity,
                since=after.bad_since and after.bad_since.isoformat(),
                **finding.params,
            )
        elif before.raised and not after.raised:
            log.info("device_alert_over", hall=hall, device=device, fault=finding.fault)

    def _count(self, hall: HallId, counted: Counter[tuple[Fault, Severity]]) -> None:
        for key in counted.keys() | self._counted.get(hall, Counter()).keys():
            fault, severity = key
            self._metrics.device_alerts.labels(hall, fault, severity).set(counted[key])
        self._counted[hall] = counted


def _displays(device: Device) -> frozenset[str]:
    """Return the ids by which the pages that stand for a device connect."""
    if device.kind is DeviceKind.REVIEW_PAD and device.window is not None:
        return frozenset({str(device.id), f"pad-{device.window}"})
    if device.kind is DeviceKind.LED and device.window is not None:
        return frozenset({str(device.id), str(device.window)})
    return frozenset({str(device.id)}) if device.kind is DeviceKind.TV else frozenset()


def _how_bad(trouble: Trouble) -> tuple[int, bool, datetime, str]:
    """Return what sorts the worst first: what still is, how bad, whether nothing does its work, since when."""
    since = trouble.since or datetime.min.replace(tzinfo=UTC)
    return (
        RANK[trouble.finding.severity] + (len(RANK) if trouble.alarm.well_since else 0),
        not trouble.hit.alone,
        since,
        str(trouble.device.id),
    )
