"""The order in which an event is handled, answered and acknowledged, step by step."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, cast

import aiomqtt
import pytest
from paho.mqtt.client import MQTTMessage

from controller.runtime.errors import LogUnavailable
from devices import intake as intakes
from devices.acknowledgements import Acknowledgements
from devices.connection import NotConnected, Session
from devices.delivery import Delivery
from devices.intake import Intake
from devices.manual_client import ManualClient, _without_properties
from devices.messages import DeviceEvent, Reboot, ReceiptPrinted
from tests.support.mosquitto import until

TOPIC = "yichuang/demo/machine-1/event"


@dataclass
class Line:
    """Stands for the connection: notes what is sent on it."""

    steps: list[str] = field(default_factory=list)
    up: bool = True

    def acknowledge(self, mid: int) -> None:
        self.steps.append(f"puback {mid}")

    async def publish(self, topic: str, payload: bytes, *, expires_s: float | None = None) -> None:
        if not self.up:
            raise NotConnected
        assert (topic, expires_s) == ("yichuang/demo/machine-1/reply", intakes.REPLY_S)
        self.steps.append("reply ok" if b'"ok":true' in payload else "reply refused")

    def session(self) -> Session:
        return Session(cast("ManualClient", self))


def arrival(session: Session, mid: int, event_id: str, *, qos: int = 1) -> Delivery:
    payload = ReceiptPrinted(id=event_id, job="r1").to_payload()
    return session.delivery(aiomqtt.Message(TOPIC, payload, qos, retain=False, mid=mid, properties=None))


class Steps:
    """A floor that notes the order of things; each event waits for its turn."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.gates: dict[str, asyncio.Event] = {}
        self.failures: dict[str, list[Exception]] = {}

    async def handle(self, hall: str, device: str, event: DeviceEvent) -> dict[str, Any]:
        assert (hall, device) == ("demo", "machine-1")
        self.line.steps.append(f"begin {event.id}")
        if event.id in self.gates:
            await self.gates[event.id].wait()
        if self.failures.get(event.id):
            raise self.failures[event.id].pop()
        self.line.steps.append(f"commit {event.id}")
        return {}


def intake_of(floor: Steps, line: Line) -> tuple[Intake, list[str]]:
    results: list[str] = []
    made = Intake(
        floor,
        line.publish,
        on_presence=lambda _hall, _device, _online: None,
        on_room=lambda: line.steps.append("room"),
        count=lambda result: results.append(str(result)),
        language=lambda _hall: "zh-CN",
    )
    return made, results


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intakes, "RETRY_S_MIN", 0.001)
    monkeypatch.setattr(intakes, "RETRY_S_MAX", 0.002)


async def test_commit_then_reply_then_acknowledgement_one_event_after_another() -> None:
    line = Line()
    intake, results = intake_of(Steps(line), line)
    session = line.session()
    intake.receive(arrival(session, 1, "a"))
    intake.receive(arrival(session, 2, "b"))
    await intake.drain(5)
    assert line.steps == [
        *("begin a", "commit a", "reply ok", "puback 1"),
        *("begin b", "commit b", "reply ok", "puback 2"),
    ]
    assert results == ["ok", "ok"]


async def test_what_waits_for_the_log_is_told_once_and_acknowledged_only_when_saved() -> None:
    line = Line()
    floor = Steps(line)
    floor.failures["a"] = [LogUnavailable("disk full") for _ in range(3)]
    intake, results = intake_of(floor, line)
    intake.receive(arrival(line.session(), 1, "a"))
    await intake.drain(5)
    assert line.steps == [
        *("begin a", "reply refused", "begin a", "begin a", "begin a"),
        *("commit a", "reply ok", "puback 1"),
    ]
    assert results == ["unavailable", "ok"]


async def test_a_repetition_of_what_is_in_hand_is_acknowledged_and_not_handled_again() -> None:
    line = Line()
    floor = Steps(line)
    floor.gates["a"] = asyncio.Event()
    intake, results = intake_of(floor, line)
    session = line.session()
    intake.receive(arrival(session, 1, "a"))
    intake.receive(arrival(session, 2, "a"))
    await until(lambda: "begin a" in line.steps, "the event is in hand")
    assert "puback 2" not in line.steps  # not before its turn
    floor.gates["a"].set()
    await intake.drain(5)
    assert line.steps == ["begin a", "commit a", "reply ok", "puback 1", "puback 2"]
    assert results == ["duplicate", "ok"]


