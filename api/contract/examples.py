"""One example of each message, made by the program's own values, as somebody who builds a device will meet it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from controller.device_orders import OrderResult
from controller.plan import Lane
from devices import messages
from devices.outgoing import (
    HallState,
    HelpState,
    Identify,
    InviteReview,
    NewRoll,
    Play,
    Print,
    Reboot,
    Reply,
    SetBrightness,
    Show,
    WindowState,
)

_AT = datetime(2026, 3, 2, 1, 5, 6, tzinfo=UTC)
_TICKET = "5f0c9b3f1a2e4d67"
_ID = "pad-3-0000002a"

_TICKET_MEMBERS = {
    "ticket": _TICKET,
    "number": "A003",
    "ahead": 4,
    "wait": {"p50_s": 540, "p90_s": 900},
    "token": f"demo.{_TICKET}",
    "services": ["pension_certification"],
    "lane": "normal",
    "receipt": "requested",
    "issued_at": "2026-03-02T09:05:06+08:00",
    "state": "waiting",
}
_WINDOW_MEMBERS = {
    "window": "2",
    "label": "2",
    "kind": "comprehensive",
    "status": "open",
    "ticket": _TICKET,
    "number": "A003",
    "stage": "called",
    "notice": None,
    "substitute": None,
}
_REVIEW_MEMBERS = {
    "review": "1b7d2c90aa51e3f4",
    "ticket": _TICKET,
    "window": "2",
    "level": 5,
    "tags": ["517"],
    "text": "",
    "at": "2026-03-02T09:25:00+08:00",
}
_RECEIPT_MEMBERS = {"job": "r-7", "ticket": _TICKET, "receipt": "printed"}

_EVENTS: tuple[messages.DeviceEvent, ...] = (
    messages.TicketRequested(id=_ID, at=_AT, services=("pension_certification",), lane=Lane.GREEN),
    messages.CallPressed(id=_ID, at=_AT, window="2", action="next"),
    messages.ReviewSubmitted(id=_ID, at=_AT, level=5, tags=("517",), ticket=_TICKET),
    messages.ReceiptPrinted(id=_ID, at=_AT, job="r-7"),
    messages.ReceiptFailed(id=_ID, at=_AT, job="r-7", reason="paper_out"),
    messages.ReturnRequested(id=_ID, at=_AT, ticket=_TICKET),
    messages.ReprintRequested(id=_ID, at=_AT, ticket=_TICKET),
    messages.AppointmentCheckedIn(id=_ID, at=_AT, appointment="01234567"),
    messages.PeopleCounted(id=_ID, at=_AT, entered=7, left=2),
    messages.HelpPressed(id=_ID, at=_AT),
    messages.Telemetry(
        id=_ID, at=_AT, values={"paper": "ok", "paper_reason": "counted", "paper_left_mm": 40_000, "battery_v": 3.9}
    ),
    messages.CommandDone(id=_ID, at=_AT, command="c-6", result=OrderResult.OK),
)
_COMMANDS = (
    Print(id="c-1", job="r-7", escpos=b"\x1b@A003\n", expires_at=_AT),
    Show(id="c-2", text="A003"),
    InviteReview(id="c-3", ticket=_TICKET, number="A003", window="2", seconds=180),
    Play(id="c-4", text="A003", repeat=2, expires_at=_AT, wav=b"RIFF"),
    Reboot(id="c-5", expires_at=_AT, ack=True),
    Identify(id="c-6", seconds=10, expires_at=_AT, escpos=b"\x1b@ticket-machine-1\n"),
    SetBrightness(id="c-7", percent=40, expires_at=_AT),
    NewRoll(id="c-8", expires_at=_AT),
)
_REPLIES: Mapping[str, Mapping[str, Any]] = {
    "ticket_requested": _TICKET_MEMBERS,
    "call_pressed": _WINDOW_MEMBERS,
    "review_submitted": _REVIEW_MEMBERS,
    "receipt_printed": _RECEIPT_MEMBERS,
    "receipt_failed": {**_RECEIPT_MEMBERS, "receipt": "failed"},
    "return_requested": _TICKET_MEMBERS,
    "reprint_requested": {**_RECEIPT_MEMBERS, "receipt": "requested"},
    "appointment_checked_in": {**_TICKET_MEMBERS, "lane": "appointment"},
    "people_counted": {},
    "help_pressed": {
        "help": "9a4c1e07b35d2f68",
        "device": "help-1",
        "window": None,
        "zone": "main",
        "at": "2026-03-02T09:05:06+08:00",
        "times": 1,
    },
    "telemetry": {},
    "command_done": {},
}
_STATES = {
    "window": WindowState(
        window="2", label="2", status="open", number="A003", stage="called", text="A003", waiting=4, seq=17
    ),
    "hall": HallState(hall="demo", name="demo", open=True, waiting=4, seq=17),
    "help": HelpState(hall="demo", name="demo", help="9a4c1e07b35d2f68", asked_at="2026-03-02T09:05:06+08:00", seq=17),
}


def examples() -> dict[str, Any]:
    """Return an example of each message, as JSON knows it, by the name of its schema."""
    made = {f"event.{event.type}": event.to_payload() for event in _EVENTS}
    made |= {f"command.{command.type}": command.to_payload() for command in _COMMANDS}
    made |= {f"reply.{name}": Reply.accepted(_ID, members).to_payload() for name, members in _REPLIES.items()}
    made["reply.refused"] = Reply.refused(_ID, "window_not_open", "the window is not open").to_payload()
    made |= {f"state.{name}": state.to_payload() for name, state in _STATES.items()}
    return {name: orjson.loads(payload) for name, payload in made.items()} | {"status": "online"}
