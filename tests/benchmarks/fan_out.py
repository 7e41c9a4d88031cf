"""Press to glass over the network: one call on one hall, 1, 100 and 1,000 displays, each a WebSocket of its own.

``python -m tests.benchmarks.fan_out`` starts a server in a process of its own, once as the product sends (the hub on
uvicorn) and once as ``websockets.broadcast`` sends the same bytes, and measures in this process from the moment a
press is sent until a display has the whole board, read with as little work a display as there can be. Figures of one
run are comparable with each other only. ``--ports`` measures the ways of sending that the hub could have.
"""

import argparse
import asyncio
import contextlib
import gc
import multiprocessing
import resource
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

import orjson
import uvicorn
import uvloop
from starlette.websockets import WebSocket
from websockets.asyncio.server import ServerConnection, broadcast, serve

from displays.board import DisplayKind
from displays.hub import Counts, HallNow, Hub
from displays.latency import Latency
from displays.transport import AsgiPort, listening_socket
from tests.support.display_floor import Floor

HOST = "127.0.0.1"
DISPLAYS = (1, 100, 1_000)
ROUNDS, WARM_UP_ROUNDS = 200, 20
PAUSE_S = 0.02
"""Between presses, so that one round's rest is not the next one's beginning."""
DEADLINE_S = 30.0
OPEN_FILES = 8_192
CONNECTS_AT_ONCE = 100
PLAIN, FLOOR_KIND = "hub", "websockets.broadcast"
KINDS = (PLAIN, "hub, displays answer", FLOOR_KIND)
PORT_KINDS = (PLAIN, "hub by Starlette send", "hub by Starlette send_text", FLOOR_KIND)


# -- the server's process ---------------------------------------------------------------------------------------------


class _Presses:
    """Boards that differ as those of a living hall do: each is made by the core's own views before the clock starts."""

    def __init__(self) -> None:
        self.floor = Floor()
        for step in range(12):
            self.floor.call("1234"[step % 4])
        self.count = 0

    def board(self) -> dict[str, Any]:
        self.count += 1
        board = self.floor.board()
        call = {**board["calls"][0], "number": f"A{self.count % 1000:03}"}
        return {**board, "seq": board["seq"] + self.count, "calls": [call, *board["calls"][1:]]}


def _hub_app(hub: Hub, presses: _Presses, kind: str) -> Callable[..., Any]:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "websocket":
            return
        port = AsgiPort(receive, send)
        if kind == "hub by Starlette send":
            websocket = WebSocket(scope, receive, send)
            port = AsgiPort(websocket.receive, websocket.send)
        elif kind == "hub by Starlette send_text":
            port = _SendTextPort(WebSocket(scope, receive, send))
        await port.accept()
        if scope["path"] == "/press":
            while await port.receive_text() is not None:
                hub.publish("demo", presses.board(), presses.floor.plan)
        else:
            await hub.serve("demo", scope["path"], DisplayKind.TV, port)

    return app


class _SendTextPort(AsgiPort):
    def __init__(self, websocket: WebSocket) -> None:
        super().__init__(websocket.receive, websocket.send)
        self._websocket = websocket

    async def send_text(self, text: str) -> None:
        await self._websocket.send_text(text)


def _unheard(*_figures: Any) -> None:
    """The benchmark measures from outside."""


async def _serve_hub(kind: str, address: Connection) -> None:
    presses = _Presses()

    async def find(hall: str) -> HallNow | None:
        return HallNow(presses.floor.board(), presses.floor.plan)

    counts = Counts(connected=_unheard, dropped=_unheard, malformed=_unheard)
    hub = Hub(find, Latency(_unheard), counts)
    config = uvicorn.Config(
        _hub_app(hub, presses, kind),
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        loop="uvloop",
        lifespan="off",
        log_level="warning",
    )
    listener = listening_socket(HOST, 0)
    address.send(listener.getsockname()[1])
    gc.freeze()
    async with asyncio.TaskGroup() as group:
        group.create_task(hub.run())
        await uvicorn.Server(config).serve([listener])


async def _serve_broadcast(address: Connection) -> None:
    presses = _Presses()
    displays: set[ServerConnection] = set()

    async def handle(connection: ServerConnection) -> None:
        if connection.request is not None and connection.request.path == "/press":
            async for _ in connection:
                broadcast(displays, orjson.dumps(presses.board()).decode())
            return
        await connection.send(orjson.dumps(presses.board()).decode())
        displays.add(connection)
        try:
            await connection.wait_closed()
        finally:
            displays.discard(connection)

    listener = listening_socket(HOST, 0)
    async with serve(handle, sock=listener, compression=None) as server:
        address.send(listener.getsockname()[1])
        gc.freeze()
        await server.serve_forever()


