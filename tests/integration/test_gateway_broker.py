"""The gateway when its broker goes and comes: states, commands and events outlast it."""

import asyncio
import socket
import struct
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from devices import connection as connections
from devices import intake as intakes
from devices import outbox as outboxes
from devices.agent.link import Link
from devices.agent.wire import Broker, new_event
from devices.messages import (
    DeviceEvent,
    HallState,
    InviteReview,
    Play,
    Print,
    Reboot,
    ReceiptPrinted,
    Show,
    TicketRequested,
    WindowState,
)
from devices.topics import BadTopic
from tests.support.mosquitto import Mosquitto, mosquitto, mqtt, until
from tests.support.mqtt_device import Outcome, RecordingFloor, device, gateway_to, serving
from tests.support.ports import free_port


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    async with mosquitto(tmp_path / "broker") as started:
        yield started


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "RECONNECT_S_MIN", 0.01)
    monkeypatch.setattr(connections, "RECONNECT_S_MAX", 0.05)


def ticket(event_id: str) -> TicketRequested:
    return TicketRequested(id=event_id, services=("pension_certification",))


def showing(number: str | None, seq: int) -> WindowState:
    return WindowState(
        window="1",
        label="1号窗口",
        status="open",
        number=number,
        stage=number and "called",
        text=f"请{number}号" if number else "您好",
        waiting=3,
        seq=seq,
    )


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_a_broker_that_comes_back_is_found_again_with_nothing_lost(broker: Mosquitto, how: str) -> None:
    floor = RecordingFloor()
    async with serving(broker.address, floor) as gateway, Link("demo", "machine-1", broker.address) as line:
        gateway.publish_state("demo", "machine-1", showing("A001", 1))
        states = line.states()
        assert (await asyncio.wait_for(anext(states), 10))["number"] == "A001"
        await (broker.stop() if how == "stop" else broker.kill())
        await until(lambda: not gateway.connected, "the gateway knows")

        waiting = asyncio.create_task(line.request(new_event("receipt_printed", job="r1"), within_s=30))
        gateway.publish_state("demo", "machine-1", showing("A002", 2))
        gateway.publish_state("demo", "machine-1", showing("A003", 3))

        await broker.start()
        assert (await waiting).ok
        await until(lambda: gateway.connected, "the gateway is back")
        async with asyncio.timeout(10):
            async for state in states:
                if state["number"] == "A003":
                    break
                assert state["number"] == "A001"  # what the broker kept; of two newer ones only the newest is sent
    assert "receipt_printed" in {event.type for _, _, event in floor.asked}


async def test_a_broker_that_forgot_all_gets_all_states_again(tmp_path: Path) -> None:
    async with (
        mosquitto(tmp_path / "broker", settings="persistence false") as broker,
        serving(broker.address, RecordingFloor()) as gateway,
    ):
        for number in range(150):
            gateway.publish_state("demo", f"led-{number}", showing(f"A{number:03}", number))
        assert len(await retained_states(broker, 150)) == 150
        await broker.kill()
        await until(lambda: not gateway.connected, "the gateway knows")
        await broker.start()
        assert len(await retained_states(broker, 150)) == 150


async def retained_states(broker: Mosquitto, count: int) -> set[str]:
    """Return the topics of states that the broker keeps, when there are so many."""
    found: set[str] = set()
    async with mqtt(broker.address, "reader") as client, asyncio.timeout(20):
        await client.subscribe("yichuang/demo/+/state", qos=1)
        async for message in client.messages:
            found.add(message.topic.value)
            if len(found) == count:
                break
    return found


