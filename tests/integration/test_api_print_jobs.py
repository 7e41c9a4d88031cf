"""Print jobs of all papers over HTTP: where each is, offered again, printed once more, too old."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.check_ins import CheckIns
from api.device_floor import DeviceFloor
from api.paper import REOFFER_S
from api.spool import KEPT, TTL
from controller.plan import Device, DeviceId, DeviceKind
from controller.runtime.print_store import PrintStore
from devices.messages import ReceiptFailed, ReceiptPrinted
from tests.support.api_hall import ONLINE, ApiHall, api_hall
from tests.support.engines import HALL, small_plan
from tests.support.hall_client import Problem

PRINTER = Device(DeviceId("printer-1"), DeviceKind.PRINTER, paper_mm=58)
TWIN = Device(DeviceId("printer-2"), DeviceKind.PRINTER, paper_mm=58)
MACHINE = Device(DeviceId("machine-1"), DeviceKind.TICKET_MACHINE)
PLAN = replace(small_plan(), devices=(PRINTER, TWIN, MACHINE))


async def jobs(hall: ApiHall) -> list[dict[str, Any]]:
    told = await hall.client.ask("GET", "/papers/jobs")
    return list(told["jobs"])


async def states(hall: ApiHall) -> dict[str, tuple[str, str | None]]:
    return {job["job"]: (job["state"], job["reason"]) for job in await jobs(hall)}


def floor_of(hall: ApiHall) -> DeviceFloor:
    check_ins = CheckIns(hall.engine, hall.journal, hall.clock)
    return DeviceFloor(
        hall.engine, check_ins, hall.directory, hall.orders, lambda _code: None, papers=PrintStore(hall.journal)
    )


async def list_printed(hall: ApiHall, device: str = "printer-1") -> str:
    told = await hall.client.ask("POST", "/papers/closing/print", {"device": device})
    return str(told["job"])


async def test_a_list_is_queued_printing_failed_printed_and_never_unprinted(tmp_path: Path) -> None:
    async with api_hall(tmp_path, PLAN) as hall:
        floor, job = floor_of(hall), await list_printed(hall)
        (told,) = await jobs(hall)
        assert told.items() >= {"paper": "closing", "subject": "2026-03-02", "device": "printer-1"}.items()
        assert await states(hall) == {job: ("queued", None)}
        hall.presence.note(HALL, "printer-1", ONLINE)
        assert await states(hall) == {job: ("printing", None)}
        assert await floor.handle(HALL, "printer-1", ReceiptFailed(id="1", job=job, reason="cover_open")) == {}
        assert await states(hall) == {job: ("failed", "cover_open")}
        await floor.handle(HALL, "printer-2", ReceiptPrinted(id="2", job=job))
        assert await states(hall) == {job: ("failed", "cover_open")}, "another printer has no say"
        await floor.handle(HALL, "printer-1", ReceiptPrinted(id="3", job=job))
        await floor.handle(HALL, "printer-1", ReceiptFailed(id="4", job=job, reason="interrupted_by_restart"))
        assert await states(hall) == {job: ("printed", None)}


async def test_a_ticket_is_listed_beside_the_other_papers_the_newest_first(tmp_path: Path) -> None:
    async with api_hall(tmp_path, PLAN) as hall:
        ticket = await hall.floors.ticket(device=MACHINE.id)
        hall.clock.advance(1)
        job = await list_printed(hall)
        newest, oldest = await jobs(hall)
        assert (newest["job"], oldest["paper"], oldest["subject"]) == (job, "ticket", ticket.number)
        assert (oldest["state"], oldest["device"]) == ("queued", MACHINE.id)


async def test_what_is_unconfirmed_is_offered_again_until_it_is_too_old(tmp_path: Path) -> None:
    """Over a restart as well: the job is in the database, and its id is the same."""
    async with api_hall(tmp_path, PLAN) as hall:
        job = await list_printed(hall)
        hall.clock.advance(REOFFER_S + 1)
        await hall.spool.look()
        assert len(hall.gateway.prints) == 1, "its device isn't there"
        hall.presence.note(HALL, "printer-1", ONLINE)
        await hall.spool.look()
        first, again = hall.gateway.prints
        assert first == again
        hall.clock.advance(TTL.total_seconds())
        await hall.spool.look()
        assert len(hall.gateway.prints) == 2
        assert await states(hall) == {job: ("expired", None)}
        hall.clock.advance(KEPT.total_seconds())
        await hall.spool.look()
        assert await PrintStore(hall.journal).find(HALL, job) is None


async def test_a_paper_is_printed_once_more_and_once_for_each_key(tmp_path: Path) -> None:
    async with api_hall(tmp_path, PLAN) as hall:
        job = await list_printed(hall)
        path = f"/papers/jobs/{job}/reprint"
        for _ in range(2):
            again = await hall.client.ask("POST", path, {}, key="again")
        ((_, first), (device, second)) = hall.gateway.prints
        assert (device, second.job, second.escpos) == ("printer-1", again["job"], first.escpos)
        assert second.job != first.job
        other = await hall.client.ask("POST", path, {"device": "printer-2"})
        assert other["device"] == hall.gateway.prints[-1][0] == "printer-2"
        assert len(await jobs(hall)) == 3


async def test_a_tickets_receipt_is_printed_once_more_also_elsewhere(tmp_path: Path) -> None:
    async with api_hall(tmp_path, PLAN) as hall:
        ticket = await hall.floors.ticket(device=MACHINE.id)
        again = await hall.client.ask("POST", f"/papers/jobs/{ticket.job}/reprint", {"device": "printer-1"})
        newest = next(job for job in await jobs(hall) if job["job"] == again["job"])
        assert (newest["device"], newest["reprint"], newest["subject"]) == ("printer-1", True, ticket.number)


@pytest.mark.parametrize(
    ("job", "body", "expected"),
    [
        ("nothing", {}, (404, "print_job_unknown")),
        (None, {"device": "nowhere"}, (422, "printer_unknown")),
        (None, {"device": "machine-1"}, (422, "paper_width_differs")),
    ],
)
async def test_what_cannot_be_printed_once_more(
    tmp_path: Path, job: str | None, body: dict[str, str], expected: tuple[int, str]
) -> None:
    async with api_hall(tmp_path, PLAN) as hall:
        kept = await list_printed(hall)
        with pytest.raises(Problem) as caught:
            await hall.client.ask("POST", f"/papers/jobs/{job or kept}/reprint", body)
        assert (caught.value.status, caught.value.code) == expected
        assert len(hall.gateway.prints) == 1
        assert len(await jobs(hall)) == 1


async def test_what_cannot_be_kept_is_not_sent(tmp_path: Path) -> None:
    async with api_hall(tmp_path, PLAN) as hall:
        await list_printed(hall)
        async with hall.log_away():
            with pytest.raises(Problem) as caught:
                await list_printed(hall)
        assert caught.value.status == 503
        assert len(hall.gateway.prints) == 1
