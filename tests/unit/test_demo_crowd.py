"""The demo's citizens in a hall of the real core."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from api.demo import crowd as crowds
from api.demo.chance import Opinion, Wish
from api.demo.contract import Unavailable
from api.demo.crowd import VISITOR_WALK_S, Crowd
from controller import commands as c
from controller.model import Ticket, TicketState
from controller.plan import Lane
from devices.agent.link import NoReplyError
from devices.agent.wire import Reply
from tests.support.core_floor import ALL, GRIEVANCE, PENSION, floor_plan
from tests.support.demo_floor import DemoFloor, InstantTempo, machines
from tests.support.mosquitto import until

PATIENT = Wish((PENSION,), Lane.NORMAL, by_phone=False, walk_s=7.0, comes_back=True, patience_s=None, crowd_max=None)
PLEASED = Opinion(5, ("510",), "demo.words_good_1", by_phone=True)


class Hall:
    """A hall with one window open, into which people come one by one.

    Attributes:
        wishes: what those who come want; the last one for all further ones.
        says: what they say at the end.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *wishes: Wish, says: Opinion | None = None, **devices: Any):
        self.contract = DemoFloor(floor_plan())
        self.floor = self.contract.floor
        self.floor.do(c.OpenWindow(ALL, "somebody"))
        self.machines = machines(self.contract, **devices)
        self.tempo = InstantTempo()
        coming = list(wishes)
        monkeypatch.setattr(crowds, "wish", lambda *_: coming.pop(0) if len(coming) > 1 else coming[0])
        monkeypatch.setattr(crowds, "opinion", lambda *_: says)
        contract: Any = self.contract
        tempo: Any = self.tempo
        self.crowd = Crowd(
            self.floor.plan, frozenset({ALL}), contract=contract, machines=self.machines, tempo=tempo, seed=1
        )
        self.visits: list[asyncio.Task[None]] = []

    async def enter(self) -> Ticket:
        """Let the next one in, and return their ticket."""
        before = len(self.floor.day.tickets)
        self.visits.append(asyncio.create_task(self.crowd._visit(len(self.visits))))
        await until(lambda: len(self.floor.day.tickets) > before, "a ticket")
        await asyncio.sleep(0)
        return list(self.floor.day.tickets.values())[-1]

    async def gone(self) -> None:
        """Wait until everybody has gone."""
        await asyncio.wait_for(asyncio.gather(*self.visits), 30)
        assert self.crowd._inside == {}

    def now(self, ticket: Ticket) -> Ticket:
        return self.floor.ticket(ticket.id)

    def call(self) -> str:
        ticket = self.floor.call()
        assert ticket is not None
        return ticket


async def wait(condition: Callable[[], object]) -> None:
    await until(condition, "it is so")


async def test_somebody_takes_a_ticket_is_served_and_rates_on_the_phone(monkeypatch: pytest.MonkeyPatch) -> None:
    hall = Hall(monkeypatch, PATIENT, says=PLEASED)
    ticket = await hall.enter()
    assert (ticket.services, ticket.channel) == ((PENSION,), "kiosk")
    assert hall.crowd.called(hall.call(), ALL) == PATIENT.walk_s
    hall.floor.do(c.StartService(ALL))
    hall.floor.do(c.FinishService(ALL))
    hall.crowd.served(ticket.id, ALL)
    await hall.gone()
    (review,) = hall.floor.day.reviews.values()
    assert (review.level, review.tags, review.ticket) == (5, ("510",), ticket.id)


async def test_who_comes_by_phone_takes_no_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    hall = Hall(monkeypatch, replace(PATIENT, by_phone=True, lane=Lane.GREEN))
    ticket = await hall.enter()
    assert (ticket.channel, ticket.lane) == ("phone", Lane.GREEN)
    hall.crowd.served(ticket.id, ALL)
    await hall.gone()
    assert not hall.floor.day.reviews


async def test_a_pad_takes_the_rating_of_the_one_whom_it_invites_and_of_nobody_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[int] = []

    async def submit(level: int, _tags: object, _words: object) -> Reply:
        said.append(level)
        return Reply(ok=True, code="", message="", body={})

    pad = SimpleNamespace(invitation=None, submit=submit)
    hall = Hall(monkeypatch, PATIENT, says=replace(PLEASED, by_phone=False), review_pads={ALL: pad})
    first = await hall.enter()
    second = await hall.enter()
    pad.invitation = SimpleNamespace(ticket=first.id)
    hall.crowd.served(first.id, ALL)
    hall.crowd.served(second.id, ALL)
    await hall.gone()
    assert said == [5]


