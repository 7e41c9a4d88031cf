"""A case (办件): what becomes of a matter from the first question to the result in the citizen's hand.

A case outlives the day, so it is not in the day's stream: it has a history of its own. What its rules need of the plan
is frozen into its first event, so that a plan changed later takes nothing from a citizen.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType, TypeAlias

from controller.ids import HallId, ServiceCode, WindowId
from controller.services import Material

CaseId = NewType("CaseId", str)
"""The day it was opened and a number of that day, like ``20260302-0007``: people read it out on the telephone."""


class CaseState(StrEnum):
    """Where a case stands: 咨询, 收件, 一次性告知, 受理, 办结, 出件, 寄出, 领取, 送达, 撤回."""

    CONSULTING = "consulting"
    RECEIVED = "received"
    NOTIFIED = "notified"
    ACCEPTED = "accepted"
    COMPLETED = "completed"
    OUTPUT_CALLED = "output_called"
    SENT = "sent"
    PICKED_UP = "picked_up"
    DELIVERED = "delivered"
    WITHDRAWN = "withdrawn"


class Pace(StrEnum):
    """How a case stands against its promised day (限时办结); ``warning`` is at most one working day before its end."""

    ON_TIME = "on_time"
    WARNING = "warning"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Terms:
    """What was promised for the matter when its case was opened: the guide as it was then."""

    service: ServiceCode
    name: str
    department: str = ""
    materials: tuple[Material, ...] = ()
    promised_days: int = 0
    legal_days: int | None = None
    guide_version: str = ""


@dataclass(frozen=True, slots=True)
class Pledge:
    """A secondary material that the citizen has promised in writing to supply until a day (容缺承诺)."""

    material: str
    due: date
    supplied_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A one-time notice (一次性告知): everything that was missing then; ``reason`` is why there was one more."""

    at: datetime
    missing: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """The way of a result to the citizen's door (寄递), free of charge."""

    courier: str
    tracking: str
    sent_at: datetime
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A case now.

    Attributes:
        version: how many events it has.
        first_asked: the clerk who first took the matter and stays answerable for it (首问负责).
        promised: the last day on which it may be completed.
        legal: the last day that the law allows.
        output_ticket: by which the citizen is called to the output window.
    """

    id: CaseId
    hall: HallId
    terms: Terms
    state: CaseState
    version: int
    opened_at: datetime
    changed_at: datetime
    window: WindowId
    first_asked: str
    ticket: str | None = None
    notices: tuple[Notice, ...] = ()
    accepted_on: date | None = None
    promised: date | None = None
    legal: date | None = None
    pledges: tuple[Pledge, ...] = ()
    completed_on: date | None = None
    output_ticket: str | None = None
    delivery: Delivery | None = None

    @property
    def owed(self) -> tuple[Pledge, ...]:
        """Materials that were promised and are still not there."""
        return tuple(pledge for pledge in self.pledges if pledge.supplied_at is None)

    @property
    def due(self) -> date | None:
        """The next day by which something of it must be done, by the hall or by the citizen."""
        if self.state is not CaseState.ACCEPTED or self.promised is None:
            return None
        return min((self.promised, *(pledge.due for pledge in self.owed)))


# -- what happened -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CaseOpened:
    """Somebody asked for a matter at a window; with ``received`` the papers were taken at once."""

    case: CaseId
    hall: HallId
    terms: Terms
    window: WindowId
    clerk: str
    ticket: str | None = None
    received: bool = False


@dataclass(frozen=True, slots=True)
class CaseReceived:
    """The papers were taken in (收件)."""

    clerk: str


@dataclass(frozen=True, slots=True)
class NoticeIssued:
    """The citizen was told, once and completely, what is missing (一次性告知)."""

    clerk: str
    missing: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CaseAccepted:
    """The matter was accepted (受理), on some day, with the day promised for its end."""

    clerk: str
    on: date
    promised: date
    legal: date | None = None
    pledges: tuple[Pledge, ...] = ()


@dataclass(frozen=True, slots=True)
class MaterialSupplied:
    """A material that was promised is there."""

    clerk: str
    material: str


@dataclass(frozen=True, slots=True)
class CaseCompleted:
    """The back office is done (办结)."""

    clerk: str
    on: date


@dataclass(frozen=True, slots=True)
class OutputCalled:
    """The result is ready (出件); with a ticket the citizen is called to the output window."""

    clerk: str
    ticket: str | None = None


@dataclass(frozen=True, slots=True)
class CasePickedUp:
    """The citizen has the result."""

    clerk: str


@dataclass(frozen=True, slots=True)
class CaseSent:
    """The result was given to a courier."""

    clerk: str
    courier: str
    tracking: str


@dataclass(frozen=True, slots=True)
class CaseDelivered:
    """The courier has handed the result over."""

    clerk: str


@dataclass(frozen=True, slots=True)
class CaseWithdrawn:
    """The citizen wants it no more."""

    clerk: str
    reason: str = ""


CaseEvent: TypeAlias = (
    CaseOpened
    | CaseReceived
    | NoticeIssued
    | CaseAccepted
    | MaterialSupplied
    | CaseCompleted
    | OutputCalled
    | CasePickedUp
    | CaseSent
    | CaseDelivered
    | CaseWithdrawn
)


@dataclass(frozen=True, slots=True)
class CaseRecorded:
    """An event in its place in a case's history."""

    seq: int
    at: datetime
    actor: str
    command: str
    event: CaseEvent
