"""Why a step of a case is refused; the forms are those of :mod:`controller.refusals`."""

from dataclasses import dataclass
from typing import ClassVar

from controller.refusals import Refusal


@dataclass(frozen=True, slots=True)
class CaseUnknown(Refusal):
    """The hall has no such case."""

    code: ClassVar[str] = "case_unknown"
    http_status: ClassVar[int] = 404
    case: str


@dataclass(frozen=True, slots=True)
class CaseNotInState(Refusal):
    """The case is not where it would have to be for this."""

    code: ClassVar[str] = "case_not_in_state"
    case: str
    state: str


@dataclass(frozen=True, slots=True)
class CaseChanged(Refusal):
    """Somebody else has moved the case on since it was looked at."""

    code: ClassVar[str] = "case_changed"
    case: str
    version: int
    expected: int


@dataclass(frozen=True, slots=True)
class NothingMissing(Refusal):
    """A one-time notice names what is missing."""

    code: ClassVar[str] = "nothing_missing"
    http_status: ClassVar[int] = 422


@dataclass(frozen=True, slots=True)
class NoticeNotComplete(Refusal):
    """A one-time notice says of each material whether it is there: nobody shall be sent home twice."""

    code: ClassVar[str] = "notice_not_complete"
    http_status: ClassVar[int] = 422
    unjudged: str


@dataclass(frozen=True, slots=True)
class NoticeNeedsReason(Refusal):
    """The matter has had its notice; one more needs a reason."""

    code: ClassVar[str] = "notice_needs_reason"
    case: str


@dataclass(frozen=True, slots=True)
class MaterialNotAsked(Refusal):
    """The guide doesn't ask for it, so nobody may."""

    code: ClassVar[str] = "material_not_asked"
    http_status: ClassVar[int] = 422
    material: str


@dataclass(frozen=True, slots=True)
class DeferredNotAllowed(Refusal):
    """This hall accepts nothing with materials missing (容缺办 is off)."""

    code: ClassVar[str] = "deferred_not_allowed"


@dataclass(frozen=True, slots=True)
class MaterialNotSecondary(Refusal):
    """Only a secondary material may be supplied later."""

    code: ClassVar[str] = "material_not_secondary"
    http_status: ClassVar[int] = 422
    material: str


@dataclass(frozen=True, slots=True)
class DueDayMissing(Refusal):
    """A commitment names a day that is still to come."""

    code: ClassVar[str] = "due_day_missing"
    http_status: ClassVar[int] = 422


@dataclass(frozen=True, slots=True)
class MaterialNotOwed(Refusal):
    """Nobody has promised this material, or it is there already."""

    code: ClassVar[str] = "material_not_owed"
    material: str


@dataclass(frozen=True, slots=True)
class MaterialsOwed(Refusal):
    """A case is completed only when what was promised is there."""

    code: ClassVar[str] = "materials_owed"
    materials: str


@dataclass(frozen=True, slots=True)
class TrackingMissing(Refusal):
    """A delivery has a courier and a number by which it is found again."""

    code: ClassVar[str] = "tracking_missing"
    http_status: ClassVar[int] = 422


@dataclass(frozen=True, slots=True)
class NoOutputService(Refusal):
    """The plan has no service of an output window to call people for."""

    code: ClassVar[str] = "no_output_service"


@dataclass(frozen=True, slots=True)
class SlipNotDue(Refusal):
    """The case has nothing that this paper could say."""

    code: ClassVar[str] = "slip_not_due"
    case: str


@dataclass(frozen=True, slots=True)
class NoPrinterAtWindow(Refusal):
    """The plan gives the window no printer."""

    code: ClassVar[str] = "no_printer_at_window"
    window: str
