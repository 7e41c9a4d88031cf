"""The network's side of a display: an ASGI WebSocket as a port, and a listening socket that bounds slow readers."""

import socket
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from displays.session import Gone

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

SEND_BUFFER_BYTES = 128 * 1024
"""The system's own buffer a connection. Left to itself it grows to megabytes: a display that stopped reading would be
noticed a thousand boards late, and a thousand of them would hold gigabytes."""
UNHEARD_MS_MAX = 20_000
"""How long a peer may leave sent bytes unacknowledged, or its window shut, before the system gives the connection up.
Without it a server that closes such a connection keeps it, and its buffers, for as long as the peer likes."""


class AsgiPort:
    """A WebSocket by its bare ASGI callables.

    Chosen over Starlette's ``WebSocket`` for the sending path, by measurement (``tests/benchmarks/fan_out.py``).
    """

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send

    async def accept(self) -> None:
        """Accept the connection.

        Raises:
            Gone: the display has left already.
        """
        if (await self._receive())["type"] != "websocket.connect":
            raise Gone
        await self._put({"type": "websocket.accept"})

    async def send_text(self, text: str) -> None:
        """Send a message; return when the network has room for another.

        Raises:
            Gone: the connection is over.
        """
        await self._put({"type": "websocket.send", "text": text})

    async def receive_text(self) -> str | None:
        """Return the next message, an empty text for one that is not text, or ``None`` when the display has left."""
        message = await self._receive()
        return (message.get("text") or "") if message["type"] == "websocket.receive" else None

    async def close(self, code: int) -> None:
        """Close the connection; one that is over already is none of our trouble."""
        try:
            await self._put({"type": "websocket.close", "code": code})
        except Gone:
            return

    async def _put(self, message: Message) -> None:
        try:
            await self._send(message)
        except (OSError, RuntimeError) as error:  # ASGI: OSError when the peer is gone, RuntimeError behind a close
            raise Gone from error


def listening_socket(host: str, port: int, *, backlog: int = 2_048) -> socket.socket:
    """Return a listening TCP socket whose connections bound what a peer that doesn't read can hold.

    Args:
        host: address to listen at.
        port: 0 takes a free one.
        backlog: connections that may wait to be accepted: a hall's displays all come back at once.

    Raises:
        OSError: the address is taken or not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        if sys.platform == "linux":
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNHEARD_MS_MAX)
        listener.bind((host, port))
        listener.listen(backlog)
        listener.setblocking(False)  # noqa: FBT003  the standard library's own signature
    except OSError:
        listener.close()
        raise
    return listener
