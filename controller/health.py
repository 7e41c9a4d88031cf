"""What is wrong with a hall's devices, whom it hits, and what is worst: rules, without a clock.

Rules of this file. What is unknown is no fault and no comfort: a reading that is too old is neither good nor bad. Of a
device that isn't there nothing else is said.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from controller.alarms import Patience
from controller.ids import ServiceCode, WindowId, ZoneId
from controller.plan import Device, DeviceKind, Plan
from controller.vitals import CLOCK_SKEW, FRESH_S, Value, Vitals, fresh


class Severity(StrEnum):
    """How bad a fault is."""

    CRITICAL = "critical"
    """People are stuck, or somebody in need isn't heard."""
    WARNING = "warning"
    """Work goes on, with more effort; or people will be stuck soon."""
    NOTICE = "notice"
    """Nobody in the hall notices; to be looked at when there is time."""


RANK: Mapping[Severity, int] = MappingProxyType({severity: rank for rank, severity in enumerate(Severity)})
"""The worst has the lowest."""


class Fault(StrEnum):
    """What may be wrong with a device."""

    SHUT_OUT = "shut_out"
    NEVER_SEEN = "never_seen"
    OFFLINE = "offline"
    SILENT = "silent"
    PAPER_OUT = "paper_out"
    PRINTER_STOPPED = "printer_stopped"
    PAPER_LOW = "paper_low"
    BATTERY_LOW = "battery_low"
    SIGNAL_WEAK = "signal_weak"
    TEMPERATURE = "temperature"
    CLOCK_WRONG = "clock_wrong"
    FLAPPING = "flapping"
    NONSENSE = "nonsense"


GONE = frozenset({Fault.SHUT_OUT, Fault.NEVER_SEEN, Fault.OFFLINE, Fault.SILENT})
"""Faults of a device that isn't there."""

IDLE = GONE | {Fault.PAPER_OUT, Fault.PRINTER_STOPPED}
"""Faults of a device that doesn't do its work."""

PRINTER_READY = "ready"
"""What a printer that prints says of itself."""

BATTERY_PCT_MIN = 20.0
"""Less is low: lithium cells fall fast from there, and somebody must come with a charger."""

SIGNAL_DBM_MIN = -80.0
"""Weaker, and packets get lost: access points' makers plan with -67 to -70 dBm for voice."""

TEMPERATURE_C_MIN, TEMPERATURE_C_MAX = -10.0, 80.0
"""A Raspberry Pi slows down from 80 °C; an ESP32 board's parts are good for 85 °C; LED panels for -10 °C."""

CLOCK_S_MAX = 120.0
"""A telemetry event may lie in the broker for a minute; what differs by two is the clock's."""

FLAPPING_COMINGS, FLAPPING_S = 5, 600.0
"""A device that comes so often in so many seconds has a bad cable, power supply or network."""

NONSENSE_PIECES, NONSENSE_S = 3, 300.0
"""So many messages that can't be read, in so many seconds, are no accident."""

PATIENCE: Mapping[Fault, Patience] = MappingProxyType(
    {
        Fault.SHUT_OUT: Patience(60, 10),
        Fault.NEVER_SEEN: Patience(300, 10),  # a hall is switched on device by device
        Fault.OFFLINE: Patience(60, 30),  # a ticket machine restarts in less than a minute
        Fault.SILENT: Patience(0, 60),  # its limit is patience enough
        Fault.PAPER_OUT: Patience(20, 60),  # whoever changes the roll opens the cover
        Fault.PRINTER_STOPPED: Patience(60, 60),
        Fault.PAPER_LOW: Patience(60, 60),
        Fault.BATTERY_LOW: Patience(300, 3600),  # a cell recovers a little when nobody presses
        Fault.SIGNAL_WEAK: Patience(600, 600),  # people stand in the way
        Fault.TEMPERATURE: Patience(120, 300),
        Fault.CLOCK_WRONG: Patience(120, 120),  # after a start it is wrong until the time server has answered
        Fault.FLAPPING: Patience(0, 300),
        Fault.NONSENSE: Patience(0, 300),
    }
)
"""How long each must last to be told, and to be over."""

