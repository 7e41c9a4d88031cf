"""The gateway on a real Mosquitto: events reach the floor, and are answered and acknowledged only after it."""

import asyncio
import os
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from controller.refusals import HallUnknown, WindowNotOpen
from controller.runtime.catalogue import text
from controller.runtime.errors import LogUnavailable
from devices import intake as intakes
from devices.messages import CallPressed, DeviceEvent, ReceiptPrinted, ReviewSubmitted, TicketRequested
from tests.support.mosquitto import Mosquitto, mosquitto, mqtt, until
from tests.support.mqtt_device import Device, Outcome, RecordingFloor, accept, device, serving

HELD_GATEWAY = """
import asyncio, sys
from devices.agent.wire import Broker
from devices.gateway import Gateway

class Held:
    async def handle(self, hall, device, event):
        print("got", event.id, flush=True)
        await asyncio.Event().wait()

async def main():
    gateway = Gateway(
        Broker("127.0.0.1", int(sys.argv[1])), Held(), on_presence=lambda *of: None, count=lambda result: None
    )
    async with gateway:
        await asyncio.Event().wait()

asyncio.run(main())
"""
"""A controller that receives and never commits."""


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    async with mosquitto(tmp_path / "broker") as started:
        yield started


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intakes, "RETRY_S_MIN", 0.01)
    monkeypatch.setattr(intakes, "RETRY_S_MAX", 0.02)


def ticket(event_id: str) -> TicketRequested:
    return TicketRequested(id=event_id, services=("pension_certification",))


async def settle(machine: Device) -> None:
    """Return when the broker has read all acknowledgements so far: it reads them before this event's answer."""
    await machine.send(ticket("settled"))
    await machine.answered("settled")


async def left_over(broker: Mosquitto, machine: Device) -> list[str]:
    """Return what the broker hands to the next controller though it was answered before, but for the last event."""
    after = RecordingFloor()
    async with serving(broker.address, after):
        await machine.send(ticket("marker"))
        await machine.answered("marker")
    return [event_id for event_id in after.ids() if event_id not in {"settled", "marker"}]


async def test_an_event_is_answered_after_the_floor_has_it(broker: Mosquitto) -> None:
    commit = asyncio.Event()

    async def handle(hall: str, machine: str, event: DeviceEvent) -> Outcome:
        if event.id == "slow":
            await commit.wait()
        return {"ticket": "0123456789abcdef", "number": "A003", "ahead": 4}

    floor = RecordingFloor(handle)
    async with serving(broker.address, floor), device(broker.address, "machine-1") as first:
        await first.send(ticket("slow"))
        await until(lambda: floor.asked, "the floor is asked")
        async with device(broker.address, "machine-2") as second:  # nobody waits for another's event
            await second.send(ticket("quick"))
            await second.answered("quick")
        assert first.replies == []
        commit.set()
        assert await first.answered("slow") == {
            "event": "slow",
            "ok": True,
            "ticket": "0123456789abcdef",
            "number": "A003",
            "ahead": 4,
        }
    assert ("demo", "machine-1", ticket("slow")) in floor.asked
    assert floor.results == {"ok": 2}


async def test_a_refusal_is_told_by_code_and_in_words(broker: Mosquitto) -> None:
    async def handle(hall: str, pad: str, event: DeviceEvent) -> Outcome:
        return WindowNotOpen(window="2", status="closed") if hall == "demo" else HallUnknown(hall)

    floor = RecordingFloor(handle)
    async with (
        serving(broker.address, floor),
        device(broker.address, "pad-1") as pad,
        device(broker.address, "pad-1", hall="elsewhere") as stray,
    ):
        await pad.send(CallPressed(id="p1", action="next"))
        await stray.send(CallPressed(id="p2", action="next"))
        assert await pad.answered("p1") == {
            "event": "p1",
            "ok": False,
            "code": "window_not_open",
            "message": text("refusal.window_not_open", window="2", status=text("state.window.closed")),
        }
        assert (await stray.answered("p2"))["code"] == "hall_unknown"
    assert floor.results == {"refused": 2}


