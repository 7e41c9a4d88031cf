"""The citizens: they come, take tickets at real machines or by phone, wait, are served, rate, and go.

Each is a task of their own. What goes wrong for one of them is logged, and the others don't notice.
"""

import asyncio
import itertools
import random
import sqlite3
from dataclasses import dataclass, field
from enum import Enum, auto

import structlog

from api.demo.chance import Opinion, Wish, generator, hall_arrivals, opinion, wish
from api.demo.contract import Contract, Form, Refused, Unavailable
from api.demo.machines import Machines
from api.demo.tempo import Tempo
from controller.plan import Plan, WindowId
from controller.runtime.catalogue import text
from devices.agent.link import NoReplyError

log = structlog.get_logger(__name__)

PEOPLE_MAX = 150
"""Citizens in the hall at once; whoever comes then goes home again."""

AT_THE_DOOR_PER_WINDOW = 1.5
"""People who wait for the doors to open, for each window with a clerk."""

DOOR_S = 90.0
"""Time in which they are all at the ticket machines."""

STAY_S_MAX = 6 * 3600.0
"""Whoever is still there then goes: their ticket was lost, or called at a window that told us nothing."""

RETURN_S = (60.0, 300.0)
"""How long after having been passed one comes back."""

RATING_S = (4.0, 20.0)
"""How long one looks at the review pad, or at the phone."""

VISITOR_WALK_S = 20.0
"""A ticket that isn't of ours is the visitor's; the clerks think that somebody came after that time."""

HAPPENINGS_MAX = 8
"""Things that a citizen can be told before the first is taken in; one too many is none of their business."""

NO_ANSWER = (NoReplyError, Unavailable, sqlite3.Error)
"""Whom these happen to shrugs and goes on: machines were switched off, or the controller is away."""


class Happening(Enum):
    """What a citizen notices."""

    CALLED = auto()
    PASSED = auto()
    SERVED = auto()


@dataclass(slots=True)
class Citizen:
    """Somebody who holds a ticket.

    Attributes:
        wish: what they came for, and how they are.
        ticket: id of the ticket.
        token: opens the ticket's page.
        since_s: when they came.
        chance: decides about them.
        window: where they were called last.
        waited_s: how long they had waited then.
        noticed: what they notice.
    """

    wish: Wish
    ticket: str
    token: str
    since_s: float
    chance: random.Random
    window: WindowId | None = None
    waited_s: float = 0.0
    came_back: bool = False
    noticed: "asyncio.Queue[Happening]" = field(default_factory=lambda: asyncio.Queue(HAPPENINGS_MAX))

    def notice(self, happening: Happening) -> None:
        """Tell them something."""
        if not self.noticed.full():
            self.noticed.put_nowait(happening)


