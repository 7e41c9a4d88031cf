"""The end of systemd's watchdog in a device's program: *ready*, a sign of life, and a line for ``systemctl status``.

The protocol is a datagram of ``NAME=value`` lines to the socket that ``NOTIFY_SOCKET`` names (sd_notify(3)). Packages
for it are either bindings to libsystemd, which a small machine would have to compile, or wrap these few lines.

A sign of life is given by the event loop that does the work: a program that hangs falls silent, and systemd starts it
anew. A device without a network is alive: whether it is online is told, not judged.
"""

import asyncio
import os
import socket
from collections.abc import Callable, Mapping

import structlog

log = structlog.get_logger(__name__)

STATUS_S = 10.0
"""How often the status is looked at where no watchdog asks for more."""


class Supervisor:
    """Whoever watches over the program; without one, nothing is said to nobody."""

    def __init__(self, address: str = "", watchdog_s: float | None = None) -> None:
        """Prepare it.

        Args:
            address: of the socket: a path, or a name after ``@``.
            watchdog_s: after how many seconds of silence the program is ended; ``None``: never.
        """
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._pause_s = STATUS_S if watchdog_s is None else watchdog_s / 3
        self._said = ""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Supervisor":
        """Return the one that an environment names."""
        microseconds = environment.get("WATCHDOG_USEC", "")
        ours = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        watchdog_s = int(microseconds) / 1e6 if ours and microseconds.isdigit() and int(microseconds) else None
        return cls(environment.get("NOTIFY_SOCKET", ""), watchdog_s)

    async def run(self, status: Callable[[], str]) -> None:
        """Say that the program is ready, then that it lives, until cancelled.

        Args:
            status: what it is about, a short line.
        """
        self._say("READY=1", status())
        while True:
            await asyncio.sleep(self._pause_s)
            self._say("WATCHDOG=1", status())

    def stopping(self) -> None:
        """Say that the program ends on purpose."""
        self._say("STOPPING=1", "")

    def _say(self, word: str, status: str) -> None:
        if not self._address:
            return
        lines = [word]
        if status and status != self._said:
            lines.append(f"STATUS={status}")
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
                line.setblocking(False)  # noqa: FBT003 - the socket's own form
                line.sendto("\n".join(lines).encode(), self._address)
        except OSError as error:
            log.warning("supervisor_unavailable", error=str(error))
        else:
            self._said = status
