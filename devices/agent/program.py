"""What every device program does: carry out commands in order, follow the retained state, stop cleanly.

A command that wants an answer gets one, ``command_done``, whatever becomes of it; the same one again where it comes
again, and it isn't done again. What lay too long, at the broker or here, isn't done at all.
"""

import asyncio
import time
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TypeAlias

import structlog

from controller.device_orders import OrderResult
from devices.agent.link import Link, NoReplyError
from devices.agent.readings import machine_readings
from devices.agent.wire import Command, MalformedCommandError, new_event

log = structlog.get_logger(__name__)

ANSWERED_MAX = 64
"""Commands whose answer is remembered."""

ANSWERS_MAX = 64
"""Answers that wait for the line; one too many is dropped: nobody looks any longer."""

FAREWELL_S_MAX = 3.0
"""How long a restart waits until the controller has heard of it."""

SECONDS_MAX = 60
"""Longest that a device makes itself known."""

CANCEL_AGAIN_S = 5.0
"""A duty that a cancellation did not reach is cancelled once more after so long."""

TELEMETRY_S = 60.0
"""How often a device tells its condition (`controller.vitals` says how long a reading holds)."""

Tell: TypeAlias = Callable[[Mapping[str, Any]], None]
"""Takes what a program has to say to whoever started it: small objects, one a happening."""


def say_nothing(happening: Mapping[str, Any]) -> None:
    """Keep a program's happenings to itself."""


