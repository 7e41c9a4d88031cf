"""The gateway when more waits for it than its line to the broker brings in the time it allows an answer."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from devices import connection as connections
from devices.agent.wire import Broker
from devices.messages import Reboot, TicketRequested
from tests.support.cutting_proxy import CuttingProxy
from tests.support.mosquitto import Mosquitto, mosquitto, mqtt, until
from tests.support.mqtt_device import RecordingFloor, device, gateway_to, serving

NAMES = tuple(f"machine-{number}" for number in range(10))
EVENTS = 60
TICK_S = 0.02


class ThinLine(CuttingProxy):
    """A relay that brings the broker's words slowly, or only so many of them on each connection.

    Attributes:
        connections: how many there were.
    """

    def __init__(self, broker_port: int, *, tick_bytes: int, bytes_max: int | None = None) -> None:
        """Prepare a relay.

        Args:
            broker_port: where the broker listens.
            tick_bytes: what it brings every `TICK_S`.
            bytes_max: what it brings before it breaks; ``None``: it never does.
        """
        super().__init__(broker_port)
        self.connections = 0
        self._tick_bytes = tick_bytes
        self._bytes_max = bytes_max

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool) -> None:
        if not is_answer:
            self.connections += 1
            await super()._forward(reader, writer, is_answer=False)
            return
        brought = 0
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(self._tick_bytes):
                writer.write(data)
                await writer.drain()
                brought += len(data)
                if self._bytes_max is not None and brought >= self._bytes_max:
                    return
                await asyncio.sleep(TICK_S)  # what a slow line is


@contextlib.asynccontextmanager
async def thin_line(broker: Mosquitto, *, tick_bytes: int, bytes_max: int | None = None) -> AsyncIterator[ThinLine]:
    line = ThinLine(broker.port, tick_bytes=tick_bytes, bytes_max=bytes_max)
    listener = await asyncio.start_server(line.relay, "127.0.0.1", 0)
    line.port = listener.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        listener.close()
        await line.end()
        await listener.wait_closed()


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    """Give a broker that holds a morning's events for a gateway that was away."""
    async with mosquitto(tmp_path / "broker") as started:
        async with serving(started.address, RecordingFloor()):
            pass  # now the broker keeps events for us
        async with mqtt(started.address, "all-machines") as client:
            client.pending_calls_threshold = EVENTS * len(NAMES)
            for number in range(EVENTS):
                for name in NAMES:
                    event = TicketRequested(id=f"{name}-{number}", services=("pension_certification",))
                    await client.publish(f"yichuang/demo/{name}/event", event.to_payload(), qos=1)
        yield started


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "RECONNECT_S_MIN", 0.01)
    monkeypatch.setattr(connections, "RECONNECT_S_MAX", 0.05)


def all_served(floor: RecordingFloor) -> bool:
    return floor.results["ok"] + floor.results["duplicate"] >= EVENTS * len(NAMES) and {
        f"{name}-{EVENTS - 1}" for name in NAMES
    } <= set(floor.ids())


def in_order(floor: RecordingFloor) -> bool:
    return all(
        list(dict.fromkeys(floor.ids(name))) == [f"{name}-{number}" for number in range(EVENTS)] for name in NAMES
    )


async def left_with(broker: Mosquitto) -> list[str]:
    """Return the events that the broker still holds."""
    after = RecordingFloor()
    async with serving(broker.address, after), device(broker.address, "marker") as marker:
        await marker.send(TicketRequested(id="marker", services=("pension_certification",)))
        await marker.answered("marker")
    return [event_id for event_id in after.ids() if event_id != "marker"]


async def test_a_backlog_that_comes_slower_than_an_answer_may_is_served_on_one_connection(
    broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "BROKER_S_MAX", 1.0)  # brings about a third of it
    floor = RecordingFloor()
    async with (
        thin_line(broker, tick_bytes=500) as line,
        gateway_to(Broker("127.0.0.1", line.port), floor) as gateway,
        device(broker.address, "sign") as sign,
    ):
        gateway.publish_command("demo", "sign", Reboot(id="r"))
        await until(lambda: all_served(floor), "all events come")
        await until(lambda: sign.commands, "the command goes out")
        assert gateway.connected
        assert line.connections == 1
    assert in_order(floor)
    assert await left_with(broker) == []


async def test_a_line_that_breaks_before_the_backlog_has_come_brings_it_bit_by_bit(
    broker: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    floor = RecordingFloor()
    async with (
        thin_line(broker, tick_bytes=4000, bytes_max=16_000) as line,
        gateway_to(Broker("127.0.0.1", line.port), floor),
    ):
        await until(lambda: all_served(floor), "all events come")
        assert line.connections > 1
    assert in_order(floor)
    gc.collect()
    assert [text for text in caplog.messages if "never retrieved" in text] == []