async def test_texts_are_in_the_hall_s_language(broker: Mosquitto) -> None:
    async def handle(hall: str, pad: str, event: DeviceEvent) -> Outcome:
        return HallUnknown(hall)

    async with (
        serving(broker.address, RecordingFloor(handle), language=lambda hall: "en" if hall == "demo" else "zh-CN"),
        device(broker.address, "pad-1") as pad,
    ):
        await pad.send(ticket("a"))
        assert (await pad.answered("a"))["message"] == text("refusal.hall_unknown", "en", hall="demo")


async def test_a_controller_killed_before_the_commit_loses_no_event(broker: Mosquitto) -> None:
    async with device(broker.address, "machine-1") as machine:
        held = await asyncio.create_subprocess_exec(
            sys.executable, "-c", HELD_GATEWAY, str(broker.port), stdout=asyncio.subprocess.PIPE
        )
        assert held.stdout is not None
        while b"broker_connected" not in (line := await held.stdout.readline()):
            assert line, "the controller ended by itself"
        for number in range(3):
            await machine.send(ticket(f"k{number}"))
        while b"got k0" not in (line := await held.stdout.readline()):
            assert line, "the controller ended by itself"
        held.kill()
        await held.communicate()
        assert machine.replies == []

        floor = RecordingFloor()
        async with serving(broker.address, floor):
            for number in range(3):
                assert (await machine.answered(f"k{number}"))["ok"]
            await settle(machine)
        assert floor.ids() == ["k0", "k1", "k2", "settled"]
        assert await left_over(broker, machine) == []  # what was answered is acknowledged: it doesn't come a third time


async def test_what_arrives_while_no_controller_runs_is_served_by_the_next(broker: Mosquitto) -> None:
    async with device(broker.address, "machine-1") as machine:
        async with serving(broker.address, RecordingFloor()):
            pass
        for number in range(20):
            await machine.send(ticket(f"k{number}"))
        floor = RecordingFloor()
        async with serving(broker.address, floor):
            await machine.answered("k19")
        assert floor.ids() == [f"k{number}" for number in range(20)]


async def test_a_repetition_is_asked_again_and_answered_again(broker: Mosquitto) -> None:
    floor = RecordingFloor()
    async with serving(broker.address, floor), device(broker.address, "machine-1") as machine:
        for times in (1, 2):
            await machine.send(ticket("same"))
            await machine.answered("same", times)
    assert floor.ids() == ["same", "same"]  # the floor knows its own first answer


async def test_repetitions_of_what_is_in_hand_are_neither_handled_nor_kept(broker: Mosquitto) -> None:
    commit = asyncio.Event()

    async def handle(hall: str, machine: str, event: DeviceEvent) -> Outcome:
        await commit.wait()
        return {}

    floor = RecordingFloor(handle)
    async with device(broker.address, "machine-1") as machine:
        async with serving(broker.address, floor):
            for _ in range(5):
                await machine.send(ticket("same"))
            await until(lambda: floor.results["duplicate"] == 4, "the repetitions are recognised")
            commit.set()
            await machine.answered("same")
            await settle(machine)
        assert floor.ids() == ["same", "settled"]
        assert await left_over(broker, machine) == []


