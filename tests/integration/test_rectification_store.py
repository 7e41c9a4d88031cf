"""Rectifications on real databases: one for a review, a step whole or not there, and contacts that end with them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from controller import rectifications as c
from controller.rectification_model import Contact, Rectification, RectificationState
from controller.rectification_refusals import RectificationChanged, RectificationNotInState, RectificationUnknown
from controller.rectifications import Asker, decide_rectification, fold_rectification
from controller.refusals import CommandIdReused, Refusal
from controller.runtime.case_store import Asked
from controller.runtime.journal import Journal
from controller.runtime.rectification_store import Decide, RectificationStore, Sealed, Wanted, Written
from controller.runtime.rectification_tables import rectification_event, review_contact
from tests.support.journals import DATABASES, database_url, journal_at
from tests.support.rectifications import ASSIGN, CLERK, GIVEN_AT, MANAGER, MONDAY, REVIEW, SUBJECT, VERIFY, opening

HALL = "demo"
ERASE_ON = MONDAY + timedelta(days=30)
CONTACT = Sealed(b"sealed", ERASE_ON)
CALLED = replace(VERIFY, reached=c.Reached.REACHED, handling=c.Handling.EXPLAIN)


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return database_url(request, tmp_path)


@pytest.fixture
async def journal(url: str) -> AsyncIterator[Journal]:
    async with journal_at(url) as opened:
        yield opened


def asked(command: str, digest: str = "", minutes: int = 0) -> Asked:
    return Asked(command, digest or f"digest of {command}", "account:x", GIVEN_AT + timedelta(minutes=minutes))


def deciding(command: c.RectificationCommand, today: date = MONDAY) -> Decide:
    return lambda now: decide_rectification(now, command, Asker(today, MANAGER))


async def step(store: RectificationStore, rectification: str, command: c.RectificationCommand, key: str) -> Written:
    written = await store.act(HALL, rectification, None, asked(key), deciding(command))
    assert isinstance(written, Written), written
    return written


async def test_a_review_opens_one_however_many_see_it(journal: Journal) -> None:
    store = RectificationStore(journal)
    both = await asyncio.gather(*(store.open(opening(), asked("review/v1")) for _ in range(2)))
    assert sorted(written.again for written in both) == [False, True]
    assert await store.found(HALL, Wanted()) == [both[0].now]
    assert both[0].now.due == MONDAY + timedelta(days=1)


async def test_it_is_there_after_a_restart_with_its_history(url: str) -> None:
    async with journal_at(url) as journal:
        store = RectificationStore(journal)
        await store.open(opening(), asked("review/v1"))
        await step(store, "v1", VERIFY, "k-1")
        last = (await step(store, "v1", ASSIGN, "k-2")).now
    async with journal_at(url) as journal:
        store = RectificationStore(journal)
        history = await store.history(HALL, "v1")
        assert [entry.command for entry in history] == ["review/v1", "k-1", "k-2"]
        assert fold_rectification(history) == last
        assert await store.history("other", "v1") == ()


async def test_an_id_is_carried_out_once_and_an_older_sight_is_told(journal: Journal) -> None:
    store = RectificationStore(journal)
    await store.open(opening(), asked("review/v1"))
    first = await step(store, "v1", VERIFY, "k-1")
    again = await step(store, "v1", VERIFY, "k-1")
    assert (again.again, again.now) == (True, first.now)
    before = await store.history(HALL, "v1")

    async def refused(rectification: str, command: c.RectificationCommand, version: int | None, key: Asked) -> Refusal:
        decision = await store.act(HALL, rectification, version, key, deciding(command))
        assert isinstance(decision, Refusal)
        assert await store.history(HALL, "v1") == before
        return decision

    assert await refused("v1", ASSIGN, 1, asked("k-2")) == RectificationChanged(2, 1)
    assert await refused("v1", VERIFY, None, asked("k-3")) == RectificationNotInState("v1", RectificationState.VERIFIED)
    assert await refused("v1", VERIFY, None, asked("k-1", "another")) == CommandIdReused("k-1")
    assert await refused("v9", VERIFY, None, asked("k-4")) == RectificationUnknown("v9")


async def test_a_contact_lies_apart_and_goes_with_the_end(journal: Journal) -> None:
    store = RectificationStore(journal)
    offered = await store.offer_contact(opening(), asked("review/v1"), CONTACT)
    assert (offered.again, offered.now.contact) == (False, Contact.OFFERED)
    once_more = await store.offer_contact(opening(), asked("review/v1"), Sealed(b"another", ERASE_ON))
    assert (once_more.again, once_more.now) == (True, offered.now)
    assert await store.contact(HALL, "v1") == b"sealed"
    texts = await journal.look(
        lambda connection: connection.execute(select(rectification_event.c.data)).scalars().all()
    )
    assert not any("sealed" in text for text in texts)
    await step(store, "v1", CALLED, "k-1")
    closed = await step(store, "v1", c.Close("没有依据，已说明"), "k-2")
    assert (closed.now.state, closed.now.contact) == (RectificationState.CLOSED, Contact.ERASED)
    assert await store.contact(HALL, "v1") is None
    assert await journal.look(lambda connection: connection.execute(select(review_contact)).all()) == []


async def test_a_contact_is_kept_only_while_nobody_has_judged(journal: Journal) -> None:
    store = RectificationStore(journal)
    await store.open(opening(), asked("review/v1"))
    await step(store, "v1", VERIFY, "k-1")
    late = await store.offer_contact(opening(), asked("review/v1"), CONTACT)
    assert (late.again, late.now.contact) == (True, Contact.NONE)
    assert await store.contact(HALL, "v1") is None


async def test_a_contact_is_erased_when_its_time_is_over(journal: Journal) -> None:
    store = RectificationStore(journal)
    await store.offer_contact(opening(), asked("review/v1"), CONTACT)
    await store.offer_contact(opening(rectification="v2"), asked("review/v2"), replace(CONTACT, erase_on=date.max))
    assert await store.erase_expired(ERASE_ON - timedelta(days=1), GIVEN_AT) == 0
    assert await store.erase_expired(ERASE_ON, GIVEN_AT) == 1
    assert await store.erase_expired(ERASE_ON, GIVEN_AT) == 0
    now = fold_rectification(await store.history(HALL, "v1"))
    assert now is not None
    assert (now.contact, now.state) == (Contact.ERASED, RectificationState.OPENED)
    assert (await store.contact(HALL, "v1"), await store.contact(HALL, "v2")) == (None, b"sealed")


async def test_they_are_found_by_day_person_and_state_and_counted(journal: Journal) -> None:
    store = RectificationStore(journal)
    later = replace(REVIEW, given_at=GIVEN_AT + timedelta(days=1), clerk=None)
    await store.open(opening(), asked("review/v1"))
    await store.open(opening(later, "v2"), asked("review/v2"))
    await store.open(opening(hall="other", rectification="v3"), asked("review/v3"))
    await step(store, "v1", VERIFY, "k-1")
    await step(store, "v1", ASSIGN, "k-2")

    async def found(wanted: Wanted) -> list[str]:
        return [one.id for one in await store.found(HALL, wanted)]

    assert await found(Wanted()) == ["v2", "v1"]  # v2 is due on Tuesday, v1 next Monday
    assert await found(Wanted(limit=1)) == ["v2"]
    assert await found(Wanted((RectificationState.ASSIGNED,))) == ["v1"]
    assert await found(Wanted(person=CLERK)) == await found(Wanted(person=SUBJECT)) == ["v1"]
    assert await found(Wanted(since=MONDAY + timedelta(days=1))) == ["v2"]
    assert await found(Wanted(until=MONDAY)) == ["v1"]
    late = MONDAY + timedelta(days=2)
    assert await found(Wanted(overdue_on=late)) == ["v2"]
    assert await found(Wanted(is_open=False)) == []
    counts = await store.counts(late)
    assert counts[HALL] == {"overdue": 1, "assigned": 1, "opened": 1}
    assert counts["other"] == {"overdue": 1, "opened": 1}
    assert await store.counts(late, HALL, MONDAY + timedelta(days=1)) == {HALL: {"overdue": 1, "opened": 1}}


async def test_two_who_step_at_once_take_one_step(journal: Journal) -> None:
    store = RectificationStore(journal)
    await store.open(opening(), asked("review/v1"))
    both = await asyncio.gather(
        *(store.act(HALL, "v1", 1, asked(f"k-{place}"), deciding(VERIFY)) for place in range(2))
    )
    taken = [one for one in both if isinstance(one, Written)]
    assert len(taken) == 1
    now: Rectification | None = fold_rectification(await store.history(HALL, "v1"))
    assert now == taken[0].now
