"""A display's network end: a bare ASGI WebSocket as a port, and sockets that bound what a slow reader holds."""

import asyncio
import socket
import sys
from collections.abc import Callable
from typing import Any

import pytest

from displays.session import Gone
from displays.transport import SEND_BUFFER_BYTES, UNHEARD_MS_MAX, AsgiPort, listening_socket


class Wire:
    """The server's side of an ASGI WebSocket."""

    def __init__(self, *incoming: dict[str, Any], fault: Exception | None = None) -> None:
        self.incoming = list(incoming)
        self.sent: list[dict[str, Any]] = []
        self.fault = fault

    async def receive(self) -> dict[str, Any]:
        return self.incoming.pop(0)

    async def send(self, message: Any) -> None:
        if self.fault is not None:
            raise self.fault
        self.sent.append(message)

    @property
    def port(self) -> AsgiPort:
        return AsgiPort(self.receive, self.send)


async def test_a_port_speaks_asgi() -> None:
    wire = Wire(
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "text": "hello"},
        {"type": "websocket.receive", "text": None, "bytes": b"\x00"},
        {"type": "websocket.receive", "bytes": b"\x00"},
        {"type": "websocket.disconnect", "code": 1001},
    )
    port = wire.port
    await port.accept()
    assert [await port.receive_text() for _ in range(4)] == ["hello", "", "", None]
    await port.send_text("board")
    await port.close(4404)
    assert wire.sent == [
        {"type": "websocket.accept"},
        {"type": "websocket.send", "text": "board"},
        {"type": "websocket.close", "code": 4404},
    ]


async def test_a_display_that_left_before_it_was_let_in_is_gone() -> None:
    wire = Wire({"type": "websocket.disconnect", "code": 1006})
    with pytest.raises(Gone):
        await wire.port.accept()
    assert wire.sent == []


@pytest.mark.parametrize("fault", [OSError("reset"), RuntimeError("sent behind a close")])
async def test_what_a_server_raises_on_a_dead_connection_is_gone(fault: Exception) -> None:
    wire = Wire({"type": "websocket.connect"}, fault=fault)
    port = wire.port
    for call in (port.accept, lambda: port.send_text("board")):
        with pytest.raises(Gone) as raised:
            await call()
        assert raised.value.__cause__ is fault
    await port.close(1012)


async def test_another_fault_of_the_server_is_not_taken_for_a_display_that_left() -> None:
    wire = Wire({"type": "websocket.connect"}, fault=ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        await wire.port.send_text("board")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_listening_socket_bounds_what_its_connections_hold(host: str) -> None:
    with listening_socket(host, 0) as listener, socket.create_connection((host, listener.getsockname()[1])):
        accepted = _accept(listener)
        with accepted:
            size = accepted.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
            assert size <= 2 * SEND_BUFFER_BYTES  # Linux counts its own needs as much again
            if sys.platform == "linux":
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == UNHEARD_MS_MAX


def _accept(listener: socket.socket) -> socket.socket:
    listener.settimeout(30)
    accepted, _ = listener.accept()
    return accepted


def test_an_address_that_is_taken_is_an_error_and_leaves_nothing_open() -> None:
    with listening_socket("127.0.0.1", 0) as listener:
        with pytest.raises(OSError, match="Address already in use"):
            listening_socket("127.0.0.1", listener.getsockname()[1])
        with socket.create_connection(listener.getsockname()):
            pass


async def test_a_peer_that_never_reads_is_felt_by_the_sender() -> None:
    """Without the bound on the system's buffer a sender would go on for megabytes before it had to wait."""
    loop = asyncio.get_running_loop()
    with listening_socket("127.0.0.1", 0) as listener, socket.socket() as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        peer.setblocking(False)
        await loop.sock_connect(peer, listener.getsockname())
        accepted, _ = await loop.sock_accept(listener)
        with accepted:
            taken = _fill(accepted.send)
    assert taken <= 8 * SEND_BUFFER_BYTES


def _fill(send: Callable[[bytes], int]) -> int:
    taken = 0
    while True:
        try:
            taken += send(bytes(65_536))
        except BlockingIOError:
            return taken
