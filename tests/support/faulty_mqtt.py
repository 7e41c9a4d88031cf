"""A relay in front of an MQTT broker that loses, doubles, reorders and delays messages, and cuts lines, by a seed.

It knows just enough of MQTT to find where a packet ends and which ones carry messages (5.0, 2.1). Connecting,
subscribing and keeping alive go through: what they promise isn't what is tried here.
"""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass

from devices.agent.wire import Broker
from tests.support.mosquitto import Mosquitto

PUBLISH, PUBACK = 3, 4
DUPLICATE = 0x08
CALM_S = 1.0
"""No line is cut for so long after a cut: a line that holds for fewer packets than wait for it brings nothing ever."""

WAY_MAX = 1000
"""Packets on their way in one direction; more wait with their sender."""


@dataclass(frozen=True)
class Faults:
    """How often what goes wrong, of a thousand messages or acknowledgements; and how long a delay is at most."""

    lost: int = 0
    doubled: int = 0
    swapped: int = 0
    delayed: int = 0
    cut: int = 0
    delay_s_max: float = 0.2

    @classmethod
    def drawn(cls, chance: random.Random) -> "Faults":
        """Return a mix of its own, so that seeds try different weathers."""
        return cls(*(chance.choice((0, 30, 80, 150)) for _ in range(4)), cut=chance.choice((0, 10, 30)))


class FaultyMqtt:
    """The relay.

    Attributes:
        address: where clients connect.
        faults: what goes wrong now; changed at any time.
        happened: how often each did.
    """

    def __init__(self, broker: Mosquitto, seed: int) -> None:
        self.address = Broker("127.0.0.1", 0)
        self.faults = Faults()
        self.happened: Counter[str] = Counter()
        self._broker = broker
        self._chance = random.Random(seed)
        self._calm_until = 0.0
        self._tasks: set[asyncio.Task[None]] = set()

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client until either side, or a fault, ends the connection."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with contextlib.ExitStack() as ends:
            ends.callback(writer.transport.abort)
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._broker.port)
            ends.callback(there_writer.transport.abort)
            directions = [
                asyncio.create_task(self._forward(reader, there_writer)),
                asyncio.create_task(self._forward(there_reader, writer)),
            ]
            for direction in directions:
                ends.callback(direction.cancel)
            await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward a direction; a delay is a longer way, on which those behind travel too, and not a narrower one."""
        way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(WAY_MAX)
        arriving = asyncio.create_task(self._arrive(way, writer))
        loop, due = asyncio.get_running_loop(), 0.0
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                async for packet, delay_s in self._weathered(reader):
                    due = max(due, loop.time() + delay_s)
                    await way.put((due, packet))
        finally:
            arriving.cancel()
            await asyncio.gather(arriving, return_exceptions=True)

    async def _arrive(self, way: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due, packet = await way.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            writer.write(packet)
            await writer.drain()

    async def _weathered(self, reader: asyncio.StreamReader) -> AsyncIterator[tuple[bytes, float]]:
        """Yield what arrives of what was sent, and after how many seconds, until the line is cut."""
        held = b""
        coming = asyncio.create_task(_packet(reader))
        try:
            while True:
                await asyncio.wait({coming}, timeout=self.faults.delay_s_max if held else None)
                if not coming.done():  # nothing came to change places with
                    yield held, 0.0
                    held = b""
                    continue
                packet = await coming
                coming = asyncio.create_task(_packet(reader))
                delay_s = 0.0
                match self._fault(packet):
                    case "cut":
                        return
                    case "lost":
                        continue
                    case "delayed":
                        delay_s = self._chance.uniform(0, self.faults.delay_s_max)
                    case "doubled":
                        packet += bytes([packet[0] | DUPLICATE]) + packet[1:]
                    case "swapped" if not held:
                        held = packet
                        continue
                yield packet + held, delay_s
                held = b""
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)

    def _fault(self, packet: bytes) -> str:
        """Draw what happens to a packet; a message at QoS 0 and an acknowledgement can't be doubled."""
        if packet[0] >> 4 not in {PUBLISH, PUBACK}:
            return ""
        draw = self._chance.randrange(1000)
        for name in ("lost", "doubled", "swapped", "delayed", "cut"):
            draw -= getattr(self.faults, name)
            if draw < 0:
                if name == "doubled" and not (packet[0] >> 4 == PUBLISH and packet[0] & 0x06):
                    return ""
                if name == "cut":
                    now = asyncio.get_running_loop().time()
                    if now < self._calm_until:
                        return ""
                    self._calm_until = now + CALM_S
                self.happened[name] += 1
                return name
        return ""

    async def end(self) -> None:
        """Cut every connection."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)  # an aborted transport closes its socket in the loop's next step


async def _packet(reader: asyncio.StreamReader) -> bytes:
    """Read one packet whole."""
    head = bytearray(await reader.readexactly(1))
    size, shift = 0, 0
    while True:
        head += await reader.readexactly(1)
        size |= (head[-1] & 0x7F) << shift
        shift += 7
        if not head[-1] & 0x80:
            return bytes(head) + await reader.readexactly(size)


@contextlib.asynccontextmanager
async def faulty_mqtt(broker: Mosquitto, seed: int) -> AsyncIterator[FaultyMqtt]:
    """Relay to a broker meanwhile; nothing goes wrong until ``faults`` says so."""
    proxy = FaultyMqtt(broker, seed)
    listener = await asyncio.start_server(proxy.relay, "127.0.0.1", 0)
    proxy.address = Broker("127.0.0.1", listener.sockets[0].getsockname()[1])
    try:
        yield proxy
    finally:
        listener.close()
        await proxy.end()
        await listener.wait_closed()
