"""A device as the contract wants it, and a floor that does what a test says: the two ends of the gateway."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiomqtt
import orjson
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from controller.lifeline import Status, Word
from controller.refusals import Refusal
from devices.agent.wire import Broker
from devices.gateway import Gateway
from devices.messages import DeviceEvent
from tests.support.contract import wrong_command, wrong_reply, wrong_state
from tests.support.mosquitto import mqtt, until

HALL = "demo"

Outcome = dict[str, Any] | Refusal
Handler = Callable[[str, str, DeviceEvent], Awaitable[Outcome]]


async def accept(hall: str, device: str, event: DeviceEvent) -> Outcome:
    """Accept every event."""
    return {"number": "A001"}


@dataclass
class RecordingFloor:
    """A floor that keeps what it is asked.

    Attributes:
        answer: decides.
        asked: (hall, device, event) in the order of arrival, repetitions included.
        presence: (hall, device, online) in the order of arrival.
        statuses: the same in full.
        results: how often each result was counted.
    """

    answer: Handler = accept
    asked: list[tuple[str, str, DeviceEvent]] = field(default_factory=list)
    presence: list[tuple[str, str, bool]] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    results: Counter[str] = field(default_factory=Counter)

    async def handle(self, hall: str, device: str, event: DeviceEvent) -> Outcome:
        self.asked.append((hall, device, event))
        return await self.answer(hall, device, event)

    def on_presence(self, hall: str, device: str, status: Status) -> None:
        self.presence.append((hall, device, status.word is Word.ONLINE))
        self.statuses.append(status)

    def count(self, result: str) -> None:
        self.results[result] += 1

    def ids(self, device: str | None = None) -> list[str]:
        """Return the ids of the events asked, of one device or of all."""
        return [event.id for _, asker, event in self.asked if device in {None, asker}]


def gateway_to(broker: Broker, floor: RecordingFloor, **options: Any) -> Gateway:
    """Return a gateway between a broker and a floor."""
    return Gateway(broker, floor, **{"on_presence": floor.on_presence, "count": floor.count, **options})


@contextlib.asynccontextmanager
async def serving(broker: Broker, floor: RecordingFloor, **options: Any) -> AsyncIterator[Gateway]:
    """Run a gateway that is connected."""
    async with gateway_to(broker, floor, **{"rate": None, **options}) as gateway:
        await until(lambda: gateway.connected, "the gateway is connected")
        yield gateway


@dataclass
class Device:
    """The other end of the line.

    Attributes:
        name: its id.
        client: its connection.
        replies: what came on ``…/reply``.
        commands: what came on ``…/command``.
        states: what came on ``…/state``.
        expiry_s: seconds to live of each command, in order.
        on_a_floor: a real floor answers, so that accepted replies are held against the contract too.
        wrong: what came and isn't of the contract.
    """

    name: str
    client: aiomqtt.Client
    hall: str = HALL
    replies: list[dict[str, Any]] = field(default_factory=list)
    commands: list[dict[str, Any]] = field(default_factory=list)
    states: list[dict[str, Any] | None] = field(default_factory=list)
    expiry_s: list[int | None] = field(default_factory=list)
    on_a_floor: bool = False
    wrong: list[str] = field(default_factory=list)
    _sent: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def send(self, event: DeviceEvent | bytes, *, qos: int = 1, expiry_s: int | None = None) -> None:
        """Publish an event."""
        payload = event if isinstance(event, bytes) else event.to_payload()
        if not isinstance(event, bytes):
            self._sent[event.id] = orjson.loads(payload)
        properties = None
        if expiry_s is not None:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            properties.MessageExpiryInterval = expiry_s
        await self.client.publish(self.topic("event"), payload, qos=qos, properties=properties)

    async def say(self, status: str, *, retain: bool = True) -> None:
        """Publish a status."""
        await self.client.publish(self.topic("status"), status, qos=1, retain=retain)

    async def answered(self, event_id: str | None, times: int = 1) -> dict[str, Any]:
        """Wait for a reply to an event and return the latest."""

        def found() -> list[dict[str, Any]]:
            return [reply for reply in self.replies if reply["event"] == event_id]

        await until(lambda: len(found()) >= times, f"{times} replies to {event_id}")
        return found()[-1]

    def topic(self, leaf: str) -> str:
        return f"yichuang/{self.hall}/{self.name}/{leaf}"

    async def listen(self) -> None:
        async for message in self.client.messages:
            body: Any = orjson.loads(message.payload) if message.payload else None
            match message.topic.value.rpartition("/")[2]:
                case "reply":
                    self.wrong += wrong_reply(body, self._sent.get(body["event"]) if self.on_a_floor else None)
                    self.replies.append(body)
                case "command":
                    self.wrong += wrong_command(body)
                    self.commands.append(body)
                    self.expiry_s.append(getattr(message.properties, "MessageExpiryInterval", None))
                case "state":
                    self.wrong += wrong_state(body) if body is not None else []
                    self.states.append(body)


@contextlib.asynccontextmanager
async def device(
    broker: Broker, name: str, *, hall: str = HALL, session_s: int = 0, on_a_floor: bool = False
) -> AsyncIterator[Device]:
    """Run a device that is connected and listens; what it hears must be of the contract."""
    async with mqtt(broker, f"{hall}-{name}", session_s=session_s) as client:
        one = Device(name, client, hall, on_a_floor=on_a_floor)
        client.pending_calls_threshold = 100_000
        await client.subscribe([(one.topic(leaf), 1) for leaf in ("reply", "command", "state")])
        listening = asyncio.create_task(one.listen())
        try:
            yield one
            assert one.wrong == []
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