async def test_while_the_log_cannot_be_written_events_wait_and_none_is_lost(broker: Mosquitto) -> None:
    disk_full = True

    async def handle(hall: str, machine: str, event: DeviceEvent) -> Outcome:
        if disk_full:
            raise LogUnavailable("no space left on device")
        return {"number": "A001"}

    floor = RecordingFloor(handle)
    async with device(broker.address, "machine-1") as machine:
        async with serving(broker.address, floor):
            for number in range(3):
                await machine.send(ticket(f"k{number}"))
            refused = await machine.answered("k0")
            assert (refused["code"], refused["message"]) == ("log_unavailable", text("refusal.log_unavailable"))
            await until(lambda: len(floor.asked) > 5, "it is tried again")
            assert set(floor.ids()) == {"k0"}  # the order of a device's events is kept
        assert len(machine.replies) == 1  # told once, not at each try

        async with serving(broker.address, floor):  # left with nothing acknowledged: the broker brings them again
            await machine.answered("k0", times=2)
            disk_full = False
            for number in range(3):
                await until(lambda: [r for r in machine.replies if r["event"] == f"k{number}" and r["ok"]], "saved")  # noqa: B023
    assert floor.results["ok"] == 3
    assert floor.results["unavailable"] == 2


async def test_one_hall_s_trouble_does_not_stop_another_s(broker: Mosquitto) -> None:
    async def handle(hall: str, machine: str, event: DeviceEvent) -> Outcome:
        if hall == "ill":
            raise LogUnavailable("its day can't be read")
        return {}

    floor = RecordingFloor(handle)
    async with (
        serving(broker.address, floor),
        device(broker.address, "machine-1", hall="ill") as ill,
        device(broker.address, "machine-1", hall="well") as well,
    ):
        await ill.send(ticket("x"))
        await ill.answered("x")
        for number in range(600):  # more than the broker hands over unacknowledged
            await well.send(ticket(f"k{number}"))
        await well.answered("k599")
    assert floor.results["ok"] == 600


async def test_a_crash_on_one_event_is_answered_counted_and_survived(broker: Mosquitto) -> None:
    async def handle(hall: str, machine: str, event: DeviceEvent) -> Outcome:
        if event.id == "bad":
            raise ZeroDivisionError
        if event.id == "worse":
            return {"number": object()}
        return {}

    floor = RecordingFloor(handle)
    async with device(broker.address, "machine-1") as machine:
        async with serving(broker.address, floor):
            for event_id in ("bad", "worse", "good"):
                await machine.send(ticket(event_id))
            assert (await machine.answered("good"))["ok"]
            for event_id in ("bad", "worse"):
                assert (await machine.answered(event_id))["code"] == "internal_error"
            await settle(machine)
        assert floor.results == {"error": 2, "ok": 2}
        assert await left_over(broker, machine) == []  # what crashes us must not come back for ever


async def test_a_floor_that_hangs_or_gives_up_is_asked_again(
    broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intakes, "HANDLE_S_MAX", 0.1)
    tries = Counter[str]()

    async def handle(hall: str, machine: str, event: DeviceEvent) -> Outcome:
        tries[event.id] += 1
        if tries[event.id] == 1:
            if event.id == "cancelled":
                raise asyncio.CancelledError
            await asyncio.Event().wait()
        return {}

    async with serving(broker.address, RecordingFloor(handle)), device(broker.address, "machine-1") as machine:
        for event_id in ("hangs", "cancelled"):
            await machine.send(ticket(event_id))
            reply = await machine.answered(event_id, times=2)
            assert reply["ok"]
    assert tries == {"hangs": 2, "cancelled": 2}


async def test_a_press_that_nobody_waits_for_any_more_is_not_carried_out(broker: Mosquitto) -> None:
    disk_full = True

    async def handle(hall: str, pad: str, event: DeviceEvent) -> Outcome:
        if disk_full:
            raise LogUnavailable("no space left on device")
        return {}

    floor = RecordingFloor(handle)
    async with serving(broker.address, floor), device(broker.address, "pad-1") as pad:
        await pad.send(CallPressed(id="press", action="next"), expiry_s=1)
        await until(lambda: [reply for reply in pad.replies if reply["code"] == "message_expired"], "it expires")
        disk_full = False
        await pad.send(CallPressed(id="again", action="next"))
        await pad.answered("again")
    assert floor.results == {"unavailable": 1, "expired": 1, "ok": 1}