class Crowd:
    """Everybody who comes to a hall."""

    def __init__(
        self,
        plan: Plan,
        staffed: frozenset[WindowId],
        *,
        contract: Contract,
        machines: Machines,
        tempo: Tempo,
        seed: int,
    ) -> None:
        self._plan = plan
        self._staffed = staffed
        self._contract = contract
        self._machines = machines
        self._tempo = tempo
        self._seed = seed
        self._inside: dict[str, Citizen] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def come(self, base_rate: float) -> None:
        """Let people come for as long as the demo lasts; when it is cancelled they all go.

        Args:
            base_rate: how many come in a simulated second where a day is as busy as on average.
        """
        chance = generator(self._seed, "arrivals")
        door = sorted(chance.uniform(0, DOOR_S) for _ in range(round(AT_THE_DOOR_PER_WINDOW * len(self._staffed))))
        later = (at_s for at_s in hall_arrivals(base_rate, chance) if at_s > DOOR_S)
        try:
            for number, at_s in enumerate(itertools.chain(door, later)):
                await self._tempo.sleep_until(at_s)
                self._let_in(number)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def called(self, ticket: str, window: WindowId) -> float | None:
        """Say that a ticket is called, and return how long its holder walks; ``None`` for one who isn't there."""
        citizen = self._inside.get(ticket)
        if citizen is None:
            return VISITOR_WALK_S
        if citizen.window is None:
            citizen.waited_s = self._tempo.now_s() - citizen.since_s
        citizen.window = window
        citizen.notice(Happening.CALLED)
        return VISITOR_WALK_S if citizen.came_back else citizen.wish.walk_s

    def passed(self, ticket: str) -> None:
        """Say that a ticket was passed."""
        self._tell(ticket, Happening.PASSED)

    def served(self, ticket: str, window: WindowId) -> None:
        """Say that a service was given."""
        if ticket in self._inside:
            self._inside[ticket].window = window
        self._tell(ticket, Happening.SERVED)

    def _tell(self, ticket: str, happening: Happening) -> None:
        citizen = self._inside.get(ticket)
        if citizen is not None:
            citizen.notice(happening)

    def _let_in(self, number: int) -> None:
        if len(self._tasks) >= PEOPLE_MAX:
            log.info("hall_full", people=len(self._tasks))
            return
        task = asyncio.create_task(self._visit(number), name=f"citizen[{number}]")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _visit(self, number: int) -> None:
        """Live through one visit."""
        chance = generator(self._seed, f"citizen {number}")
        wanted = wish(chance, self._plan, self._staffed)
        try:
            issued = await self._take(wanted, chance)
            if issued is None:
                return
            citizen = Citizen(wanted, str(issued["ticket"]), str(issued["token"]), self._tempo.now_s(), chance)
            self._inside[citizen.ticket] = citizen
            try:
                await self._stay(citizen, int(issued["ahead"]))
            finally:
                del self._inside[citizen.ticket]
        except (Refused, *NO_ANSWER) as error:
            log.info("citizen_left", citizen=number, error=str(error))
        except Exception:  # one person's fault, told whole, must not empty the hall
            log.exception("citizen_failed", citizen=number)

    async def _take(self, wanted: Wish, chance: random.Random) -> Form | None:
        """Take a ticket; return what was issued, or ``None`` of a refusal."""
        machines = self._machines.ticket_machines
        if wanted.by_phone or not machines:
            return await self._contract.take_ticket(wanted.services, wanted.lane, "phone")
        reply = await chance.choice(machines).take_ticket(wanted.services, wanted.lane)
        if not reply.ok:
            log.info("ticket_refused", code=reply.code, message=reply.message)
            return None
        return dict(reply.body)

    async def _stay(self, citizen: Citizen, ahead: int) -> None:
        """Wait, be served and rate, or go before."""
        crowd_max = citizen.wish.crowd_max
        if crowd_max is not None and ahead >= crowd_max:
            await self._contract.give_back(citizen.ticket, citizen.token)
            return
        patience_s = citizen.wish.patience_s
        try:
            async with asyncio.timeout(self._tempo.real_s(patience_s or STAY_S_MAX)) as limit:
                while True:
                    match await citizen.noticed.get():
                        case Happening.CALLED:
                            limit.reschedule(asyncio.get_running_loop().time() + self._tempo.real_s(STAY_S_MAX))
                        case Happening.PASSED:
                            if citizen.came_back or not citizen.wish.comes_back:
                                return
                            await self._come_back(citizen)
                        case Happening.SERVED:
                            break
        except TimeoutError:
            log.info("patience_over", ticket=citizen.ticket)
            await self._contract.give_back(citizen.ticket, citizen.token)
            return
        said = opinion(citizen.chance, citizen.waited_s)
        if said is not None:
            await self._tempo.sleep(citizen.chance.uniform(*RATING_S))
            await self._rate(citizen, said)

    async def _come_back(self, citizen: Citizen) -> None:
        """Ask for the place again at a ticket machine; without one a passed number stays passed."""
        machines = self._machines.ticket_machines
        if not machines:
            return
        await self._tempo.sleep(citizen.chance.uniform(*RETURN_S))
        reply = await citizen.chance.choice(machines).return_ticket(citizen.ticket)
        citizen.came_back = True
        if not reply.ok:
            log.info("return_refused", ticket=citizen.ticket, code=reply.code)
            citizen.notice(Happening.PASSED)

    async def _rate(self, citizen: Citizen, said: Opinion) -> None:
        words = text(said.words, self._plan.hall.language) if said.words else ""
        pad = self._machines.review_pads.get(citizen.window) if citizen.window is not None else None
        if pad is None or said.by_phone:
            await self._contract.review(citizen.token, said.level, said.tags, words)
            return
        invitation = pad.invitation
        if invitation is None or invitation.ticket != citizen.ticket:
            log.info("rating_too_late", ticket=citizen.ticket)  # the pad is the next one's already
            return
        reply = await pad.submit(said.level, said.tags, words)
        if not reply.ok:
            log.info("rating_refused", ticket=citizen.ticket, code=reply.code)
