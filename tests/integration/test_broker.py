"""The managed broker: a real Mosquitto, started, killed, left behind, in the way of others."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from devices import broker as brokers
from devices.broker import BrokerUnavailable, ManagedBroker
from devices.broker_folder import CONFIGURATION, PID
from tests.support.mosquitto import listens, mqtt, until
from tests.support.ports import free_port

OWNER = """
import asyncio, sys
from pathlib import Path
from devices.broker import ManagedBroker

async def main():
    async with ManagedBroker(Path(sys.argv[1]), port=int(sys.argv[2])) as broker:
        print("pid", broker.pid, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def pid_of(broker: ManagedBroker) -> int:
    assert broker.pid is not None
    return broker.pid


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "大厅 data"


@pytest.fixture
async def broker(data: Path) -> AsyncIterator[ManagedBroker]:
    async with ManagedBroker(data, port=free_port()) as started:
        yield started


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brokers, "RESTART_S_MIN", 0.01)
    monkeypatch.setattr(brokers, "RESTART_S_MAX", 0.05)


async def retained(broker: ManagedBroker, topic: str) -> bytes:
    async with mqtt(broker.address, "reader") as client, asyncio.timeout(10):
        await client.subscribe(topic, qos=1)
        async for message in client.messages:
            return bytes(message.payload)
    raise AssertionError("a subscription ended by itself")


async def test_it_serves_from_start_to_stop(data: Path) -> None:
    async with ManagedBroker(data, port=free_port()) as broker:
        async with mqtt(broker.address, "device") as client:
            await client.publish("yichuang/demo/led-1/state", b"A003", qos=1, retain=True)
        pid = pid_of(broker)
        assert await retained(broker, "yichuang/demo/led-1/state") == b"A003"
    assert not runs(pid)
    assert not listens(broker.port)


async def test_what_it_keeps_survives_a_stop(data: Path) -> None:
    port = free_port()
    async with ManagedBroker(data, port=port) as broker, mqtt(broker.address, "device") as client:
        await client.publish("kept", b"1", qos=1, retain=True)
    async with ManagedBroker(data, port=port) as broker:
        assert await retained(broker, "kept") == b"1"


async def test_one_that_dies_is_started_again(broker: ManagedBroker) -> None:
    for round_ in range(1, 4):
        first = pid_of(broker)
        os.kill(first, signal.SIGKILL)
        await until(lambda: broker.pid not in {None, first} and listens(broker.port), "a new broker")  # noqa: B023
        assert broker.restarts == round_
    async with mqtt(broker.address, "device") as client:
        await client.publish("alive", b"1", qos=1)


async def test_a_killed_controller_takes_its_broker_along_and_the_next_one_starts(data: Path) -> None:
    port = free_port()
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", OWNER, str(data), str(port), stdout=asyncio.subprocess.PIPE
    )
    assert owner.stdout is not None
    while not (line := await owner.stdout.readline()).startswith(b"pid "):
        assert line, "it ended without a broker"
    pid = int(line.split()[1])
    assert runs(pid)
    owner.kill()
    await owner.communicate()
    await until(lambda: not runs(pid), "the broker ends with its controller")
    async with ManagedBroker(data, port=port) as broker:
        assert pid_of(broker) != pid


async def test_a_deaf_leftover_is_ended_first(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devices.broker_folder.LEFTOVER_S_MAX", 0.2)
    port = free_port()
    async with ManagedBroker(data, port=port):
        pass
    folder = data / "broker"
    leftover = await asyncio.create_subprocess_exec(
        "/usr/sbin/mosquitto", "-c", str(folder / CONFIGURATION), stderr=asyncio.subprocess.DEVNULL
    )
    await until(lambda: listens(port), "the leftover listens")
    (folder / PID).write_text(f"{leftover.pid}\n")
    leftover.send_signal(signal.SIGSTOP)
    async with ManagedBroker(data, port=port) as broker:
        assert pid_of(broker) != leftover.pid
    assert await leftover.wait() == -signal.SIGKILL


async def test_a_stranger_with_the_number_of_a_leftover_is_left_alone(data: Path) -> None:
    folder = data / "broker"
    folder.mkdir(parents=True)
    stranger = await asyncio.create_subprocess_exec("/bin/sleep", "60")
    (folder / PID).write_text(f"{stranger.pid}\n")
    async with ManagedBroker(data, port=free_port()):
        assert runs(stranger.pid)
    stranger.terminate()
    await stranger.wait()


async def test_a_second_controller_on_the_same_data_is_told_so(broker: ManagedBroker, data: Path) -> None:
    with pytest.raises(BrokerUnavailable, match="another controller"):
        await ManagedBroker(data, port=free_port()).start()
    assert runs(pid_of(broker))


async def test_a_port_in_use_is_one_clear_line(data: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        broker = ManagedBroker(data, port=port)
        with pytest.raises(BrokerUnavailable, match=rf"port {port} on 127\.0\.0\.1 can't be used.*--mqtt") as caught:
            await broker.start()
        assert "\n" not in str(caught.value)
    await broker.start()  # nothing was left behind
    await broker.stop()


async def test_a_missing_program_is_one_clear_line(data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", "/usr/bin")
    monkeypatch.setattr(brokers, "_PLACES", str(tmp_path))
    with pytest.raises(BrokerUnavailable) as caught:
        await ManagedBroker(data, port=free_port()).start()
    assert str(caught.value) == "mosquitto is not installed: run 'apt-get install mosquitto'"


async def test_a_broker_that_ends_at_once_says_why(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devices.broker_folder._SETTINGS", "per_listener_settings true\nno_such_setting 1\n")
    with pytest.raises(BrokerUnavailable, match=r"ended with status .*no_such_setting"):
        await ManagedBroker(data, port=free_port()).start()


async def test_a_folder_that_cannot_be_used_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BrokerUnavailable, match="can't be used"):
        await ManagedBroker(tmp_path / "file", port=free_port()).start()


async def test_without_accounts_it_stays_on_loopback(data: Path) -> None:
    with pytest.raises(BrokerUnavailable, match="loopback"):
        ManagedBroker(data, host="0.0.0.0", port=free_port())


async def test_it_keeps_more_for_one_who_is_away_than_mosquitto_would_by_itself(broker: ManagedBroker) -> None:
    count = 3_000
    async with mqtt(broker.address, "away", session_s=600) as client:
        await client.subscribe("queue", qos=1)
    async with mqtt(broker.address, "device") as client:
        client.pending_calls_threshold = count
        await asyncio.gather(*(client.publish("queue", str(number), qos=1, timeout=30) for number in range(count)))
    got = []
    async with mqtt(broker.address, "away", session_s=600) as client, asyncio.timeout(30):
        async for message in client.messages:
            got.append(int(message.payload))
            if len(got) == count:
                break
    assert got == list(range(count))
