"""What devices and the controller say to each other over MQTT: the contract's payloads as values.

Device to controller: one frozen value a kind of event, read by `parse_event`, which trusts nothing. The other
way, from `devices.outgoing`: replies, commands and retained states, each with ``to_payload``. Members may be added,
never removed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, TypeAlias

from controller.plan import Lane
from devices.members import BadMessage, Members, load_object
from devices.outgoing import (
    Command,
    HallState,
    InviteReview,
    Payload,
    Play,
    Print,
    Reboot,
    Reply,
    Show,
    State,
    WindowState,
)

__all__ = [
    "AppointmentCheckedIn",
    "BadMessage",
    "CallPressed",
    "Command",
    "DeviceEvent",
    "HallState",
    "InviteReview",
    "Play",
    "Print",
    "Reboot",
    "ReceiptFailed",
    "ReceiptPrinted",
    "Reply",
    "ReprintRequested",
    "ReturnRequested",
    "ReviewSubmitted",
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
TELEMETRY_MAX = 64
"""Readings in one message."""

_LANES = frozenset(Lane)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event(Payload):
    """Something that happened at a device.

    Attributes:
        id: unique in the deployment; the same id again is the same event.
        at: when, by the device's clock, in UTC; ``None`` from a device without one. For the record only: what counts
            is when the controller heard of it.
        window: where, from a device that isn't bound to a window.
    """

    id: str
    at: datetime | None = None
    window: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRequested(_Event):
    """A citizen wants a place.

    Attributes:
        services: codes of what they came for, at most 20.
        lane: priority class.
    """

    type: ClassVar[str] = "ticket_requested"
    services: tuple[str, ...]
    lane: Lane = Lane.NORMAL


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPressed(_Event):
    """A clerk pressed a key of a call pad; the members besides ``action`` are those of the same action over HTTP.

    Attributes:
        action: one of `ACTIONS`.
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
    action: str
    clerk: str = ""
    ticket: str | None = None
    reason: str = ""
    substitute: str | None = None
    until: datetime | None = None
    to_window: str | None = None
    services: tuple[str, ...] = ()
    note: str = ""


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
    level: int
    tags: tuple[str, ...] = ()
    text: str = ""
    ticket: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptPrinted(_Event):
    """A print job is on paper."""

    type: ClassVar[str] = "receipt_printed"
    job: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptFailed(_Event):
    """A print job isn't on paper; ``reason`` is a name or a few words."""

    type: ClassVar[str] = "receipt_failed"
    job: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRequested(_Event):
    """A citizen whose number was passed is back."""

    type: ClassVar[str] = "return_requested"
    ticket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReprintRequested(_Event):
    """A ticket's receipt is wanted once more."""

    type: ClassVar[str] = "reprint_requested"
    ticket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentCheckedIn(_Event):
    """A citizen who booked is here, and types or shows the code; the reply is that of a ticket requested.

    Attributes:
        appointment: the code.
    """

    type: ClassVar[str] = "appointment_checked_in"
    appointment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry(_Event):
    """Readings of a device, by name, in the units that the name ends with."""

    type: ClassVar[str] = "telemetry"
    values: Mapping[str, Any]

    def members(self) -> dict[str, Any]:
        """Return the readings beside the common fields."""
        own = Payload.members(self)
        del own["values"]
        return {**self.values, **own}


DeviceEvent: TypeAlias = (
    TicketRequested
    | CallPressed
    | ReviewSubmitted
    | ReceiptPrinted
    | ReceiptFailed
    | ReturnRequested
    | ReprintRequested
    | AppointmentCheckedIn
    | Telemetry
)


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
    read = _READERS.get(type_) if isinstance(type_, str) else None
    if read is None:
        raise members.unknown_type()
    common = {"id": members.event_id(), "at": members.time("at"), "window": members.name_or_none("window")}
    return read(members, common)


def _ticket_requested(members: Members, common: dict[str, Any]) -> DeviceEvent:
    lane = Lane(members.one_of("lane", _LANES, Lane.NORMAL))
    return TicketRequested(**common, services=members.names("services"), lane=lane)


def _call_pressed(members: Members, common: dict[str, Any]) -> DeviceEvent:
    cover = members.name_or_none("cover")
    return CallPressed(
        **common,
        action=members.one_of("action", ACTIONS),
        clerk=members.text("clerk"),
        ticket=members.name_or_none("ticket"),
        reason=members.text("reason"),
        substitute=members.name_or_none("substitute") or cover,
        until=members.time("until"),
        to_window=members.name_or_none("to_window"),
        services=members.names("services"),
        note=members.text("note"),
    )


def _review_submitted(members: Members, common: dict[str, Any]) -> DeviceEvent:
    return ReviewSubmitted(
        **common,
        level=members.integer("level", LEVEL_WORST, LEVEL_BEST),
        tags=members.tags("tags"),
        text=members.text("text"),
        ticket=members.name_or_none("ticket"),
    )


def _telemetry(members: Members, common: dict[str, Any]) -> DeviceEvent:
    return Telemetry(**common, values=members.rest(frozenset({"type", *common}), TELEMETRY_MAX))


_READERS: Mapping[str, Callable[[Members, dict[str, Any]], DeviceEvent]] = {
    TicketRequested.type: _ticket_requested,
    CallPressed.type: _call_pressed,
    ReviewSubmitted.type: _review_submitted,
    ReceiptPrinted.type: lambda members, common: ReceiptPrinted(**common, job=members.name("job")),
    ReceiptFailed.type: lambda members, common: ReceiptFailed(
        **common, job=members.name("job"), reason=members.text("reason")
    ),
    ReturnRequested.type: lambda members, common: ReturnRequested(**common, ticket=members.name("ticket")),
    ReprintRequested.type: lambda members, common: ReprintRequested(**common, ticket=members.name("ticket")),
    AppointmentCheckedIn.type: lambda members, common: AppointmentCheckedIn(
        **common, appointment=members.name("appointment")
    ),
    Telemetry.type: _telemetry,
}