async def test_the_same_state_is_sent_once_and_the_last_one_counts(broker: Mosquitto) -> None:
    async with serving(broker.address, RecordingFloor()) as gateway, device(broker.address, "led-1") as led:
        for state in (showing("A001", 1), showing("A001", 1), showing(None, 2), showing(None, 2)):
            gateway.publish_state("demo", "led-1", state)
            await until(lambda: led.states and led.states[-1] and led.states[-1]["seq"] == state.seq, "it shows")  # noqa: B023
        gateway.publish_state("demo", "led-1", HallState(hall="demo", name="厅", open=True, waiting=0, seq=3))
        await until(lambda: len(led.states) == 3, "it shows")
        assert [state and state["seq"] for state in led.states] == [1, 2, 3]
        gateway.publish_state("demo", "led-1", None)
        await until(lambda: led.states[-1] is None, "it is taken away")
        async with device(broker.address, "led-1") as newcomer:
            gateway.publish_command("demo", "led-1", Reboot(id="marker"))
            await until(lambda: newcomer.commands, "the newcomer listens")
            assert newcomer.states == []


async def test_commands_wait_for_the_broker_in_order_but_not_for_ever(
    broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outboxes, "COMMANDS_MAX", 100)
    now = datetime.now(UTC)
    async with device(broker.address, "machine-1", session_s=600):
        pass
    await broker.stop()
    async with gateway_to(broker.address, RecordingFloor()) as gateway:
        for number in range(120):
            gateway.publish_command("demo", "machine-1", Show(id=f"s{number}", text="您好"))
        late = Play(id="late", text="请", repeat=1, expires_at=now - timedelta(seconds=1), wav=b"RIFF")
        gateway.publish_command("demo", "machine-1", late)
        paper = Print(id="p", job="r1", escpos=b"\x1b@", expires_at=now + timedelta(seconds=90))
        gateway.publish_command("demo", "machine-1", paper)
        assert gateway.commands_dropped == 22  # the oldest gave way
        await broker.start()
        async with device(broker.address, "machine-1", session_s=600) as machine:
            await until(lambda: "p" in {command["id"] for command in machine.commands}, "all came")
        assert [command["id"] for command in machine.commands] == [*(f"s{number}" for number in range(22, 120)), "p"]
        assert gateway.commands_dropped == 23
        assert machine.expiry_s[0] is None
        expiry_s = machine.expiry_s[-1]
        assert expiry_s is not None
        assert 0 < expiry_s <= 90


async def test_a_command_that_no_broker_takes_does_not_stop_the_others(tmp_path: Path) -> None:
    async with (
        mosquitto(tmp_path / "small", settings="max_packet_size 20000") as small,
        serving(small.address, RecordingFloor()) as gateway,
        device(small.address, "speaker-1") as speaker,
    ):
        gateway.publish_command("demo", "speaker-1", Show(id="giant", text="长" * 20_000))
        gateway.publish_command("demo", "speaker-1", Reboot(id="after"))
        await until(lambda: speaker.commands, "the next one comes")
        assert gateway.commands_dropped == 1
        assert {command["id"] for command in speaker.commands} == {"after"}


async def test_what_cannot_be_sent_at_all_is_refused_at_once(broker: Mosquitto) -> None:
    async with gateway_to(broker.address, RecordingFloor()) as gateway:
        with pytest.raises(ValueError, match="too large"):
            gateway.publish_command("demo", "tv-1", Show(id="x", text="a" * outboxes.MESSAGE_BYTES_MAX))
        with pytest.raises(BadTopic):
            gateway.publish_command("demo", "tv-1/#", Reboot(id="x"))
        with pytest.raises(BadTopic):
            gateway.publish_state("+", "tv-1", None)


async def test_an_invitation_reaches_its_pad(broker: Mosquitto) -> None:
    async with serving(broker.address, RecordingFloor()) as gateway, device(broker.address, "pad-1") as pad:
        gateway.publish_command(
            "demo", "pad-1", InviteReview(id="i", ticket="0123456789abcdef", number="A001", window="1", seconds=60)
        )
        await until(lambda: pad.commands, "it comes")
        assert pad.commands[0]["seconds"] == 60


async def test_a_broker_that_falls_silent_is_left_and_found_again(
    broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "BROKER_S_MAX", 0.3)
    floor = RecordingFloor()
    async with serving(broker.address, floor) as gateway, device(broker.address, "machine-1") as machine:
        broker.freeze()
        gateway.publish_command("demo", "machine-1", Reboot(id="r"))
        await until(lambda: not gateway.connected, "the silence is noticed")
        broker.thaw()
        await until(lambda: machine.commands, "the command comes")
        await machine.send(ticket("k"))
        assert (await machine.answered("k"))["ok"]


