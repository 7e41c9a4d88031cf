"""A real Mosquitto of a test's own on a free port of loopback: started, killed, frozen and started again."""

import asyncio
import contextlib
import shutil
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from devices.agent.wire import Broker
from tests.support.ports import free_port

WITHIN_S = 60.0
POLL_S = 0.02


async def until(condition: Callable[[], object], what: str, within_s: float = WITHIN_S) -> None:
    """Wait until a condition holds.

    Raises:
        AssertionError: it doesn't in time.
    """
    deadline = asyncio.get_running_loop().time() + within_s
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, f"not within {within_s:g} s: {what}"
        await asyncio.sleep(POLL_S)


def listens(port: int) -> bool:
    """Whether somebody takes connections at a port of loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Mosquitto:
    """A broker that keeps its port, and what it stored, from one start to the next.

    Attributes:
        port: TCP port on 127.0.0.1.
        address: where to connect.
    """

    def __init__(self, folder: Path, *, settings: str = "") -> None:
        """Prepare a broker.

        Args:
            folder: where it keeps its files.
            settings: lines for its configuration besides ours.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.address = Broker("127.0.0.1", self.port)
        self._configuration = folder / "mosquitto.conf"
        self._configuration.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nuser root\nset_tcp_nodelay true\n"
            f"persistence true\npersistence_location {folder}/\nautosave_interval 1\n"
            f"max_queued_messages 100000\nmax_inflight_messages 512\n{settings}\n",
            encoding="utf-8",
        )
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start and wait until it takes connections."""
        self._launch()
        await until(lambda: listens(self.port), "the broker takes connections")

    def _launch(self) -> None:
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        self._process = subprocess.Popen(
            [program, "-c", str(self._configuration)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    async def stop(self) -> None:
        """End it in order: it stores what it holds."""
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """End it as a power cut would."""
        await self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Let it take connections and say nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it speak again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    async def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.send_signal(signal.SIGCONT)
            await asyncio.to_thread(self._process.wait, 10)
            self._process = None


@contextlib.asynccontextmanager
async def mosquitto(folder: Path, *, settings: str = "") -> AsyncIterator[Mosquitto]:
    """Run a broker meanwhile."""
    broker = Mosquitto(folder, settings=settings)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()


def mqtt(broker: Broker, identifier: str, *, session_s: int = 0) -> aiomqtt.Client:
    """Return an MQTT 5 client to be entered; with ``session_s`` the broker keeps its session that long."""
    wishes = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    wishes.SessionExpiryInterval = session_s
    return aiomqtt.Client(
        broker.host,
        broker.port,
        identifier=identifier,
        protocol=aiomqtt.ProtocolVersion.V5,
        clean_start=session_s == 0,
        properties=wishes,
        socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
    )
