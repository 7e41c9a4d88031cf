"""Why a step of a batch of paper reviews is refused; the forms are those of :mod:`controller.refusals`."""

from dataclasses import dataclass
from typing import ClassVar

from controller.refusals import Refusal


@dataclass(frozen=True, slots=True)
class BatchUnknown(Refusal):
    """The hall has no such batch."""

    code: ClassVar[str] = "batch_unknown"
    http_status: ClassVar[int] = 404
    batch: str


@dataclass(frozen=True, slots=True)
class BatchNotInState(Refusal):
    """The batch is not where it would have to be for this."""

    code: ClassVar[str] = "batch_not_in_state"
    state: str


@dataclass(frozen=True, slots=True)
class SheetCountWrong(Refusal):
    """As many sheets are typed as were counted."""

    code: ClassVar[str] = "sheet_count_wrong"
    http_status: ClassVar[int] = 422
    count: int
    typed: int


@dataclass(frozen=True, slots=True)
class SamePersonTwice(Refusal):
    """The second entry is another person's."""

    code: ClassVar[str] = "same_person_twice"
    person: str


@dataclass(frozen=True, slots=True)
class OwnSheets(Refusal):
    """Nobody types reviews of their own work."""

    code: ClassVar[str] = "own_sheets"
    clerk: str


@dataclass(frozen=True, slots=True)
class DifferencesLeft(Refusal):
    """Exactly the sheets that differ are settled, and all of them."""

    code: ClassVar[str] = "differences_left"
    http_status: ClassVar[int] = 422
    sheets: str
