"""Kiosks that speak MQTT 5 with as little work as there can be: QoS 1, one event under way each."""

import asyncio
import json
import struct
import time
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from tests.benchmarks.load import Answered, Taken

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 0x10, 0x20, 0x30, 0x40, 0x82, 0x90
QOS_1 = 0x02


class MqttLine(asyncio.Protocol):
    """One device's connection: it publishes events and hears replies."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._replies: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._packet = 0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        for future in (*self._waiting.values(), *self._replies.values()):
            if not future.done():
                future.set_exception(exc or ConnectionResetError("the broker closed the connection"))

    async def begin(self, reply_topic: str) -> None:
        """Say hello and subscribe."""
        await self._send(CONNECT, packed("MQTT") + bytes((5, 0x02, 0, 0, 0)) + packed(self._device), CONNACK)
        await self._send(SUBSCRIBE, struct.pack("!HB", 1, 0) + packed(reply_topic) + b"\x01", SUBACK)

    async def ask(self, topic: str, event: dict[str, Any]) -> dict[str, Any]:
        """Publish an event and return the reply to it."""
        reply = self._replies[event["id"]] = asyncio.get_running_loop().create_future()
        self._packet = self._packet % 0xFFFF + 1
        self._write(PUBLISH | QOS_1, packed(topic) + struct.pack("!HB", self._packet, 0) + json.dumps(event).encode())
        return await reply

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()

    async def _send(self, kind: int, body: bytes, answer: int) -> None:
        self._waiting[answer] = asyncio.get_running_loop().create_future()
        self._write(kind, body)
        await self._waiting[answer]

    def _write(self, kind: int, body: bytes) -> None:
        assert self._transport is not None
        self._transport.write(bytes((kind,)) + _varint(len(body)) + body)

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        while len(buffer) >= 2:
            length, start = _read_varint(buffer, 1)
            if start == 0 or len(buffer) < start + length:
                return
            kind, body = buffer[0], bytes(buffer[start : start + length])
            del buffer[: start + length]
            if kind & 0xF0 == PUBLISH:
                self._heard(kind, body)
            elif kind in self._waiting:
                self._waiting.pop(kind).set_result(None)

    def _heard(self, kind: int, body: bytes) -> None:
        at = 2 + int.from_bytes(body[:2], "big")
        topic = body[2:at].decode()
        if kind & QOS_1:
            self._write(PUBACK, body[at : at + 2])
            at += 2
        properties, at = _read_varint(body, at)
        self._answer(topic, json.loads(body[at + properties :]))

    def _answer(self, _topic: str, reply: dict[str, Any]) -> None:
        future = self._replies.pop(reply["event"], None)
        if future is not None:
            future.set_result(reply)


def packed(text: str) -> bytes:
    """Return a text as MQTT has it: its length before it."""
    encoded = text.encode()
    return struct.pack("!H", len(encoded)) + encoded


def _varint(value: int) -> bytes:
    out = bytearray()
    while True:
        value, digit = divmod(value, 128)
        out.append(digit | (0x80 if value else 0))
        if not value:
            return bytes(out)


def _read_varint(data: bytes | bytearray, at: int) -> tuple[int, int]:
    """Return a length and where it ends; the end is 0 while it isn't whole."""
    value = shift = 0
    while at < len(data):
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if not data[at - 1] & 0x80:
            return value, at
    return 0, 0


async def draw(address: str, hall: str, codes: tuple[str, ...], taken: Taken) -> None:
    """Be one kiosk: draw tickets one after another until the time is over."""
    device = f"bench-{uuid4().hex[:12]}"
    parts = urlsplit(address)
    _, line = await asyncio.get_running_loop().create_connection(lambda: MqttLine(device), parts.hostname, parts.port)
    try:
        await line.begin(f"yichuang/{hall}/{device}/reply")
        while taken.goes_on():
            event = {
                "id": uuid4().hex,
                "type": "ticket_requested",
                "services": [taken.one_of(codes)],
                "lane": "normal",
            }
            started = time.perf_counter()
            reply = await line.ask(f"yichuang/{hall}/{device}/event", event)
            assert reply["ok"], reply
            taken.note(Answered(started, time.perf_counter(), reply["number"]))
    finally:
        line.close()
