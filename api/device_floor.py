"""What devices say, carried out: an event of the gateway becomes a command of its hall."""

from collections.abc import Callable
from typing import Any

import structlog

from api.check_ins import CheckIns
from api.device_directory import DeviceUnregistered, Directory
from api.orders import JOB_PREFIX as TEST_PREFIX
from api.orders import Orders, Word
from api.presses import Action, Details, command_of
from controller import commands as c
from controller.appointments import AppointmentCode
from controller.help_calls import help_form
from controller.help_events import HelpCall
from controller.model import JobId, Receipt, ReceiptState, Review, Ticket, TicketId, WindowState
from controller.plan import Device, DeviceId, HallId, ServiceCode, WindowId
from controller.refusals import HallUnknown, Refusal
from controller.runtime.engine import Engine
from controller.runtime.hall_actor import Result
from controller.runtime.print_store import PrintStore
from controller.views import issued_form, review_form, window_form
from devices.messages import (
    AppointmentCheckedIn,
    CallPressed,
    CommandDone,
    DeviceEvent,
    HelpPressed,
    PeopleCounted,
    ReceiptFailed,
    ReceiptPrinted,
    ReprintRequested,
    ReturnRequested,
    ReviewSubmitted,
    Telemetry,
    TicketRequested,
)
from devices.slips import JOB_PREFIX

log = structlog.get_logger(__name__)

CHANNEL = "kiosk"


class DeviceFloor:
    """The floor as the gateway knows it."""

    def __init__(
        self,
        engine: Engine,
        check_ins: CheckIns,
        directory: Directory,
        orders: Orders,
        on_refusal: Callable[[str], object],
        *,
        on_telemetry: Callable[[str, str, Telemetry], None] | None = None,
        papers: PrintStore | None = None,
    ) -> None:
        """Take the parts.

        Args:
            engine: decides.
            check_ins: turns appointments into tickets.
            directory: knows who may speak.
            orders: hear what devices say of them.
            on_refusal: is told each refusal's code.
            on_telemetry: is told (hall, device, event) of each device's readings.
            papers: is told of papers that are no ticket's; without it they are nobody's business.
        """
        self._engine = engine
        self._check_ins = check_ins
        self._directory = directory
        self._orders = orders
        self._papers = papers
        self._on_refusal = on_refusal
        self._on_telemetry = on_telemetry

    async def handle(self, hall: str, device: str, event: DeviceEvent) -> dict[str, Any] | Refusal:
        """Carry an event out and return, after the commit, the members of the reply, or why not.

        Raises:
            OperatingError: it can't be done now; the event will be offered again.
        """
        plan = self._engine.plans.get(HallId(hall))
        if plan is None:
            return HallUnknown(hall)
        if not await self._may_speak(hall, device):
            self._on_refusal(DeviceUnregistered.code)
            return DeviceUnregistered(device)
        if (word := _word(event)) is not None:
            await self._orders.heard(device, word)
            return {}
        if isinstance(event, Telemetry):
            if self._on_telemetry is not None:
                self._on_telemetry(hall, device, event)
            return {}
        if await self._took_slip(device, event):
            return {}
        if isinstance(event, AppointmentCheckedIn):
            return await self._check_in(hall, device, event)
        command = _command(self._directory.devices.find(plan, device), device, event)
        result = await self._engine.submit(hall, command, command_id=f"{device}/{event.id}", actor=f"device:{device}")
        if isinstance(result, Refusal):
            self._on_refusal(result.code)
            return result
        return _members(result)

    async def _took_slip(self, device: str, event: DeviceEvent) -> bool:
        """Take a word about a paper that is no job of the day's stream; tell whether it was one."""
        if not isinstance(event, ReceiptPrinted | ReceiptFailed) or not event.job.startswith(JOB_PREFIX):
            return False
        if self._papers is None:
            return True
        if isinstance(event, ReceiptPrinted):
            await self._papers.note(event.job, device, ReceiptState.PRINTED)
        elif await self._papers.note(event.job, device, ReceiptState.FAILED, event.reason):
            log.warning("paper_not_printed", device=device, job=event.job, reason=event.reason)
        return True

    async def _check_in(self, hall: str, device: str, event: AppointmentCheckedIn) -> dict[str, Any] | Refusal:
        """Give who booked the place: one ticket for an appointment, whatever the event's id is."""
        day = await self._engine.day(hall)
        if isinstance(day, HallUnknown):
            return day
        found = await self._check_ins.take(day, AppointmentCode(event.appointment), device)
        if isinstance(found, Refusal):
            self._on_refusal(found.code)
            return found
        return _ticket_members(found)

    async def _may_speak(self, hall: str, device: str) -> bool:
        """Tell whether a device may speak: a broker that isn't ours may let anybody in."""
        devices = self._directory.devices
        if not devices.may_speak(hall, device):
            await self._directory.look()  # it may have been registered a moment ago
        return devices.may_speak(hall, device)


def _word(event: DeviceEvent) -> Word | None:
    """Return what an event says of an order, if it says something of one."""
    if isinstance(event, CommandDone):
        return event
    if isinstance(event, ReceiptPrinted | ReceiptFailed) and event.job.startswith(TEST_PREFIX):
        return event
    return None


def _command(planned: Device | None, device: str, event: DeviceEvent) -> c.Command:
    window = event.window or (planned.window if planned is not None else None) or ""
    match event:
        case TicketRequested():
            services = tuple(ServiceCode(code) for code in event.services)
            return c.IssueTicket(services, event.lane, CHANNEL, DeviceId(device))
        case CallPressed():
            details = Details(
                clerk=event.clerk,
                ticket=event.ticket,
                reason=event.reason,
                substitute=event.substitute,
                until=event.until,
                to_window=event.to_window,
                services=event.services,
                note=event.note,
            )
            return command_of(Action(event.action), window, details)
        case ReviewSubmitted():
            ticket = TicketId(event.ticket) if event.ticket is not None else None
            at = WindowId(window) if window or ticket is None else None
            return c.SubmitReview(event.level, event.tags, event.text, ticket, at)
        case ReceiptPrinted():
            return c.ConfirmReceipt(JobId(event.job))
        case ReceiptFailed():
            return c.FailReceipt(JobId(event.job), event.reason)
        case ReturnRequested():
            return c.ReturnTicket(TicketId(event.ticket))
        case ReprintRequested():
            return c.ReprintReceipt(TicketId(event.ticket), DeviceId(device))
        case PeopleCounted():
            return c.CountPeople(DeviceId(device), event.entered, event.left)
        case HelpPressed():
            zone = planned.zone if planned is not None else None
            return c.AskHelp(DeviceId(device), WindowId(window) if window else None, zone)
        case AppointmentCheckedIn() | Telemetry() | CommandDone():
            raise TypeError(f"{event.type} is no command of the floor")


def _ticket_members(ticket: Ticket) -> dict[str, Any]:
    return {**issued_form(ticket), "state": ticket.state}


def _members(result: Result) -> dict[str, Any]:
    """Return what a reply says besides yes."""
    match result.answer.subject:
        case Ticket() as ticket:
            return _ticket_members(ticket)
        case WindowState() as window:
            return dict(window_form(result.day, window))
        case Review() as review:
            return dict(review_form(review))
        case Receipt() as receipt:
            return {"job": receipt.job, "ticket": receipt.ticket, "receipt": receipt.state}
        case HelpCall() as call:
            return help_form(call)
        case None:
            return {}
