"""The demo's clerks at the windows of a real core."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from api.demo import clerk as clerks
from api.demo.clerk import Clerk, Office
from api.demo.contract import Refused, Unavailable
from controller import commands as c
from controller.model import TicketState, WindowStatus
from controller.plan import WindowId
from devices.agent.wire import Reply
from tests.support.core_floor import ALL, PENSION, RURAL, SOCIAL, floor_plan
from tests.support.demo_floor import TURNS, DemoFloor, InstantTempo, machines


class Desk:
    """A clerk at the window for everything, and whom they serve.

    Attributes:
        walk_s: how long the citizens walk; ``None`` for ones who aren't there.
        passed: tickets that were passed.
        served: tickets of which the clerk said that they are served.
    """

    def __init__(self, **devices: Any) -> None:
        self.contract = DemoFloor(floor_plan())
        self.floor = self.contract.floor
        self.tempo = InstantTempo()
        self.walk_s: float | None = 5.0
        self.passed: list[str] = []
        self.served: list[str] = []
        crowd = SimpleNamespace(
            called=lambda _ticket, _window: self.walk_s,
            passed=self.passed.append,
            served=lambda ticket, _window: self.served.append(ticket),
        )
        contract: Any = self.contract
        tempo: Any = self.tempo
        people: Any = crowd
        office = Office(self.floor.plan, contract, machines(self.contract, **devices), people, tempo, seed=1)
        self.office = office
        self.clerk = Clerk(self.floor.plan.window_by_id[ALL], office)

    async def until(self, condition: Callable[[], object]) -> None:
        """Let the clerk work until something is so."""
        for _ in range(TURNS):
            if condition():
                return
            await self.clerk._turn(await self.contract.window(ALL))
        raise AssertionError(self.contract.presses)

    def state(self, ticket: str) -> TicketState:
        return self.floor.ticket(ticket).state  # type: ignore[arg-type]


@pytest.fixture
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing come between."""
    for name in ("HOLD", "TRANSFER", "LEAVE"):
        monkeypatch.setattr(clerks, name, 0.0)


async def test_a_clerk_opens_calls_serves_and_finishes(calm: None) -> None:
    desk = Desk()
    ticket = desk.floor.issue()
    await desk.until(lambda: desk.state(ticket) is TicketState.FINISHED)
    assert desk.contract.actions(ALL) == ["open", "next", "start", "finish"]
    assert desk.served == [ticket]
    assert desk.floor.window(ALL).clerk == "1号岗"
    assert max(desk.tempo.slept) > 60, "a service takes minutes"


async def test_with_nobody_to_call_nothing_is_pressed(calm: None) -> None:
    desk = Desk()
    for _ in range(5):
        await desk.clerk._turn(await desk.contract.window(ALL))
    assert desk.contract.actions(ALL) == ["open"]


async def test_who_does_not_come_is_called_three_times_and_passed(calm: None) -> None:
    desk = Desk()
    desk.walk_s = None
    ticket = desk.floor.issue()
    await desk.until(lambda: desk.state(ticket) is TicketState.NO_SHOW)
    assert desk.contract.actions(ALL) == ["open", "next", "recall", "recall", "no-show"]
    assert desk.passed == [ticket]
    assert desk.tempo.slept.count(clerks.RECALL_S) == clerks.CALLS_MAX


async def test_a_slow_walker_is_called_again_and_served(calm: None) -> None:
    desk = Desk()
    desk.walk_s = clerks.RECALL_S + 10
    ticket = desk.floor.issue()
    await desk.until(lambda: desk.state(ticket) is TicketState.SERVING)
    assert desk.contract.actions(ALL) == ["open", "next", "recall", "start"]
    assert desk.tempo.slept[-2:] == [clerks.RECALL_S, 10]


async def test_what_is_set_aside_is_taken_up_again_and_finished(calm: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clerks, "HOLD", 1.0)
    desk = Desk()
    ticket = desk.floor.issue()
    await desk.until(lambda: desk.state(ticket) is TicketState.FINISHED)
    assert desk.contract.actions(ALL) == ["open", "next", "start", "hold", "resume", "finish"]
    begun, rest = (pause for pause in desk.tempo.slept if pause > 45)
    assert begun / (begun + rest) == pytest.approx(clerks.HOLD_AT)


