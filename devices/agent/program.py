"""What every device program does: carry out commands in order, follow the retained state, stop cleanly."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Mapping
from types import TracebackType
from typing import Any, Self, TypeAlias

import structlog

from devices.agent.link import Link
from devices.agent.wire import Command, MalformedCommandError

log = structlog.get_logger(__name__)

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

    async def __aenter__(self) -> Self:
        """Begin to work."""
        await self.link.__aenter__()
        self._tasks = [
            asyncio.create_task(duty, name=f"{name}[{self.link.device}]")
            for name, duty in (
                {"commands": self._carry_out_all(), "state": self._follow_state()} | self.duties()
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
            for task in self._tasks:
                task.cancel()
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
            MalformedCommandError: it lacks what its type needs.
            UnknownCommandError: this kind of device has no such command.
        """

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
            if command.type == "reboot":
                log.info("restart_wanted", device=self.link.device)
                self._restart.set()
                continue
            try:
                await self.carry_out(command)
            except MalformedCommandError as error:
                log.warning("command_malformed", device=self.link.device, type=command.type, error=str(error))
            except UnknownCommandError:
                log.warning("command_unknown", device=self.link.device, type=command.type)

    async def _follow_state(self) -> None:
        async for state in self.link.states():
            await self.show(state)


class UnknownCommandError(Exception):
    """A command that this kind of device doesn't have; it is logged and dropped."""
