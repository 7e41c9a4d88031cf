"""A hall of its own for device programs under test: a real Mosquitto, and a controller that says what the test says."""

import asyncio
import base64
import socket
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiomqtt
import orjson

HALL = "demo"
WITHIN_S = 30.0
POLL_S = 0.02


async def until(condition: Callable[[], object], what: str, within_s: float = WITHIN_S) -> None:
    """Wait until a condition holds.

    Raises:
        AssertionError: it doesn't.
    """
    deadline = asyncio.get_running_loop().time() + within_s
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, f"not within {within_s:g} s: {what}"
        await asyncio.sleep(POLL_S)


class LoopbackBroker:
    """A Mosquitto on a free port of loopback that keeps its sessions over a restart."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._configuration = folder / "mosquitto.conf"
        self._configuration.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nuser root\nset_tcp_nodelay true\n"
            f"persistence true\npersistence_location {folder}/\nautosave_on_changes true\nautosave_interval 1\n"
            "max_queued_messages 10000\n",
            encoding="utf-8",
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._launch()
        await until(self._answers, "the broker answers")

    def _launch(self) -> None:
        self._process = subprocess.Popen(
            ["/usr/sbin/mosquitto", "-c", str(self._configuration)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    async def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            await asyncio.to_thread(self._process.wait, 10)
            self._process = None

    def _answers(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def accept(device: str, event: dict[str, Any]) -> dict[str, Any] | None:
    """Accept every event."""
    return {"ok": True}


@dataclass
class Controller:
    """The other side of the contract, as far as a test needs it.

    Attributes:
        events: (device, event) of each event that arrived, repetitions included.
        statuses: what each device said of itself, in order.
        expiry_s: (event id, seconds) of each event that the broker was told to drop later.
        answer: gives the reply to an event, or ``None`` for silence.
    """

    client: aiomqtt.Client
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    statuses: dict[str, list[str]] = field(default_factory=dict)
    expiry_s: dict[str, int] = field(default_factory=dict)
    answer: Callable[[str, dict[str, Any]], dict[str, Any] | None] = accept

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
                continue
            event = orjson.loads(message.payload)
            self.events.append((device, event))
            expiry_s = getattr(message.properties, "MessageExpiryInterval", None)
            if expiry_s is not None:
                self.expiry_s[event["id"]] = expiry_s
            reply = self.answer(device, event)
            if reply is not None:
                await self.publish(device, "reply", {"event": event["id"], **reply})


@asynccontextmanager
async def controller(broker: LoopbackBroker) -> AsyncIterator[Controller]:
    """Speak for the controller on a broker."""
    async with aiomqtt.Client(
        "127.0.0.1", broker.port, protocol=aiomqtt.ProtocolVersion.V5, identifier="controller"
    ) as client:
        await client.subscribe([("yichuang/+/+/event", 1), ("yichuang/+/+/status", 1)])
        side = Controller(client)
        listening = asyncio.create_task(side.listen())
        try:
            yield side
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