def _server(kind: str, address: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    uvloop.run(_serve_broadcast(address) if kind == FLOOR_KIND else _serve_hub(kind, address))


# -- this process: the displays ---------------------------------------------------------------------------------------


class Display(asyncio.Protocol):
    """A WebSocket client that does no more than find where a frame ends."""

    def __init__(self, path: str, whole: Callable[[int], None], *, answers: bool) -> None:
        self._path = path
        self._whole = whole
        self._answers = answers
        self._buffer = bytearray()
        self._upgraded = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        request = (
            f"GET {self._path} HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        transport.write(request.encode())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._upgraded:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head:
                raise ConnectionError(head.decode())
            self._upgraded, self._buffer = True, rest
            if self._path == "/press":
                self._whole(0)
        while self._frame():
            pass

    def _frame(self) -> bool:
        buffer = self._buffer
        if len(buffer) < 4:
            return False
        start, length = 2, buffer[1] & 0x7F
        if length == 126:
            start, length = 4, int.from_bytes(buffer[2:4], "big")
        if len(buffer) < start + length:
            return False
        payload = bytes(buffer[start : start + length])
        del buffer[: start + length]
        if payload.startswith(b'{"type":"board"'):
            found = payload.index(b'"seq":') + 6
            seq = int(payload[found : payload.index(b",", found)])
            self._whole(seq)
            if self._answers:
                self.say(f'{{"type":"shown","seq":{seq}}}')
        return True

    def say(self, text: str) -> None:
        """Send a text frame; a mask of zeros is a mask."""
        assert self.transport is not None
        self.transport.write(bytes((0x81, 0x80 | len(text), 0, 0, 0, 0)) + text.encode())


@dataclass
class Tally:
    """What came in, in seconds of the performance counter: a loop's own time may move by the millisecond."""

    displays: int
    pressed_at: float = 0.0
    delays_s: list[float] = field(default_factory=list)
    missing: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def whole(self, _seq: int) -> None:
        """A display has a whole board."""
        self.delays_s.append(time.perf_counter() - self.pressed_at)
        self.missing -= 1
        if self.missing == 0:
            self.done.set()

    async def round(self, begin: Callable[[], None]) -> list[float]:
        """Begin something and wait until every display has a board; return the delays in seconds."""
        self.delays_s, self.missing = [], self.displays
        self.done.clear()
        self.pressed_at = time.perf_counter()
        begin()
        async with asyncio.timeout(DEADLINE_S):
            await self.done.wait()
        return self.delays_s


@dataclass(frozen=True)
class Figures:
    """Milliseconds: a display's board, and a round's last board."""

    each_p50: float
    each_p99: float
    last_p50: float
    last_p99: float


def _quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1000


async def _measure(port: int, count: int, rounds: int, *, answers: bool) -> Figures:
    loop = asyncio.get_running_loop()
    tally = Tally(count)
    opened: list[Display] = []

    async def connect(path: str, whole: Callable[[int], None]) -> Display:
        _, display = await loop.create_connection(lambda: Display(path, whole, answers=answers), HOST, port)
        opened.append(display)
        return display

    try:
        greeting = asyncio.create_task(tally.round(lambda: None))
        await asyncio.sleep(0)
        for first in range(0, count, CONNECTS_AT_ONCE):
            numbers = range(first, min(count, first + CONNECTS_AT_ONCE))
            await asyncio.gather(*(connect(f"/tv-{number}", tally.whole) for number in numbers))
        await greeting
        ready = asyncio.Event()
        pad = await connect("/press", lambda _seq: ready.set())
        await ready.wait()
        each: list[float] = []
        last: list[float] = []
        gc.collect()
        gc.disable()
        for number in range(rounds + WARM_UP_ROUNDS):
            delays = await tally.round(lambda: pad.say("press"))
            if number >= WARM_UP_ROUNDS:
                each += delays
                last.append(max(delays))
            await asyncio.sleep(PAUSE_S)
        return Figures(_quantile(each, 0.5), _quantile(each, 0.99), _quantile(last, 0.5), _quantile(last, 0.99))
    finally:
        gc.enable()
        for display in opened:
            if display.transport is not None:
                display.transport.abort()


@contextlib.asynccontextmanager
async def _running(kind: str) -> AsyncIterator[int]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_server, args=(kind, theirs), daemon=True)
    process.start()
    try:
        if not await asyncio.to_thread(ours.poll, DEADLINE_S):
            raise TimeoutError(f"the server of {kind!r} did not start")
        yield ours.recv()
    finally:
        process.kill()
        process.join()
        process.close()


async def _run(kinds: tuple[str, ...], displays: list[int], rounds: int, repeats: int) -> None:
    found: dict[tuple[int, str], list[Figures]] = {}
    for _ in range(repeats):
        for count in displays:
            for kind in kinds:
                async with _running(kind) as port:
                    figures = await _measure(port, count, rounds, answers="answer" in kind)
                found.setdefault((count, kind), []).append(figures)
    sys.stdout.write("\n".join(_table(found, kinds, displays)) + "\n\n")
    sys.stdout.write(
        f"median of {repeats} runs of {rounds} presses; 'last': the last display of a press; ratio: its median against"
        f" {FLOOR_KIND} of the same bytes\n"
    )


def _table(found: dict[tuple[int, str], list[Figures]], kinds: tuple[str, ...], displays: list[int]) -> list[str]:
    head = f"{'displays':>8}  {'sent by':<28}{'p50 ms':>8}{'p99 ms':>8}{'last p50':>10}{'last p99':>10}{'ratio':>8}"
    lines = [head, "-" * len(head)]
    for count in displays:
        floor = _median(found[count, FLOOR_KIND])
        for kind in kinds:
            row = _median(found[count, kind])
            lines.append(
                f"{count:>8}  {kind:<28}{row.each_p50:>8.2f}{row.each_p99:>8.2f}"
                f"{row.last_p50:>10.2f}{row.last_p99:>10.2f}{row.last_p50 / floor.last_p50:>8.2f}"
            )
    return lines


def _median(runs: list[Figures]) -> Figures:
    return Figures(
        *(
            statistics.median(getattr(run, name) for run in runs)
            for name in ("each_p50", "each_p99", "last_p50", "last_p99")
        )
    )


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--displays", type=int, nargs="+", default=list(DISPLAYS))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--ports", action="store_true", help="compare the ways of sending instead")
    arguments = parser.parse_args()
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(OPEN_FILES, limit), limit))
    kinds = PORT_KINDS if arguments.ports else KINDS
    uvloop.run(_run(kinds, arguments.displays, arguments.rounds, arguments.repeats))


if __name__ == "__main__":
    main()
