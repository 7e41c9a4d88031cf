"""What devices and the controller say to each other over MQTT: the contract's payloads as values.

Device to controller: one frozen value a kind of event, read by `parse_event`, which trusts nothing: each member has a
`Form`, by which it is read here and described in the AsyncAPI document. The other way, from `devices.outgoing`:
replies, commands and retained states, each with ``to_payload``. Members may be added, never removed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar, TypeAlias, get_args, get_type_hints

from controller.device_orders import OrderResult
from controller.plan import Lane
from devices.members import (
    BadMessage,
    EventId,
    Form,
    Members,
    Name,
    NameOrNone,
    Names,
    Tags,
    Text,
    Time,
    also_named,
    integer,
    load_object,
    one_of,
)
from devices.outgoing import (
    Command,
    HallState,
    HelpState,
    Identify,
    InviteReview,
    NewRoll,
    Payload,
    Play,
    Print,
    Reboot,
    Reply,
    SetBrightness,
    Show,
    State,
    WindowState,
)

__all__ = [
    "AppointmentCheckedIn",
    "BadMessage",
    "CallPressed",
    "Command",
    "CommandDone",
    "DeviceEvent",
    "HallState",
    "HelpPressed",
    "HelpState",
    "Identify",
    "InviteReview",
    "NewRoll",
    "PeopleCounted",
    "Play",
    "Print",
    "Reboot",
    "ReceiptFailed",
    "ReceiptPrinted",
    "Reply",
    "ReprintRequested",
    "ReturnRequested",
    "ReviewSubmitted",
    "SetBrightness",
    "Show",
    "State",
    "Telemetry",
    "TicketRequested",
    "WindowState",
    "parse_event",
]

ACTIONS = frozenset(
    {"open", "next", "recall", "start", "finish", "no-show", "hold", "resume", "transfer", "away", "back", "close"}
)
"""What a call pad can do at a window: the same words as over HTTP."""

LEVEL_WORST, LEVEL_BEST = 1, 5
PEOPLE_MAX = 10_000
"""People in one message: more than go through a door in a day."""

TELEMETRY_MAX = 64
"""Readings in one message."""

_LANE = one_of(frozenset(Lane), Lane.NORMAL, Lane)
_COMMON = ("id", "at", "window")
_READINGS = Form(
    lambda members, _name: members.rest(frozenset({"type", *_COMMON}), TELEMETRY_MAX),
    {"maxProperties": TELEMETRY_MAX + 1 + len(_COMMON)},
)
"""All other members; their schema is the whole event's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event(Payload):
    """Something that happened at a device.

    Attributes:
        id: unique in the deployment; the same id again is the same event.
        at: when, by the device's clock; not there from a device without one. For the record only: what counts is when
            the controller heard of it.
        window: where, from a device that isn't bound to a window.
    """

    id: EventId
    at: Time = None
    window: NameOrNone = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRequested(_Event):
    """A citizen wants a place.

    Attributes:
        services: codes of what they came for, at most 20.
        lane: priority class.
    """

    type: ClassVar[str] = "ticket_requested"
    services: Names
    lane: Annotated[Lane, _LANE] = Lane.NORMAL


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPressed(_Event):
    """A clerk pressed a key of a call pad; the members besides ``action`` are those of the same action over HTTP.

    Attributes:
        action: what the key does, in the words of HTTP.
        clerk: who opens the window.
        ticket: which held ticket to resume.
        reason: why the clerk steps away.
        substitute: window that serves meanwhile; ``cover`` is another word for it.
        until: when the clerk will be back.
        to_window: where a transferred ticket goes.
        services: what a transferred ticket is for from now on.
        note: what the next clerk should know.
    """

    type: ClassVar[str] = "call_pressed"
    action: Annotated[str, one_of(ACTIONS)]
    clerk: Text = ""
    ticket: NameOrNone = None
    reason: Text = ""
    substitute: Annotated[str | None, also_named("cover")] = None
    until: Time = None
    to_window: NameOrNone = None
    services: Names = ()
    note: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewSubmitted(_Event):
    """A citizen rated the service.

    Attributes:
        level: 5 very satisfied … 1 very dissatisfied.
        tags: codes of the national list, at most 20.
        text: the citizen's own words, at most 500 characters.
        ticket: what was served; without it, what was served last at the window.
    """

    type: ClassVar[str] = "review_submitted"
    level: Annotated[int, integer(LEVEL_WORST, LEVEL_BEST)]
    tags: Tags = ()
    text: Text = ""
    ticket: NameOrNone = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptPrinted(_Event):
    """A print job is on paper."""

    type: ClassVar[str] = "receipt_printed"
    job: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptFailed(_Event):
    """A print job isn't on paper; ``reason`` is a name or a few words."""

    type: ClassVar[str] = "receipt_failed"
    job: Name
    reason: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRequested(_Event):
    """A citizen whose number was passed is back."""

    type: ClassVar[str] = "return_requested"
    ticket: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class ReprintRequested(_Event):
    """A ticket's receipt is wanted once more."""

    type: ClassVar[str] = "reprint_requested"
    ticket: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentCheckedIn(_Event):
    """A citizen who booked is here, and types or shows the code; the reply is that of a ticket requested.

    Attributes:
        appointment: the code.
    """

    type: ClassVar[str] = "appointment_checked_in"
    appointment: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleCounted(_Event):
    """People went through a door since its counter told last; a device adds up, and tells a few times an hour.

    Attributes:
        entered: how many came in.
        left: how many went out, from a counter that tells the two apart.
    """

    type: ClassVar[str] = "people_counted"
    entered: Annotated[int, integer(0, PEOPLE_MAX)]
    left: Annotated[int, integer(0, PEOPLE_MAX, default=0)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpPressed(_Event):
    """Somebody wants help where the device stands; pressed again before somebody came it is the same call."""

    type: ClassVar[str] = "help_pressed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry(_Event):
    """Readings of a device, by name, in the units that the name ends with."""

    type: ClassVar[str] = "telemetry"
    values: Annotated[Mapping[str, Any], _READINGS]

    def members(self) -> dict[str, Any]:
        """Return the readings beside the common fields."""
        own = Payload.members(self)
        del own["values"]
        return {**self.values, **own}


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandDone(_Event):
    """What became of a command that wanted to know.

    Attributes:
        command: id of the command.
        result: ``ok``; ``refused``: not now, see the reason; ``unsupported``: this device never can.
        reason: a name or a few words.
    """

    type: ClassVar[str] = "command_done"
    command: Name
    result: Annotated[OrderResult, one_of(frozenset(OrderResult), made=OrderResult)]
    reason: Text = ""


DeviceEvent: TypeAlias = (
    TicketRequested
    | CallPressed
    | ReviewSubmitted
    | ReceiptPrinted
    | ReceiptFailed
    | ReturnRequested
    | ReprintRequested
    | AppointmentCheckedIn
    | PeopleCounted
    | HelpPressed
    | Telemetry
    | CommandDone
)


EVENTS: Mapping[str, type[DeviceEvent]] = {kind.type: kind for kind in get_args(DeviceEvent)}
"""The kinds of events by their type on the wire."""


def forms(kind: type[DeviceEvent]) -> dict[str, Form]:
    """Return the forms of an event's members, in the order in which they are read."""
    hints = get_type_hints(kind, include_extras=True)
    found = {}
    for field in fields(kind):
        (found[field.name],) = (extra for extra in get_args(hints[field.name])[1:] if isinstance(extra, Form))
    return found


def parse_event(payload: bytes) -> DeviceEvent:
    """Read an event.

    Args:
        payload: what stands on ``…/event``, whoever wrote it.

    Raises:
        BadMessage: it isn't an event of the contract.
    """
    body = load_object(payload)
    members = Members(body)
    type_ = body.get("type")
    kind = EVENTS.get(type_) if isinstance(type_, str) else None
    if kind is None:
        raise members.unknown_type()
    return kind(**{name: read(members, name) for name, read in _READERS[kind]})


_READERS: Mapping[type[DeviceEvent], tuple[tuple[str, Callable[[Members, str], Any]], ...]] = {
    kind: tuple((name, form.read) for name, form in forms(kind).items()) for kind in EVENTS.values()
}