async def test_an_answer_under_way_when_the_broker_dies_does_not_hold_its_device_up(
    broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "BROKER_S_MAX", 600.0)  # no rescue by a time limit
    commit = asyncio.Event()

    async def handle(hall: str, machine: str, event: DeviceEvent) -> Outcome:
        await commit.wait()
        return {}

    floor = RecordingFloor(handle)
    async with serving(broker.address, floor) as gateway:
        async with device(broker.address, "machine-1") as machine:
            await machine.send(ticket("k"))
            await until(lambda: floor.asked, "the floor is asked")
        broker.freeze()
        commit.set()
        await until(lambda: floor.results["ok"] == 1, "the answer is under way")
        await broker.kill()
        await until(lambda: not gateway.connected, "the gateway knows")
        await broker.start()
        # A broker that was killed may have lost who listens to it, and a device of the tests says a thing once.
        await until(lambda: gateway.connected, "the gateway is back")
        async with device(broker.address, "machine-1") as machine:
            await machine.send(ticket("k"))
            assert (await machine.answered("k"))["ok"]


@pytest.fixture
def mute() -> Iterator[int]:
    """Give the port of a program that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        taken: list[socket.socket] = []
        taking = threading.Thread(target=_take_all, args=(listener, taken))
        taking.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        taking.join()
        for one in taken:
            one.close()


def _take_all(listener: socket.socket, taken: list[socket.socket]) -> None:
    while True:
        try:
            taken.append(listener.accept()[0])
        except OSError:
            return


async def test_a_broker_that_never_answers_costs_nothing_but_time(mute: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "BROKER_S_MAX", 0.05)
    tried = 0

    def count_tries(*_of: object, **_with: object) -> None:
        nonlocal tried
        tried += 1

    monkeypatch.setattr(connections.log, "warning", count_tries)
    async with gateway_to(Broker("127.0.0.1", mute), RecordingFloor()) as gateway:
        before = len(asyncio.all_tasks())
        await until(lambda: tried >= 5, "it tries again")
        assert len(asyncio.all_tasks()) <= before + 4  # attempts leave nothing behind
        assert not gateway.connected


async def test_without_a_broker_it_starts_and_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    async with gateway_to(Broker("127.0.0.1", free_port()), RecordingFloor()) as gateway:
        gateway.publish_state("demo", "led-1", showing(None, 1))
        assert not gateway.connected
        assert len(gateway.tasks) == 2
    assert all(task.done() for task in gateway.tasks)


async def test_a_thief_of_the_session_is_survived(broker: Mosquitto) -> None:
    floor = RecordingFloor()
    async with serving(broker.address, floor) as gateway, device(broker.address, "machine-1") as machine:
        async with mqtt(broker.address, "yichuang-controller", session_s=600):
            pass
        await until(lambda: gateway.connected, "the session is ours again")
        await machine.send(ticket("k"))
        assert (await machine.answered("k"))["ok"]


async def refuse_subscriptions(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Speak just enough MQTT 5 to greet a client and refuse what it wants to hear."""
    with closing(writer):
        while head := await reader.read(2):
            body = await reader.readexactly(head[1])  # our own packets are shorter than 128 bytes
            match head[0] >> 4:
                case 1:
                    writer.write(b"\x20\x03\x00\x00\x00")
                case 8:
                    writer.write(b"\x90\x05" + body[:2] + b"\x00\x87\x87")
                case 10:
                    writer.write(b"\xb0\x04" + body[:2] + b"\x00\x11")


async def test_a_refused_subscription_is_said_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(connections.log, "warning", lambda _event, **members: said.append(members["error"]))
    server = await asyncio.start_server(refuse_subscriptions, "127.0.0.1", 0)
    async with server, gateway_to(Broker("127.0.0.1", server.sockets[0].getsockname()[1]), RecordingFloor()) as gateway:
        await until(lambda: len(said) >= 2, "it tries again")
        assert not gateway.connected
    assert said[0] == "the broker refuses a subscription to yichuang/+/+/event: Not authorized"


