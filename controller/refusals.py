"""Why the floor says no: one class a reason.

A refusal is a value, not an exception: the floor's state is as it was. Its ``code`` is stable and public; people read
the text ``refusal.<code>`` of the catalogue. ``http_status`` is a hint for the edge: 404 where the thing asked for is
not there, 422 where the request can never be right, 409 where the floor's state forbids it now.
"""

from dataclasses import dataclass, fields
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Refusal:
    """A command was refused, and nothing changed."""

    code: ClassVar[str] = "refused"
    http_status: ClassVar[int] = 409

    @property
    def params(self) -> dict[str, str | int]:
        """The values that its text speaks of, by name."""
        return {entry.name: getattr(self, entry.name) for entry in fields(self)}


@dataclass(frozen=True, slots=True)
class CommandIdReused(Refusal):
    """The id was used for another command before."""

    code: ClassVar[str] = "command_id_reused"
    http_status: ClassVar[int] = 422
    id: str


@dataclass(frozen=True, slots=True)
class HallUnknown(Refusal):
    """There is no such hall."""

    code: ClassVar[str] = "hall_unknown"
    http_status: ClassVar[int] = 404
    hall: str


@dataclass(frozen=True, slots=True)
class DayNotOpen(Refusal):
    """The day is over, or has not begun."""

    code: ClassVar[str] = "day_not_open"


@dataclass(frozen=True, slots=True)
class HelpNotAsked(Refusal):
    """Nobody waits for help there any more: somebody else has answered."""

    code: ClassVar[str] = "help_not_asked"


@dataclass(frozen=True, slots=True)
class HallNotOpen(Refusal):
    """The hall is closed at this hour; it is open again on ``date``, from ``opens`` to ``closes``."""

    code: ClassVar[str] = "hall_not_open"
    opens: str
    closes: str
    date: str


@dataclass(frozen=True, slots=True)
class HallShut(Refusal):
    """The hall is closed for longer than its timetable reaches."""

    code: ClassVar[str] = "hall_shut"


@dataclass(frozen=True, slots=True)
class ServiceUnknown(Refusal):
    """The plan has no such service, or no service was named."""

    code: ClassVar[str] = "service_unknown"
    http_status: ClassVar[int] = 422
    service: str


@dataclass(frozen=True, slots=True)
class QuotaFull(Refusal):
    """All places for a service in this half of the day are taken; there are some again from ``next`` on."""

    code: ClassVar[str] = "quota_full"
    service: str
    next: str


@dataclass(frozen=True, slots=True)
class WindowUnknown(Refusal):
    """The plan has no such window, or the device stands at none."""

    code: ClassVar[str] = "window_unknown"
    http_status: ClassVar[int] = 404
    window: str


@dataclass(frozen=True, slots=True)
class ZoneUnknown(Refusal):
    """The plan has no such zone."""

    code: ClassVar[str] = "zone_unknown"
    http_status: ClassVar[int] = 422
    zone: str


@dataclass(frozen=True, slots=True)
class TicketUnknown(Refusal):
    """The day has no such ticket."""

    code: ClassVar[str] = "ticket_unknown"
    http_status: ClassVar[int] = 404
    ticket: str


@dataclass(frozen=True, slots=True)
class ReceiptUnknown(Refusal):
    """The day has no such print job."""

    code: ClassVar[str] = "receipt_unknown"
    http_status: ClassVar[int] = 404
    job: str


@dataclass(frozen=True, slots=True)
class WindowNotOpen(Refusal):
    """The window must be open for this."""

    code: ClassVar[str] = "window_not_open"
    window: str
    status: str


@dataclass(frozen=True, slots=True)
class WindowNotClosed(Refusal):
    """The window is already staffed."""

    code: ClassVar[str] = "window_not_closed"
    window: str


@dataclass(frozen=True, slots=True)
class WindowNotAway(Refusal):
    """The clerk is not away."""

    code: ClassVar[str] = "window_not_away"
    window: str


@dataclass(frozen=True, slots=True)
class ClerkElsewhere(Refusal):
    """The clerk staffs another window (专人专岗)."""

    code: ClassVar[str] = "clerk_elsewhere"
    clerk: str
    window: str


@dataclass(frozen=True, slots=True)
class WindowBusy(Refusal):
    """A ticket is still at the window."""

    code: ClassVar[str] = "window_busy"
    window: str
    number: str


@dataclass(frozen=True, slots=True)
class NoTicketAtWindow(Refusal):
    """There is no ticket at the window that this could be done to."""

    code: ClassVar[str] = "no_ticket_at_window"
    window: str


@dataclass(frozen=True, slots=True)
class SubstituteNotOpen(Refusal):
    """The window named as substitute serves nobody now, or is the window itself."""

    code: ClassVar[str] = "substitute_not_open"
    substitute: str


@dataclass(frozen=True, slots=True)
class TicketNotInState(Refusal):
    """The ticket is not where it would have to be for this."""

    code: ClassVar[str] = "ticket_not_in_state"
    number: str
    state: str


@dataclass(frozen=True, slots=True)
class TicketReturnedTooOften(Refusal):
    """A passed number may come back only so many times."""

    code: ClassVar[str] = "ticket_returned_too_often"
    number: str
    returns_max: int


@dataclass(frozen=True, slots=True)
class RecallTooSoon(Refusal):
    """Between two call-outs people get the time to come."""

    code: ClassVar[str] = "recall_too_soon"
    number: str
    seconds: int


@dataclass(frozen=True, slots=True)
class CalledOftenEnough(Refusal):
    """A number is called out only so many times."""

    code: ClassVar[str] = "called_often_enough"
    number: str
    calls_max: int


@dataclass(frozen=True, slots=True)
class PassTooSoon(Refusal):
    """A number is passed only after it was called out so many times."""

    code: ClassVar[str] = "pass_too_soon"
    number: str
    pass_after_calls: int
    times: int


@dataclass(frozen=True, slots=True)
class PressedTwice(Refusal):
    """The floor has just called this ticket by itself; the key was meant for the one before."""

    code: ClassVar[str] = "pressed_twice"
    window: str
    number: str
    seconds: int


@dataclass(frozen=True, slots=True)
class TransferNowhere(Refusal):
    """A transfer must name another window that is staffed today, or other services."""

    code: ClassVar[str] = "transfer_nowhere"


@dataclass(frozen=True, slots=True)
class ServiceNotGiven(Refusal):
    """Only a service that was given can be rated."""

    code: ClassVar[str] = "service_not_given"


@dataclass(frozen=True, slots=True)
class AlreadyReviewed(Refusal):
    """One review for each service given."""

    code: ClassVar[str] = "already_reviewed"
    number: str


@dataclass(frozen=True, slots=True)
class LevelOutOfRange(Refusal):
    """A review's level is 1 to 5."""

    code: ClassVar[str] = "level_out_of_range"
    http_status: ClassVar[int] = 422
    level: int


@dataclass(frozen=True, slots=True)
class BadReviewNeedsReason(Refusal):
    """A review of 1 or 2 carries a tag or words, so that somebody can mend what was wrong."""

    code: ClassVar[str] = "bad_review_needs_reason"
    http_status: ClassVar[int] = 422
