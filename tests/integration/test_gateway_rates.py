"""One mad device among others, through a real Mosquitto: it is told so, the others don't notice, nothing is lost."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from devices.agent.link import Link
from devices.agent.memory import Memory
from devices.agent.wire import new_event
from devices.members import PAYLOAD_BYTES_MAX
from devices.messages import Telemetry
from devices.rates import Allowance
from tests.support.mosquitto import mosquitto, until
from tests.support.mqtt_device import RecordingFloor, device, serving
from tests.support.scripted_controller import HALL, shorten_pauses

RATE = Allowance(burst=20, per_s=5)
FLOOD = 500


async def test_a_flood_is_answered_now_and_then_and_hurts_nobody(tmp_path: Path) -> None:
    floor, limited = RecordingFloor(), Counter[tuple[str, str]]()

    def count(hall: str, name: str) -> None:
        limited[hall, name] += 1

    async with (
        mosquitto(tmp_path / "broker") as broker,
        serving(broker.address, floor, rate=RATE, on_limited=count),
        device(broker.address, "mad") as mad,
        device(broker.address, "sane") as sane,
    ):
        for number in range(FLOOD):
            await mad.send(Telemetry(id=f"f-{number}", values={"n": number}))
        await sane.send(Telemetry(id="s-1", values={"n": 1}))
        await until(lambda: [reply["event"] for reply in sane.replies] == ["s-1"], "the sane one has its answer")
        await until(lambda: floor.results["limited"] + floor.results["ok"] == FLOOD + 1, "the flood is dealt with")
        refused = [reply for reply in mad.replies if not reply["ok"]]
        assert {reply["code"] for reply in refused} == {"rate_limited"}
        assert all(reply["event"].startswith("f-") and "5" in reply["message"] for reply in refused)
        assert 1 <= len(refused) < FLOOD / 2, "it is told so, but not each time"
    assert limited == {(HALL, "mad"): floor.results["limited"]}
    assert floor.results["ok"] >= RATE.burst + 1


async def test_what_is_too_large_and_too_much_is_told_so(tmp_path: Path) -> None:
    floor = RecordingFloor()
    async with (
        mosquitto(tmp_path / "broker") as broker,
        serving(broker.address, floor, rate=Allowance(burst=2, per_s=0.1)),
        device(broker.address, "mad") as mad,
    ):
        for _ in range(4):
            await mad.send(b" " * (PAYLOAD_BYTES_MAX + 1))
        await until(lambda: len(mad.replies) == 3, "two are read, one is told off, one is let go")
        assert [reply["code"] for reply in mad.replies] == ["message_too_large"] * 2 + ["rate_limited"]
        await until(lambda: floor.results["limited"] == 2, "both are counted")


async def test_an_honest_device_that_says_too_much_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten_pauses(monkeypatch)
    floor = RecordingFloor()
    async with (
        mosquitto(tmp_path / "broker") as broker,
        serving(broker.address, floor, rate=Allowance(burst=3, per_s=20)),
        Link(HALL, "machine-1", broker.address, memory=Memory(None)) as link,
    ):
        events = [new_event("telemetry", n=number) for number in range(12)]
        replies = await asyncio.gather(*(link.request(event) for event in events))
    assert all(reply.ok for reply in replies)
    assert floor.results["limited"] > 0
