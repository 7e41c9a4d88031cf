"""The hall's papers: how each comes out of a printer, and the list of the day."""

from datetime import timedelta
from hashlib import sha256
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, StringConstraints
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access import GuardedApi
from api.answers import answer
from api.paper_picture import paper_png
from api.paper_samples import sample
from api.parts import Key, Ours, may_answer
from api.plan_file import FILE_BYTES_MAX, BadPlan, check_text
from api.problems import Problem, language_of
from api.schemas import Asked
from controller.papers import PaperKind
from controller.plan import DeviceId, DeviceKind
from devices.closing_list import render_closing
from devices.escpos_decoder import decode
from devices.messages import Print
from devices.slips import JOB_PREFIX

router = APIRouter(prefix="/halls/{hall}/papers", tags=["manager"], route_class=GuardedApi)

JOB_CHARS = 16
LIST_TTL = timedelta(minutes=15)
"""For so long a list that no printer has taken is of use."""

PRINTERS = (DeviceKind.PRINTER, DeviceKind.TICKET_MACHINE)


class PreviewAsked(Asked):
    """What to show: of the plan in force, or of a plan's text; on the paper of a width."""

    text: Annotated[str, StringConstraints(max_length=FILE_BYTES_MAX)] | None = None
    paper_mm: Literal[58, 80] = 80


class PrintAsked(Asked):
    """Where to print: the id of a printer or a ticket machine in the plan."""

    device: str


class PrintForm(BaseModel):
    """A print job that is on its way to its device."""

    job: str
    device: str


@router.post(
    "/{paper}/preview",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}, "description": "The paper, a pixel a dot."}, **may_answer(404, 422)},
)
async def post_preview(hall: str, paper: PaperKind, asked: PreviewAsked, parts: Ours, request: Request) -> Response:
    """Return a picture of a paper with made-up contents, drawn from the bytes that a printer would get."""
    day = await parts.day(hall)
    plan, language = day.plan, language_of(request)
    if asked.text is not None:
        try:
            plan, _ = await run_in_threadpool(check_text, asked.text.encode("utf-8", "replace"), language, day.day)
        except BadPlan as error:
            raise Problem(422, "plan_invalid", {"count": len(error.faults)}) from error
    now = parts.now(day)

    def drawn() -> bytes:
        look = parts.looks.look(plan, paper, None, asked.paper_mm)
        return paper_png(decode(sample(plan, paper, look, now, parts.paper.public_url)), asked.paper_mm)

    return Response(await run_in_threadpool(drawn), media_type="image/png", headers={"Cache-Control": "no-store"})


@router.post("/closing/print", status_code=202, response_model=PrintForm, responses=may_answer(404, 422))
async def post_closing(hall: str, asked: PrintAsked, parts: Ours, key: Key) -> Response:
    """Print the list of the day as it stands now; asked again with the same key it is the same job, printed once."""
    day = await parts.day(hall)
    printer = day.plan.device_by_id.get(DeviceId(asked.device))
    if printer is None or printer.kind not in PRINTERS:
        raise Problem(422, "printer_unknown", {"device": asked.device})
    now = parts.now(day)
    look = parts.looks.look(day.plan, PaperKind.CLOSING, printer)
    escpos = await run_in_threadpool(render_closing, day, now, look)
    job = f"{JOB_PREFIX}closing-{day.day:%Y%m%d}-{sha256(key.encode()).hexdigest()[:JOB_CHARS]}"
    command = Print(id=f"print-{job}", job=job, escpos=escpos, expires_at=now + LIST_TTL)
    parts.gateway.publish_command(day.hall, printer.id, command)
    return answer({"job": job, "device": printer.id}, 202)
