"""The managed broker: a Mosquitto of the controller's own, configured, started, watched and stopped by it.

Rules of this file. One folder has one broker: a lock in it is held for as long as the controller lives. The broker ends
with its controller, a killed one too (parent death signal). What still runs for the folder without a controller is a
leftover, and is ended first. A port that somebody else has is theirs. Once a device has an account, whoever has none
stays outside, for ever: the broker is started anew with a closed door. One that is open to the network never has
another. With a closed door it reads who may enter as often as that changes, and ends the connections of those who may
not any more.
"""

import asyncio
import ipaddress
import re
import shutil
import signal
import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import structlog

from devices.agent.backoff import Backoff
from devices.agent.wire import PORT_DEFAULT, Broker
from devices.broker_accounts import CONTROLLER, DeviceAccount, hashed, new_password
from devices.broker_folder import (
    CONFIGURATION,
    BrokerUnavailable,
    Network,
    configure,
    end_leftover,
    hold,
    note_process,
    write_accounts,
)

__all__ = ["BrokerUnavailable", "ManagedBroker", "Network", "is_loopback"]

log = structlog.get_logger(__name__)

START_S_MAX = 10.0
"""Longest from the start of the program to the first connection it takes; it reads its stored messages meanwhile."""

STOP_S_MAX = 5.0
"""Longest that it may take to store its messages and end, before it is killed."""

RESTART_S_MIN, RESTART_S_MAX = 0.2, 10.0
STABLE_S = 10.0
"""A broker that ran so long was a good one: the next start comes quickly again."""

POLL_S = 0.02

LOG_LINE_BYTES_MAX = 16 * 1024
"""Mosquitto's own lines have at most 1000."""

_PLACES = "/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"
"""Where Mosquitto is besides the search path, which often lacks the folders of system programs."""

_STAMP = re.compile(r"^\d+: ")
"""What Mosquitto writes before a line as long as it hasn't read that we want none."""