async def test_a_matter_is_sent_on_to_a_colleague_who_serves_it(calm: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clerks, "TRANSFER", 1.0)
    desk = Desk()
    for window in (SOCIAL, RURAL):
        desk.floor.do(c.OpenWindow(window, "somebody"))
        desk.office.at_work.add(window)
    ticket = desk.floor.issue(PENSION)
    await desk.until(lambda: "transfer" in desk.contract.actions(ALL))
    assert desk.floor.ticket(ticket).window == SOCIAL
    assert desk.state(ticket) is TicketState.WAITING


async def test_with_no_colleague_for_it_the_matter_stays(calm: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clerks, "TRANSFER", 1.0)
    desk = Desk()
    desk.office.at_work.add(RURAL)
    ticket = desk.floor.issue(PENSION)
    await desk.until(lambda: desk.state(ticket) is TicketState.FINISHED)
    assert "transfer" not in desk.contract.actions(ALL)


async def test_a_clerk_steps_away_with_a_reason_and_a_substitute_and_comes_back(
    calm: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clerks, "LEAVE", 1.0)
    desk = Desk()
    desk.floor.do(c.OpenWindow(SOCIAL, "somebody"))
    desk.office.at_work.add(SOCIAL)
    await desk.until(lambda: desk.floor.window(ALL).status is WindowStatus.AWAY)
    assert desk.floor.window(ALL).notice
    assert desk.floor.window(ALL).substitute == SOCIAL
    assert ALL not in desk.office.at_work
    monkeypatch.setattr(clerks, "LEAVE", 0.0)
    await desk.until(lambda: desk.floor.window(ALL).status is WindowStatus.OPEN)
    assert desk.contract.actions(ALL) == ["open", "away", "back"]


async def test_the_last_one_there_stays(calm: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clerks, "LEAVE", 1.0)
    desk = Desk()
    ticket = desk.floor.issue()
    await desk.until(lambda: desk.state(ticket) is TicketState.FINISHED)
    assert "away" not in desk.contract.actions(ALL)


async def test_a_window_that_somebody_else_has_moved_on_is_no_trouble(calm: None) -> None:
    desk = Desk()
    ticket = desk.floor.issue()
    await desk.until(lambda: desk.state(ticket) is TicketState.CALLED)
    stale = await desk.contract.window(ALL)
    desk.floor.do(c.PassTicket(ALL))
    with pytest.raises(Refused):
        await desk.clerk._turn(stale)
    second = desk.floor.issue()
    await desk.until(lambda: desk.state(second) is TicketState.FINISHED)


async def test_with_a_review_pad_the_pad_says_who_was_served(calm: None) -> None:
    desk = Desk(review_pads={ALL: object()})
    ticket = desk.floor.issue()
    await desk.until(lambda: desk.state(ticket) is TicketState.FINISHED)
    assert desk.served == []


async def test_presses_go_by_the_call_pad_and_its_refusals_count(calm: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clerks, "BY_PAD", 1.0)
    pressed: list[str] = []

    async def press(action: str, _details: object) -> Reply:
        pressed.append(action)
        return Reply(ok=False, code="window_busy", message="busy", body={})

    desk = Desk(call_pads={ALL: SimpleNamespace(press=press)})
    with pytest.raises(Refused, match="window_busy"):
        await desk.clerk._turn(await desk.contract.window(ALL))
    assert pressed == ["open"]
    assert desk.contract.presses == []


async def test_a_clerk_goes_on_after_whatever_went_wrong(calm: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clerks, "TROUBLE_S_MIN", 0.0)
    desk = Desk()
    monkeypatch.setattr(desk.tempo, "real_s", lambda _seconds: 0.0)
    troubles = [Unavailable("away"), Refused("no", "no"), ValueError("a fault of ours")]
    ticket = desk.floor.issue()
    ask = desk.contract.window

    async def window(name: str) -> dict[str, Any]:
        if troubles:
            raise troubles.pop()
        if desk.state(ticket) is TicketState.FINISHED:
            done.set()
            await asyncio.Event().wait()
        return await ask(WindowId(name))

    done = asyncio.Event()
    monkeypatch.setattr(desk.contract, "window", window)
    working = asyncio.create_task(desk.clerk.work())
    await asyncio.wait_for(done.wait(), 30)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    assert desk.contract.actions(ALL) == ["open", "next", "start", "finish"]