async def test_the_order_of_each_device_is_kept_and_devices_go_side_by_side(broker: Mosquitto) -> None:
    chance = random.Random(20260302)
    busy: set[str] = set()
    widest = 0

    async def handle(hall: str, machine: str, event: DeviceEvent) -> Outcome:
        nonlocal widest
        assert machine not in busy
        busy.add(machine)
        widest = max(widest, len(busy))
        for _ in range(chance.randrange(20)):
            await asyncio.sleep(0)
        busy.discard(machine)
        return {}

    floor = RecordingFloor(handle)
    names, count = [f"machine-{number}" for number in range(8)], 50
    async with serving(broker.address, floor), mqtt(broker.address, "all-machines") as client:
        client.pending_calls_threshold = len(names) * count
        await asyncio.gather(
            *(
                client.publish(f"yichuang/demo/{name}/event", ticket(f"{name}-{number}").to_payload(), qos=1)
                for number in range(count)
                for name in names
            )
        )
        await until(lambda: floor.results["ok"] == len(names) * count, "all are handled")
    for name in names:
        assert floor.ids(name) == [f"{name}-{number}" for number in range(count)]
    assert widest > 1


async def test_an_event_at_qos_0_is_answered_too(broker: Mosquitto) -> None:
    floor = RecordingFloor()
    async with serving(broker.address, floor), device(broker.address, "machine-1") as machine:
        await machine.send(ReceiptPrinted(id="z", job="r1"), qos=0)
        assert (await machine.answered("z"))["ok"]


async def test_presence_is_known_from_the_start_and_followed(broker: Mosquitto) -> None:
    floor = RecordingFloor()
    async with device(broker.address, "pad-1") as pad:
        await pad.say("online")
        async with serving(broker.address, floor):
            await until(lambda: floor.presence == [("demo", "pad-1", True)], "who was there before us is known")
            await pad.say("offline")
            await pad.say("standby")
            await pad.say("")
            await pad.say("online")
            await until(lambda: len(floor.presence) == 4, "changes are followed")
    assert [online for _, _, online in floor.presence] == [True, False, False, True]
    assert floor.results == {"malformed": 1}


async def test_a_presence_that_crashes_us_is_survived(broker: Mosquitto, monkeypatch: pytest.MonkeyPatch) -> None:
    floor = RecordingFloor()
    monkeypatch.setattr(floor, "on_presence", lambda *_of: 1 / 0)
    async with serving(broker.address, floor), device(broker.address, "pad-1") as pad:
        await pad.say("online")
        await pad.send(ReviewSubmitted(id="r", level=5))
        assert (await pad.answered("r"))["ok"]
    assert floor.results == {"error": 1, "ok": 1}


async def test_several_controllers_share_events_and_all_know_who_is_there(broker: Mosquitto) -> None:
    floors = [RecordingFloor(), RecordingFloor()]
    async with (
        serving(broker.address, floors[0], client_id="controller-a", shared=True),
        serving(broker.address, floors[1], client_id="controller-b", shared=True),
        device(broker.address, "machine-1") as machine,
    ):
        await machine.say("online")
        for number in range(40):
            await machine.send(ticket(f"k{number}"))
            await machine.answered(f"k{number}")
        await until(lambda: all(floor.presence for floor in floors), "both know who is there")
    handled = [floor.ids() for floor in floors]
    assert sorted(handled[0] + handled[1]) == sorted(f"k{number}" for number in range(40))
    assert all(handled)


async def test_a_controller_that_is_alone_again_hears_each_event_once(broker: Mosquitto) -> None:
    for shared in (True, False, True):
        floor = RecordingFloor(accept)
        async with serving(broker.address, floor, shared=shared), device(broker.address, "machine-1") as machine:
            await machine.send(ticket(f"first-{os.urandom(4).hex()}"))
            await machine.send(ticket("last"))
            await machine.answered("last")
        assert len(floor.asked) == 2
