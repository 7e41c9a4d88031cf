"""The clerks: each looks at the window, does the next thing, and looks again.

A turn depends on nothing but what the controller says of the window, so a clerk gets along with a visitor who presses
keys too, with a controller that was away, and with a day that was begun before.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from api.demo.chance import generator, service_s
from api.demo.contract import Contract, Form, Refused
from api.demo.crowd import NO_ANSWER, Crowd
from api.demo.machines import Machines
from api.demo.roster import substitute_of
from api.demo.tempo import Tempo
from controller.plan import Plan, Window, WindowId
from controller.runtime.catalogue import text

log = structlog.get_logger(__name__)

RECALL_S = 25.0
"""How long a clerk waits for somebody before calling again."""

CALLS_MAX = 3
"""Whoever doesn't come after so many calls is passed."""

IDLE_S = 12.0
"""How long a clerk with nobody to call does something else."""

SETTLE_S = (5.0, 60.0)
"""When clerks sit down after the doors opened."""

TIDY_S = (10.0, 40.0)
"""Between two services: the papers."""

TROUBLE_S_MIN = 0.5
"""Least real time before a clerk tries again what didn't work."""

BY_PAD = 0.75
"""Share of the presses that a clerk who has a call pad makes on it; the rest is done at the computer."""

HOLD, TRANSFER, LEAVE = 0.05, 0.04, 0.06
"""How often a service is set aside for a missing copy, is sent on to a colleague, and is followed by a break."""

HOLD_AT, TRANSFER_AT = 0.3, 0.25
"""How far a service is then."""

RESUME = 0.5
"""How often a held ticket comes before the next one."""

AWAY_S = (240.0, 600.0)
REASONS = 4
"""Reasons to step away that the catalogue has."""


@dataclass(frozen=True, slots=True)
class Office:
    """What all clerks of a hall share.

    Attributes:
        plan: of the hall.
        contract: their computers' line to the controller.
        machines: where their call pads are.
        crowd: whom they serve.
        tempo: how fast they live.
        seed: of what chance decides about them.
        at_work: windows whose clerk is there.
    """

    plan: Plan
    contract: Contract
    machines: Machines
    crowd: Crowd
    tempo: Tempo
    seed: int
    at_work: set[WindowId] = field(default_factory=set)