_STUCK = frozenset({DeviceKind.TICKET_MACHINE, DeviceKind.HELP_BUTTON})
_UNNOTICED = frozenset({DeviceKind.PEOPLE_COUNTER, DeviceKind.SENSOR})


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong with a device.

    Attributes:
        fault: what.
        severity: how bad.
        since: since when, where that is known without having looked before.
        params: the figures that tell it.
    """

    fault: Fault
    severity: Severity
    since: datetime | None = None
    params: Mapping[str, Value] = field(default_factory=dict)


def findings(kind: DeviceKind, vitals: Vitals, now: datetime, *, may_speak: bool = True) -> tuple[Finding, ...]:
    """Return what is wrong with a device.

    Args:
        kind: what it is.
        vitals: what is known of it.
        now: the time.
        may_speak: it has an account where devices need one.
    """
    gone = _gone(kind, vitals, now, may_speak=may_speak)
    if gone is not None:
        return (gone,)
    return (*_readings(kind, vitals, now), *_manners(vitals, now))


def _gone(kind: DeviceKind, vitals: Vitals, now: datetime, *, may_speak: bool) -> Finding | None:
    severity = Severity.CRITICAL if kind in _STUCK else Severity.NOTICE if kind in _UNNOTICED else Severity.WARNING
    if not may_speak:
        return Finding(Fault.SHUT_OUT, severity)
    if vitals.online is None and vitals.heard_at is None:
        return Finding(Fault.NEVER_SEEN, severity)
    if vitals.online is False:
        return Finding(Fault.OFFLINE, severity, vitals.since or vitals.heard_at)
    if vitals.heard_at is not None and vitals.beats:
        silent_from = vitals.heard_at + timedelta(seconds=FRESH_S[kind])
        if now > silent_from:
            return Finding(Fault.SILENT, severity, vitals.heard_at)
    return None


def _readings(kind: DeviceKind, vitals: Vitals, now: datetime) -> Iterator[Finding]:
    def number(name: str) -> float | None:
        value = fresh(vitals, name, kind, now)
        return value if isinstance(value, float | int) else None

    paper, printer = fresh(vitals, "paper", kind, now), fresh(vitals, "printer", kind, now)
    stuck = Severity.CRITICAL if kind in _STUCK else Severity.WARNING
    if paper == "out":
        yield Finding(Fault.PAPER_OUT, stuck)
    elif printer not in {None, PRINTER_READY}:
        yield Finding(Fault.PRINTER_STOPPED, stuck, params={"reason": str(printer)})
    if paper == "low":
        yield Finding(Fault.PAPER_LOW, Severity.WARNING)
    for fault, name, is_bad, severity in _LIMITS:
        value = number(name)
        if value is not None and is_bad(value):
            yield Finding(fault, severity, params={name: value})


_LIMITS: tuple[tuple[Fault, str, Callable[[float], bool], Severity], ...] = (
    (Fault.BATTERY_LOW, "battery_pct", lambda value: value < BATTERY_PCT_MIN, Severity.WARNING),
    (
        Fault.TEMPERATURE,
        "temperature_c",
        lambda value: not TEMPERATURE_C_MIN <= value <= TEMPERATURE_C_MAX,
        Severity.WARNING,
    ),
    (Fault.SIGNAL_WEAK, "signal_dbm", lambda value: value < SIGNAL_DBM_MIN, Severity.NOTICE),
    (Fault.CLOCK_WRONG, CLOCK_SKEW, lambda value: abs(value) > CLOCK_S_MAX, Severity.NOTICE),
)


def _manners(vitals: Vitals, now: datetime) -> Iterator[Finding]:
    comings = _of_late(vitals.comings, now, FLAPPING_S)
    if len(comings) >= FLAPPING_COMINGS:
        yield Finding(Fault.FLAPPING, Severity.WARNING, comings[0], {"comings": len(comings)})
    pieces = _of_late(vitals.nonsense, now, NONSENSE_S)
    if len(pieces) >= NONSENSE_PIECES:
        yield Finding(Fault.NONSENSE, Severity.NOTICE, pieces[0], {"pieces": len(pieces)})


def _of_late(times: tuple[datetime, ...], now: datetime, within_s: float) -> tuple[datetime, ...]:
    begin = now - timedelta(seconds=within_s)
    return tuple(at for at in times if at > begin)


@dataclass(frozen=True, slots=True)
class Hit:
    """Whom a fault hits.

    Attributes:
        window: the window at which the device stands.
        zone: the zone in which it stands.
        services: what people at it come for: its window's services, or for a ticket machine all.
        alone: no other device there does its work.
    """

    window: WindowId | None
    zone: ZoneId | None
    services: tuple[ServiceCode, ...]
    alone: bool


def hit_by(plan: Plan, device: Device, others: tuple[Device, ...]) -> Hit:
    """Return whom a device's fault hits.

    Args:
        plan: of its hall.
        device: the one.
        others: the hall's devices that do their work.
    """
    if device.window is not None:
        services = tuple(code for code, windows in plan.windows_for.items() if device.window in windows)
        alone = not any(one.kind is device.kind and one.window == device.window for one in others)
        return Hit(device.window, None, services, alone)
    services = tuple(plan.service_by_code) if device.kind is DeviceKind.TICKET_MACHINE else ()
    alike = [one for one in others if one.kind is device.kind and one.window is None]
    near = alike if device.kind is DeviceKind.TICKET_MACHINE else [one for one in alike if one.zone == device.zone]
    return Hit(None, device.zone, services, alone=not near)


def weighed(finding: Finding, hit: Hit) -> Finding:
    """Return a finding as bad as it is where it stands: nobody is stuck while another device does the same."""
    if finding.severity is Severity.CRITICAL and not hit.alone:
        return replace(finding, severity=Severity.WARNING)
    return finding
