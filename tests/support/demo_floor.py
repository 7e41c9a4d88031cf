"""The pure core as the demo's people meet it: their contract, their machines and their pads, without any network."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from api.demo.contract import Refused
from api.presses import Action, Details, command_of
from controller import commands as c
from controller.model import TicketId
from controller.plan import Lane, Plan, ServiceCode, WindowId
from controller.refusals import Refusal
from controller.runtime.catalogue import text
from controller.views import console_form, issued_form
from devices.agent.wire import Reply
from tests.support.core_floor import Floor

TURNS = 30


class InstantTempo:
    """Time that passes at once.

    Attributes:
        slept: simulated seconds of each pause.
    """

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.at_s = 0.0

    def now_s(self) -> float:
        return self.at_s

    def real_s(self, simulated_s: float) -> float:
        return simulated_s

    async def sleep(self, simulated_s: float) -> None:
        self.slept.append(simulated_s)
        self.at_s += max(0.0, simulated_s)

    async def sleep_until(self, at_s: float) -> None:
        await self.sleep(at_s - self.at_s)


class DemoFloor:
    """A hall's contract, answered by the core.

    Attributes:
        floor: the day.
        presses: what was pressed at windows, oldest first.
    """

    def __init__(self, plan: Plan) -> None:
        self.floor = Floor(plan)
        self.presses: list[tuple[str, str]] = []

    async def window(self, window: str) -> dict[str, Any]:
        day = self.floor.day
        return console_form(day, day.windows[WindowId(window)], self.floor.at)

    async def press(self, window: str, action: str, details: Mapping[str, Any]) -> None:
        self.presses.append((window, action))
        given = dict(details)
        if "until" in given:
            given["until"] = datetime.fromisoformat(given["until"])
        self._do(command_of(Action(action), window, Details(**given)))

    async def take_ticket(self, services: Sequence[str], lane: str, channel: str) -> dict[str, Any]:
        self._do(c.IssueTicket(tuple(map(ServiceCode, services)), Lane(lane), channel))
        newest = next(reversed(list(self.floor.day.tickets)))
        return issued_form(self.floor.day.tickets[newest])

    async def give_back(self, ticket: str, token: str) -> None:
        assert self.floor.ticket(TicketId(ticket)).token == token
        self._do(c.CancelTicket(TicketId(ticket)))

    async def review(self, token: str, level: int, tags: Sequence[str], words: str) -> None:
        (ticket,) = [each.id for each in self.floor.day.tickets.values() if each.token == token]
        self._do(c.SubmitReview(level, tuple(tags), words, ticket))

    def _do(self, command: c.Command) -> None:
        decision = self.floor.ask(command)
        if isinstance(decision, Refusal):
            raise Refused(decision.code, text(f"refusal.{decision.code}", **decision.params))

    def actions(self, window: str) -> list[str]:
        """Return what was pressed at a window."""
        return [action for where, action in self.presses if where == window]


class PaperlessMachine:
    """A ticket machine that asks the core."""

    def __init__(self, contract: DemoFloor) -> None:
        self._contract = contract

    async def take_ticket(self, services: Sequence[str], lane: str) -> Reply:
        return await _replied(lambda: self._contract.take_ticket(services, lane, "kiosk"))

    async def return_ticket(self, ticket: str) -> Reply:
        async def back() -> dict[str, Any]:
            self._contract._do(c.ReturnTicket(TicketId(ticket)))
            return {}

        return await _replied(back)


async def _replied(ask: Callable[[], Any]) -> Reply:
    try:
        body = await ask()
    except Refused as refusal:
        return Reply(ok=False, code=refusal.code, message=str(refusal), body={})
    return Reply(ok=True, code="", message="", body=body)


def machines(contract: DemoFloor, **more: Any) -> Any:
    """Return the devices of a hall with one ticket machine, and others given by kind."""
    kinds: dict[str, Any] = {"call_pads": {}, "review_pads": {}}
    return SimpleNamespace(ticket_machines=[PaperlessMachine(contract)], **(kinds | more))
