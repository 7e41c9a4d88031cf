"""Every device of a district connects at once, as after a power cut: how long until all are online, and what it costs.

Each has an account, a last will, three subscriptions and a retained birth, and waits for its retained state. Beside it
the same broker with the same accounts and no controller behind it.
"""

import asyncio
import struct
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psutil
import uvloop

from api.file_limit import raise_limit
from controller.plan import DeviceId, DeviceKind, HallId, WindowId
from controller.runtime.clock import SystemClock
from controller.runtime.device_store import DeviceStore, NewDevice
from controller.runtime.journal import Journal
from devices.broker import ManagedBroker
from devices.broker_accounts import DeviceAccount, hashed
from tests.benchmarks.controller import controller as make_controller
from tests.benchmarks.halls import HALL
from tests.benchmarks.mqtt_kiosk import (
    CONNACK,
    CONNECT,
    PUBACK,
    PUBLISH,
    QOS_1,
    SUBACK,
    SUBSCRIBE,
    MqttLine,
    packed,
)
from tests.benchmarks.options import Options
from tests.benchmarks.processes import in_own_process
from tests.benchmarks.table import Case, Figure
from tests.support.ports import free_port

HOST = "127.0.0.1"
WITHIN_S = 180.0
POLL_S = 0.1
KEEPALIVE_S = 20
RETAIN = 0x01
MEGABYTE = 1_000_000
CONNECT_FLAGS = 0x02 | 0x04 | 0x08 | 0x20 | 0x40 | 0x80
"""A clean start; a last will, retained, at QoS 1; a name and a password."""


@dataclass(frozen=True)
class Storm:
    """What came of it, in seconds from its beginning.

    Attributes:
        connected_s: the last device has said ``online`` and the broker has it.
        online_s: the controller knows of all.
        stated_s: the last device has its state.
        busy: share of one core that the processes looked at take afterwards, while all stay.
    """

    connected_s: float
    online_s: float = 0.0
    stated_s: float = 0.0
    busy: float = 0.0


def cases(options: Options) -> list[Case]:
    """Return what is measured."""
    name = f"connect storm, {options.devices:,} devices"
    return [Case(name, "the broker alone", partial(measure, options.devices, options.stay_s))]


async def measure(devices: int, stay_s: float, folder: Path) -> list[Figure]:
    """Let so many devices connect to a controller, and to a broker alone."""
    names = [f"sign-{number}" for number in range(devices)]
    accounts = [DeviceAccount(HALL, name, hashed(name)) for name in names]
    raise_limit()
    controller = make_controller(folder)
    await _register(controller.environment["YICHUANG_DATABASE"], accounts)
    await controller.start()
    try:
        broker = controller.broker()
        assert broker is not None
        processes = psutil.Process(controller.pid), broker
        before = [_spent_s(process) for process in processes]
        port = int(controller.mqtt.rpartition(":")[2])
        pids = [process.pid for process in processes]
        ours = await in_own_process(storm, port, names, controller.http, pids, stay_s)
        spent = [_spent_s(process) - spent_s for process, spent_s in zip(processes, before, strict=True)]
        sizes = [process.memory_info().rss / MEGABYTE for process in processes]
    finally:
        await controller.stop()
    alone = ManagedBroker(folder / "alone", port=free_port())
    await alone.admit(accounts)
    async with alone:
        bare = await in_own_process(storm, alone.port, names, "", [], 0.0)
    return [
        Figure("s until all are connected", ours.connected_s, bare.connected_s, small_is_good=True),
        Figure("s until the controller knows all", ours.online_s, bare.connected_s, small_is_good=True),
        Figure("s until each has its state", ours.stated_s, bare.connected_s, small_is_good=True),
        Figure("CPU s of the controller", spent[0], small_is_good=True),
        Figure("CPU s of its broker", spent[1], small_is_good=True),
        Figure("MB of the controller", sizes[0], small_is_good=True),
        Figure("MB of its broker", sizes[1], small_is_good=True),
        Figure("% of a core while all stay", 100 * ours.busy, small_is_good=True),
    ]


def storm(port: int, names: list[str], http: str, pids: list[int], stay_s: float) -> Storm:
    """Be all devices; without a controller's address only the broker is waited for."""
    raise_limit()
    return uvloop.run(_storm(port, names, http, pids, stay_s))


async def _storm(port: int, names: list[str], http: str, pids: list[int], stay_s: float) -> Storm:
    began = time.perf_counter()
    async with asyncio.timeout(WITHIN_S):
        knows = asyncio.create_task(_known(http, len(names), began)) if http else None
        signs = await asyncio.gather(*(_connect(port, name) for name in names))
        connected_s = time.perf_counter() - began
        try:
            if knows is None:
                return Storm(connected_s)
            await asyncio.gather(*(sign.stated.wait() for sign in signs))
            stated_s = time.perf_counter() - began
            online_s = await knows
            return Storm(connected_s, online_s, stated_s, await _busy(pids, stay_s))
        finally:
            for sign in signs:
                sign.close()


async def _connect(port: int, name: str) -> "Sign":
    _, sign = await asyncio.get_running_loop().create_connection(lambda: Sign(name), HOST, port)
    await sign.join()
    return sign


async def _known(http: str, devices: int, began: float) -> float:
    """Return after how long the controller knows of all devices; on loopback its metrics are open."""
    async with httpx.AsyncClient(base_url=http, timeout=WITHIN_S) as client:
        while True:
            lines = (await client.get("/metrics")).text.splitlines()
            online = sum(line.startswith("yichuang_device_online{") and line.endswith(" 1.0") for line in lines)
            if online == devices:
                return time.perf_counter() - began
            await asyncio.sleep(POLL_S)


async def _busy(pids: list[int], stay_s: float) -> float:
    processes = [psutil.Process(pid) for pid in pids]
    before = sum(map(_spent_s, processes))
    await asyncio.sleep(stay_s)
    return (sum(map(_spent_s, processes)) - before) / stay_s if stay_s else 0.0


def _spent_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


async def _register(database: str, accounts: list[DeviceAccount]) -> None:
    """Write the devices into the registry of a controller that doesn't run yet."""
    journal = Journal(database)
    await journal.open()
    store = DeviceStore(journal, SystemClock())
    for one in accounts:
        await store.add(
            NewDevice(
                id=DeviceId(one.device),
                hall=HallId(HALL),
                kind=DeviceKind.LED,
                window=WindowId("1"),
                secret=one.secret,
            ),
            "bench",
        )
    await journal.close()


class Sign(MqttLine):
    """A sign at a window, as its firmware connects.

    Attributes:
        stated: it has its state.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.stated = asyncio.Event()
        self._base = f"yichuang/{HALL}/{name}"

    async def join(self) -> None:
        """Say hello with the password, which is the name, subscribe, and say ``online``."""
        status, name = packed(f"{self._base}/status"), packed(self._device)
        hello = packed("MQTT") + bytes((5, CONNECT_FLAGS)) + struct.pack("!HB", KEEPALIVE_S, 0)
        await self._send(CONNECT, hello + name + b"\0" + status + packed("offline") + name + name, CONNACK)
        topics = b"".join(packed(f"{self._base}/{leaf}") + b"\x01" for leaf in ("command", "reply", "state"))
        await self._send(SUBSCRIBE, struct.pack("!HB", 1, 0) + topics, SUBACK)
        await self._send(PUBLISH | QOS_1 | RETAIN, status + struct.pack("!HB", 2, 0) + b"online", PUBACK)

    def _answer(self, topic: str, _payload: dict[str, Any]) -> None:
        if topic.endswith("/state"):
            self.stated.set()
