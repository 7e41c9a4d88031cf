"""Devices with accounts, as whoever installs them sees it: the command, the running hall, the broker's door."""

import asyncio
import json
import sys
import tomllib
from html import unescape
from pathlib import Path
from typing import Any

import aiomqtt
import httpx
import pytest

from devices.agent.led import LedSign
from devices.agent.link import Link
from devices.agent.wire import Broker, new_event
from tests.support.controller_process import ROOT, ControllerProcess
from tests.support.hall_client import HallClient
from tests.support.mosquitto import POLL_S, mqtt, until


async def yichuang(controller: ControllerProcess, *words: str) -> str:
    """Run the command, as whoever runs the hall types it, and return what it prints."""
    process = await asyncio.create_subprocess_exec(
        *(str(Path(sys.executable).with_name("yichuang")), "device", *words, "--data", str(controller.data)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    printed, complaint = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, complaint.decode()
    return printed.decode()


def named(hall: dict[str, Any], device: str) -> dict[str, Any]:
    (found,) = [one for one in hall["devices"] if one["device"] == device]
    return dict(found)


async def answered(where: Broker, device: str) -> str:
    """Press a review pad's key and return what the controller says to it."""
    async with Link("demo", device, where) as link:
        reply = await link.request(new_event("review_submitted", level=5, window="1"))
    return "ok" if reply.ok else reply.code


async def online(hall: HallClient, device: str, *, is_online: bool) -> None:
    async with asyncio.timeout(30):
        while True:
            if named(await hall.ask("GET", "/devices"), device)["online"] is is_online:
                return
            await asyncio.sleep(POLL_S)


async def test_from_the_first_device_on_only_registered_ones_may_speak(
    controller: ControllerProcess, hall: HallClient, tmp_path: Path
) -> None:
    nobody = Broker.parse(controller.mqtt)
    assert await answered(nobody, "pad-1") == "service_not_given", "whoever is on this machine may speak"

    line = await yichuang(controller, "add", "pad-1", "--kind", "review_pad", "--hall", "demo", "--window", "1")
    joined = json.loads(line)
    assert line.count("\n") == 1
    assert set(joined) == {"device", "username", "password", "broker"}
    assert (joined["device"], joined["broker"]) == ("pad-1", controller.mqtt)
    account = Broker.parse(joined["broker"], username=joined["username"], password=joined["password"])
    assert await answered(account, "pad-1") == "service_not_given"
    await until(lambda: "broker_closed_to_strangers" in controller.log.read_text("utf-8"), "the door is closed")
    with pytest.raises(aiomqtt.MqttError, match="Not authorized"):
        async with mqtt(nobody, "pad-1"):
            pass

    sheet = tmp_path / "sheet.html"
    assert await yichuang(controller, "sheet", "pad-1", "--out", str(sheet)) == f"{sheet}\n"
    _, _, file = sheet.read_text("utf-8").partition("<pre>")
    new = tomllib.loads(unescape(file.partition("</pre>")[0]))
    assert new["password"] != joined["password"]
    again = Broker.parse(new["broker"], username=new["username"], password=new["password"])
    async with Link(new["hall"], new["device"], again):
        await online(hall, "pad-1", is_online=True)
        await yichuang(controller, "revoke", "pad-1")
        await online(hall, "pad-1", is_online=False)
    assert "\trevoked " in await yichuang(controller, "list")
    with pytest.raises(aiomqtt.MqttError, match="Not authorized"):
        async with mqtt(nobody, "pad-1"):
            pass

    async with httpx.AsyncClient() as anybody:
        metrics = (await anybody.get(f"{controller.http}/metrics")).text
    for secret in (joined["password"], new["password"]):
        assert secret not in metrics
        assert secret not in controller.log.read_text("utf-8")


async def test_a_device_is_told_to_do_something_and_says_what_became_of_it(
    controller: ControllerProcess, hall: HallClient, tmp_path: Path
) -> None:
    line = await yichuang(controller, "add", "sign-7", "--kind", "led", "--hall", "demo", "--window", "1")
    joined = json.loads(line)
    account = Broker.parse(joined["broker"], username=joined["username"], password=joined["password"])
    async with LedSign(Link("demo", "sign-7", account), brightness_out=tmp_path / "brightness"):
        await online(hall, "sign-7", is_online=True)
        told = json.loads(await yichuang(controller, "command", "sign-7", "set_brightness", "--amount", "30"))
        assert (told["device"], told["type"], told["state"], told["reason"]) == ("sign-7", "set_brightness", "ok", "")
        assert await asyncio.to_thread((tmp_path / "brightness").read_text) == "30\n"
        await hall.ask("POST", "/devices/sign-7/commands", {"type": "identify", "amount": 1})
        async with asyncio.timeout(30):
            while True:
                listed = await hall.ask("GET", "/devices/sign-7/commands")
                if listed["commands"][0]["state"] != "sent":
                    break
                await asyncio.sleep(POLL_S)
    assert [(one["type"], one["state"]) for one in listed["commands"]] == [("identify", "ok"), ("set_brightness", "ok")]
    assert listed["commands"][0]["by"] == "token:tests"
