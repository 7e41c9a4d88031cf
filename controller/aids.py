"""Aids that a hall lends (policy task 12): reading glasses, hearing aids, wheelchairs, a medicine box, umbrellas.

The register says what there is and what is out. Whom it was lent to is a ticket's number or any word of the clerk's,
never a name: what comes back needs no name, and what doesn't is asked for at the door.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, NewType

from controller.refusals import Refusal

LoanId = NewType("LoanId", str)

COUNT_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Aid:
    """A kind of aid: how many the hall has, and how many of them are lent."""

    name: str
    count: int
    lent: int


@dataclass(frozen=True, slots=True)
class Loan:
    """One aid in somebody's hands, until it is given back."""

    id: LoanId
    aid: str
    borrower: str
    lent_at: datetime
    returned_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AidUnknown(Refusal):
    """The hall has no such aid."""

    code: ClassVar[str] = "aid_unknown"
    http_status: ClassVar[int] = 404
    aid: str


@dataclass(frozen=True, slots=True)
class AidsAllLent(Refusal):
    """All that the hall has of an aid is lent."""

    code: ClassVar[str] = "aids_all_lent"
    aid: str


@dataclass(frozen=True, slots=True)
class AidsStillLent(Refusal):
    """More of an aid are lent than the hall is said to have."""

    code: ClassVar[str] = "aids_still_lent"
    aid: str
    lent: int


@dataclass(frozen=True, slots=True)
class LoanUnknown(Refusal):
    """Nothing was lent under this id."""

    code: ClassVar[str] = "loan_unknown"
    http_status: ClassVar[int] = 404
    loan: str


def lend(aid: Aid) -> Refusal | None:
    """Return why one more of an aid can't be lent."""
    return AidsAllLent(aid.name) if aid.lent >= aid.count else None


def restock(aid: Aid, count: int) -> Refusal | None:
    """Return why a hall can't have ``count`` of an aid."""
    return AidsStillLent(aid.name, aid.lent) if count < aid.lent else None
