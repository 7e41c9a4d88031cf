"""The plan of a hall (大厅方案): what the hall is made of, and the rules that its manager sets.

Frozen values only. A plan is read from a file or a request by :mod:`controller.codec`, judged by
:mod:`controller.plan_check`, and stands in the first event of each day. What is looked up by id and isn't there raises
:class:`KeyError`. The docstrings' lists of attributes are what editors and the documentation say of a plan's members.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from controller.ids import MAIN_ZONE, DeviceId, HallId, PostId, ServiceCode, WindowId, ZoneId
from controller.opening import Hours, Opening
from controller.papers import Papers
from controller.policies import Lane, Policies
from controller.screens import Screens
from controller.services import (
    DEFAULT_PREFIX,
    SHARING,
    Field,
    Frequency,
    Guide,
    Handling,
    Material,
    Package,
    Selector,
    Service,
    WindowKind,
)
from controller.signs import USUAL_SIGN, Card, LedColours, LedSize, SignDriver, Signs
from controller.speaking import Speech
from controller.staffing import Post, Shift

__all__ = [
    "DEFAULT_PREFIX",
    "Card",
    "Device",
    "DeviceId",
    "DeviceKind",
    "Field",
    "Frequency",
    "Guide",
    "Hall",
    "HallId",
    "Handling",
    "Hours",
    "Lane",
    "Layout",
    "LedColours",
    "LedSize",
    "Material",
    "Opening",
    "Package",
    "Papers",
    "Plan",
    "Policies",
    "Post",
    "PostId",
    "Screens",
    "Selector",
    "Service",
    "ServiceCode",
    "Shift",
    "SignDriver",
    "Signs",
    "Speech",
    "Window",
    "WindowId",
    "WindowKind",
    "Zone",
    "ZoneId",
]


class Layout(StrEnum):
    """How a hall's comprehensive windows share the work (policy task 5), over one matrix of skills."""

    UNDIFFERENTIATED = "undifferentiated"
    FIELDS = "fields"


class DeviceKind(StrEnum):
    """What a device is."""

    TICKET_MACHINE = "ticket_machine"
    CALL_PAD = "call_pad"
    REVIEW_PAD = "review_pad"
    LED = "led"
    SPEAKER = "speaker"
    TV = "tv"
    PRINTER = "printer"


