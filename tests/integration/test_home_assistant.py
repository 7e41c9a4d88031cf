"""Home Assistant's discovery on a real broker: what it finds there, and that it is told nothing unless it is wanted."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from controller.codec import to_json
from controller.plan import DeviceKind
from devices.agent.wire import Broker
from devices.topics import Leaf, parse
from tests.support.controller_process import controller_process
from tests.support.hall_client import HallClient
from tests.support.hall_plan import HALL, INSURANCE, hall_plan, write_plan
from tests.support.mosquitto import mqtt, until

Kept = dict[str, Any]


@asynccontextmanager
async def kept_at(broker: Broker) -> AsyncIterator[Kept]:
    """Follow what the broker keeps."""
    kept: Kept = {}
    async with mqtt(broker, "home-assistant") as client:
        await client.subscribe([("homeassistant/#", 1), (f"yichuang/{HALL}/+/state", 1)])

        async def follow() -> None:
            async for message in client.messages:
                kept[message.topic.value] = json.loads(message.payload) if message.payload else None

        following = asyncio.create_task(follow())
        try:
            yield kept
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)


def found(kept: Kept) -> Kept:
    return {topic: config for topic, config in kept.items() if topic.startswith("homeassistant/") and config}


async def test_devices_are_found_while_the_plan_has_them(tmp_path: Path) -> None:
    plan = hall_plan()
    speaking = {device.id for device in plan.devices if device.kind is not DeviceKind.TV}
    async with (
        controller_process(tmp_path, write_plan(tmp_path), environment={"YICHUANG_HOME_ASSISTANT": "1"}) as controller,
        HallClient(controller.http) as hall,
        kept_at(Broker.parse(controller.mqtt)) as kept,
    ):
        await until(lambda: len(found(kept)) == 2 * len(speaking), "every device is told of twice")
        for topic, config in found(kept).items():
            kind = topic.split("/")[1]
            read = parse(config["state_topic"])
            assert (read.hall, read.leaf) == (HALL, {"binary_sensor": Leaf.STATUS, "sensor": Leaf.STATE}[kind])
            assert config["device"]["identifiers"] == [f"yichuang_{HALL}_{read.device}"]
        assert len({config["unique_id"] for config in found(kept).values()}) == 2 * len(speaking)

        sensor = found(kept)[f"homeassistant/sensor/yichuang_{HALL}_kiosk-1/waiting/config"]
        assert sensor["value_template"] == "{{ value_json.waiting }}"
        await hall.ticket(INSURANCE)
        await until(lambda: (kept.get(sensor["state_topic"]) or {}).get("waiting") == 1, "the count that it reads")

        fewer = replace(plan, devices=tuple(one for one in plan.devices if one.id != "kiosk-9"))
        await hall.ask("PUT", "/plan", to_json(fewer))
        await until(lambda: len(found(kept)) == 2 * (len(speaking) - 1), "who left the plan is taken away")


async def test_nothing_is_told_unless_it_is_wanted(tmp_path: Path) -> None:
    async with (
        controller_process(tmp_path, write_plan(tmp_path)) as controller,
        kept_at(Broker.parse(controller.mqtt)) as kept,
    ):
        await until(lambda: f"yichuang/{HALL}/kiosk-1/state" in kept, "the devices' states are kept")
        assert found(kept) == {}
