"""The hall's papers: how each comes out of a printer, and the list of the day."""

from hashlib import sha256
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, StringConstraints
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access import GuardedApi, caller_of
from api.answers import answer
from api.paper_picture import paper_png
from api.paper_samples import sample
from api.parts import Key, Ours, may_answer
from api.plan_file import FILE_BYTES_MAX, BadPlan, check_text
from api.problems import Problem, language_of
from api.routers.print_jobs import JOB_CHARS, printer_of
from api.schemas import Asked
from api.spool import TTL
from controller.papers import PaperKind
from controller.runtime.print_store import PrintJob
from devices.closing_list import render_closing
from devices.escpos_decoder import decode
from devices.slips import JOB_PREFIX

router = APIRouter(prefix="/halls/{hall}/papers", tags=["manager"], route_class=GuardedApi)


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
async def post_closing(hall: str, asked: PrintAsked, request: Request, parts: Ours, key: Key) -> Response:
    """Print the list of the day as it stands now; asked again with the same key it is the same job, printed once."""
    day = await parts.day(hall)
    printer = printer_of(day, asked.device)
    now = parts.now(day)
    look = parts.looks.look(day.plan, PaperKind.CLOSING, printer)
    escpos = await run_in_threadpool(render_closing, day, now, look)
    job = f"{JOB_PREFIX}closing-{day.day:%Y%m%d}-{sha256(f'{hall}/{key}'.encode()).hexdigest()[:JOB_CHARS]}"
    await parts.spool.put(
        PrintJob(
            id=job,
            hall=hall,
            device=printer.id,
            paper=PaperKind.CLOSING,
            subject=day.day.isoformat(),
            escpos=escpos,
            paper_mm=printer.paper_mm,
            requested_at=now,
            requested_by=caller_of(request).actor,
            expires_at=now + TTL,
        )
    )
    return answer({"job": job, "device": printer.id}, 202)
