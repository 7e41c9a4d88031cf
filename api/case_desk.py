"""What is done to cases over HTTP: decided, written, counted, and its paper printed.

Rules of this file. A step is printed, counted and told only after its commit. The ticket that calls somebody to the
output window is taken before its case is written, and given back where the case can't be.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from api.case_schemas import CaseAction, CaseAsked, StepAsked
from api.parts import Parts
from api.problems import Problem, refused
from api.spool import TTL
from controller import cases as c
from controller import commands
from controller.case_model import Case, CaseEvent, CaseRecorded
from controller.case_refusals import CaseUnknown, NoOutputService, NoPrinterAtWindow
from controller.cases import Situation, decide_case, fold_case, open_case
from controller.model import HallDay, Ticket, TicketId, WindowStatus
from controller.papers import PaperKind
from controller.plan import Device, DeviceKind, ServiceCode, WindowId, WindowKind
from controller.refusals import Refusal, ServiceUnknown, TicketUnknown, WindowNotOpen, WindowUnknown
from controller.runtime.calendar import WorkingCalendar
from controller.runtime.case_store import Asked, CaseStore, Written
from controller.runtime.errors import OperatingError
from controller.runtime.print_store import PrintJob
from devices.look import Look
from devices.slips import JOB_PREFIX, Slip, render_slip

log = structlog.get_logger(__name__)

CALENDAR = WorkingCalendar()
JOB_BYTES = 8

SLIPS_OF: dict[CaseAction, tuple[Slip, ...]] = {
    CaseAction.NOTICE: (Slip.NOTICE,),
    CaseAction.ACCEPT: (Slip.COMMITMENT, Slip.ACCEPTANCE),
    CaseAction.SEND: (Slip.DELIVERY,),
}
"""The papers that a step gives, where the case has them."""


@dataclass(frozen=True, slots=True)
class Step:
    """A case after a step, the printer that its paper comes from, and the number called to the output window."""

    case: Case
    printed: str | None = None
    number: str | None = None


class CaseDesk:
    """The cases of one hall's day, as a request sees them."""

    def __init__(self, parts: Parts, day: HallDay, actor: str) -> None:
        """Take the parts of the controller, the hall's day, and who asks."""
        self.store = CaseStore(parts.journal)
        self.now: datetime = parts.now(day)
        self._parts = parts
        self._day = day
        self._actor = actor

    async def open(self, window: str, asked: CaseAsked, key: str) -> Case:
        """Open a case at a window.

        Raises:
            Problem: the window isn't open, or there is no such service or ticket.
            OperatingError: it can't be written now.
        """
        write = self._asked(key, ["open", window, asked.model_dump(mode="json")])
        before = await self.store.repeated(self._day.hall, write)
        if before is not None:  # whatever has changed at the window since
            return self._done(before).case
        clerk = self._clerk(window)
        service = self._day.plan.service_by_code.get(ServiceCode(asked.service))
        if service is None:
            raise self._refused(ServiceUnknown(asked.service))
        if asked.ticket is not None and TicketId(asked.ticket) not in self._day.tickets:
            raise self._refused(TicketUnknown(asked.ticket))
        written = await self.store.open(
            self._day.hall,
            self.now.date(),
            write,
            lambda case: open_case(
                case,
                service,
                hall=self._day.hall,
                window=WindowId(window),
                clerk=clerk,
                ticket=asked.ticket,
                received=asked.received,
            ),
        )
        return self._done(written).case

    async def step(self, case: str, action: CaseAction, asked: StepAsked, key: str) -> Step:
        """Take a step of a case.

        Raises:
            Problem: it is refused.
            OperatingError: it can't be written now.
        """
        write = self._asked(key, [action, case, asked.model_dump(mode="json")])
        before = await self.store.repeated(self._day.hall, write)
        if before is not None:
            done = self._done(before)
            return Step(done.case, number=self._number(done))
        clerk = self._clerk(asked.window) if asked.window is not None else ""
        allows = self._day.plan.policies.deferred_materials
        situation = Situation(self.now.date(), clerk, CALENDAR, allows)
        command = _command(action, asked)
        ticket = None
        if action is CaseAction.CALL_OUTPUT and asked.call:
            ticket = await self._call(case, asked, situation, key)
            command = c.CallOutput(ticket.id)

        def decide(now: Case) -> CaseEvent | Refusal:
            return decide_case(now, command, situation)

        written = await self.store.act(self._day.hall, case, asked.version, write, decide)
        if isinstance(written, Refusal) and ticket is not None:  # nobody is called for a result that isn't ready
            await self._parts.submit(
                self._day.hall, commands.CancelTicket(ticket.id), f"{key}.back.{asked.version}", write.actor
            )
        done = self._done(written)
        device = await self._print(done.case, action, asked.window) if asked.print and not done.again else None
        return Step(done.case, device, ticket.number if ticket is not None else None)

    async def case(self, case: str) -> tuple[Case, tuple[CaseRecorded, ...]]:
        """Return a case and its history.

        Raises:
            Problem: there is no such case.
        """
        history = await self.store.history(self._day.hall, case)
        found = fold_case(history)
        if found is None:
            raise self._refused(CaseUnknown(case))
        return found, history

    async def slip(self, case: str, slip: Slip, window: str) -> tuple[str, str]:
        """Print a paper of a case at a window; return the job and its printer.

        Raises:
            Problem: there is no such case, no such paper, or no printer.
        """
        found, _ = await self.case(case)
        if WindowId(window) not in self._day.windows:
            raise self._refused(WindowUnknown(window))
        printer = self._printer(window)
        if printer is None:
            raise self._refused(NoPrinterAtWindow(window))
        return await self._offer(found, slip, printer), printer.id

    # -- within -------------------------------------------------------------------------------------------------------

    def _asked(self, key: str, what: list[Any]) -> Asked:
        digest = hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()
        return Asked(f"http/{key}", digest, self._actor, self.now)

    def _clerk(self, window: str) -> str:
        state = self._day.windows.get(WindowId(window))
        if state is None:
            raise self._refused(WindowUnknown(window))
        if state.status is not WindowStatus.OPEN:
            raise self._refused(WindowNotOpen(window, state.status))
        return state.clerk or ""

    def _refused(self, refusal: Refusal) -> Problem:
        self._parts.metrics.refusals.labels(refusal.code).inc()
        return refused(refusal)

    def _done(self, written: Written | Refusal) -> Written:
        if isinstance(written, Refusal):
            raise self._refused(written)
        states = [state.state for state in map(fold_case, (written.history[:-1], written.history)) if state is not None]
        if not written.again and len(set(states)) == len(states):
            self._parts.metrics.cases.labels(self._day.hall, written.case.state).inc()
        return written

    async def _call(self, case: str, asked: StepAsked, situation: Situation, key: str) -> Ticket:
        """Return a ticket for the output window, if the case may be called there."""
        found, _ = await self.case(case)
        refusal = decide_case(found, c.CallOutput(), situation)
        if isinstance(refusal, Refusal):
            raise self._refused(refusal)
        plan = self._day.plan
        service = next(
            (one.code for one in plan.services if one.special is WindowKind.OUTPUT and plan.windows_for[one.code]), None
        )
        if service is None:
            raise self._refused(NoOutputService())
        issue = commands.IssueTicket((service,), channel="desk")
        result = await self._parts.submit(self._day.hall, issue, f"{key}.output.{asked.version}", self._actor)
        ticket = result.answer.subject
        if not isinstance(ticket, Ticket):
            raise TypeError(f"a ticket's command is answered with {type(ticket).__name__}")
        return ticket

    def _number(self, written: Written) -> str | None:
        """Return the number that was called, where it is of today."""
        ticket = self._day.tickets.get(TicketId(written.case.output_ticket or ""))
        return ticket.number if ticket is not None else None

    def _printer(self, window: str) -> Device | None:
        devices = self._parts.devices.of(self._day.plan)
        return next((one for one in devices if one.kind is DeviceKind.PRINTER and one.window == window), None)

    async def _print(self, case: Case, action: CaseAction, window: str | None) -> str | None:
        """Print what a step gives; return where. The step is taken, so what can't be kept now is not printed."""
        printer = self._printer(window) if window is not None else None
        if printer is None:
            return None
        try:
            for slip in SLIPS_OF.get(action, ()):
                if slip is not Slip.COMMITMENT or case.pledges:
                    await self._offer(case, slip, printer)
        except OperatingError as error:
            log.warning("slip_not_printed", case=case.id, device=printer.id, error=str(error))
            return None
        return printer.id if action in SLIPS_OF else None

    def _look(self, slip: Slip, printer: Device) -> Look:
        return self._parts.looks.look(self._day.plan, PaperKind(slip.value), printer)

    async def _offer(self, case: Case, slip: Slip, printer: Device) -> str:
        escpos = render_slip(slip, case, self._day.plan.hall, self.now, self._look(slip, printer))
        if isinstance(escpos, Refusal):
            raise self._refused(escpos)
        job = f"{JOB_PREFIX}{case.id}-{slip}-{secrets.token_hex(JOB_BYTES)}"
        await self._parts.spool.put(
            PrintJob(
                id=job,
                hall=self._day.hall,
                device=printer.id,
                paper=PaperKind(slip.value),
                subject=case.id,
                escpos=escpos,
                paper_mm=printer.paper_mm,
                requested_at=self.now,
                requested_by=self._actor,
                expires_at=self.now + TTL,
            )
        )
        return job


def _command(action: CaseAction, asked: StepAsked) -> c.CaseCommand:
    match action:
        case CaseAction.RECEIVE:
            return c.ReceiveCase()
        case CaseAction.NOTICE:
            return c.IssueNotice(tuple(asked.missing), tuple(asked.present), asked.reason)
        case CaseAction.ACCEPT:
            return c.AcceptCase(tuple(asked.deferred), asked.due)
        case CaseAction.SUPPLY:
            return c.SupplyMaterial(asked.material)
        case CaseAction.COMPLETE:
            return c.CompleteCase()
        case CaseAction.CALL_OUTPUT:
            return c.CallOutput()
        case CaseAction.PICK_UP:
            return c.PickUp()
        case CaseAction.SEND:
            return c.SendResult(asked.courier, asked.tracking)
        case CaseAction.DELIVER:
            return c.ConfirmDelivery()
        case CaseAction.WITHDRAW:
            return c.WithdrawCase(asked.reason)
