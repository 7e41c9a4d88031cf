"""The register of lent aids on both databases: nothing is lent twice, whoever lends it, and everything comes back."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from controller.aids import Aid, AidsAllLent, AidsStillLent, AidUnknown, Loan, LoanId, LoanUnknown
from controller.refusals import CommandIdReused
from controller.runtime.aid_store import RETURNED_SHOWN_MAX, AidStore, Write
from controller.runtime.journal import Journal
from tests.support.engines import MORNING, ZONE
from tests.support.journals import DATABASES, database_url, journal_at

GLASSES, CHAIR = "老花镜", "轮椅"


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return database_url(request, tmp_path)


@pytest.fixture
async def journal(url: str) -> AsyncIterator[Journal]:
    async with journal_at(url) as opened:
        yield opened


def write(request: str, minutes: float = 0) -> Write:
    return Write(request, "manager", MORNING + timedelta(minutes=minutes))


async def lent(store: AidStore, number: int, aid: str = GLASSES, minutes: float = 0) -> Loan:
    loan = await store.lend(LoanId(f"loan-{number:03}"), aid, f"A{number:03}", write(f"lend-{number}", minutes))
    assert isinstance(loan, Loan), loan
    return loan


async def test_what_is_lent_is_counted_until_it_comes_back(journal: Journal) -> None:
    store = AidStore(journal, "demo", ZONE)
    assert await store.restock(GLASSES, 2) == Aid(GLASSES, 2, 0)
    assert await store.restock(CHAIR, 1) == Aid(CHAIR, 1, 0)
    first = await lent(store, 1)
    second = await lent(store, 2, minutes=5)
    assert await store.lend(LoanId("more"), GLASSES, "A003", write("lend-3")) == AidsAllLent(GLASSES)
    assert {aid.name: aid.lent for aid in await store.aids()} == {GLASSES: 2, CHAIR: 0}
    assert await store.loans() == [first, second]
    back = await store.take_back(first.id, write("back-1", 30))
    assert back == Loan(first.id, GLASSES, "A001", MORNING, MORNING + timedelta(minutes=30))
    assert await store.loans() == [second, back]
    await lent(store, 4)
    assert await AidStore(journal, "other", ZONE).aids() == []


async def test_a_write_that_is_repeated_is_the_first_one(journal: Journal) -> None:
    store = AidStore(journal, "demo", ZONE)
    await store.restock(GLASSES, 5)
    first = await lent(store, 1)
    assert await store.lend(LoanId("again"), GLASSES, "A001", write("lend-1", 9)) == first
    assert await store.lend(LoanId("other"), GLASSES, "A009", write("lend-1")) == CommandIdReused("lend-1")
    back = await store.take_back(first.id, write("back-1", 10))
    assert await store.take_back(first.id, write("back-2", 20)) == back
    assert [aid.lent for aid in await store.aids()] == [0]


async def test_the_stock_is_never_less_than_what_is_out(journal: Journal) -> None:
    store = AidStore(journal, "demo", ZONE)
    assert await store.lend(LoanId("none"), CHAIR, "A001", write("lend-0")) == AidUnknown(CHAIR)
    await store.restock(CHAIR, 2)
    loan = await lent(store, 1, CHAIR)
    assert await store.restock(CHAIR, 0) == AidsStillLent(CHAIR, 1)
    assert await store.restock(CHAIR, 1) == Aid(CHAIR, 1, 1)
    await store.take_back(loan.id, write("back"))
    assert await store.restock(CHAIR, 0) == Aid(CHAIR, 0, 0)
    assert await store.aids() == []
    assert await store.take_back("nothing", write("back-nothing")) == LoanUnknown("nothing")


async def test_of_two_who_lend_the_last_one_one_is_told_so(url: str) -> None:
    async with journal_at(url) as one, journal_at(url) as other:
        stores = [AidStore(journal, "demo", ZONE) for journal in (one, other)]
        await stores[0].restock(CHAIR, 1)
        told = await asyncio.gather(
            *(
                store.lend(LoanId(f"{turn}-{at}"), CHAIR, "A001", write(f"{turn}-{at}"))
                for turn in range(4)
                for at, store in enumerate(stores)
            )
        )
        assert sum(isinstance(one_told, Loan) for one_told in told) == 1
        assert sum(one_told == AidsAllLent(CHAIR) for one_told in told) == 7
        assert [aid.lent for aid in await stores[1].aids()] == [1]


async def test_only_the_newest_returns_are_listed(journal: Journal) -> None:
    store = AidStore(journal, "demo", ZONE)
    await store.restock(GLASSES, RETURNED_SHOWN_MAX + 5)
    loans = [await lent(store, number) for number in range(RETURNED_SHOWN_MAX + 3)]
    for minute, loan in enumerate(loans[1:], start=1):
        await store.take_back(loan.id, write(f"back-{minute}", minute))
    listed = await store.loans()
    assert [loan.id for loan in listed[:2]] == [loans[0].id, loans[-1].id]
    assert len(listed) == RETURNED_SHOWN_MAX + 1