class Clerk:
    """The clerk of a window."""

    def __init__(self, window: Window, office: Office) -> None:
        self._window = window
        self._office = office
        self._tempo = office.tempo
        self._chance = generator(office.seed, f"clerk {window.id}")
        self._left_s: dict[str, float] = {}
        self._set_aside: set[str] = set()
        self._earned_break = False

    async def work(self) -> None:
        """Work for as long as the demo lasts; what is refused or gets no answer is tried again, in another turn."""
        await self._tempo.sleep(self._chance.uniform(*SETTLE_S))
        while True:
            try:
                await self._turn(await self._office.contract.window(self._window.id))
            except (Refused, *NO_ANSWER) as error:
                log.info("press_failed", window=self._window.id, error=str(error))
                await self._pause()
            except Exception:  # one clerk's fault, told whole, must not leave a window of the demo empty
                log.exception("clerk_failed", window=self._window.id)
                await self._pause()

    async def _pause(self) -> None:
        await asyncio.sleep(max(TROUBLE_S_MIN, self._tempo.real_s(IDLE_S)))

    async def _turn(self, console: Form) -> None:
        """Do one thing."""
        here = console["window"]
        if here["status"] == "open":
            self._office.at_work.add(self._window.id)
        match here["status"], here["stage"]:
            case "closed", _:
                await self._press("open", clerk=text("demo.clerk", self._language, number=self._window.number))
            case "away", _:
                await self._tempo.sleep(self._chance.uniform(*AWAY_S))
                await self._press("back")
            case _, "called":
                await self._await_citizen(console["current"]["ticket"], int(here["times"]))
            case _, "serving":
                await self._serve(console["current"])
            case _:
                await self._choose(console)

    async def _choose(self, console: Form) -> None:
        """Decide what to do at a free window."""
        if console["held"] and (not console["eligible"] or self._chance.random() < RESUME):
            await self._press("resume", ticket=console["held"][0]["ticket"])
        elif self._earned_break and await self._step_away():
            self._earned_break = False
        elif console["eligible"]:
            await self._press("next")
        else:
            await self._tempo.sleep(IDLE_S)

    async def _step_away(self) -> bool:
        """Leave for a while if a colleague stays; return whether that was so."""
        others = frozenset(self._office.at_work) - {self._window.id}
        substitute = substitute_of(self._office.plan, self._window.id, others)
        if substitute is None:
            return False
        self._office.at_work.discard(self._window.id)
        until = datetime.now(UTC) + timedelta(seconds=self._tempo.real_s(AWAY_S[1]))
        reason = text(f"demo.away_{self._chance.randint(1, REASONS)}", self._language)
        await self._press("away", reason=reason, substitute=substitute, until=until.isoformat())
        return True

    async def _await_citizen(self, ticket: str, times: int) -> None:
        """Wait for the one who is called; call again, and at last go on without them."""
        walk_s = self._office.crowd.called(ticket, self._window.id)
        waited_s = RECALL_S * (times - 1)
        if walk_s is not None and walk_s <= waited_s + RECALL_S:
            await self._tempo.sleep(walk_s - waited_s)
            await self._press("start")
        elif times < CALLS_MAX:
            await self._tempo.sleep(RECALL_S)
            await self._press("recall")
        else:
            await self._tempo.sleep(RECALL_S)
            await self._press("no-show")
            self._office.crowd.passed(ticket)

    async def _serve(self, current: Form) -> None:
        """Serve to the end, or until something comes between."""
        ticket = str(current["ticket"])
        left_s = self._left_s.get(ticket) or service_s(self._chance, self._minutes(current["services"]))
        fate = self._chance.random() if ticket not in self._set_aside else 1.0
        if fate < HOLD:
            await self._tempo.sleep(left_s * HOLD_AT)
            await self._press("hold")
            self._left_s[ticket] = left_s * (1 - HOLD_AT)
            self._set_aside.add(ticket)
            return
        colleague = self._colleague(current["services"]) if fate < HOLD + TRANSFER else None
        if colleague is not None:
            await self._tempo.sleep(left_s * TRANSFER_AT)
            await self._press("transfer", to_window=colleague, note=text("demo.transfer_note", self._language))
            return
        await self._tempo.sleep(left_s)
        await self._press("finish")
        self._left_s.pop(ticket, None)
        self._set_aside.discard(ticket)
        self._earned_break = self._earned_break or self._chance.random() < LEAVE
        if self._window.id not in self._office.machines.review_pads:
            self._office.crowd.served(ticket, self._window.id)  # elsewhere the pad's invitation says so
        await self._tempo.sleep(self._chance.uniform(*TIDY_S))

    def _minutes(self, services: list[str]) -> float:
        known = self._office.plan.service_by_code
        return sum(service.minutes for code, service in known.items() if code in services) or 1

    def _colleague(self, services: list[str]) -> WindowId | None:
        """Return another clerk's window that serves all of these, if there is one."""
        able = frozenset(self._office.at_work) - {self._window.id}
        for code, windows in self._office.plan.windows_for.items():
            if code in services:
                able &= windows
        return self._chance.choice(sorted(able)) if able else None

    @property
    def _language(self) -> str:
        return self._office.plan.hall.language

    async def _press(self, action: str, **details: Any) -> None:
        """Press a key of the call pad, or do the same at the computer.

        Raises:
            Refused: the floor said no.
            NoReplyError: no answer from the pad.
            Unavailable: no answer over HTTP.
        """
        pad = self._office.machines.call_pads.get(self._window.id)
        if pad is None or self._chance.random() >= BY_PAD:
            await self._office.contract.press(self._window.id, action, details)
            return
        reply = await pad.press(action, details)
        if not reply.ok:
            raise Refused(reply.code, reply.message)
