"""The whole program as a hall runs it: ``yichuang serve`` in a process of its own, killed and started again at will.

A new process takes seconds, nearly all of them for its imports. So a controller is forked from a server that has the
program imported and nothing started, unless a test wants the command itself.
"""

import asyncio
import contextlib
import multiprocessing
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psutil

from api.main import run
from api.settings import database_in
from api.user_commands import on_database
from controller.runtime.accounts import Role
from tests.support.access import TOKENS
from tests.support.mosquitto import until
from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
READY = re.compile(r"^ready http=(?P<http>https?://\S+) mqtt=(?P<mqtt>mqtts?://\S+)$")
READY_S_MAX = 60.0
STOP_S_MAX = 30.0
COMPLAINT_CHARS_MAX = 6000


@dataclass(frozen=True)
class _Running:
    """A process that was started: what it prints, and how to wait for its end."""

    pid: int
    output: asyncio.StreamReader
    wait: Callable[[], Awaitable[int]]


class ControllerFailed(AssertionError):
    """The program ended, or didn't become ready; the message holds the end of its log."""


class ControllerProcess:
    """A controller that keeps its ports and its data from one start to the next.

    Attributes:
        data: its folder.
        http: where its pages and its interface are.
        mqtt: where devices speak.
        log: file with what it wrote on standard error, of all its runs.
        token: a manager's, once it was started.
    """

    def __init__(
        self,
        data: Path,
        plan: Path | None = None,
        *,
        log: Path,
        broker: str | None = None,
        environment: Mapping[str, str] | None = None,
        by_command: bool = False,
    ) -> None:
        """Prepare a controller.

        Args:
            data: its folder.
            plan: the hall's plan; without one it runs the sample hall.
            log: where its standard error goes.
            broker: address of a broker of somebody else; without one it manages its own.
            environment: variables that it gets besides ours.
            by_command: start it by the command that is installed, not as a fork.
        """
        self.data = data
        self.log = log
        self.environment = dict(environment or {})
        self._http_port = free_port()
        scheme = "https" if self.environment.get("YICHUANG_HTTPS") else "http"
        self.http = f"{scheme}://127.0.0.1:{self._http_port}"
        self.mqtt = broker or f"mqtt://127.0.0.1:{free_port()}"
        where = ("--broker", broker) if broker else ("--mqtt", self.mqtt.removeprefix("mqtt://"))
        given = ("--plan", str(plan)) if plan else ()
        self.arguments = ("serve", *given, "--data", str(data), "--http", f"127.0.0.1:{self._http_port}", *where)
        self.token = ""
        self._launch = _by_command if by_command else _forked
        self._process: _Running | None = None
        self._ended: asyncio.Task[int] | None = None
        self._left: list[psutil.Process] = []
        self._printed: asyncio.Task[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id while it runs."""
        assert self._process is not None, "the controller doesn't run"
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether it was started and has not ended; of one whose watcher a test's end cancelled, that isn't known."""
        return self._ended is not None and (not self._ended.done() or self._ended.cancelled())

    @property
    def complaint(self) -> str:
        """The end of its log."""
        return self.log.read_text("utf-8", "replace")[-COMPLAINT_CHARS_MAX:] if self.log.exists() else ""

    async def start(self) -> None:
        """Start and wait until it says that it is ready.

        Raises:
            ControllerFailed: it doesn't.
        """
        assert not self.runs, "the controller runs already"
        await self._take_token()
        process = self._process = await self._launch(self.arguments, self.environment, self.log)
        self._ended = asyncio.create_task(_status(process), name="end of the controller")
        try:
            async with asyncio.timeout(READY_S_MAX):
                line = (await process.output.readline()).decode().rstrip("\n")
        except TimeoutError:
            await self.kill()
            raise ControllerFailed(f"not ready within {READY_S_MAX:g} s:\n{self.complaint}") from None
        found = READY.match(line)
        if found is None:
            await self.kill()
            raise ControllerFailed(f"{line!r} instead of ready:\n{self.complaint}")
        assert (found["http"], found["mqtt"]) == (self.http, self.mqtt)
        self._printed = asyncio.create_task(process.output.read(), name="rest of the controller's output")

    async def _take_token(self) -> None:
        """Get the manager's token that the tests' clients use, on the database that the controller is going to use."""
        if not self.token:
            database = self.environment.get("YICHUANG_DATABASE") or database_in(self.data)
            self.token = await on_database(
                database, lambda users: users.add_token("tests", Role.MANAGER, None, "tests")
            )
        TOKENS[self.http] = self.token

    async def stop(self) -> int:
        """End it in order and return its exit status.

        Raises:
            ControllerFailed: it doesn't end.
        """
        self._signal(signal.SIGTERM)
        try:
            return await asyncio.wait_for(self._gone(), STOP_S_MAX)
        except TimeoutError:
            await self.kill()
            raise ControllerFailed(f"it didn't end within {STOP_S_MAX:g} s:\n{self.complaint}") from None

    async def kill(self) -> None:
        """End it as a power cut would, and wait until its port is free."""
        self._signal(signal.SIGKILL)
        await self._gone()

    def children(self, name: str) -> list[psutil.Process]:
        """Return the processes that it started (and those started), by a part of their command line."""
        with contextlib.suppress(psutil.NoSuchProcess):
            family = psutil.Process(self.pid).children(recursive=True)
            return [child for child in family if name in " ".join(_command_line(child))]
        return []

    def broker(self) -> psutil.Process | None:
        """Return the broker that it manages, if that runs now."""
        return next((child for child in self.children("mosquitto.conf") if child.name() == "mosquitto"), None)

    async def leaves_nothing(self) -> None:
        """Wait until whatever any of its runs has started is no more."""
        await until(lambda: not any(map(_alive, self._left)), f"all of its processes have ended: {self._left}")

    def _signal(self, number: signal.Signals) -> None:
        if self.runs and self._process is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                self._left += psutil.Process(self._process.pid).children(recursive=True)
                os.kill(self._process.pid, number)

    async def _gone(self) -> int:
        """Wait until it and its broker are no more; a voice at work may end a little later."""
        assert self._ended is not None
        status = await asyncio.shield(self._ended)
        if self._printed is not None:
            await self._printed
            self._printed = None
        brokers = [child for child in self._left if "mosquitto" in " ".join(_command_line(child))]
        await until(lambda: not any(map(_alive, brokers)), f"its brokers have ended: {brokers}")
        self._process = None
        return status


async def _status(process: _Running) -> int:
    return await process.wait()


async def _by_command(arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> _Running:
    with log.open("ab") as complaints:
        process = await asyncio.create_subprocess_exec(
            *(str(Path(sys.executable).with_name("yichuang")), *arguments),
            cwd=ROOT,
            env=os.environ | environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=complaints,
        )
    assert process.stdout is not None
    return _Running(process.pid, process.stdout, process.wait)


async def _forked(arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> _Running:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    ours, theirs = context.Pipe(duplex=False)
    given = (theirs, list(arguments), dict(environment), str(log))
    process = context.Process(target=_serve, args=given, daemon=True)  # ended with the tests, whatever becomes of them
    with patch.dict(os.environ, PYTHONPATH=str(ROOT)):  # the server doesn't learn our module search path otherwise
        await asyncio.to_thread(process.start)
    theirs.close()
    assert process.pid is not None
    output = asyncio.StreamReader()
    pipe: Any = os.fdopen(os.dup(ours.fileno()), "rb", buffering=0)
    ours.close()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(output), pipe
    )

    async def wait() -> int:
        # Not in a thread: the loop would wait for that at its own end, also for a controller that nobody ends any more.
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(process.sentinel, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(process.sentinel)
        process.join()
        status = process.exitcode
        process.close()
        transport.close()
        assert status is not None
        return status

    return _Running(process.pid, output, wait)


def _serve(output: Connection, arguments: list[str], environment: dict[str, str], log: str) -> None:
    """Be the controller: what the command does, in a process that has been forked."""
    complaints = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for mine, standard in ((output.fileno(), 1), (complaints, 2)):
        os.dup2(mine, standard)
        os.close(mine) if mine != standard else None
    os.chdir(ROOT)
    os.environ.update(environment)
    sys.argv = ["yichuang", *arguments]
    run()


def _command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return []


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextlib.asynccontextmanager
async def controller_process(
    folder: Path,
    plan: Path | None = None,
    *,
    data: Path | None = None,
    broker: str | None = None,
    environment: Mapping[str, str] | None = None,
    by_command: bool = False,
) -> AsyncIterator[ControllerProcess]:
    """Run a controller meanwhile; it must end by itself, cleanly, when it is told to.

    Args:
        folder: for its data and its log.
        plan: of the hall.
        data: its data are here instead.
        broker: of somebody else.
        environment: variables that it gets besides ours.
        by_command: start it by the command that is installed, not as a fork.
    """
    controller = ControllerProcess(
        data or folder / "data",
        plan,
        log=folder / "controller.log",
        broker=broker,
        environment=environment,
        by_command=by_command,
    )
    await controller.start()
    try:
        yield controller
    except BaseException as error:
        error.add_note(f"the controller's log ends with:\n{controller.complaint}")
        if controller.runs:
            await controller.kill()
        raise
    if controller.runs:
        status = await controller.stop()
        assert status == 0, f"it ended with status {status}:\n{controller.complaint}"
    await controller.leaves_nothing()
