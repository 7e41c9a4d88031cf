"""Devices that die, hang, flap, lie about their clocks and send garbage by a seed, and the record of what they did."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import aiomqtt
import orjson
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from controller.health import Fault
from controller.plan import Device, DeviceKind
from controller.vitals import FRESH_S
from devices.agent import birth
from devices.agent.wire import Broker, new_event
from tests.support.mosquitto import until

GARBAGE = (b"", b"{", b"[]", b"\xff\xfe", b'{"type":"?"}', b'{"id":1,"type":"telemetry"}', b'{"id":"x","type":"dance"}')
LIES_S = (-86_400.0, -300.0, 300.0, 31_536_000.0)


@dataclass
class Record:
    """What a device really did, by which the controller's word is judged; nothing of it comes from the controller.

    Attributes:
        there: its newest connection stands.
        hangs: it is connected and says nothing.
        heard_at: when it last said anything.
        beats: it has said once that it is still there, so that its silence means something.
        lie_s: by how much the clock that it told last was off.
        comings: when it connected.
        nonsense: when it sent what can't be read.
    """

    there: bool = False
    hangs: bool = False
    heard_at: datetime | None = None
    beats: bool = False
    lie_s: float = 0.0
    comings: list[datetime] = field(default_factory=list)
    nonsense: list[datetime] = field(default_factory=list)

    def faults(self, kind: DeviceKind, now: datetime) -> set[Fault]:
        """Return what is wrong with the device, in truth."""
        assert self.heard_at is not None
        if not self.there:
            return {Fault.OFFLINE}
        quiet_s = (now - self.heard_at).total_seconds()
        if self.beats and quiet_s > FRESH_S[kind]:
            return {Fault.SILENT}
        found = {Fault.CLOCK_WRONG} if abs(self.lie_s) > 120 else set()
        if sum(at > now - timedelta(minutes=10) for at in self.comings) >= 5:
            found.add(Fault.FLAPPING)
        if sum(at > now - timedelta(minutes=5) for at in self.nonsense) >= 3:
            found.add(Fault.NONSENSE)
        return found


class ChaosDevice:
    """A device with the agents' own births, wills and events, and manners of its own."""

    def __init__(self, device: Device, hall: str, broker: Broker, now: Callable[[], datetime]) -> None:
        self.device = device
        self.record = Record()
        self.replies: dict[str, dict[str, Any]] = {}
        self._prefix = f"yichuang/{hall}/{device.id}"
        self._broker = broker
        self._now = now
        self._session = 0
        self._client: aiomqtt.Client | None = None
        self._listening: asyncio.Task[None] | None = None

    @property
    def works(self) -> bool:
        return self.record.there and not self.record.hangs

    async def connect(self) -> None:
        """Connect anew; an old connection is left standing, and its will comes when the new one is there already."""
        old, listening = self._client, self._listening
        self._session += 1
        client = aiomqtt.Client(
            self._broker.host,
            self._broker.port,
            identifier=f"{self.device.id}-{self._session}",
            protocol=aiomqtt.ProtocolVersion.V5,
            will=birth.will(f"{self._prefix}/status", self._session),
        )
        await client.__aenter__()
        await client.subscribe(f"{self._prefix}/reply", 1)
        await birth.say(client, f"{self._prefix}/status", birth.ONLINE, self._session)
        self._client = client
        self._listening = asyncio.create_task(self._listen(client))
        self.record.there, self.record.hangs = True, False
        self.record.comings.append(self._now())
        self.record.heard_at = self._now()
        if old is not None:
            await _end(old, listening)

    async def die(self) -> None:
        """Go without a goodbye: the broker publishes the will."""
        assert self._client is not None
        await _end(self._client, self._listening)
        self._client = self._listening = None
        self.record.there = False

    async def beat(self, number: int, lie_s: float) -> None:
        """Say that it is there, and how it is."""
        assert self._client is not None
        await birth.say(self._client, f"{self._prefix}/status", birth.ONLINE, self._session)
        at = (self._now() + timedelta(seconds=lie_s)).isoformat()
        await self.send({**new_event("telemetry", uptime_s=number), "at": at})
        self.record.heard_at, self.record.lie_s, self.record.beats = self._now(), lie_s, True

    async def babble(self, payload: bytes) -> None:
        """Send what can't be read."""
        assert self._client is not None
        await self._client.publish(f"{self._prefix}/event", payload, qos=1)
        self.record.nonsense.append(self._now())

    async def send(self, event: dict[str, Any]) -> None:
        """Send an event."""
        assert self._client is not None
        await self._client.publish(f"{self._prefix}/event", orjson.dumps(event), qos=1)

    async def ask(self, event: dict[str, Any]) -> dict[str, Any]:
        """Send an event and return its reply."""
        await self.send(event)
        await until(lambda: event["id"] in self.replies, f"a reply to {self.device.id}")
        return self.replies[event["id"]]

    async def _listen(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            reply = orjson.loads(message.payload)
            self.replies[reply["event"]] = reply


async def _end(client: aiomqtt.Client, listening: asyncio.Task[None] | None) -> None:
    """End a connection so that the broker publishes its will."""
    if listening is not None:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    client._client.disconnect(ReasonCode(PacketTypes.DISCONNECT, "Disconnect with will message"))
    with suppress(aiomqtt.MqttError):  # it is ended already
        await client.__aexit__(None, None, None)


async def misbehave(one: ChaosDevice, chance: Random) -> None:
    """Let a device do what chance wants of it."""
    record = one.record
    if not record.there:
        if chance.random() < 0.4:
            await one.connect()
        return
    match chance.choices(("well", "dies", "hangs", "flaps", "babbles"), (60, 8, 8, 8, 16))[0]:
        case "dies":
            await one.die()
        case "hangs":
            record.hangs = True
        case "flaps":
            for _ in range(chance.randint(2, 6)):
                if chance.random() < 0.5 and record.there:
                    await one.die()
                await one.connect()
        case "babbles" if one.works:
            for _ in range(chance.randint(1, 5)):
                await one.babble(chance.choice(GARBAGE))
