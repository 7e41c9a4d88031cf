"""Services of a hall (政务服务事项): what a citizen comes for, and all that is known of it before."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from controller.ids import ServiceCode


class WindowKind(StrEnum):
    """What a window is for (policy tasks 5 and 6)."""

    COMPREHENSIVE = "comprehensive"
    FIELD = "field"
    ASSISTED = "assisted"
    UNRESOLVED = "unresolved"
    CROSS_REGION = "cross_region"
    OUTPUT = "output"


SHARING = (WindowKind.COMPREHENSIVE, WindowKind.FIELD)
"""Kinds of windows that share the work as the layout says; the first stand in for special ones before the others."""


class Field(StrEnum):
    """The three groups of departments that a field window may take together (policy task 5)."""

    SOCIAL = "social"
    LIVELIHOOD = "livelihood"
    RURAL = "rural"


class Frequency(StrEnum):
    """Class of a matter by how often it comes (policy task 4): 高频, 低频, 阶段性, 转报."""

    FREQUENT = "frequent"
    RARE = "rare"
    SEASONAL = "seasonal"
    FORWARDED = "forwarded"


class Handling(StrEnum):
    """How a matter is handled at this hall (policy task 7): 直接办, 授权, 委托, 帮办代办, 转报."""

    DIRECT = "direct"
    DELEGATED = "delegated"
    ENTRUSTED = "entrusted"
    ASSISTED = "assisted"
    FORWARDED = "forwarded"


DEFAULT_PREFIX = {Field.SOCIAL: "A", Field.LIVELIHOOD: "B", Field.RURAL: "C"}
"""First letter of a ticket number where a service names none: one series of numbers a field."""


@dataclass(frozen=True, slots=True)
class Material:
    """Something to bring.

    Attributes:
        name: what it is.
        secondary: it may be supplied later, where the hall allows that (容缺办).
        note: a hint for whoever brings it.
    """

    name: str
    secondary: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Guide:
    """A version of a service's guide (办事指南).

    Attributes:
        version: its name.
        valid_from: the first day on which it holds; without one it always has.
        valid_until: the last day; after it the manager is warned.
    """

    version: str
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """What a citizen comes for (政务服务事项).

    Attributes:
        code: its id, of letters, digits, ``-`` and ``_``.
        name: its full name.
        field: group of departments (policy task 5); left out in a file, the department decides it.
        department: whose matter it is.
        short_name: what fits a narrow screen.
        prefix: the letter of its ticket numbers; without one the field's own: A, B or C.
        minutes: typical time at the window, from which the first waits of a day are estimated.
        frequency: class of the matter (policy task 4): 高频, 低频, 阶段性, 转报; in JSON ``class``.
        handling: how it is handled here (policy task 7).
        special: the kind of special window that it belongs to (policy task 6); where a hall has none of that kind, its
            comprehensive windows do this work.
        conditions: who may ask for it.
        materials: what to bring.
        steps: how it goes on.
        legal_days: working days that the law allows.
        promised_days: working days promised (限时办结); 0 is done while one waits.
        guide: version of its guide, and how long that holds (policy task 8).
        aliases: what people call it.
        online: where it can be done without coming, in words (policy task 9).
        quota: most tickets for it in a half-day; ``None``: as many as come.
    """

    code: ServiceCode
    name: str
    field: Field
    department: str
    short_name: str = ""
    prefix: str = ""
    minutes: int = 10
    frequency: Frequency = Frequency.FREQUENT
    handling: Handling = Handling.DIRECT
    special: WindowKind | None = None
    conditions: tuple[str, ...] = ()
    materials: tuple[Material, ...] = ()
    steps: tuple[str, ...] = ()
    legal_days: int | None = None
    promised_days: int = 0
    guide: Guide | None = None
    aliases: tuple[str, ...] = ()
    online: str = ""
    quota: int | None = None

    @property
    def number_prefix(self) -> str:
        """The letter that its ticket numbers begin with."""
        return self.prefix or DEFAULT_PREFIX[self.field]


@dataclass(frozen=True, slots=True)
class Package:
    """Several services as one matter (一件事, policy task 10).

    Attributes:
        code: its id, of no service.
        name: its full name.
        services: codes of its services.
        ordered: they are given one after another; else in any order.
    """

    code: ServiceCode
    name: str
    services: tuple[ServiceCode, ...]
    ordered: bool = True


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
