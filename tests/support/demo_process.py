"""`yichuang demo` in a process of its own: started, listened to, and stopped as a visitor stops it."""

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil

from tests.support.mosquitto import until
from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
OPEN_S_MAX = 120.0
STOP_S_MAX = 60.0
ADDRESS = re.compile(r"^ {2}(http://\S+)")
SIGN_IN = re.compile(r"consoles: (?P<name>\S+), password (?P<password>\S+)")
LAST_OF_GREETING = "Ctrl-C"


class DemoProcess:
    """A running demo.

    Attributes:
        http: where its pages are.
        mqtt: where its devices speak.
        said: its lines on the terminal.
        complaint: what it wrote on standard error.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        """Prepare a demo.

        Args:
            folder: where it makes its temporary folder.
            options: of the command; those that come twice count as given here.
        """
        self.http_port, self.mqtt_port = free_port(), free_port()
        self.http = f"http://127.0.0.1:{self.http_port}"
        self.mqtt = f"mqtt://127.0.0.1:{self.mqtt_port}"
        self.said: list[str] = []
        self.complaint = ""
        self._folder = folder
        self._options = options
        self._process: asyncio.subprocess.Process | None = None
        self._listening: list[asyncio.Task[None]] = []
        self._family: list[psutil.Process] = []

    @property
    def addresses(self) -> list[str]:
        """Every page's address that it named."""
        return [found[1] for line in self.said if (found := ADDRESS.match(line))]

    @property
    def account(self) -> dict[str, str]:
        """Name and password by which its visitor signs in, as it said them."""
        (found,) = [found for line in self.said if (found := SIGN_IN.search(line))]
        return found.groupdict()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Start it; it may take a while to open."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from api.main import run; run()", "demo"),
            *("--http", f"127.0.0.1:{self.http_port}", "--mqtt", f"127.0.0.1:{self.mqtt_port}", *self._options),
            cwd=ROOT,
            env=os.environ | {"TMPDIR": str(self._folder)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        self._listening = [asyncio.create_task(self._listen()), asyncio.create_task(self._complain())]

    async def opened(self) -> None:
        """Wait until it has said everything that a visitor must know."""
        await until(lambda: any(LAST_OF_GREETING in line for line in self.said) or self._over, "open", OPEN_S_MAX)
        assert not self._over, f"{self.said}\n{self.complaint}"

    def family(self) -> list[psutil.Process]:
        """Return the processes that it started, and those started; known even after it has ended."""
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in psutil.Process(self.pid).children(recursive=True):
                if process not in self._family:
                    self._family.append(process)
        return self._family

    def controller(self) -> psutil.Process:
        """Return the process of its controller."""
        (found,) = [process for process in self.family() if "serve" in process.cmdline()]
        return found

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Stop it and return its exit status, when nothing that it started runs any more."""
        self.family()
        if not self._over:
            assert self._process is not None
            self._process.send_signal(number)
        return await self.ended()

    async def ended(self) -> int:
        """Wait until it has ended and return its exit status; the same of all that it started."""
        assert self._process is not None
        try:
            status = await asyncio.wait_for(self._process.wait(), STOP_S_MAX)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
            raise
        await asyncio.gather(*self._listening)
        await until(lambda: not any(map(_runs, self._family)), f"nothing of {self._family} is left", STOP_S_MAX)
        return status

    @property
    def _over(self) -> bool:
        return self._process is not None and self._process.returncode is not None

    async def _listen(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.said.append(line.decode().rstrip("\n"))

    async def _complain(self) -> None:
        assert self._process is not None
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self.complaint += line.decode()


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextlib.asynccontextmanager
async def demo_process(folder: Path, *options: str) -> AsyncIterator[DemoProcess]:
    """Run a demo meanwhile; whatever happens, it is stopped at the end."""
    demo = DemoProcess(folder, *options)
    await demo.start()
    try:
        yield demo
    finally:
        await demo.stop()
