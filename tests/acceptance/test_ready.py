"""What the line ``ready`` promises: from then on a device's message is heard."""

from pathlib import Path

from tests.support.controller_process import controller_process
from tests.support.hall_client import HallClient
from tests.support.ports import free_port


async def test_ready_means_that_devices_are_heard(tmp_path: Path) -> None:
    async with controller_process(tmp_path) as controller, HallClient(controller.http) as hall:
        answer = await hall.http.get("/readyz")
        assert (answer.status_code, answer.json()["parts"]["broker"]) == (200, "ok")


async def test_without_its_broker_a_hall_is_served_over_http(tmp_path: Path) -> None:
    nowhere = f"mqtt://127.0.0.1:{free_port()}"
    async with controller_process(tmp_path, broker=nowhere) as controller, HallClient(controller.http) as hall:
        answer = await hall.http.get("/readyz")
        assert (answer.status_code, answer.json()["parts"]["broker"]) == (503, "not connected")
        service = (await hall.ask("GET", "/plan"))["services"][0]["code"]
        assert (await hall.ticket(service))["number"]
