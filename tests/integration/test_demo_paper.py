"""The demo's own receipt printer, at the end of the ticket machines' real line."""

import asyncio
from pathlib import Path

import pytest

from api.demo import paper
from api.demo.paper import PaperPrinter
from devices.printer import JOB_BYTES_MAX, PrinterUnavailable, open_printer


def papers(folder: Path) -> list[bytes]:
    """Return the papers in their order."""
    return [path.read_bytes() for path in sorted(folder.glob("*.escpos"))]


async def test_each_job_is_one_paper(tmp_path: Path) -> None:
    async with PaperPrinter(tmp_path / "receipts") as printer:
        machine = open_printer(printer.address)
        for job in (b"\x1b@A001", b"\x1b@A002"):
            await machine.send(job)
        assert printer.printed == 2
    assert papers(tmp_path / "receipts") == [b"\x1b@A001", b"\x1b@A002"]


async def test_two_machines_at_once_get_two_papers(tmp_path: Path) -> None:
    jobs = [b"%d" % number * 3000 for number in range(8)]
    async with PaperPrinter(tmp_path) as printer:
        await asyncio.gather(*(open_printer(printer.address).send(job) for job in jobs))
    assert sorted(papers(tmp_path)) == sorted(jobs)


async def test_only_the_last_papers_are_kept_over_restarts_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper, "PAPERS_MAX", 3)
    for begin in (0, 4):
        async with PaperPrinter(tmp_path) as printer:
            for number in range(begin, begin + 4):
                await open_printer(printer.address).send(b"%d" % number)
    assert papers(tmp_path) == [b"5", b"6", b"7"]


async def test_an_empty_call_is_no_paper_and_too_long_a_job_neither(tmp_path: Path) -> None:
    async with PaperPrinter(tmp_path) as printer:
        host, _, port = printer.address.removeprefix("tcp://").partition(":")
        for job in (b"", b"x" * (JOB_BYTES_MAX + 1)):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(job)
            writer.write_eof()
            assert await reader.read() == b""
            writer.close()
        await open_printer(printer.address).send(b"good")
    assert papers(tmp_path) == [b"good"]


async def test_a_printer_without_room_says_so_and_prints_again_when_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = True
    write = Path.write_bytes

    def write_bytes(path: Path, content: bytes) -> int:
        if full:
            raise OSError(28, "No space left on device")
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    async with PaperPrinter(tmp_path) as printer:
        with pytest.raises(PrinterUnavailable):
            await open_printer(printer.address).send(b"lost")
        full = False
        await open_printer(printer.address).send(b"kept")
    assert papers(tmp_path) == [b"kept"]


async def test_a_printer_that_is_switched_off_is_not_there(tmp_path: Path) -> None:
    async with PaperPrinter(tmp_path) as printer:
        address = printer.address
    with pytest.raises(PrinterUnavailable):
        await open_printer(address).send(b"too late")
    with pytest.raises(AssertionError):
        assert printer.address
    assert papers(tmp_path) == []
