"""The rectification of a bad review (差评整改): what becomes of a 1 or a 2 from the hall's hearing of it to its answer.

It outlives the day, so it is not in the day's stream: it has a history of its own. What its rules need of the day and
of the plan is frozen into its first event. How the citizen can be reached is in no event: a history says only that it
was offered, and when it was erased.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType, TypeAlias

from controller.ids import HallId, WindowId

RectificationId = NewType("RectificationId", str)
"""The review's own id: a review opens one rectification."""


class RectificationState(StrEnum):
    """Where it stands: 待核实, 已核实, 已交办, 已整改, 已回访, 申诉中, 已办结, 已剔除."""

    OPENED = "opened"
    VERIFIED = "verified"
    ASSIGNED = "assigned"
    CORRECTED = "corrected"
    CALLED_BACK = "called_back"
    APPEALED = "appealed"
    CLOSED = "closed"
    EXCLUDED = "excluded"


class Handling(StrEnum):
    """How a bad review that was verified is dealt with: 立行立改, 限期整改, or 解释说明 where no rule backs it."""

    SIMPLE = "simple"
    COMPLEX = "complex"
    EXPLAIN = "explain"


class Reached(StrEnum):
    """Whether the citizen could be asked; ``no_contact``: none was offered, so the matter was looked into without."""

    REACHED = "reached"
    UNREACHED = "unreached"
    NO_CONTACT = "no_contact"


class Answer(StrEnum):
    """What the citizen said to the correction (回访)."""

    SATISFIED = "satisfied"
    UNSATISFIED = "unsatisfied"
    UNREACHED = "unreached"


class Claim(StrEnum):
    """Why a review should not count: given by mistake (误评), or in malice (恶意差评)."""

    MISTAKEN = "mistaken"
    MALICIOUS = "malicious"


class Contact(StrEnum):
    """Whether the citizen offered to be called."""

    NONE = "none"
    OFFERED = "offered"
    ERASED = "erased"


class Erased(StrEnum):
    """Why a contact is there no more: the rectification has ended, or the time is over for which it is kept."""

    ENDED = "ended"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class BadReview:
    """The review, with what the floor knew of the service given.

    Attributes:
        number: of the ticket; ``""`` on a sheet of paper that names none.
        services: their names, as the plan had them.
        clerk: who staffed the window then, and may not handle this; ``None``: nobody knows.
        channel: how it was given: ``floor`` (pad, phone, tablet) or ``paper``.
    """

    level: int
    tags: tuple[str, ...]
    text: str
    given_at: datetime
    window: WindowId | None = None
    window_label: str = ""
    clerk: str | None = None
    number: str = ""
    services: tuple[str, ...] = ()
    channel: str = "floor"


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The last days: to speak with the citizen, and to be done with a simple and with a complex matter."""

    contact: date
    simple: date
    complex: date


@dataclass(frozen=True, slots=True)
class Rectification:
    """A rectification now.

    Attributes:
        version: how many events it has.
        findings: what was found when it was verified.
        assignee: who puts it right.
        measures: what was done.
        appellant: who asked that the review should not count.
        returns: how often the correction was not enough.
        result: what its end says: how it was mended, or why not.
        ended_on: the day of its end.
        promised: the day that it was to end by, as it was then.
    """

    id: RectificationId
    hall: HallId
    review: BadReview
    deadlines: Deadlines
    state: RectificationState
    version: int
    opened_at: datetime
    changed_at: datetime
    contact: Contact = Contact.NONE
    reached: Reached | None = None
    handling: Handling | None = None
    findings: str = ""
    assignee: str | None = None
    measures: str = ""
    returns: int = 0
    answer: Answer | None = None
    claim: Claim | None = None
    appellant: str | None = None
    result: str = ""
    ended_on: date | None = None

    @property
    def promised(self) -> date:
        """The last day on which it may end."""
        return self.deadlines.complex if self.handling is Handling.COMPLEX else self.deadlines.simple

    @property
    def due(self) -> date | None:
        """The next day by which something must be done; nothing once it has ended."""
        if self.ended_on is not None:
            return None
        return self.deadlines.contact if self.state is RectificationState.OPENED else self.promised


# -- what happened -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RectificationOpened:
    """A review of 1 or 2 was given."""

    id: RectificationId
    hall: HallId
    review: BadReview
    deadlines: Deadlines


@dataclass(frozen=True, slots=True)
class ContactOffered:
    """The citizen left word how to be reached; the word itself is kept elsewhere."""


@dataclass(frozen=True, slots=True)
class ContactErased:
    """That word is gone."""

    reason: Erased


@dataclass(frozen=True, slots=True)
class ReviewVerified:
    """It was found out what had happened, with the citizen where one could be reached (核实)."""

    reached: Reached
    handling: Handling
    findings: str


@dataclass(frozen=True, slots=True)
class RectificationAssigned:
    """Somebody was told to put it right (交办)."""

    to: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class CorrectionReported:
    """It was put right (整改)."""

    measures: str


@dataclass(frozen=True, slots=True)
class CorrectionReturned:
    """That was not enough (退回)."""

    reason: str


@dataclass(frozen=True, slots=True)
class CitizenCalledBack:
    """The citizen was told, and asked what he thinks of it (回访)."""

    answer: Answer
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReviewAppealed:
    """Somebody says that the review should not count (申诉)."""

    by: str
    claim: Claim
    reason: str


@dataclass(frozen=True, slots=True)
class AppealUpheld:
    """A second person agrees: the review is left out of all figures (剔除)."""

    reason: str
    on: date


@dataclass(frozen=True, slots=True)
class AppealRejected:
    """A second person disagrees: the review stands."""

    reason: str


@dataclass(frozen=True, slots=True)
class RectificationClosed:
    """It has ended, with what came of it (办结)."""

    result: str
    on: date


RectificationEvent: TypeAlias = (
    RectificationOpened
    | ContactOffered
    | ContactErased
    | ReviewVerified
    | RectificationAssigned
    | CorrectionReported
    | CorrectionReturned
    | CitizenCalledBack
    | ReviewAppealed
    | AppealUpheld
    | AppealRejected
    | RectificationClosed
)


@dataclass(frozen=True, slots=True)
class RectificationRecorded:
    """An event in its place in a rectification's history."""

    seq: int
    at: datetime
    actor: str
    command: str
    event: RectificationEvent