def properties_that_brokers_pass_on() -> dict[str, bytes]:
    """Return properties, each of which paho takes for an offence of the broker."""
    mark = "\ufeff".encode()
    sized = struct.pack("!H", len(mark)) + mark
    return {
        "a byte order mark in a user property": b"\x26\x00\x01a" + sized,
        "a byte order mark as a user property's name": b"\x26" + sized + b"\x00\x00",
        "a payload format that isn't defined": b"\x01\x02",
        "a byte order mark in a content type": b"\x03" + sized,
        "a byte order mark in a response topic": b"\x08" + sized,
    }


def publish_raw(port: int, topic: str, properties: bytes, payload: bytes) -> bytes:
    """Publish at QoS 1 by hand and return the broker's answer."""

    def packet(kind: int, body: bytes) -> bytes:
        size, sizes = len(body), b""
        while True:
            size, seven = divmod(size, 128)
            sizes += bytes([seven | (128 if size else 0)])
            if not size:
                return bytes([kind]) + sizes + body

    name = topic.encode()
    with closing(socket.create_connection(("127.0.0.1", port), timeout=10)) as line:
        line.sendall(packet(0x10, b"\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x03raw"))
        assert line.recv(64)[0] == 0x20
        head = struct.pack("!H", len(name)) + name + b"\x00\x01" + bytes([len(properties)]) + properties
        line.sendall(packet(0x32, head + payload))
        return line.recv(64)


@pytest.mark.parametrize("what", properties_that_brokers_pass_on())
async def test_properties_that_the_library_refuses_do_not_stop_the_line(broker: Mosquitto, what: str) -> None:
    floor = RecordingFloor()
    async with serving(broker.address, floor), device(broker.address, "machine-1") as machine:
        properties = properties_that_brokers_pass_on()[what]
        payload = ReceiptPrinted(id="odd", job="r1").to_payload()
        answer = await asyncio.to_thread(publish_raw, broker.port, machine.topic("event"), properties, payload)
        assert answer[0] == 0x40, "the broker takes it"
        assert (await machine.answered("odd"))["ok"]
        await machine.send(ticket("good"))
        assert (await machine.answered("good"))["ok"]
    assert floor.ids() == ["odd", "good"]  # once each: the line wasn't lost in between


async def test_a_backlog_larger_than_our_hands_is_served_whole_and_in_order(
    broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intakes, "IN_HAND_MAX", 100)
    names, count = ("machine-1", "machine-2", "machine-3"), 400
    async with serving(broker.address, RecordingFloor()):
        pass  # now the broker keeps events for us
    async with mqtt(broker.address, "all-machines") as client:
        for number in range(count):
            for name in names:
                await client.publish(f"yichuang/demo/{name}/event", ticket(f"{name}-{number}").to_payload(), qos=1)
    floor = RecordingFloor()
    async with serving(broker.address, floor):
        await until(lambda: {f"{name}-{count - 1}" for name in names} <= set(floor.ids()), "the last ones come")
    for name in names:
        first_times = dict.fromkeys(floor.ids(name))  # an event whose answer was under way comes once more
        assert list(first_times) == [f"{name}-{number}" for number in range(count)]


async def test_giants_are_refused_one_by_one(broker: Mosquitto) -> None:
    floor = RecordingFloor()
    giants = 600  # more than may be in hand: none keeps its place
    async with serving(broker.address, floor) as gateway, device(broker.address, "machine-1") as machine:
        for _ in range(giants):
            await machine.send(b" " * 300_000)
        await machine.answered(None, times=giants)
        assert {reply["code"] for reply in machine.replies} == {"message_too_large"}
        await machine.send(ticket("k"))
        assert (await machine.answered("k"))["ok"]
        assert gateway.connected
    assert floor.results == {"malformed": giants, "ok": 1}