class Program(ABC):
    """A device's program: ``async with program`` runs it meanwhile, ``await program.run()`` for good.

    Attributes:
        link: the device's line; the program opens and closes it.
        tell: where its happenings go.
    """

    def __init__(self, link: Link, *, tell: Tell = say_nothing) -> None:
        self.link = link
        self.tell = tell
        self._tasks: list[asyncio.Task[None]] = []
        self._restart = asyncio.Event()
        self._answered: OrderedDict[str, Mapping[str, Any]] = OrderedDict()
        self._answers: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue(ANSWERS_MAX)

    async def __aenter__(self) -> Self:
        """Begin to work."""
        await self.link.__aenter__()
        self._tasks = [
            asyncio.create_task(duty, name=f"{name}[{self.link.device}]")
            for name, duty in (
                {
                    "commands": self._carry_out_all(),
                    "answers": self._answer_all(),
                    "state": self._follow_state(),
                    "telemetry": self._tell_condition(),
                }
                | self.duties()
            ).items()
        ]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish what is in hand and stop.

        Raises:
            Exception: what ended the program's work before its time.
        """
        try:
            await _end(self._tasks)
            results = await asyncio.gather(*self._tasks, return_exceptions=True)
            await self.finish()
        finally:
            await self.link.__aexit__(kind, error, trace)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def run(self) -> None:
        """Work until cancelled, or until the controller wants a restart: then return, so that a supervisor starts it.

        Raises:
            Exception: what ended the program's work before its time.
        """
        async with self:
            await self.ended()

    async def ended(self) -> None:
        """Wait until the program's own work has ended: by a restart wanted, or by a fault that leaving it raises.

        A duty that comes to its end without a fault is done; the others go on.
        """
        restart = asyncio.create_task(self._restart.wait())
        awaited: set[asyncio.Future[Any]] = {*self._tasks, *self.link.tasks, restart}
        try:
            while not restart.done():
                done, awaited = await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
                if any(task.cancelled() or task.exception() is not None for task in done):
                    return
        finally:
            restart.cancel()

    @abstractmethod
    async def carry_out(self, command: Command) -> None:
        """Do what a command of this kind of device says.

        Raises:
            LaterError: it is begun, and will be answered by :meth:`answer`.
            RefusedError: it can't be done now.
            MalformedCommandError: it lacks what its type needs.
            UnknownCommandError: this kind of device has no such command.
        """

    async def identify(self, command: Command, seconds: int) -> None:  # noqa: B027 - most are seen by their owner alone
        """Make the device known to whoever looks for it, beginning now; by default it is only told.

        Raises:
            RefusedError: it can't be done now.
            MalformedCommandError: the command lacks what this kind of device needs.
        """

    def answer(self, command: Command, result: OrderResult, reason: str = "") -> None:
        """Say what became of a command, if it wants to know."""
        if not command.wants_answer:
            return
        done = new_event(
            "command_done",
            event_id=f"{command.body['id']}-done",
            command=command.body["id"],
            result=result.value,
            reason=reason or None,
        )
        self._answered[command.body["id"]] = done
        if len(self._answered) > ANSWERED_MAX:
            self._answered.popitem(last=False)
        self._put_answer(done)

    async def show(self, state: Mapping[str, Any]) -> None:
        """Show the retained state; by default it is only told."""
        self.tell({"state": dict(state)})

    def readings(self) -> dict[str, Any]:
        """Return what telemetry says of this device besides what every device says; by default nothing."""
        return {}

    def duties(self) -> dict[str, Coroutine[Any, Any, None]]:
        """Return what else goes on while the program runs, by name."""
        return {}

    async def finish(self) -> None:  # noqa: B027 - most programs leave nothing half done
        """Bring to its end what must not be left half done; within a bounded time."""

    async def _carry_out_all(self) -> None:
        while True:
            command = await self.link.commands.get()
            done = self._answered.get(str(command.body.get("id")))
            if command.wants_answer and done is not None:
                self._put_answer(done)
                continue
            try:
                await self._carry_out(command)
            except LaterError:
                continue
            except RefusedError as error:
                self._refuse(command, OrderResult.REFUSED, error.reason)
            except MalformedCommandError as error:
                self._refuse(command, OrderResult.REFUSED, str(error))
            except UnknownCommandError:
                self._refuse(command, OrderResult.UNSUPPORTED, "")
            else:
                self.answer(command, OrderResult.OK)

    async def _carry_out(self, command: Command) -> None:
        if command.until_s is not None and asyncio.get_running_loop().time() >= command.until_s:
            raise RefusedError("expired")
        if command.type == "reboot":
            log.info("restart_wanted", device=self.link.device)
            self.answer(command, OrderResult.OK)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._answers.join(), FAREWELL_S_MAX)
            self._restart.set()
            raise LaterError
        if command.type == "identify":
            seconds = command.whole("seconds", 1, SECONDS_MAX)
            await self.identify(command, seconds)
            self.tell({"identify": seconds})
            return
        await self.carry_out(command)

    def _refuse(self, command: Command, result: OrderResult, reason: str) -> None:
        log.warning("command_not_done", device=self.link.device, type=command.type, result=result, reason=reason)
        self.answer(command, result, reason)

    def _put_answer(self, done: Mapping[str, Any]) -> None:
        try:
            self._answers.put_nowait(done)
        except asyncio.QueueFull:
            log.warning("answer_dropped", device=self.link.device, command=done["command"])

    async def _answer_all(self) -> None:
        """Send answers, one after another, each for as long as somebody waits for it."""
        while True:
            done = await self._answers.get()
            try:
                await self.link.request(done)
            except NoReplyError as error:
                log.warning("answer_unheard", device=self.link.device, command=done["command"], error=str(error))
            finally:
                self._answers.task_done()

    async def _tell_condition(self) -> None:
        """Tell the device's condition as soon as it is connected, then now and then; nobody waits for it."""
        began = time.monotonic()
        while True:
            await self.link.connected()
            values = {**machine_readings(began), **self.readings()}
            try:
                await self.link.request(new_event("telemetry", **values))
            except NoReplyError:
                log.info("readings_unanswered", device=self.link.device)
            await asyncio.sleep(TELEMETRY_S)

    async def _follow_state(self) -> None:
        async for state in self.link.states():
            await self.show(state)


class LaterError(Exception):
    """A command is begun; what became of it will be said when it is done."""


class RefusedError(Exception):
    """A command can't be done now.

    Attributes:
        reason: a stable name.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnknownCommandError(Exception):
    """A command that this kind of device doesn't have."""


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancel tasks until all end; before Python 3.12 `wait_for` may lose a cancellation (python/cpython#86296)."""
    awaited = {task for task in tasks if not task.done()}
    while awaited:
        for task in awaited:
            task.cancel()
        _, awaited = await asyncio.wait(awaited, timeout=CANCEL_AGAIN_S)
