"""Whatever strangers send, by MQTT or HTTP: no crash, no 5xx, no stuck gateway, and answers of the form promised."""

import asyncio
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

from devices.agent.wire import Broker
from devices.messages import TicketRequested
from tests.integration.test_gateway_bad_input import COUNT, payloads, publish_all
from tests.support.controller_process import ControllerProcess
from tests.support.hall_client import HallClient
from tests.support.hall_plan import HALL, INSURANCE
from tests.support.mqtt_device import device

SEED = 20260302
DEVICES = 20
STATUSES, TOPICS = 500, 500
EXAMPLES_MAX = 5
SCHEMATHESIS_S_MAX = 280.0
ROOT = Path(__file__).parents[2]
ODD_DEVICES = ("machine 1", "b" * 65, "a.b", "%s", "{device}", "-", "__proto__", "\U0001f600", "machine-1/x")
ODD_LEAVES = ("event/", "Event", "command", "reply", "state", "status/x", "nonesuch", "event/event")


def messages(chance: random.Random) -> Iterator[tuple[str, bytes]]:
    """Give damaged events, then senseless statuses, then all of it on topics that nobody listens to."""
    for payload in payloads(chance):
        yield f"yichuang/{HALL}/d{chance.randrange(DEVICES)}/event", payload
    for _ in range(STATUSES):
        size = chance.choice((0, 1, 6, 7, 500, 70_000))
        status = chance.choice((b"online", b"offline", b"ONLINE", chance.randbytes(size)))
        yield f"yichuang/{HALL}/d{chance.randrange(DEVICES)}/status", status
    for payload, _ in zip(payloads(chance), range(TOPICS), strict=False):
        name = chance.choice((*ODD_DEVICES, "d1"))
        leaf = "event" if name != "d1" else chance.choice(ODD_LEAVES)
        yield f"yichuang/{chance.choice((HALL, 'nonesuch', 'Demo', ''))}/{name}/{leaf}", payload


async def test_ten_thousand_bad_payloads(controller: ControllerProcess, hall: HallClient) -> None:
    pid, broker = controller.pid, Broker.parse(controller.mqtt)
    await publish_all(broker, messages(random.Random(SEED)))
    await hall.until_metric("mqtt_events_total", COUNT)
    async with device(broker, "kiosk-1", on_a_floor=True) as machine:
        await machine.say("online")
        await machine.send(TicketRequested(id="good", services=(INSURANCE,)))
        reply = await machine.answered("good")
    assert reply["ok"] is True
    (issued,) = [data for data in await hall.events("TicketIssued") if data["ticket"] == reply["ticket"]]
    assert issued["number"] == reply["number"]
    limited = await hall.metric("mqtt_events_total", result="limited")  # what a device says beyond its burst
    assert await hall.metric("mqtt_events_total", result="malformed") + limited > COUNT / 2
    assert await hall.metric("mqtt_events_total", result="malformed") > COUNT / 5
    assert await hall.metric("mqtt_events_total", result="refused") > 0
    assert await hall.metric("mqtt_events_total", result="error") == 0
    await still_sound(controller, hall, pid)


async def test_requests_of_every_kind(controller: ControllerProcess, hall: HallClient, tmp_path: Path) -> None:
    pid = controller.pid
    await hall.open_windows("1")
    await hall.ticket(INSURANCE)
    process = await asyncio.create_subprocess_exec(
        *(str(Path(sys.executable).with_name("schemathesis")), "run", f"{controller.http}/openapi.json"),
        *("--header", f"Authorization: Bearer {controller.token}"),
        *("--max-examples", str(EXAMPLES_MAX), "--seed", str(SEED), "--generation-database", "none"),
        *("--no-color", "--continue-on-failure", "--exclude-checks", "positive_data_acceptance"),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(), SCHEMATHESIS_S_MAX)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, said.decode()[-20_000:]
    await still_sound(controller, hall, pid)


async def still_sound(controller: ControllerProcess, hall: HallClient, pid: int) -> None:
    """See that the same process goes on, serves, and that no effect failed in it."""
    assert controller.runs
    assert controller.pid == pid
    assert psutil.pid_exists(pid)
    await hall.until_ready()
    assert await hall.metric("sink_failures_total") == 0
    assert (await hall.ticket(INSURANCE))["ticket"]
    rows = await hall.stream()
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    assert "Traceback" not in controller.log.read_text("utf-8", "replace")
