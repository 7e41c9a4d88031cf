"""Cases in the running program: their papers reach the window's printer, and they outlive a kill and a restart."""

import base64
from dataclasses import replace
from pathlib import Path

from controller.plan import Device, DeviceId, DeviceKind, WindowId
from devices.agent.wire import Broker
from devices.escpos_decoder import decode
from devices.messages import ReceiptPrinted
from tests.support.cases import CARD, PHOTO, PROOF, RELIEF
from tests.support.controller_process import controller_process
from tests.support.hall_client import HallClient
from tests.support.hall_plan import HALL, hall_plan, write_plan
from tests.support.mosquitto import until
from tests.support.mqtt_device import device

PRINTER = "printer-1"


async def test_a_case_is_printed_at_its_window_and_outlives_the_controller(tmp_path: Path) -> None:
    plan = hall_plan()
    printer = Device(DeviceId(PRINTER), DeviceKind.PRINTER, window=WindowId("1"))
    plan = replace(plan, services=(*plan.services, RELIEF), devices=(*plan.devices, printer))
    async with controller_process(tmp_path, write_plan(tmp_path, plan)) as controller:
        async with (
            HallClient(controller.http) as hall,
            device(Broker.parse(controller.mqtt), PRINTER, on_a_floor=True) as printing,
        ):
            await hall.open_windows("1")
            opened = await hall.ask("POST", "/windows/1/cases", {"service": RELIEF.code, "received": True})
            number = opened["case"]
            checked = {"window": "1", "missing": [PHOTO], "present": [CARD, PROOF]}
            await hall.ask("POST", f"/cases/{number}/notice", checked)
            await until(lambda: bool(printing.commands), "the printer has the notice")
            paper = decode(base64.b64decode(printing.commands[0]["escpos"]))
            assert "一次性告知单" in paper.text
            assert f"1. {PHOTO}" in paper.text
            await printing.send(ReceiptPrinted(id="printed-1", job=printing.commands[0]["job"]))
            assert (await printing.answered("printed-1"))["ok"] is True
            accepted = await hall.ask("POST", f"/cases/{number}/accept", {"window": "1"})
            await hall.until_metric("cases_total", 1, hall=HALL, state="accepted")
        await controller.kill()
        await controller.start()
        async with HallClient(controller.http) as hall:
            told = await hall.ask("GET", f"/cases/{number}")
            assert (told["state"], told["promised"], told["version"]) == ("accepted", accepted["promised"], 3)
            assert (await hall.ask("GET", "/cases?open=true"))[0]["case"] == number
            await hall.until_metric_is("cases_overdue", 0, hall=HALL)
