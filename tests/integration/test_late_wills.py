"""Births and last wills on a real Mosquitto: a will that comes late ends no newer session, and is soon overwritten."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from controller.lifeline import Status, Word
from controller.plan import Device, DeviceId, DeviceKind, WindowId
from devices.agent import link as links
from tests.support.api_hall import ApiHall, api_parts
from tests.support.engines import HALL, small_plan
from tests.support.mosquitto import WITHIN_S, Mosquitto, mosquitto, mqtt, until
from tests.support.mqtt_device import RecordingFloor, serving

PAD = Device(DeviceId("pad-1"), DeviceKind.REVIEW_PAD, window=WindowId("1"))
STATUS = f"yichuang/{HALL}/pad-1/status"


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    async with mosquitto(tmp_path / "broker") as started:
        yield started


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[ApiHall]:
    async with api_parts(tmp_path, replace(small_plan(), devices=(PAD,))) as parts:
        yield parts


@contextmanager
def an_earlier_connection(broker: Mosquitto, session: int) -> Iterator[Client]:
    """Hold a connection of the device over another way, whose end the broker will notice late."""
    ours = Properties(PacketTypes.WILLMESSAGE)  # type: ignore[no-untyped-call]
    ours.UserProperty = ("session", str(session))
    client = Client(CallbackAPIVersion.VERSION2, "over-another-way", protocol=MQTTProtocolVersion.MQTTv5)
    client.will_set(STATUS, "offline", qos=1, retain=True, properties=ours)
    birth = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    birth.UserProperty = ("session", str(session))
    client.connect(broker.address.host, broker.port)
    client.loop_start()
    try:
        client.publish(STATUS, "online", qos=1, retain=True, properties=birth).wait_for_publish(WITHIN_S)
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


def dies(client: Client) -> None:
    """Let the broker publish the connection's will."""
    client.disconnect(ReasonCode(PacketTypes.DISCONNECT, "Disconnect with will message"))


@asynccontextmanager
async def heard_by(hall: ApiHall, broker: Mosquitto) -> AsyncIterator[list[Status]]:
    """Let a hall hear its devices; yield what it heard."""
    floor = RecordingFloor()

    def note(hall_id: str, device: str, status: Status) -> None:
        hall.presence.note(hall_id, device, status)
        floor.on_presence(hall_id, device, status)

    async with serving(broker.address, floor, on_presence=note):
        yield floor.statuses


async def kept(broker: Mosquitto) -> str:
    """Return what the broker keeps as the device's status."""
    async with mqtt(broker.address, "looks") as looker:
        await looker.subscribe(STATUS, 1)
        async with asyncio.timeout(WITHIN_S):
            message = await anext(aiter(looker.messages))
        return message.payload.decode()


async def test_a_late_will_ends_no_newer_session_and_is_overwritten(
    broker: Mosquitto, hall: ApiHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    beat = asyncio.Event()

    async def until_told(_seconds: float) -> None:
        await beat.wait()
        beat.clear()

    monkeypatch.setattr(links, "beat_pause", until_told)
    with an_earlier_connection(broker, 41) as earlier:
        async with heard_by(hall, broker) as heard:
            await until(lambda: hall.presence.is_online(HALL, "pad-1"), "the earlier connection's birth")
            async with links.Link(HALL, "pad-1", broker.address) as link:
                await link.connected()
                await until(lambda: heard[-1].session not in {None, 41}, "the newer connection's birth")
                newer = heard[-1].session
                await asyncio.to_thread(dies, earlier)
                await until(lambda: heard[-1] == Status(Word.OFFLINE, 41), "the will of the earlier one, late")
                assert hall.presence.is_online(HALL, "pad-1")
                assert await kept(broker) == "offline", "whoever comes now is told wrong"
                beat.set()
                await until(lambda: heard[-1] == Status(Word.ONLINE, newer), "the birth, said again")
                assert await kept(broker) == "online"
            await until(lambda: heard[-1] == Status(Word.OFFLINE, newer), "the goodbye of its own session")
            assert not hall.presence.is_online(HALL, "pad-1")


async def test_a_controller_that_starts_meanwhile_is_set_right_by_the_next_sign(
    broker: Mosquitto, hall: ApiHall
) -> None:
    with an_earlier_connection(broker, 41) as earlier:
        async with mqtt(broker.address, "pad") as pad:
            await pad.publish(STATUS, "online", qos=1, retain=True)
            await asyncio.to_thread(dies, earlier)
            async with heard_by(hall, broker) as heard:
                await until(lambda: heard == [Status(Word.OFFLINE, 41, live=False)], "what the broker keeps")
                assert not hall.presence.is_online(HALL, "pad-1")
                await pad.publish(STATUS, "online", qos=1, retain=True)
                await until(lambda: hall.presence.is_online(HALL, "pad-1"), "a device without numbers, said again")