@dataclass(frozen=True, slots=True)
class Hall:
    """One service centre.

    Attributes:
        id: short name of small letters, digits and ``-``; it stands in every address.
        name: ``××乡镇(街道)便民服务中心``, as policy task 1 has it.
        timezone: IANA name.
        language: of screens, voice and paper: ``zh-CN`` or ``en``.
        hours: opening hours of every day, where ``opening`` says nothing; without any it never closes.
    """

    id: HallId
    name: str
    timezone: str = "Asia/Shanghai"
    language: str = "zh-CN"
    hours: Hours | None = None


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of the hall where people wait, with displays and speakers of its own.

    Attributes:
        id: of letters, digits, ``-`` and ``_``.
        name: what people call it.
    """

    id: ZoneId
    name: str


@dataclass(frozen=True, slots=True)
class Window:
    """A counter.

    Attributes:
        id: of letters, digits, ``-`` and ``_``.
        label: what is shown.
        number: what is spoken.
        kind: what it is for (policy tasks 5 and 6).
        serves: what it serves in the layout by fields, and a special window in both.
        zone: id of the zone where its people wait.
        led: its sign.
        skills: what a comprehensive or field window serves in the undifferentiated layout: all that its people can, or
            with none named every service.
    """

    id: WindowId
    label: str
    number: int
    kind: WindowKind
    serves: tuple[Selector, ...]
    zone: ZoneId = MAIN_ZONE
    led: LedSize = USUAL_SIGN
    skills: tuple[Selector, ...] = ()


@dataclass(frozen=True, slots=True)
class Device:
    """A device that the plan gives a place: at a window, or in a zone.

    Attributes:
        id: of letters, digits, ``-`` and ``_``; unique in the whole deployment.
        kind: what it is.
        zone: id of its zone.
        window: id of its window.
        paper_mm: width of its paper: 58 or 80.
        speaks: this TV plays the voice.
        native_qr: the printer draws QR codes itself; only for one that is known to do it well.
        cuts: the printer has a cutter.
        driver: what speaks to this LED sign: `state` its own program, `cx_h` the controller.
        card: the card of a sign that the controller speaks to.
    """

    id: DeviceId
    kind: DeviceKind
    zone: ZoneId | None = None
    window: WindowId | None = None
    paper_mm: int = 80
    speaks: bool = False
    native_qr: bool = False
    cuts: bool = True
    driver: SignDriver = SignDriver.STATE
    card: Card | None = None


EVERYTHING = (Selector(code="*"),)


@dataclass(frozen=True)
class Plan:
    """What a hall is made of.

    Attributes:
        hall: the hall itself.
        services: what citizens come for.
        windows: its counters.
        zones: its parts; without any it has one, ``main``.
        devices: those that have a place in it.
        policies: the rules that its manager sets.
        layout: how comprehensive windows share the work; a switch takes effect at once.
        packages: several services as one matter (一件事).
        posts: who is responsible at which window, and who stands in (AB岗).
        roster: whose turn it is.
        opening: when it is open.
        signs: what its LED signs say and how.
        speech: how it speaks.
        screens: what its TVs show beside the calls.
        papers: what it prints, and how that is set.
    """

    hall: Hall
    services: tuple[Service, ...]
    windows: tuple[Window, ...]
    zones: tuple[Zone, ...] = (Zone(MAIN_ZONE, "大厅"),)
    devices: tuple[Device, ...] = ()
    policies: Policies = field(default_factory=Policies)
    layout: Layout = Layout.FIELDS
    packages: tuple[Package, ...] = ()
    posts: tuple[Post, ...] = ()
    roster: tuple[Shift, ...] = ()
    opening: Opening = field(default_factory=Opening)
    signs: Signs = field(default_factory=Signs)
    speech: Speech = field(default_factory=Speech)
    screens: Screens = field(default_factory=Screens)
    papers: Papers = field(default_factory=Papers)

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
        """The windows that can serve a service, by its code, in the layout that is in force.

        A service of a special kind (policy task 6) is for the windows of that kind, and for any that names it by its
        code. A hall that has none of them leaves it to its others (:attr:`fallback_for`).
        """
        return {service.code: self._windows_for(service) for service in self.services}

    def _windows_for(self, service: Service) -> frozenset[WindowId]:
        if service.special is None:
            return self._able(service)
        selectors, kinds = self._selectors, self._kinds
        meant = frozenset(
            key
            for key in self._able(service)
            if kinds[key] is service.special or any(s.code == service.code for s in selectors[key])
        )
        return meant or self.fallback_for[service.code]

    @cached_property
    def fallback_for(self) -> Mapping[ServiceCode, frozenset[WindowId]]:
        """The windows that do the work of a special window, by the services of such a kind.

        These are the comprehensive windows, or where a hall has none of those its field windows: those that select the
        service, or with none that does all of them.
        """
        return {service.code: self._stand_ins(service) for service in self.services if service.special is not None}

    def _stand_ins(self, service: Service) -> frozenset[WindowId]:
        able = self._able(service)
        for kind in SHARING:
            stand_ins = frozenset(key for key, own in self._kinds.items() if own is kind)
            if stand_ins:
                return stand_ins & able or stand_ins
        return able

    def _able(self, service: Service) -> frozenset[WindowId]:
        return frozenset(key for key, own in self._selectors.items() if any(one.selects(service) for one in own))

    @cached_property
    def _kinds(self) -> Mapping[WindowId, WindowKind]:
        return {window.id: window.kind for window in self.windows}

    @cached_property
    def _selectors(self) -> Mapping[WindowId, tuple[Selector, ...]]:
        """What each window serves in the layout that is in force; special windows serve the same in both."""
        return {
            window.id: window.serves
            if self.layout is Layout.FIELDS or window.kind not in SHARING
            else window.skills or EVERYTHING
            for window in self.windows
        }

    @cached_property
    def rivals(self) -> Mapping[ServiceCode, frozenset[ServiceCode]]:
        """By service, the services whose tickets compete with its own for a window (itself among them)."""
        return {
            code: frozenset(other for other, there in self.windows_for.items() if there & here)
            for code, here in self.windows_for.items()
        }
