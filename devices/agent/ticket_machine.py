"""The ticket machine: asks for tickets and prints what the controller sends.

A print job is tried until it is on paper or too old. The first time that the printer doesn't take it the floor is told
(``receipt_failed``), once; when the printer is back in time the paper comes out all the same (``receipt_printed``).
What keeps a job from being printed twice is in `devices.agent.memory`.
"""

import asyncio
import sqlite3
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import structlog

from devices.agent.backoff import Backoff
from devices.agent.lifetimes import rule_of
from devices.agent.link import Link, NoReplyError
from devices.agent.memory import JobState
from devices.agent.paper_watch import PaperWatch
from devices.agent.program import Program, RefusedError, Tell, UnknownCommandError, say_nothing
from devices.agent.wire import Command, MalformedCommandError, Reply, new_event
from devices.printer import JOB_BYTES_MAX, Printer, PrinterUnavailable

log = structlog.get_logger(__name__)

RETRY_S_MIN, RETRY_S_MAX = 0.5, 8.0
"""A printer that isn't there is tried again after the first, then ever later up to the second."""

JOB_S_MAX = 600.0
"""How long a job without an end of its own is worth printing."""

WAITING_MAX = 200
"""Jobs waiting for the printer; one too many is dropped, and offered again by the controller."""

LOOK_S = 10.0
"""How often an idle printer is asked for its paper and its cover: the next citizen should read of it before."""

WITHOUT_PAPER = frozenset({"printed", "none"})
"""What a reply says of the receipt when none is to come: an appointment checked in once more has its paper already."""

REASON_INTERRUPTED = "interrupted_by_restart"
REASON_EXPIRED = "expired"
REASON_MEMORY = "memory_unavailable"


@dataclass
class PrintJob:
    """A job in hand.

    Attributes:
        job: its id.
        data: what to print.
        expires_at: when it is too old.
        reported: the floor has been told that it isn't printed yet.
        on_paper: the printer took it; all that is left is to remember that.
    """

    job: str
    data: bytes
    expires_at: datetime
    reported: bool = False
    on_paper: bool = False


