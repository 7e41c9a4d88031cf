"""Papers over HTTP: how they come out, of the plan in force and of a draft, and the list of the day."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from api.plan_text import plan_text
from controller.papers import PaperKind, PaperLine, Papers, PaperTemplate
from controller.plan import Device, DeviceId, DeviceKind
from devices.escpos_decoder import decode
from tests.support.access import access_headers
from tests.support.api_hall import ApiHall, api_hall
from tests.support.engines import HALL, small_plan
from tests.support.hall_client import Problem

PRINTER = Device(DeviceId("printer-1"), DeviceKind.PRINTER, paper_mm=58)
TICKET_MACHINE = Device(DeviceId("machine-1"), DeviceKind.TICKET_MACHINE)
PLAN = replace(small_plan(), devices=(PRINTER, TICKET_MACHINE))
SHORT = PaperTemplate(PaperKind.TICKET, (PaperLine(part="number"),))


async def preview(hall: ApiHall, paper: str, body: dict[str, Any]) -> httpx.Response:
    async with httpx.AsyncClient(base_url=hall.url, headers=access_headers(hall.url)) as client:
        return await client.post(f"/api/v1/halls/{HALL}/papers/{paper}/preview", json=body)


async def test_a_preview_is_a_picture_of_the_paper_in_force_or_of_a_draft(tmp_path: Path) -> None:
    async with api_hall(tmp_path, PLAN) as hall:
        heights = []
        for text in (None, plan_text(replace(PLAN, papers=Papers(templates=(SHORT,))))):
            answer = await preview(hall, "ticket", {"paper_mm": 58, "text": text})
            assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
            with Image.open(io.BytesIO(answer.content)) as picture:
                assert picture.width == 58 * 8
                heights.append(picture.height)
        assert heights[1] < heights[0]
        for paper in PaperKind:
            assert (await preview(hall, paper, {})).status_code == 200


@pytest.mark.parametrize(
    ("paper", "body"), [("ticket", {"text": "hall: {}"}), ("ticket", {"paper_mm": 76}), ("banknote", {})]
)
async def test_what_cannot_be_shown(tmp_path: Path, paper: str, body: dict[str, Any]) -> None:
    async with api_hall(tmp_path, PLAN) as hall:
        assert (await preview(hall, paper, body)).status_code == 422


async def test_the_list_of_the_day_is_printed_where_it_is_asked_for(tmp_path: Path) -> None:
    async with api_hall(tmp_path, PLAN) as hall:
        ticket = await hall.floors.ticket()
        told = await hall.client.ask("POST", "/papers/closing/print", {"device": "printer-1"})
        ((device, job),) = hall.gateway.prints
        assert (device, job.job) == ("printer-1", told["job"])
        printed = decode(job.escpos)
        assert any(line.text.startswith(ticket.number) for line in printed.lines)
        assert all(line.columns <= 32 for line in printed.lines)
        with pytest.raises(Problem) as caught:
            await hall.client.ask("POST", "/papers/closing/print", {"device": "nowhere"})
        assert (caught.value.status, caught.value.code) == (422, "printer_unknown")
        assert len(hall.gateway.prints) == 1


async def test_a_hall_without_paper_prints_no_ticket(tmp_path: Path) -> None:
    async with api_hall(tmp_path, replace(PLAN, papers=Papers(tickets=False))) as hall:
        ticket = await hall.floors.ticket(device=TICKET_MACHINE.id)
        assert ticket.receipt == "none"
        assert hall.gateway.prints == []