class ManagedBroker:
    """A Mosquitto for one controller; use it as an async context manager.

    Attributes:
        host: loopback address that it listens on.
        port: TCP port.
        network: where devices on the network enter, if they do.
        restarts: how often it was started again after it had died.
    """

    def __init__(
        self, data_dir: Path, host: str = "127.0.0.1", port: int = PORT_DEFAULT, *, network: Network | None = None
    ) -> None:
        """Prepare a broker.

        Args:
            data_dir: folder of the controller's data; the broker gets ``broker/`` in it.
            host: loopback address.
            port: TCP port; 0 takes a free one.
            network: where devices on the network enter; then nobody enters anywhere without an account.

        Raises:
            BrokerUnavailable: the address isn't on loopback: elsewhere passwords could be read on their way.
        """
        if not is_loopback(host):
            raise BrokerUnavailable(f"{host} isn't a loopback address: devices on the network need a listener with TLS")
        self.host = host
        self.port = port
        self.network = network
        self.restarts = 0
        self._folder = data_dir.resolve() / "broker"
        self._configuration = self._folder / CONFIGURATION
        self._lock: IO[str] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._watching: asyncio.Task[None] | None = None
        self._complaint = ""
        self._accounts: tuple[DeviceAccount, ...] = ()
        self._closed = network is not None
        self._password = new_password()
        self._serves = False
        self._unread = False
        self._renewing = False

    async def __aenter__(self) -> Self:
        """Start; see `start`."""
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop; see `stop`."""
        await self.stop()

    @property
    def address(self) -> Broker:
        """Where the controller connects, by an account of its own that is new with each start."""
        return Broker(self.host, self.port, CONTROLLER, self._password)

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return None if self._process is None else self._process.pid

    @property
    def _shown(self) -> str | None:
        """Where devices on the network enter, for the log."""
        return None if self.network is None else f"{self.network.host} port {self.network.port}"

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """The watch over the broker: it ends before `stop` only when something is wrong with the watch itself."""
        return [] if self._watching is None else [self._watching]

    async def start(self) -> None:
        """Start the broker and return when it takes connections; from then on it is restarted when it dies.

        Raises:
            BrokerUnavailable: Mosquitto isn't installed, the port is in use, another controller uses the folder, the
                folder can't be written, or Mosquitto ended at once.
        """
        programs = [_find("setpriv", "util-linux"), _find("mosquitto", "mosquitto")]
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock = hold(self._folder)
            await end_leftover(self._folder)
            self.port = _check_port(self.host, self.port)
            if self.network is not None:
                _check_port(self.network.host, self.network.port)
            self._configure()
        except OSError as error:
            self._unlock()
            raise BrokerUnavailable(f"the broker's folder {self._folder} can't be used: {error}") from error
        except BrokerUnavailable:
            self._unlock()
            raise
        begun = asyncio.get_running_loop().create_future()
        self._watching = asyncio.create_task(self._watch(programs, begun), name="broker")
        try:
            await begun
        except BaseException:
            await self.stop()
            raise

    async def admit(self, accounts: Sequence[DeviceAccount]) -> None:
        """Let these devices enter, and from now on nobody else; before or after the start.

        Who is connected and may not be any more is disconnected at once.

        Raises:
            OSError: the broker's folder can't be written.
        """
        was_closed, self._closed, self._accounts = self._closed, True, tuple(accounts)
        if self._watching is None:
            return
        await asyncio.to_thread(self._configure)
        process = self._process
        if process is None:
            return
        if not was_closed:
            self._renewing = True
            with suppress(ProcessLookupError):
                process.terminate()
        elif self._serves:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGHUP)
        else:
            self._unread = True  # before it serves, the signal would end it

    def reload(self) -> None:
        """Let a running broker read its certificate anew; one that doesn't run reads it when it starts."""
        if self._process is not None and self._serves:
            with suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGHUP)

    def _configure(self) -> None:
        write_accounts(self._folder, self._accounts, hashed(self._password))
        configure(self._folder, self.host, self.port, closed=self._closed, network=self.network)

    async def stop(self) -> None:
        """Stop the broker; it stores what it holds. Returns when it is gone."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
            self._watching = None
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    async def _watch(self, programs: list[str], begun: "asyncio.Future[None]") -> None:
        """Run the broker, again and again; the first start's failure goes to ``begun``."""
        loop = asyncio.get_running_loop()
        pause = Backoff(RESTART_S_MIN, RESTART_S_MAX)
        while True:
            since = loop.time()
            try:
                await self._run(programs, begun)
            except (BrokerUnavailable, OSError) as error:
                if not begun.done():
                    begun.set_exception(
                        error if isinstance(error, BrokerUnavailable) else BrokerUnavailable(f"mosquitto: {error}")
                    )
                    return
                if self._renewing:
                    self._renewing = False
                    log.info("broker_closed_to_strangers", devices=len(self._accounts))
                    continue
                if loop.time() - since > STABLE_S:
                    pause.reset()
                wait_s = pause.next_s()
                log.error("broker_died", error=str(error), again_in_s=round(wait_s, 1))  # noqa: TRY400 - told in full
                await asyncio.sleep(wait_s)
                self.restarts += 1

    async def _run(self, programs: list[str], begun: "asyncio.Future[None]") -> None:
        """Run the broker until it ends.

        Raises:
            BrokerUnavailable: always, when it ended by itself, with what it complained of first.
            OSError: it can't be started.
        """
        setpriv, mosquitto = programs
        self._complaint = ""
        self._unread = False
        process = await asyncio.create_subprocess_exec(
            *(setpriv, "--pdeathsig", "TERM", mosquitto, "-c", str(self._configuration)),
            stdin=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            limit=LOG_LINE_BYTES_MAX,
            start_new_session=True,  # a Ctrl-C at the terminal is for the controller, which then stops us in order
        )
        self._process = process
        listening = asyncio.create_task(self._listen(process), name="broker.log")
        try:
            note_process(self._folder, process.pid)
            if await self._answers(process):
                log.info("broker_started", host=self.host, port=self.port, pid=process.pid, network=self._shown)
                self._serves = True
                if self._unread:
                    process.send_signal(signal.SIGHUP)
                if not begun.done():
                    begun.set_result(None)
            await process.wait()
        finally:
            self._serves = False
            await _end(process)
            await listening
            self._process = None
        raise BrokerUnavailable(f"mosquitto ended with status {process.returncode}: {self._complaint}")

    async def _answers(self, process: asyncio.subprocess.Process) -> bool:
        """Wait until the broker takes connections, or has ended.

        Raises:
            BrokerUnavailable: it does neither in time.
        """
        try:
            async with asyncio.timeout(START_S_MAX):
                while process.returncode is None:
                    with suppress(OSError):
                        _, writer = await asyncio.open_connection(self.host, self.port)
                        writer.close()
                        await writer.wait_closed()
                        return True
                    await asyncio.sleep(POLL_S)
        except TimeoutError as error:
            raise BrokerUnavailable(f"mosquitto takes no connections after {START_S_MAX:g} s") from error
        return False

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        """Pass the broker's log on; its own words are kept for the error when it ends."""
        stderr = process.stderr
        if stderr is None:
            raise AssertionError("the broker's log is a pipe")
        while True:
            try:
                line = await stderr.readline()
            except ValueError:
                log.warning("broker_log_line_too_long", bytes_max=LOG_LINE_BYTES_MAX)
                continue
            if not line:
                return
            said = _STAMP.sub("", line.decode("utf-8", "replace").rstrip())
            if said.startswith("Error"):
                self._complaint = self._complaint or said
                log.error("broker_says", line=said)
            elif said.startswith("Warning"):
                log.warning("broker_says", line=said)
            else:
                log.debug("broker_says", line=said)


def _check_port(host: str, port: int) -> int:
    """Refuse a port that another program has; Mosquitto would end with less to say. Returns the port, a free one for 0.

    Raises:
        BrokerUnavailable: it is in use, or the address isn't this machine's.
    """
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            return int(probe.getsockname()[1])
    except OSError as error:
        raise BrokerUnavailable(
            f"port {port} on {host} can't be used ({error.strerror}): end the program that has it, "
            "choose another with --mqtt HOST:PORT, or use that broker with --broker mqtt://HOST:PORT"
        ) from error


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _find(program: str, package: str) -> str:
    """Return the path of a program.

    Raises:
        BrokerUnavailable: it isn't installed.
    """
    path = shutil.which(program) or shutil.which(program, path=_PLACES)
    if path is None:
        raise BrokerUnavailable(f"{program} is not installed: run 'apt-get install {package}'")
    return path


async def _end(process: asyncio.subprocess.Process) -> None:
    """End a child; a deaf one is killed."""
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_S_MAX)
    except TimeoutError:
        log.warning("broker_killed", pid=process.pid, after_s=STOP_S_MAX)
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