class TicketMachine(Program):
    """A ticket machine with a printer.

    Attributes:
        printer: where receipts come out.
    """

    def __init__(self, link: Link, printer: Printer, *, tell: Tell = say_nothing, roll_mm: float | None = None) -> None:
        super().__init__(link, tell=tell)
        self.printer = printer
        self._memory = link.memory
        self._watch = PaperWatch(printer, link.memory, roll_mm)
        self._jobs: dict[str, PrintJob] = {}
        self._jobs_changed = asyncio.Event()
        self._promised = 0
        self._taken = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._printing: asyncio.Task[None] | None = None

    async def take_ticket(self, services: Sequence[str], lane: str = "normal") -> Reply:
        """Ask for a ticket.

        Args:
            services: codes of the services wanted, in order.
            lane: ``normal``, ``green``, ``appointment`` or ``assisted``.

        Raises:
            NoReplyError: no answer in time; no ticket was promised.
        """
        return await self._request_paper(new_event("ticket_requested", services=list(services), lane=lane))

    async def check_in(self, appointment: str) -> Reply:
        """Ask for the place that somebody booked; asked again it is the same ticket, and no second receipt.

        Args:
            appointment: the code of the appointment.

        Raises:
            NoReplyError: no answer in time; asking again is harmless.
        """
        return await self._request_paper(new_event("appointment_checked_in", appointment=appointment))

    async def return_ticket(self, ticket: str) -> Reply:
        """Ask for the place of a passed ticket again.

        Raises:
            NoReplyError: no answer in time.
        """
        return await self.link.request(new_event("return_requested", ticket=ticket))

    async def reprint(self, ticket: str) -> Reply:
        """Ask for a ticket's receipt once more.

        Raises:
            NoReplyError: no answer in time.
        """
        return await self._request_paper(new_event("reprint_requested", ticket=ticket))

    async def new_roll(self) -> Reply:
        """Count from a whole roll again, and say so.

        Raises:
            NoReplyError: no answer in time; it is counted all the same.
            sqlite3.Error: it can't be remembered.
        """
        await self._watch.put_in()
        return await self.link.request(new_event("telemetry", **self.readings()))

    async def idle(self) -> None:
        """Wait until a job came for every receipt asked for, and none is waiting for the printer."""
        await self._idle.wait()

    async def _request_paper(self, event: Mapping[str, Any]) -> Reply:
        reply = await self.link.request(event)
        if reply.ok and reply.body.get("receipt") not in WITHOUT_PAPER:
            self._promised += 1
            self._note_idle()
        return reply

    def _note_idle(self) -> None:
        if self._jobs or self._taken < self._promised:
            self._idle.clear()
        else:
            self._idle.set()

    async def carry_out(self, command: Command) -> None:
        """Take a print job, or the word that a new roll was put in.

        Raises:
            MalformedCommandError: it has no id, or nothing that can be printed.
            RefusedError: the roll can't be remembered.
            UnknownCommandError: another command.
        """
        match command.type:
            case "print":
                await self._take(_print_job(command))
            case "new_roll":
                await self._put_in()
            case _:
                raise UnknownCommandError

    async def identify(self, command: Command, seconds: int) -> None:  # noqa: ARG002 - paper has no end
        """Print the line that comes with the command, once; a screen above flashes by itself.

        Raises:
            MalformedCommandError: nothing came that could be printed.
            RefusedError: the printer doesn't take it.
        """
        data = command.data("escpos")
        if not 0 < len(data) <= JOB_BYTES_MAX:
            raise MalformedCommandError(f"identify: escpos has 1 to {JOB_BYTES_MAX} bytes")
        try:
            await self.printer.send(data)
        except PrinterUnavailable as error:
            raise RefusedError(error.reason) from error

    async def show(self, state: Mapping[str, Any]) -> None:
        """Show nothing: a kiosk's screen is a page of its own."""

    def readings(self) -> dict[str, Any]:
        """Return what is known of paper and printer."""
        return self._watch.readings()

    def duties(self) -> dict[str, Coroutine[Any, Any, None]]:
        """Return the printing, the look at its paper, and the report of what an earlier run left in doubt."""
        return {
            "printer": self._print_all(),
            "paper": self._look_at_paper(),
            "interrupted": self._report_interrupted(),
        }

    async def finish(self) -> None:
        """Let the job at the printer end; its time is bounded by the printer's limits."""
        if self._printing is not None:
            (result,) = await asyncio.gather(self._printing, return_exceptions=True)
            if isinstance(result, Exception):
                log.warning("job_left", device=self.link.device, error=str(result))

    async def _take(self, job: PrintJob) -> None:
        if job.job in self._jobs:
            return
        match await asyncio.to_thread(self._memory.state, job.job):
            case JobState.PRINTED:
                await self._tell_floor(_printed(job.job))
            case JobState.INTERRUPTED | JobState.PRINTING:
                await self._tell_floor(_failed(job.job, REASON_INTERRUPTED))
            case _ if len(self._jobs) >= WAITING_MAX:
                log.warning("job_dropped", device=self.link.device, job=job.job, waiting=len(self._jobs))
            case _:
                self._jobs[job.job] = job
                self._taken += 1
                self._note_idle()
                self._jobs_changed.set()

    async def _print_all(self) -> None:
        """Print jobs in the order they came, one after another."""
        pause = Backoff(RETRY_S_MIN, RETRY_S_MAX)
        while True:
            await self._drop_expired()
            if not self._jobs:
                self._note_idle()
                self._jobs_changed.clear()
                await self._jobs_changed.wait()
                continue
            job = next(iter(self._jobs.values()))
            self._printing = asyncio.create_task(self._print(job), name=f"print[{self.link.device}]")
            try:
                await asyncio.shield(self._printing)
            except PrinterUnavailable as error:
                await self._postpone(error.reason, error)
                await self._note_paper(error.reason)
                await asyncio.sleep(pause.next_s())
            except sqlite3.Error as error:
                # A machine that can't remember might print twice: it waits until it can.
                await self._postpone(REASON_MEMORY, error)
                await asyncio.sleep(pause.next_s())
            else:
                pause.reset()
                await self._note_paper(None)

    async def _look_at_paper(self) -> None:
        """Ask the printer how it is while nothing is to be printed."""
        while True:
            await asyncio.sleep(LOOK_S)
            if self._jobs:
                continue
            try:
                await self.printer.ask()
            except PrinterUnavailable as error:
                await self._note_paper(error.reason)
            else:
                if self.printer.status is not None:  # of one that never says anything nothing is known before a job
                    await self._note_paper(None)

    async def _put_in(self) -> None:
        try:
            await self._watch.put_in()
        except sqlite3.Error as error:
            log.warning("memory_unavailable", device=self.link.device, error=str(error))
            raise RefusedError(REASON_MEMORY) from error
        await self._tell_readings()

    async def _note_paper(self, obstacle: str | None) -> None:
        """Tell the floor how much paper is left and whether the printer prints, where that has changed."""
        try:
            if await self._watch.note(obstacle):
                await self._tell_readings()
        except sqlite3.Error as error:
            log.warning("memory_unavailable", device=self.link.device, error=str(error))

    async def _tell_readings(self) -> None:
        readings = self.readings()
        self.tell(readings)
        await self._tell_floor(new_event("telemetry", **readings))

    async def _print(self, job: PrintJob) -> None:
        """Print a job; the order of the steps is the point, see `devices.agent.memory`."""
        if not job.on_paper:
            await asyncio.to_thread(self._memory.begin, job.job)
            try:
                await self.printer.send(job.data)
            except PrinterUnavailable:
                await asyncio.to_thread(self._memory.withdraw, job.job)
                raise
            job.on_paper = True
        event = _printed(job.job)
        worth_s = rule_of(event).worth_s
        payload = orjson.dumps(event)
        await self._watch.printed(
            job.data, lambda paper: self._memory.finish(job.job, event["id"], payload, worth_s, paper=paper)
        )
        del self._jobs[job.job]
        self.link.send_kept()
        self.tell({"printed": job.job})

    async def _postpone(self, reason: str, error: Exception) -> None:
        """Tell the floor of every waiting job, once, that it isn't printed yet."""
        log.warning("printer_unavailable", device=self.link.device, waiting=len(self._jobs), error=str(error))
        for job in [job for job in self._jobs.values() if not job.reported and not job.on_paper]:
            await self._report(job, reason)

    async def _drop_expired(self) -> None:
        now = datetime.now(UTC)
        for job in [job for job in self._jobs.values() if job.expires_at <= now and not job.on_paper]:
            del self._jobs[job.job]
            log.warning("job_expired", device=self.link.device, job=job.job)
            if not job.reported:
                await self._report(job, REASON_EXPIRED)

    async def _report(self, job: PrintJob, reason: str) -> None:
        job.reported = True
        self.tell({"not_printed": job.job, "reason": reason})
        await self._tell_floor(_failed(job.job, reason))

    async def _report_interrupted(self) -> None:
        for job in self._memory.interrupted:
            self.tell({"not_printed": job, "reason": REASON_INTERRUPTED})
            await self._tell_floor(_failed(job, REASON_INTERRUPTED))

    async def _tell_floor(self, event: Mapping[str, Any]) -> None:
        """Send an event in the background, kept until it is answered if that is possible."""
        try:
            worth_s = rule_of(event).worth_s
            await asyncio.to_thread(self._memory.keep, event["id"], orjson.dumps(event), worth_s)
        except sqlite3.Error as error:
            log.warning("memory_unavailable", device=self.link.device, error=str(error))
            try:
                await self.link.request(event, keep=False)
            except NoReplyError as unanswered:
                log.warning("event_lost", device=self.link.device, type=event["type"], error=str(unanswered))
        else:
            self.link.send_kept()


def _print_job(command: Command) -> PrintJob:
    job = command.text("job")
    data = command.data("escpos")
    if not job or not 0 < len(data) <= JOB_BYTES_MAX:
        raise MalformedCommandError(f"print: a job needs an id and 1 to {JOB_BYTES_MAX} bytes")
    expires_at = command.time("expires_at") or datetime.now(UTC) + timedelta(seconds=JOB_S_MAX)
    return PrintJob(job, data, expires_at)


def _printed(job: str) -> dict[str, Any]:
    """Return the event that a job is on paper; its id is the job's, so saying it twice is harmless."""
    return new_event("receipt_printed", event_id=f"{job}-printed", job=job)


def _failed(job: str, reason: str) -> dict[str, Any]:
    return new_event("receipt_failed", event_id=f"{job}-{reason}", job=job, reason=reason)
