"""Kiosks that speak HTTP/1.1 with as little work as there can be, so that the server is what is measured."""

import asyncio
import json
import time
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from tests.benchmarks.load import Answered, Taken


class HttpLine(asyncio.Protocol):
    """One connection that is kept; one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._waiting: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(exc or ConnectionResetError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._buffer[:end]).lower()
        at = head.index(b"content-length:") + 15
        length = int(head[at:].split(b"\r\n", 1)[0])
        if len(self._buffer) < end + 4 + length or self._waiting is None:
            return
        body = bytes(self._buffer[end + 4 : end + 4 + length])
        self._buffer.clear()
        if head.startswith((b"http/1.1 200", b"http/1.1 201")):
            self._waiting.set_result(body)
        else:
            self._waiting.set_exception(AssertionError(f"{head.decode()}: {body[:300]!r}"))

    async def ask(self, request: bytes) -> bytes:
        """Send a request and return the answer's body."""
        assert self._transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._waiting

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()


async def connect(address: str) -> HttpLine:
    """Connect to ``http://HOST:PORT``."""
    parts = urlsplit(address)
    _, line = await asyncio.get_running_loop().create_connection(HttpLine, parts.hostname, parts.port)
    return line


def request(method: str, path: str, body: Any = None, token: str = "") -> bytes:
    """Return a request; a write has a key of its own; with a token it may act at a window."""
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    payload = b"" if body is None else json.dumps(body).encode()
    return (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nIdempotency-Key: {uuid4().hex}\r\n"
        f"{bearer}Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n\r\n"
    ).encode() + payload


async def draw(address: str, hall: str, codes: tuple[str, ...], taken: Taken) -> None:
    """Be one kiosk: draw tickets one after another until the time is over."""
    line = await connect(address)
    try:
        while taken.goes_on():
            text = request(
                "POST", f"/api/v1/halls/{hall}/tickets", {"services": [taken.one_of(codes)], "lane": "normal"}
            )
            started = time.perf_counter()
            body = await line.ask(text)
            taken.note(Answered(started, time.perf_counter(), json.loads(body)["number"]))
    finally:
        line.close()
