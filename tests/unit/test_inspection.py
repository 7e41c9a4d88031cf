"""The inspection list: each item filled in from plan, devices and aids; what nobody can see from here is left open."""

from dataclasses import replace

from controller.inspection import AIDS, Found, Item, Line, inspect
from controller.plan import Device, DeviceId, DeviceKind, Plan, WindowId, Zone, ZoneId
from controller.runtime.catalogue import languages, text
from controller.services import Guide
from tests.support.engines import small_plan

BASE = small_plan()
WINDOWS = tuple(window.id for window in BASE.windows)
NAMES = {item: [text(f"inspection.{item}", language) for language in languages()] for item in AIDS}
ALL_AIDS = {called[0]: 1 for called in NAMES.values()}


def at_each_window(kind: DeviceKind) -> tuple[Device, ...]:
    return tuple(Device(DeviceId(f"{kind}-{window}"), kind, window=WindowId(window)) for window in WINDOWS)


FULL = (
    *(
        device
        for kind in (DeviceKind.LED, DeviceKind.REVIEW_PAD, DeviceKind.CALL_PAD)
        for device in at_each_window(kind)
    ),
    Device(DeviceId("machine-1"), DeviceKind.TICKET_MACHINE),
    Device(DeviceId("tv-1"), DeviceKind.TV, speaks=True),
)


def guided(plan: Plan) -> Plan:
    return replace(plan, services=tuple(replace(one, guide=Guide("2026")) for one in plan.services))


def lines(plan: Plan, devices: tuple[Device, ...], idle: set[str], aids: dict[str, int]) -> dict[Item, Line]:
    found = inspect(plan, devices, idle, aids, NAMES)
    assert [line.item for line in found] == list(Item)
    return {line.item: line for line in found}


def test_a_hall_that_has_everything() -> None:
    found = lines(guided(BASE), FULL, set(), ALL_AIDS)
    assert {line.found for line in found.values()} == {Found.PRESENT, Found.BY_HAND}
    by_hand = {item for item, line in found.items() if line.found is Found.BY_HAND}
    assert by_hand == set(list(Item)[list(Item).index(Item.DESKS) :])
    pads = found[Item.REVIEW_PADS]
    assert (pads.wanted, pads.working, pads.missing, pads.broken) == (len(WINDOWS), len(WINDOWS), (), ())


def test_a_hall_that_has_nothing() -> None:
    found = lines(BASE, (), set(), {})
    assert {line.found for line in found.values()} == {Found.MISSING, Found.BY_HAND}
    assert found[Item.WINDOW_SIGNS].missing == tuple(map(str, WINDOWS))
    assert set(found[Item.GUIDES].missing) == {one.code for one in BASE.services if not one.materials}
    assert found[Item.TICKET_MACHINES] == Line(Item.TICKET_MACHINES, Found.MISSING, 1, 0)


def test_what_is_broken_is_there_and_doesnt_work() -> None:
    found = lines(guided(BASE), FULL, {"machine-1", f"led-{WINDOWS[0]}"}, ALL_AIDS)
    assert found[Item.TICKET_MACHINES].found is Found.NOT_WORKING
    signs = found[Item.WINDOW_SIGNS]
    assert (signs.found, signs.working) == (Found.NOT_WORKING, len(WINDOWS) - 1)
    assert signs.broken == (f"led-{WINDOWS[0]}",)
    spare = (*FULL, Device(DeviceId("machine-2"), DeviceKind.TICKET_MACHINE))
    machines = lines(guided(BASE), spare, {"machine-1"}, ALL_AIDS)[Item.TICKET_MACHINES]
    assert (machines.found, machines.broken) == (Found.PRESENT, ("machine-1",)), "the other one does"


def test_each_zone_needs_a_screen_and_a_voice() -> None:
    plan = replace(BASE, zones=(*BASE.zones, Zone(ZoneId("upstairs"), "二楼")))
    screen = Device(DeviceId("tv-1"), DeviceKind.TV, zone=BASE.zones[0].id)
    speaker = Device(DeviceId("s-1"), DeviceKind.SPEAKER)
    found = lines(plan, (screen, speaker), set(), {})
    assert (found[Item.SCREENS].found, found[Item.SCREENS].missing) == (Found.MISSING, ("upstairs",))
    assert found[Item.VOICE].found is Found.PRESENT, "one without a zone is heard everywhere"


def test_aids_are_known_by_their_names() -> None:
    found = lines(
        BASE, (), set(), {"老花镜(200度)": 3, "老花镜": 0, "儿童轮椅": 1, "雨伞": 9, "Medicine box (ground floor)": 1}
    )
    assert (found[Item.READING_GLASSES].found, found[Item.READING_GLASSES].working) == (Found.PRESENT, 3)
    assert found[Item.WHEELCHAIR].found is Found.PRESENT
    assert found[Item.MEDICINE_BOX].working == 1
    assert found[Item.HEARING_AID].found is Found.MISSING
