"""Phones that follow their tickets: each hears of its place when it changes.

A place is worked out once a second at most for each hall, however many phones there are: a wait is minutes, and a call
is told at once.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime

import orjson
import structlog

from api.problems import Problem
from controller import events as e
from controller.model import HallDay, Ticket, TicketId
from controller.plan import HallId
from controller.runtime.errors import OperatingError
from controller.runtime.hall_actor import CoreFailed
from controller.runtime.hall_days import Commit
from controller.views import Form, phone_form
from displays.session import HEARTBEAT, SEND_S_MAX, Ending, Gone, Port, close

log = structlog.get_logger(__name__)

PHONES_MAX = 5_000
"""Phones of one controller; the next one is asked to come later."""
PLACES_S = 1.0
"""How old a place may be on a phone."""
AT_ONCE = 16
"""Places worked out in one turn of the event loop."""
HEARTBEAT_S = 6.0
"""A phone hears something at least this often; its page gives a connection up that is silent for 15 s."""

Find = Callable[[str], Awaitable[tuple[HallDay, Ticket]]]
"""Returns the ticket of a token and its day; raises `Problem` where there is none, `OperatingError` where it can't."""


@dataclass(eq=False, slots=True)
class _Phone:
    hall: HallId
    ticket: TicketId
    news: asyncio.Event = field(default_factory=asyncio.Event)
    form: Form = field(default_factory=dict)
    told: tuple[date, int] = (date.min, 0)
    """The day and the seq of what it was told last: nothing older may take its place."""


class Phones:
    """The phones of all halls. :meth:`run` must run beside it."""

    def __init__(self, find: Find, now: Callable[[HallDay], datetime]) -> None:
        """Begin without a phone.

        Args:
            find: looks a token up.
            now: tells a hall's own time.
        """
        self._find = find
        self._now = now
        self._phones: dict[HallId, dict[_Phone, None]] = {}
        self._moved: dict[HallId, HallDay] = {}
        self._work = asyncio.Event()
        self._count = 0
        self._is_stopping = False

    def changed(self, commit: Commit) -> None:
        """Take a commit of the engine; returns at once."""
        day = commit.day
        phones = self._phones.get(day.hall)
        if not phones:
            return
        touched = {
            recorded.event.ticket
            for recorded in commit.events
            if not isinstance(recorded.event, e.TicketIssued) and hasattr(recorded.event, "ticket")
        }
        for phone in phones:
            if phone.ticket in touched:
                self._tell(phone, day)
        before = self._moved.get(day.hall)
        if before is None or before.day <= day.day:  # what comes late for yesterday moves nobody's place
            self._moved[day.hall] = day
        self._work.set()

    async def run(self) -> None:
        """Tell places as they change, a moment late, until cancelled."""
        while True:
            await self._work.wait()
            self._work.clear()
            moved, self._moved = self._moved, {}
            for day in moved.values():
                try:
                    await self._tell_places(day)
                except Exception:  # one hall's trouble must not end the controller
                    log.exception("phones.places_failed", hall=day.hall, seq=day.seq)
            await asyncio.sleep(PLACES_S)

    async def _tell_places(self, day: HallDay) -> None:
        for number, phone in enumerate(list(self._phones.get(day.hall, ()))):
            self._tell(phone, day)
            if number % AT_ONCE == AT_ONCE - 1:
                await asyncio.sleep(0)  # working places out must not hold up a call

    async def serve(self, token: str, port: Port) -> None:
        """Serve a phone until it leaves.

        Raises:
            Gone: it left while it was told something.
        """
        try:
            day, ticket = await self._find(token)
        except Problem:
            await close(port, Ending.UNKNOWN)
            return
        except (OperatingError, CoreFailed):
            await close(port, Ending.NOT_READY)
            return
        if self._is_stopping or self._count >= PHONES_MAX:
            await close(port, Ending.STOPPING if self._is_stopping else Ending.FULL)
            return
        phone = _Phone(day.hall, ticket.id)
        self._phones.setdefault(day.hall, {})[phone] = None
        self._count += 1
        self._tell(phone, day)
        sending = asyncio.create_task(self._send(phone, port), name="phone.sending")
        listening = asyncio.create_task(_listen(port), name="phone.listening")
        try:
            await asyncio.wait({sending, listening}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, listening):
                task.cancel()
            results = await asyncio.gather(sending, listening, return_exceptions=True)
            del self._phones[day.hall][phone]
            self._count -= 1
        for result in results:
            if isinstance(result, Exception):
                raise result

    def stop(self) -> None:
        """Let go of every phone; their pages come back to this controller or another."""
        self._is_stopping = True
        for phones in self._phones.values():
            for phone in phones:
                phone.news.set()

    def _tell(self, phone: _Phone, day: HallDay) -> None:
        ticket = day.tickets.get(phone.ticket)
        if ticket is None:  # a new day: what the phone shows stays true of yesterday
            return
        if (day.day, day.seq) < phone.told:  # told of a call at once, while places were being worked out
            return
        phone.told = (day.day, day.seq)
        form = phone_form(day, ticket, self._now(day))
        if {**form, "seq": 0} != {**phone.form, "seq": 0}:
            phone.form = form
            phone.news.set()

    async def _send(self, phone: _Phone, port: Port) -> None:
        while True:
            try:
                await asyncio.wait_for(phone.news.wait(), HEARTBEAT_S)
            except TimeoutError:
                text = HEARTBEAT
            else:
                phone.news.clear()
                if self._is_stopping:
                    await close(port, Ending.STOPPING)
                    return
                text = orjson.dumps({"type": "ticket", **phone.form}).decode()
            try:
                async with asyncio.timeout(SEND_S_MAX):
                    await port.send_text(text)
            except TimeoutError:
                await close(port, Ending.SLOW)
                return


async def _listen(port: Port) -> None:
    """Wait until the phone leaves; it has nothing to say that anybody waits for."""
    try:
        while await port.receive_text() is not None:
            pass
    except Gone:
        return