async def test_what_is_delivered_again_on_a_new_line_is_acknowledged_there() -> None:
    line = Line()
    floor = Steps(line)
    floor.gates["a"] = asyncio.Event()
    intake, results = intake_of(floor, line)
    old, new = line.session(), line.session()
    intake.receive(arrival(old, 7, "a"))
    old.end()
    intake.receive(arrival(new, 1, "a"))
    floor.gates["a"].set()
    await intake.drain(5)
    assert line.steps == ["begin a", "commit a", "reply ok", "puback 1"]
    assert results == ["duplicate", "ok"]


async def test_without_a_line_there_is_no_acknowledgement_and_the_next_delivery_is_answered() -> None:
    line = Line(up=False)
    intake, results = intake_of(Steps(line), line)
    session = line.session()
    intake.receive(arrival(session, 1, "a"))
    session.end()
    await until(lambda: results == ["ok"], "it is handled")
    line.up = True
    intake.receive(arrival(line.session(), 1, "a"))
    await intake.drain(5)
    assert line.steps == ["begin a", "commit a", "begin a", "commit a", "reply ok", "puback 1"]


async def test_acknowledgements_keep_the_order_of_receipt_but_for_what_steps_aside() -> None:
    line = Line()
    acknowledgements = Acknowledgements(cast("ManualClient", line))
    for mid in (1, 2, 3, 4):
        acknowledgements.expect(mid)
    acknowledgements.done(3)
    assert line.steps == []
    acknowledgements.done(1)
    assert line.steps == ["puback 1"]
    acknowledgements.step_aside(2)
    assert line.steps == ["puback 1", "puback 3"]
    acknowledgements.done(4)
    acknowledgements.done(2)
    assert line.steps == ["puback 1", "puback 3", "puback 4", "puback 2"]


async def test_too_many_events_at_qos_0_are_dropped_those_at_qos_1_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intakes, "LOOSE_MAX", 3)
    line = Line()
    floor = Steps(line)
    floor.gates["first"] = asyncio.Event()
    intake, results = intake_of(floor, line)
    session = line.session()
    intake.receive(arrival(session, 0, "first", qos=0))
    for number in range(10):
        intake.receive(arrival(session, 0, f"loose-{number}", qos=0))
        intake.receive(arrival(session, number + 1, f"kept-{number}"))
    floor.gates["first"].set()
    await intake.drain(5)
    assert results.count("dropped") == 8
    assert results.count("ok") == 13
    assert [step for step in line.steps if step.startswith("puback")] == [f"puback {mid}" for mid in range(1, 11)]


async def test_beyond_its_bounds_nothing_is_taken_until_most_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intakes, "IN_HAND_MAX", 4)
    monkeypatch.setattr(intakes, "ROOM_AT", 1 / 2)
    line = Line()
    floor = Steps(line)
    floor.gates |= {"e0": asyncio.Event(), "e2": asyncio.Event()}
    intake, results = intake_of(floor, line)
    session = line.session()
    for number in range(7):
        intake.receive(arrival(session, number + 1, f"e{number}"))
    floor.gates["e0"].set()
    await until(lambda: "room" in line.steps, "half is done")
    assert [step for step in line.steps if step.startswith(("commit", "room"))] == ["commit e0", "commit e1", "room"]
    floor.gates["e2"].set()
    await intake.drain(5)
    assert results == ["ok"] * 4
    assert intake._bytes == 0


async def test_what_is_left_behind_leaves_no_trace() -> None:
    line = Line()
    floor = Steps(line)
    floor.gates["a"] = asyncio.Event()
    intake, _ = intake_of(floor, line)
    session = line.session()
    for mid, event_id in enumerate(("a", "b", "c"), start=1):
        intake.receive(arrival(session, mid, event_id))
    await intake.drain(0.01)
    assert line.steps == ["begin a"]
    assert (intake._in_hand, intake._lanes, intake._by_id) == (0, {}, {})


@pytest.mark.parametrize("qos", [0, 1])
def test_a_packet_is_read_without_its_properties(qos: int) -> None:
    topic, payload = TOPIC.encode(), Reboot(id="x").to_payload()
    properties = b"\x26\x00\x01a\x00\x03\xef\xbb\xbf" * 20  # longer than a length of one byte can say
    packet = (
        len(topic).to_bytes(2, "big")
        + topic
        + (b"\x01\x02" if qos else b"")
        + bytes([len(properties) % 128 | 128, len(properties) // 128])
        + properties
        + payload
    )
    message: MQTTMessage = _without_properties(0x30 | qos << 1 | 1, packet)
    assert (message.topic, bytes(message.payload), message.qos, message.retain) == (TOPIC, payload, qos, True)
    assert message.mid == (0x0102 if qos else 0)