async def test_one_who_was_passed_comes_back_once(monkeypatch: pytest.MonkeyPatch) -> None:
    hall = Hall(monkeypatch, replace(PATIENT, walk_s=None))
    ticket = await hall.enter()
    assert hall.crowd.called(hall.call(), ALL) is None
    hall.floor.do(c.PassTicket(ALL))
    hall.crowd.passed(ticket.id)
    await wait(lambda: hall.now(ticket).state is TicketState.WAITING)
    assert hall.now(ticket).returns == 1
    assert hall.crowd.called(hall.call(), ALL) == VISITOR_WALK_S, "this time they listen"
    hall.floor.do(c.PassTicket(ALL))
    hall.crowd.passed(ticket.id)
    await hall.gone()
    assert hall.now(ticket).state is TicketState.NO_SHOW


async def test_one_who_does_not_come_back_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    hall = Hall(monkeypatch, replace(PATIENT, walk_s=None, comes_back=False))
    ticket = await hall.enter()
    hall.call()
    hall.floor.do(c.PassTicket(ALL))
    hall.crowd.passed(ticket.id)
    await hall.gone()
    assert hall.now(ticket).state is TicketState.NO_SHOW


async def test_a_return_that_is_refused_ends_the_visit(monkeypatch: pytest.MonkeyPatch) -> None:
    hall = Hall(monkeypatch, PATIENT)
    ticket = await hall.enter()
    hall.crowd.passed(ticket.id)  # somebody pressed the wrong key: the ticket still waits, and can't return
    await hall.gone()
    assert hall.now(ticket).state is TicketState.WAITING


async def test_who_sees_a_crowd_may_turn_on_their_heel(monkeypatch: pytest.MonkeyPatch) -> None:
    hall = Hall(monkeypatch, PATIENT, replace(PATIENT, crowd_max=1))
    stays = await hall.enter()
    leaves = await hall.enter()
    await wait(lambda: hall.now(leaves).state is TicketState.CANCELLED)
    assert hall.now(stays).state is TicketState.WAITING
    hall.crowd.served(stays.id, ALL)
    await hall.gone()


async def test_patience_ends_with_the_ticket_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    hall = Hall(monkeypatch, replace(PATIENT, patience_s=0.01))
    ticket = await hall.enter()
    await hall.gone()
    assert hall.now(ticket).state is TicketState.CANCELLED


async def test_who_is_called_in_time_has_all_the_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    hall = Hall(monkeypatch, replace(PATIENT, patience_s=0.2))
    ticket = await hall.enter()
    hall.crowd.called(hall.call(), ALL)
    loop = asyncio.get_running_loop()
    long_after = loop.time() + 0.4
    await wait(lambda: loop.time() > long_after)
    assert hall.now(ticket).state is TicketState.CALLED
    assert not hall.visits[0].done()
    hall.crowd.served(ticket.id, ALL)
    await hall.gone()


async def test_a_ticket_of_the_visitors_own_is_served_like_any(monkeypatch: pytest.MonkeyPatch) -> None:
    hall = Hall(monkeypatch, PATIENT)
    ticket = hall.floor.issue()
    assert hall.crowd.called(ticket, ALL) == VISITOR_WALK_S
    hall.crowd.passed(ticket)
    hall.crowd.served(ticket, ALL)


@pytest.mark.parametrize("trouble", [NoReplyError("none"), Unavailable("away"), ValueError("a fault of ours")])
async def test_one_persons_trouble_is_nobody_elses(trouble: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    hall = Hall(monkeypatch, PATIENT)

    async def broken(*_: object) -> Reply:
        raise trouble

    hall.machines.ticket_machines.insert(0, SimpleNamespace(take_ticket=broken))
    monkeypatch.setattr(random.Random, "choice", lambda _self, machines: machines[0])
    await asyncio.wait_for(hall.crowd._visit(0), 30)
    hall.machines.ticket_machines.pop(0)
    ticket = await hall.enter()
    hall.crowd.served(ticket.id, ALL)
    await hall.gone()


async def test_a_refused_wish_is_no_ticket(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = floor_plan()
    hall = Hall(monkeypatch, replace(PATIENT, services=(GRIEVANCE,)))
    closed = replace(plan, windows=plan.windows[1:2], services=plan.services[:2])
    hall.contract.floor = type(hall.floor)(closed)
    await asyncio.wait_for(hall.crowd._visit(0), 30)
    assert not hall.contract.floor.day.tickets


async def test_people_come_until_the_demo_ends_and_then_all_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowds, "PEOPLE_MAX", 10)
    hall = Hall(monkeypatch, PATIENT)
    come_on = asyncio.Event()

    async def sleep_until(at_s: float) -> None:
        hall.tempo.at_s = at_s
        await asyncio.sleep(0)
        if at_s > 3600:
            come_on.set()
            await asyncio.Event().wait()

    monkeypatch.setattr(hall.tempo, "sleep_until", sleep_until)
    coming = asyncio.create_task(hall.crowd.come(0.02))
    await asyncio.wait_for(come_on.wait(), 30)
    assert len(hall.crowd._tasks) == len(hall.floor.day.tickets) == 10, "no more than the hall holds"
    coming.cancel()
    await asyncio.gather(coming, return_exceptions=True)
    assert not hall.crowd._tasks
    assert not hall.crowd._inside
