"""The plan of a hall (大厅方案): what the hall is made of, and the rules that its manager sets.

Frozen values only. A plan is read from a file or a request by :mod:`controller.codec`, judged by
:mod:`controller.plan_check`, and stands in the first event of each day.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum
from functools import cached_property
from typing import NewType

HallId = NewType("HallId", str)
ZoneId = NewType("ZoneId", str)
WindowId = NewType("WindowId", str)
ServiceCode = NewType("ServiceCode", str)
DeviceId = NewType("DeviceId", str)


class WindowKind(StrEnum):
    """What a window is for (policy tasks 5 and 6)."""

    COMPREHENSIVE = "comprehensive"
    FIELD = "field"
    ASSISTED = "assisted"
    UNRESOLVED = "unresolved"
    CROSS_REGION = "cross_region"
    OUTPUT = "output"


class Field(StrEnum):
    """The three groups of departments that a field window may take together (policy task 5)."""

    SOCIAL = "social"
    LIVELIHOOD = "livelihood"
    RURAL = "rural"


class Lane(StrEnum):
    """Priority class of a ticket (通道)."""

    NORMAL = "normal"
    GREEN = "green"
    APPOINTMENT = "appointment"
    ASSISTED = "assisted"


class DeviceKind(StrEnum):
    """What a device is."""

    TICKET_MACHINE = "ticket_machine"
    CALL_PAD = "call_pad"
    REVIEW_PAD = "review_pad"
    LED = "led"
    SPEAKER = "speaker"
    TV = "tv"
    PRINTER = "printer"


DEFAULT_PREFIX = {Field.SOCIAL: "A", Field.LIVELIHOOD: "B", Field.RURAL: "C"}
"""First letter of a ticket number where a service names none: one series of numbers a field."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours in the hall's own time; ``closes`` is the first minute that is closed."""

    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class Hall:
    """One service centre; without ``hours`` it is open round the clock."""

    id: HallId
    name: str
    timezone: str = "Asia/Shanghai"
    language: str = "zh-CN"
    hours: Hours | None = None


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of the hall where people wait, with displays and speakers of its own."""

    id: ZoneId
    name: str


@dataclass(frozen=True, slots=True)
class Service:
    """What a citizen comes for (政务服务事项).

    ``minutes`` is the typical time at the window, the prior of the wait estimate. ``prefix`` is the letter of its
    ticket numbers; without one the field's own letter is used.
    """

    code: ServiceCode
    name: str
    field: Field
    department: str
    short_name: str = ""
    prefix: str = ""
    minutes: int = 10

    @property
    def number_prefix(self) -> str:
        """The letter that its ticket numbers begin with."""
        return self.prefix or DEFAULT_PREFIX[self.field]


@dataclass(frozen=True, slots=True)
class Selector:
    """Which services a window serves: one by code, all (``*``), those of a field, or those of a department.

    Exactly one member is set. In JSON a code or ``*`` is a plain string.
    """

    code: str | None = None
    field: Field | None = None
    department: str | None = None

    def selects(self, service: Service) -> bool:
        """Tell whether a service is meant."""
        if self.field is not None:
            return service.field == self.field
        if self.department is not None:
            return service.department == self.department
        return self.code in ("*", service.code)


@dataclass(frozen=True, slots=True)
class LedSize:
    """Dots of the sign above a window."""

    width: int = 128
    height: int = 16


@dataclass(frozen=True, slots=True)
class Window:
    """A counter. ``number`` is what is spoken, ``label`` what is shown."""

    id: WindowId
    label: str
    number: int
    kind: WindowKind
    serves: tuple[Selector, ...]
    zone: ZoneId = ZoneId("main")
    led: LedSize = LedSize()


@dataclass(frozen=True, slots=True)
class Device:
    """A device that the plan gives a place: at a window, or in a zone. ``speaks`` marks the TV that plays the voice."""

    id: DeviceId
    kind: DeviceKind
    zone: ZoneId | None = None
    window: WindowId | None = None
    paper_mm: int = 80
    speaks: bool = False


@dataclass(frozen=True, slots=True)
class Policies:
    """The rules that a hall's manager sets.

    Rates are priority points a second waited (accumulating priority: Stanford, Taylor and Ziedins 2014): a green
    ticket at rate 2 stands where a normal one stands that has waited twice as long. ``return_after`` is how many
    others are called before a passed number that came back is called again, ``returns_max`` how often a number may
    come back; ``None`` means without limit.
    """

    normal_rate: float = 1.0
    green_rate: float = 2.0
    appointment_rate: float = 2.0
    assisted_rate: float = 1.5
    return_after: int = 3
    returns_max: int = 1
    green_returns_max: int | None = None
    call_ttl_s: int = 90
    announce_repeat: int = 2
    spoken_one: str = "一"
    review_seconds: int = 180
    receipt_ttl_s: int = 900

    def rate(self, lane: Lane) -> float:
        """Priority points that a ticket of a lane gains in a second."""
        return {
            Lane.NORMAL: self.normal_rate,
            Lane.GREEN: self.green_rate,
            Lane.APPOINTMENT: self.appointment_rate,
            Lane.ASSISTED: self.assisted_rate,
        }[lane]


@dataclass(frozen=True)
class Plan:
    """What a hall is made of. Look things up by id; what is not there raises :class:`KeyError`."""

    hall: Hall
    services: tuple[Service, ...]
    windows: tuple[Window, ...]
    zones: tuple[Zone, ...] = (Zone(ZoneId("main"), "大厅"),)
    devices: tuple[Device, ...] = ()
    policies: Policies = field(default_factory=Policies)

    @cached_property
    def service_by_code(self) -> Mapping[ServiceCode, Service]:
        """Services by code."""
        return {service.code: service for service in self.services}

    @cached_property
    def window_by_id(self) -> Mapping[WindowId, Window]:
        """Windows by id."""
        return {window.id: window for window in self.windows}

    @cached_property
    def device_by_id(self) -> Mapping[DeviceId, Device]:
        """Devices by id."""
        return {device.id: device for device in self.devices}

    @cached_property
    def windows_for(self) -> Mapping[ServiceCode, frozenset[WindowId]]:
        """The windows that can serve a service, by its code."""
        return {
            service.code: frozenset(
                window.id for window in self.windows if any(s.selects(service) for s in window.serves)
            )
            for service in self.services
        }

    @cached_property
    def rivals(self) -> Mapping[ServiceCode, frozenset[ServiceCode]]:
        """By service, the services whose tickets compete with its own for a window (itself among them)."""
        return {
            code: frozenset(other for other, there in self.windows_for.items() if there & here)
            for code, here in self.windows_for.items()
        }
