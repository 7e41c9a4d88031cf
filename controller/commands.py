"""What may be asked of the floor: one frozen value a kind of command, imperative."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from controller.events import OpenedWindow, TicketCarried
from controller.help_events import HelpId
from controller.model import CommandId, JobId, TicketId
from controller.opening import CalendarDay
from controller.plan import DeviceId, HallId, Lane, Plan, ServiceCode, WindowId, ZoneId


@dataclass(frozen=True, slots=True)
class OpenDay:
    """Open a hall's day, with what the one before left; the first command of a stream."""

    hall: HallId
    day: date
    plan: Plan
    staffed: tuple[OpenedWindow, ...] = ()
    carried: tuple[TicketCarried, ...] = ()
    calendar: tuple[CalendarDay, ...] = ()


@dataclass(frozen=True, slots=True)
class CloseDay:
    """End the day: nothing is issued or called any more."""


@dataclass(frozen=True, slots=True)
class ChangePlan:
    """Put a new plan in force while people wait."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class IssueTicket:
    """Give a citizen a place; with ``device`` a receipt is printed there, with ``clerk`` it is for that person.

    A package's code among the services stands for all of its services. ``booked_at`` is the time for which it was
    booked: the arrival counts from then, while its half of the day lasts.
    """

    services: tuple[ServiceCode, ...]
    lane: Lane = Lane.NORMAL
    channel: str = "kiosk"
    device: DeviceId | None = None
    clerk: str | None = None
    booked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RedirectTicket:
    """Send a ticket that waits to another window or for other services."""

    ticket: TicketId
    to_window: WindowId | None = None
    services: tuple[ServiceCode, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class CancelTicket:
    """Give a ticket back, or strike it off."""

    ticket: TicketId
    reason: str = "citizen"


@dataclass(frozen=True, slots=True)
class ReturnTicket:
    """A citizen whose number was passed is back and wants the place again."""

    ticket: TicketId


@dataclass(frozen=True, slots=True)
class AssignClerk:
    """Let a clerk answer for a ticket's matter (首问负责), or with ``None`` nobody in particular."""

    ticket: TicketId
    clerk: str | None


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """Begin to serve at a window."""

    window: WindowId
    clerk: str | None = None


@dataclass(frozen=True, slots=True)
class CloseWindow:
    """Stop serving at a window for today."""

    window: WindowId


@dataclass(frozen=True, slots=True)
class StepAway:
    """Leave a window for a while, with a notice and maybe a substitute."""

    window: WindowId
    reason: str
    substitute: WindowId | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ComeBack:
    """Be back at a window."""

    window: WindowId


@dataclass(frozen=True, slots=True)
class CallNext:
    """Call the next ticket; a service under way at the window is finished by it."""

    window: WindowId


@dataclass(frozen=True, slots=True)
class Recall:
    """Repeat the call."""

    window: WindowId


@dataclass(frozen=True, slots=True)
class StartService:
    """The called citizen is at the window."""

    window: WindowId


@dataclass(frozen=True, slots=True)
class FinishService:
    """The service is given. From ``called`` too: a clerk who forgot to press start is not sent back for it."""

    window: WindowId


@dataclass(frozen=True, slots=True)
class PassTicket:
    """The called citizen did not come (过号)."""

    window: WindowId


@dataclass(frozen=True, slots=True)
class HoldTicket:
    """Set the ticket at the window aside."""

    window: WindowId


@dataclass(frozen=True, slots=True)
class ResumeTicket:
    """Go on with a held ticket; without ``ticket`` the one held longest at this window, or at one that has closed."""

    window: WindowId
    ticket: TicketId | None = None


@dataclass(frozen=True, slots=True)
class TransferTicket:
    """Send the ticket at the window on, to another window, to a clerk, or for other services."""

    window: WindowId
    to_window: WindowId | None = None
    services: tuple[ServiceCode, ...] = ()
    note: str = ""
    clerk: str | None = None


@dataclass(frozen=True, slots=True)
class SubmitReview:
    """Rate a service given: by its ticket, or by the window where it was given last."""

    level: int
    tags: tuple[str, ...] = ()
    text: str = ""
    ticket: TicketId | None = None
    window: WindowId | None = None


@dataclass(frozen=True, slots=True)
class ReprintReceipt:
    """Print a ticket's receipt once more."""

    ticket: TicketId
    device: DeviceId


@dataclass(frozen=True, slots=True)
class ConfirmReceipt:
    """A device says that a job is printed."""

    job: JobId


@dataclass(frozen=True, slots=True)
class FailReceipt:
    """A device says that a job is not printed, or the job grew too old."""

    job: JobId
    reason: str


@dataclass(frozen=True, slots=True)
class MakeNotice:
    """Have a text said in a zone, or with ``None`` in all; an urgent one is said before whatever waits to be."""

    text: str
    zone: ZoneId | None = None
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class CountPeople:
    """Note how many came in and went out at a door since its counter told last."""

    device: DeviceId
    entered: int
    left: int = 0


@dataclass(frozen=True, slots=True)
class AskHelp:
    """Ask the staff to come to a button: at a window, or in a zone."""

    device: DeviceId
    window: WindowId | None = None
    zone: ZoneId | None = None


@dataclass(frozen=True, slots=True)
class AnswerHelp:
    """Be on the way to whoever asked for help."""

    help: HelpId


Command: TypeAlias = (
    OpenDay
    | CloseDay
    | ChangePlan
    | IssueTicket
    | RedirectTicket
    | CancelTicket
    | ReturnTicket
    | AssignClerk
    | OpenWindow
    | CloseWindow
    | StepAway
    | ComeBack
    | CallNext
    | Recall
    | StartService
    | FinishService
    | PassTicket
    | HoldTicket
    | ResumeTicket
    | TransferTicket
    | SubmitReview
    | ReprintReceipt
    | ConfirmReceipt
    | FailReceipt
    | MakeNotice
    | CountPeople
    | AskHelp
    | AnswerHelp
)


@dataclass(frozen=True, slots=True)
class Request:
    """A command with all that the core may not fetch for itself.

    Attributes:
        id: unique a command; the same id again is answered with the first result.
        actor: who asks, e.g. ``device:ticket-machine-1``.
        at: now, aware, in the hall's own zone.
        nonce: 48 random hexadecimal digits, the source of ids that must not be guessed.
    """

    id: CommandId
    actor: str
    at: datetime
    nonce: str
    command: Command
