"""The registry of devices over HTTP, and what a registered device that the plan doesn't name gets from the floor."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.check_ins import CheckIns
from api.device_directory import DeviceUnregistered
from api.device_floor import DeviceFloor
from controller.plan import Device, DeviceId, DeviceKind, WindowId
from devices.messages import InviteReview, WindowState, parse_event
from tests.support.api_hall import ONLINE, ApiHall, api_hall
from tests.support.engines import HALL, PENSION, small_plan
from tests.support.hall_client import Problem
from tests.support.mosquitto import until

LED = Device(DeviceId("led-1"), DeviceKind.LED, window=WindowId("1"))
DEVICES = "/devices"
PAD: dict[str, object] = {"id": "pad-9", "kind": "review_pad", "window": "1"}


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[ApiHall]:
    async with api_hall(tmp_path, replace(small_plan(), devices=(LED,))) as served:
        served.directory.subscribe(served.presence.registered)
        yield served


async def listed(hall: ApiHall) -> dict[str, Any]:
    form = await hall.client.ask("GET", DEVICES)
    return {"closed": form["closed"], **{one["device"]: one for one in form["devices"]}}


async def refusal(hall: ApiHall, method: str, path: str, body: object = None) -> tuple[int, str]:
    with pytest.raises(Problem) as refused:
        await hall.client.ask(method, path, body)
    return refused.value.status, refused.value.code


async def test_a_device_is_added_renewed_and_revoked(hall: ApiHall) -> None:
    before = await listed(hall)
    assert before == {
        "closed": False,
        "led-1": {
            "device": "led-1",
            "kind": "led",
            "window": "1",
            "zone": None,
            "planned": True,
            "firmware": ["led_sign/esp32dev_max7219", "led_sign/esp32dev_hub75"],
            "registered": False,
            "online": False,
            "since": None,
            "added_at": None,
            "revoked_at": None,
            "readings": {},
        },
    }
    joined = await hall.client.ask("POST", DEVICES, PAD)
    assert (joined["device"], joined["username"], joined["broker"]) == ("pad-9", "pad-9", "mqtt://127.0.0.1:1883")
    assert len(joined["password"]) >= 32
    assert joined["password"] in joined["file"]
    assert joined["code"].startswith("<svg")
    now = await listed(hall)
    assert now["closed"]
    assert (now["pad-9"]["planned"], now["pad-9"]["registered"], now["pad-9"]["window"]) == (False, True, "1")
    again = await hall.client.ask("POST", f"{DEVICES}/pad-9/sheet")
    assert again["password"] != joined["password"]
    await hall.client.ask("DELETE", f"{DEVICES}/pad-9")
    gone = (await listed(hall))["pad-9"]
    assert not gone["registered"]
    assert gone["revoked_at"] is not None
    assert joined["password"] not in str(await hall.client.ask("GET", DEVICES))


async def test_what_can_t_be_is_refused_and_changes_nothing(hall: ApiHall) -> None:
    for body, expected in (
        ({**PAD, "id": "a/b"}, (422, "request_invalid")),
        ({**PAD, "id": "yichuang-controller"}, (422, "device_id_unfit")),
        ({**PAD, "kind": "toaster"}, (422, "request_invalid")),
        ({**PAD, "window": "77"}, (404, "window_unknown")),
        ({**PAD, "zone": "nowhere"}, (422, "device_place_unfit")),
        ({"id": "led-1", "kind": "speaker"}, (422, "device_kind_differs")),
    ):
        assert await refusal(hall, "POST", DEVICES, body) == expected, body
    assert await refusal(hall, "DELETE", f"{DEVICES}/led-1") == (404, "device_unknown")
    assert await refusal(hall, "POST", f"{DEVICES}/led-1/sheet") == (404, "device_unknown")
    assert not (await listed(hall))["closed"]
    await hall.parts.joining.add("far", DeviceKind.LED, "elsewhere", "tests")
    assert await refusal(hall, "DELETE", f"{DEVICES}/far") == (404, "device_unknown")
    await hall.client.ask("POST", DEVICES, PAD)
    assert await refusal(hall, "POST", DEVICES, PAD) == (409, "device_exists")


async def test_a_device_that_the_plan_doesn_t_name_stands_where_it_was_registered(hall: ApiHall) -> None:
    await hall.client.ask("POST", DEVICES, PAD)
    hall.presence.note(HALL, "pad-9", ONLINE)
    assert hall.metrics.registry.get_sample_value(
        "yichuang_device_online", {"hall": HALL, "device": "pad-9", "kind": "review_pad"}
    )
    await until(lambda: hall.gateway.states("pad-9"), "it is told its state")
    state = hall.gateway.states("pad-9")[-1]
    assert isinstance(state, WindowState)
    assert state.window == "1"
    issued = await hall.client.ticket(PENSION)
    for action, body in (("open", {"clerk": "王芳"}), ("next", {}), ("start", {}), ("finish", {})):
        await hall.client.at_window("1", action, body)
    (invitation,) = [one for one in hall.gateway.commands("pad-9") if isinstance(one, InviteReview)]
    assert invitation.ticket == issued["ticket"]
    floor = DeviceFloor(
        hall.engine, CheckIns(hall.engine, hall.journal, hall.clock), hall.directory, hall.orders, lambda _code: None
    )
    event = parse_event(b'{"id": "e-1", "type": "review_submitted", "level": 5}')
    reply = await floor.handle(HALL, "pad-9", event)
    assert isinstance(reply, dict)
    assert reply["ticket"] == issued["ticket"]
    await hall.client.ask("DELETE", f"{DEVICES}/pad-9")
    assert not hall.presence.is_online(HALL, "pad-9")
    hall.presence.note(HALL, "pad-9", ONLINE)
    assert not hall.presence.is_online(HALL, "pad-9"), "what it said last may still be there"
    await until(lambda: hall.gateway.states("pad-9")[-1] is None, "its state is taken away")


async def test_whom_a_broker_lets_in_unregistered_the_floor_refuses(hall: ApiHall) -> None:
    codes: list[str] = []
    floor = DeviceFloor(
        hall.engine, CheckIns(hall.engine, hall.journal, hall.clock), hall.directory, hall.orders, codes.append
    )
    event = parse_event(b'{"id": "e-1", "type": "telemetry", "battery_pct": 7}')
    assert await floor.handle(HALL, "stranger", event) == {}, "as long as nobody is registered"
    await hall.parts.joining.add("pad-9", DeviceKind.REVIEW_PAD, HALL, "another controller")
    await hall.parts.joining.add("far", DeviceKind.REVIEW_PAD, "elsewhere", "another controller")
    await hall.directory.look()
    await hall.parts.joining.add("new", DeviceKind.REVIEW_PAD, HALL, "another controller")
    assert await floor.handle(HALL, "new", event) == {}, "it was registered a moment ago"
    for stranger in ("stranger", "far"):
        assert await floor.handle(HALL, stranger, event) == DeviceUnregistered(stranger)
    assert codes == ["device_unregistered"] * 2
