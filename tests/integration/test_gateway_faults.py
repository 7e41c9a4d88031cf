"""The gateway on the real engine while messages are lost, doubled, reordered and delayed, and lines cut, by a seed.

First everything goes wrong; then nothing does, and all must come to its end: no event lost, none applied twice, and
every device has the answer to its own event.
"""

import asyncio
import contextlib
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from api.check_ins import CheckIns
from api.device_directory import Directory, HallDevices
from api.device_floor import DeviceFloor
from api.orders import Orders
from controller.runtime.device_store import DeviceStore
from controller.runtime.metrics import Metrics
from controller.runtime.order_store import OrderStore
from devices import connection as connections
from devices import intake as intakes
from devices.agent import link as links
from devices.agent.link import Link, NoReplyError
from devices.agent.memory import Memory
from devices.agent.wire import Reply, new_event
from devices.gateway import Gateway
from tests.support.engines import HALL, INSURANCE, PENSION, HandClock, floors_at, small_plan
from tests.support.faulty_mqtt import Faults, FaultyMqtt, faulty_mqtt
from tests.support.mosquitto import mosquitto, until
from tests.support.scripted_controller import shorten_pauses, worth

SEEDS = (1, 3, 6, 9)
MACHINES, EVENTS = 8, 6
PATIENCE_S = 60.0


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_pauses(monkeypatch)
    worth(monkeypatch, "ticket_requested", PATIENCE_S)
    worth(monkeypatch, "review_submitted", PATIENCE_S)
    for module, name, value in (
        (links, "REPEAT_S_MIN", 0.3),
        (links, "REPEAT_S_MAX", 1.0),
        (links, "BROKER_S_MAX", 1.0),
        (connections, "BROKER_S_MAX", 1.0),
        (connections, "RECONNECT_S_MIN", 0.05),
        (connections, "RECONNECT_S_MAX", 0.2),
        (intakes, "RETRY_S_MAX", 0.2),
    ):
        monkeypatch.setattr(module, name, value)


class Machine:
    """A device that has much to say.

    Attributes:
        events: what it says, in order.
        replies: the answers, by event.
    """

    def __init__(self, number: int, proxy: FaultyMqtt, chance: random.Random) -> None:
        self.name = f"machine-{number}"
        self.link = Link(HALL, self.name, proxy.address, memory=Memory(None))
        self.events = [
            new_event("ticket_requested", services=[chance.choice((PENSION, INSURANCE))])
            if chance.random() < 0.7
            else new_event("review_submitted", level=chance.randint(3, 5), ticket="0123456789abcdef")
            for _ in range(EVENTS)
        ]
        self.replies: dict[str, Reply] = {}

    async def speak(self) -> None:
        for event in self.events:
            with contextlib.suppress(NoReplyError):
                self.replies[event["id"]] = await self.link.request(event, within_s=PATIENCE_S, keep=False)


@pytest.mark.parametrize("seed", SEEDS)
async def test_no_event_is_lost_none_applied_twice_and_answers_match(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    async with contextlib.AsyncExitStack() as stack:
        broker = await stack.enter_async_context(mosquitto(tmp_path / "broker"))
        floors = await stack.enter_async_context(
            floors_at(f"sqlite:///{tmp_path}/log.sqlite3", HandClock(), small_plan())
        )
        proxy = await stack.enter_async_context(faulty_mqtt(broker, seed))
        check_ins = CheckIns(floors.engine, floors.journal, floors.clock)
        directory = Directory(DeviceStore(floors.journal, floors.clock), HallDevices())
        orders = Orders(OrderStore(floors.journal, floors.clock), Metrics(), floors.clock)
        floor = DeviceFloor(floors.engine, check_ins, directory, orders, lambda _code: None)
        results: Counter[str] = Counter()
        gateway = Gateway(
            proxy.address, floor, on_presence=lambda *_of: None, count=lambda result: results.update([result])
        )
        await stack.enter_async_context(gateway)
        machines = [Machine(number, proxy, chance) for number in range(MACHINES)]
        for machine in machines:
            await stack.enter_async_context(machine.link)
        await until(lambda: gateway.connected and all(one.link.online for one in machines), "all are connected")
        proxy.faults = Faults.drawn(chance)
        speaking = [asyncio.create_task(machine.speak()) for machine in machines]
        await until(lambda: _answered(machines) >= MACHINES * EVENTS // 2, f"half of them, {proxy.faults}", PATIENCE_S)
        proxy.faults = Faults()
        await asyncio.gather(*speaking)
        _check(machines, await floors.engine.stream(HALL, 0))
    assert proxy.happened, "a seed of fair weather shows nothing"
    assert "error" not in results


def _answered(machines: list[Machine]) -> int:
    return sum(len(machine.replies) for machine in machines)


def _check(machines: list[Machine], stream: Any) -> None:
    """Hold what the devices heard against what the log says."""
    issued = {row["data"]["ticket"]: row["data"] for row in stream if row["type"] == "TicketIssued"}
    heard: Counter[str] = Counter()
    for machine in machines:
        assert set(machine.replies) == {event["id"] for event in machine.events}, "an answer is missing"
        for event in machine.events:
            reply = machine.replies[event["id"]]
            assert reply.body["event"] == event["id"]
            if event["type"] == "review_submitted":
                assert (reply.ok, reply.code) == (False, "ticket_unknown")
                continue
            assert reply.ok, reply
            ticket = issued[reply.body["ticket"]]
            assert (ticket["number"], ticket["services"]) == (reply.body["number"], event["services"])
            heard[reply.body["ticket"]] += 1
    assert heard == Counter(issued.keys()), "a ticket nobody heard of, or one told twice"
    assert [row["seq"] for row in stream] == list(range(1, len(stream) + 1))
