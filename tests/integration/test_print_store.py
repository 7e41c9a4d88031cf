"""Print jobs on both databases."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from controller.model import ReceiptState
from controller.papers import PaperKind
from controller.runtime.journal import Journal
from controller.runtime.print_store import PrintJob, PrintStore
from tests.support.engines import MORNING
from tests.support.journals import DATABASES, database_url, journal_at

JOB = PrintJob(
    id="slip-1",
    hall="demo",
    device="printer-1",
    paper=PaperKind.NOTICE,
    subject="20260302-0001",
    escpos=bytes(range(256)),
    paper_mm=58,
    requested_at=MORNING,
    requested_by="account:clerk",
    expires_at=MORNING + timedelta(minutes=15),
)


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return database_url(request, tmp_path)


@pytest.fixture
async def journal(url: str) -> AsyncIterator[Journal]:
    async with journal_at(url) as opened:
        yield opened


async def test_a_job_is_kept_once_told_of_by_its_device_and_forgotten(journal: Journal) -> None:
    store, later = PrintStore(journal), replace(JOB, id="slip-2", requested_at=MORNING + timedelta(minutes=1))
    assert await store.add(JOB)
    assert not await store.add(replace(JOB, escpos=b"another")), "its id is known"
    assert await store.add(later)
    assert await store.find("demo", "slip-1") == JOB
    assert await store.find("elsewhere", "slip-1") is None
    assert await store.since("demo", MORNING, 9) == [later, JOB]
    assert await store.since("demo", MORNING, 1) == [later]
    assert await store.unconfirmed(MORNING) == [JOB, later]
    assert await store.unconfirmed(JOB.expires_at) == []
    assert not await store.note("slip-1", "printer-2", ReceiptState.PRINTED)
    assert await store.note("slip-1", "printer-1", ReceiptState.FAILED, "paper_out")
    assert await store.find("demo", "slip-1") == replace(JOB, state=ReceiptState.FAILED, reason="paper_out")
    assert await store.note("slip-1", "printer-1", ReceiptState.PRINTED)
    assert not await store.note("slip-1", "printer-1", ReceiptState.FAILED, "late")
    assert await store.find("demo", "slip-1") == replace(JOB, state=ReceiptState.PRINTED)
    assert await store.unconfirmed(MORNING) == [later]
    assert await store.forget(later.requested_at) == 1
    assert await store.since("demo", MORNING, 9) == [later]
