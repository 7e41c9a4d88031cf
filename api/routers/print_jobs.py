"""The hall's print jobs of today: tickets, slips, lists; where each is, and each once more."""

from datetime import datetime, time
from hashlib import sha256
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path
from pydantic import AwareDatetime, BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from api.access import GuardedApi, caller_of
from api.answers import answer
from api.parts import Key, Ours, Parts, may_answer
from api.problems import Problem
from api.schemas import Asked, Name
from api.spool import TTL
from controller import commands as c
from controller.model import HallDay, JobId, Receipt
from controller.papers import PaperKind
from controller.plan import Device, DeviceId, DeviceKind
from controller.runtime.print_store import PrintJob
from controller.spool import JobState, job_state
from devices.slips import JOB_PREFIX

router = APIRouter(prefix="/halls/{hall}/papers/jobs", tags=["manager"], route_class=GuardedApi)

JOBS_SHOWN_MAX = 200
"""The newest of the day; who looks for an older one has its ticket's or case's number."""

JOB_CHARS = 16
PRINTERS = (DeviceKind.PRINTER, DeviceKind.TICKET_MACHINE)

GivenJob = Annotated[Name, Path()]


class JobForm(BaseModel):
    """A print job."""

    job: str
    paper: PaperKind
    subject: Annotated[str, Field(description="the ticket's or the case's number, or the day")]
    device: str
    state: JobState
    reason: Annotated[str | None, Field(description="why its device hasn't printed it, as far as it said")]
    requested_at: AwareDatetime
    expires_at: AwareDatetime
    reprint: bool


class JobList(BaseModel):
    """The print jobs of today, the newest first."""

    jobs: list[JobForm]


class AgainAsked(Asked):
    """Where to print a job once more; by default where it was to be printed before."""

    device: Annotated[Name | None, Field(description="a printer or ticket machine of the plan")] = None


class AgainForm(BaseModel):
    """The job that prints it once more."""

    job: str
    device: str


@router.get("", response_model=JobList, responses=may_answer(404))
async def list_jobs(hall: str, parts: Ours) -> Response:
    """Return the print jobs of today, of all papers, the newest first."""
    day = await parts.day(hall)
    now = parts.now(day)
    midnight = datetime.combine(day.day, time.min, ZoneInfo(day.plan.hall.timezone))
    receipts = sorted(day.receipts.values(), key=lambda one: one.requested_at, reverse=True)[:JOBS_SHOWN_MAX]
    forms = [_receipt_form(parts, day, receipt, now) for receipt in receipts]
    forms += [_job_form(parts, job, now) for job in await parts.spool.store.since(hall, midnight, JOBS_SHOWN_MAX)]
    forms.sort(key=lambda form: form.requested_at, reverse=True)
    return answer({"jobs": [form.model_dump(mode="json") for form in forms[:JOBS_SHOWN_MAX]]})


@router.post("/{job}/reprint", status_code=202, response_model=AgainForm, responses=may_answer(404, 409, 422))
async def print_again(  # noqa: PLR0917 - FastAPI passes them by name
    hall: str, job: GivenJob, asked: AgainAsked, request: Request, parts: Ours, key: Key
) -> Response:
    """Print a paper once more, as a new job; asked again with the same key it is the same job."""
    day = await parts.day(hall)
    receipt = day.receipts.get(JobId(job))
    by = caller_of(request).actor
    if receipt is not None:
        device = printer_of(day, asked.device).id if asked.device is not None else receipt.device
        result = await parts.submit(hall, c.ReprintReceipt(receipt.ticket, device), key, by)
        subject: Any = result.answer.subject
        return answer({"job": subject.job, "device": device}, 202)
    kept = await parts.spool.store.find(hall, job)
    if kept is None:
        raise Problem(404, "print_job_unknown", {"job": job})
    printer = kept.device
    if asked.device is not None and asked.device != kept.device:
        other = printer_of(day, asked.device)
        if other.paper_mm != kept.paper_mm:
            raise Problem(422, "paper_width_differs", {"device": asked.device, "paper_mm": kept.paper_mm})
        printer = other.id
    now = parts.now(day)
    again = PrintJob(
        id=f"{JOB_PREFIX}{kept.paper}-{sha256(f'{hall}/{key}'.encode()).hexdigest()[:JOB_CHARS]}",
        hall=hall,
        device=printer,
        paper=kept.paper,
        subject=kept.subject,
        escpos=kept.escpos,
        paper_mm=kept.paper_mm,
        requested_at=now,
        requested_by=by,
        expires_at=now + TTL,
    )
    await parts.spool.put(again)
    return answer({"job": again.id, "device": printer}, 202)


def printer_of(day: HallDay, device: str) -> Device:
    """Return a printer or ticket machine of the plan.

    Raises:
        Problem: there is none of that id.
    """
    printer = day.plan.device_by_id.get(DeviceId(device))
    if printer is None or printer.kind not in PRINTERS:
        raise Problem(422, "printer_unknown", {"device": device})
    return printer


def _receipt_form(parts: Parts, day: HallDay, receipt: Receipt, now: datetime) -> JobForm:
    at_device = parts.presence.is_online(day.hall, receipt.device)
    return JobForm(
        job=receipt.job,
        paper=PaperKind.TICKET,
        subject=day.tickets[receipt.ticket].number,
        device=receipt.device,
        state=job_state(receipt.state, receipt.reason, expires_at=receipt.expires_at, now=now, at_device=at_device),
        reason=receipt.reason,
        requested_at=receipt.requested_at,
        expires_at=receipt.expires_at,
        reprint=receipt.reprint,
    )


def _job_form(parts: Parts, job: PrintJob, now: datetime) -> JobForm:
    at_device = parts.presence.is_online(job.hall, job.device)
    return JobForm(
        job=job.id,
        paper=job.paper,
        subject=job.subject,
        device=job.device,
        state=job_state(job.state, job.reason, expires_at=job.expires_at, now=now, at_device=at_device),
        reason=job.reason,
        requested_at=job.requested_at,
        expires_at=job.expires_at,
        reprint=False,
    )
