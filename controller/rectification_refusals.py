"""Why a step of a rectification is refused; the forms are those of :mod:`controller.refusals`."""

from dataclasses import dataclass
from typing import ClassVar

from controller.refusals import Refusal


@dataclass(frozen=True, slots=True)
class RectificationUnknown(Refusal):
    """The hall has no such rectification, or it is none of the asker's."""

    code: ClassVar[str] = "rectification_unknown"
    http_status: ClassVar[int] = 404
    rectification: str


@dataclass(frozen=True, slots=True)
class RectificationNotInState(Refusal):
    """The rectification is not where it would have to be for this."""

    code: ClassVar[str] = "rectification_not_in_state"
    rectification: str
    state: str


@dataclass(frozen=True, slots=True)
class RectificationChanged(Refusal):
    """Somebody else has moved it on since it was looked at."""

    code: ClassVar[str] = "rectification_changed"
    version: int
    expected: int


@dataclass(frozen=True, slots=True)
class SelfHandled(Refusal):
    """Nobody handles or closes a review of their own work."""

    code: ClassVar[str] = "self_handled"
    clerk: str


@dataclass(frozen=True, slots=True)
class NotAssigned(Refusal):
    """A clerk reports what was assigned to them, and nothing else."""

    code: ClassVar[str] = "not_assigned"


@dataclass(frozen=True, slots=True)
class SecondPersonNeeded(Refusal):
    """An appeal is decided by somebody other than who made it."""

    code: ClassVar[str] = "second_person_needed"
    appellant: str


@dataclass(frozen=True, slots=True)
class ReasonMissing(Refusal):
    """The step says in words what was found, done or decided."""

    code: ClassVar[str] = "reason_missing"
    http_status: ClassVar[int] = 422


@dataclass(frozen=True, slots=True)
class AssigneeMissing(Refusal):
    """A rectification is assigned to somebody."""

    code: ClassVar[str] = "assignee_missing"
    http_status: ClassVar[int] = 422


@dataclass(frozen=True, slots=True)
class ContactWasOffered(Refusal):
    """Who offered to be called is called before the matter is judged."""

    code: ClassVar[str] = "contact_was_offered"


@dataclass(frozen=True, slots=True)
class ContactNotOffered(Refusal):
    """The citizen left no word how to be reached, or it is erased."""

    code: ClassVar[str] = "contact_not_offered"


@dataclass(frozen=True, slots=True)
class CallBackNeeded(Refusal):
    """Who offered to be called hears of the correction before the matter is closed."""

    code: ClassVar[str] = "call_back_needed"


@dataclass(frozen=True, slots=True)
class CorrectionMissing(Refusal):
    """What was found right is corrected before it is closed; only what no rule backs is explained."""

    code: ClassVar[str] = "correction_missing"


@dataclass(frozen=True, slots=True)
class ContactNotNeeded(Refusal):
    """A contact is kept with a review of 1 or 2 only: of nobody else has the hall anything to ask."""

    code: ClassVar[str] = "contact_not_needed"
    http_status: ClassVar[int] = 422
