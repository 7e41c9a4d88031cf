"""A hall of its own for device programs under test: a real Mosquitto, and a controller that says what the test says."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import aiomqtt
import orjson
import pytest

from devices.agent import lifetimes
from devices.agent import link as links
from devices.agent import ticket_machine as machines
from devices.agent.link import Link
from devices.agent.memory import Memory
from devices.receipts import TicketReceipt, render_ticket
from tests.support.looks import ticket_look
from tests.support.mosquitto import Mosquitto, mqtt, until

HALL = "demo"
Answer: TypeAlias = Callable[[str, dict[str, Any]], dict[str, Any] | None]


def shorten_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the programs' pauses: what they are for doesn't change with their length."""
    for module, name, seconds in (
        (links, "REPEAT_S_MIN", 0.1),
        (links, "REPEAT_S_MAX", 0.4),
        (links, "RECONNECT_S_MIN", 0.05),
        (links, "RECONNECT_S_MAX", 0.4),
        (machines, "RETRY_S_MIN", 0.05),
        (machines, "RETRY_S_MAX", 0.2),
    ):
        monkeypatch.setattr(module, name, seconds)


def worth(monkeypatch: pytest.MonkeyPatch, type_: str, seconds: float) -> None:
    """Let a kind of event be worth telling for another time."""
    rule = lifetimes.RULES[type_]
    monkeypatch.setattr(lifetimes, "RULES", {**lifetimes.RULES, type_: replace(rule, worth_s=seconds)})


def line(broker: Mosquitto, device: str, memory: Memory | None = None) -> Link:
    """Return a device's line to a broker."""
    return Link(HALL, device, broker.address, memory=memory)


def paper_of(number: str) -> bytes:
    """Return the receipt of a ticket as a printer takes it."""
    return render_ticket(
        TicketReceipt(
            hall_name="示例镇便民服务中心",
            number=number,
            services=("养老待遇资格认证",),
            ahead=4,
            wait_p50_s=540,
            wait_p90_s=900,
            issued_at=datetime(2026, 3, 2, 1, 5, tzinfo=UTC),
            zone="",
            ticket_url=f"http://127.0.0.1:8000/t/demo.{number}",
            reprint=False,
        ),
        ticket_look(58),
        "zh-CN",
    )


def always(*, ok: bool = True, **members: object) -> Answer:
    """Give every event the same answer."""

    def answer(device: str, event: dict[str, Any]) -> dict[str, Any]:
        return {"ok": ok, **members}

    return answer


def silence(device: str, event: dict[str, Any]) -> None:
    """Give no answer."""


@dataclass
class Controller:
    """The other side of the contract, as far as a test needs it.

    Attributes:
        events: (device, event) of each event that arrived, repetitions included; but for the readings that every
            device tells now and then.
        readings: those, by device, answered at once.
        sessions: the number of each status, by device, in order.
        statuses: what each device said of itself, in order.
        expiry_s: (event id, seconds) of each event that the broker was told to drop later.
        answer: gives the reply to an event, or ``None`` for silence.
    """

    client: aiomqtt.Client
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    statuses: dict[str, list[str]] = field(default_factory=dict)
    readings: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    sessions: dict[str, list[int]] = field(default_factory=dict)
    expiry_s: dict[str, int] = field(default_factory=dict)
    answer: Answer = field(default_factory=always)

    def of_type(self, type_: str) -> list[dict[str, Any]]:
        return [event for _, event in self.events if event["type"] == type_]

    def confirmed(self) -> list[str]:
        """Return the jobs that devices said are printed, each once."""
        return list(dict.fromkeys(event["job"] for event in self.of_type("receipt_printed")))

    def failed(self) -> list[tuple[str, str]]:
        """Return (job, reason) of what devices said is not printed, each once."""
        return list(dict.fromkeys((event["job"], event["reason"]) for event in self.of_type("receipt_failed")))

    async def publish(self, device: str, name: str, body: object, *, retain: bool = False) -> None:
        payload = body if isinstance(body, bytes) else orjson.dumps(body)
        await self.client.publish(f"yichuang/{HALL}/{device}/{name}", payload, qos=1, retain=retain)

    async def command(self, device: str, type_: str, **members: object) -> None:
        await self.publish(device, "command", {"id": f"command-{len(members)}", "type": type_, **members})

    async def print_job(self, device: str, job: str, data: bytes, *, lives_s: float = 600.0) -> None:
        expires_at = (datetime.now(UTC) + timedelta(seconds=lives_s)).isoformat()
        await self.command(device, "print", job=job, escpos=base64.b64encode(data).decode(), expires_at=expires_at)

    async def online(self, device: str) -> None:
        await until(lambda: self.statuses.get(device, [""])[-1] == "online", f"{device} is online")

    async def listen(self) -> None:
        async for message in self.client.messages:
            _, _, device, name = message.topic.value.split("/")
            if name == "status":
                self.statuses.setdefault(device, []).append(message.payload.decode())
                ((_, number),) = message.properties.UserProperty
                self.sessions.setdefault(device, []).append(int(number))
                continue
            event = orjson.loads(message.payload)
            if "uptime_s" in event:
                self.readings.setdefault(device, []).append(event)
                await self.publish(device, "reply", {"event": event["id"], "ok": True})
                continue
            self.events.append((device, event))
            expiry_s = getattr(message.properties, "MessageExpiryInterval", None)
            if expiry_s is not None:
                self.expiry_s[event["id"]] = expiry_s
            reply = self.answer(device, event)
            if reply is not None:
                await self.publish(device, "reply", {"event": event["id"], **reply})


@asynccontextmanager
async def controller(broker: Mosquitto) -> AsyncIterator[Controller]:
    """Speak for the controller on a broker."""
    async with mqtt(broker.address, "controller") as client:
        await client.subscribe([("yichuang/+/+/event", 1), ("yichuang/+/+/status", 1)])
        side = Controller(client)
        listening = asyncio.create_task(side.listen(), name="controller")
        try:
            yield side
        finally:
            listening.cancel()
            (fault,) = await asyncio.gather(listening, return_exceptions=True)
        if isinstance(fault, Exception) and not isinstance(fault, aiomqtt.MqttError):
            raise fault
