"""Signs of life for systemd, on a socket like its own."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.agent.supervisor import STATUS_S, Supervisor


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(str(tmp_path / "notify"))
        line.setblocking(False)
        yield line


async def said(manager: socket.socket) -> str:
    data = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(manager, 4096), 20)
    return data.decode()


async def test_it_says_that_it_is_ready_then_that_it_lives(manager: socket.socket, tmp_path: Path) -> None:
    status = ["0 of 1 online"]
    environment = {
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
        "WATCHDOG_USEC": "60000",
        "WATCHDOG_PID": str(os.getpid()),
    }
    supervisor = Supervisor.of(environment)
    running = asyncio.create_task(supervisor.run(lambda: status[0]))
    assert await said(manager) == "READY=1\nSTATUS=0 of 1 online"
    assert await said(manager) == "WATCHDOG=1"
    status[0] = "1 of 1 online"
    while (word := await said(manager)) == "WATCHDOG=1":
        pass
    assert word == "WATCHDOG=1\nSTATUS=1 of 1 online"
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    supervisor.stopping()
    while (word := await said(manager)) == "WATCHDOG=1":
        pass
    assert word == "STOPPING=1"


async def test_a_name_without_a_file_is_spoken_to(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0{tmp_path}")
        manager.setblocking(False)
        Supervisor(f"@{tmp_path}").stopping()
        assert await said(manager) == "STOPPING=1"


@pytest.mark.parametrize(
    ("environment", "pause_s"),
    [
        ({}, STATUS_S),
        ({"WATCHDOG_USEC": "3000000"}, 1.0),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}, STATUS_S),
        ({"WATCHDOG_USEC": "soon"}, STATUS_S),
        ({"WATCHDOG_USEC": "0"}, STATUS_S),
    ],
)
def test_the_pace_is_a_third_of_what_the_manager_waits(environment: dict[str, str], pause_s: float) -> None:
    assert Supervisor.of(environment)._pause_s == pause_s


def test_a_manager_that_is_gone_does_not_stop_the_program(tmp_path: Path) -> None:
    Supervisor(str(tmp_path / "gone")).stopping()
