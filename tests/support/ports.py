"""Ports for what a test starts: free ones of loopback that nobody is given by chance."""

import secrets
import socket

PORTS = range(10_240, 32_768)
"""Below those that the kernel hands to connections, so none is taken between the look and the start."""
TRIES_MAX = 100

_given: set[int] = set()


def free_port() -> int:
    """Return a TCP port of loopback that nobody uses and that this process was not given before.

    It is drawn at random, so that test runs beside each other hardly ever meet.
    """
    for _ in range(TRIES_MAX):
        port = secrets.choice(PORTS)
        if port not in _given and _is_free(port):
            _given.add(port)
            return port
    raise AssertionError(f"no free port in {TRIES_MAX} tries")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
