"""Every fault of a plan is found, named with its place, and can be said."""

from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest

from controller.plan import (
    Card,
    Device,
    DeviceId,
    DeviceKind,
    Field,
    Hall,
    HallId,
    Hours,
    LedSize,
    Plan,
    Selector,
    Service,
    ServiceCode,
    SignDriver,
    Signs,
    Window,
    WindowId,
    Zone,
    ZoneId,
)
from controller.plan_check import Fault, faults
from controller.runtime.catalogue import languages, text
from controller.screens import Media, ScreenNotice, Screens
from tests.support.core_floor import ALL, PENSION, floor_plan

PLAN = floor_plan()


def hall(**changes: Any) -> Plan:
    return replace(PLAN, hall=replace(PLAN.hall, **changes))


def service(**changes: Any) -> Plan:
    return replace(PLAN, services=(replace(PLAN.services[0], **changes), *PLAN.services[1:]))


def window(**changes: Any) -> Plan:
    return replace(PLAN, windows=(replace(PLAN.windows[0], **changes), *PLAN.windows[1:]), devices=())


def device(**changes: Any) -> Plan:
    return replace(PLAN, devices=(replace(Device(DeviceId("tv"), DeviceKind.TV), **changes),))


def screens(**changes: Any) -> Plan:
    return replace(PLAN, screens=Screens(**changes))


def signs(**changes: Any) -> Plan:
    return replace(PLAN, signs=Signs(**changes))


def policies(**changes: Any) -> Plan:
    return floor_plan(**changes)


CASES: list[tuple[Plan, Fault]] = [
    (hall(id=HallId("Demo")), Fault("/hall/id", "bad_slug", "Demo")),
    (hall(id=HallId("a/b")), Fault("/hall/id", "bad_slug", "a/b")),
    (hall(id=HallId("a" * 64)), Fault("/hall/id", "bad_slug", "a" * 64)),
    (hall(name="示例镇政务大厅"), Fault("/hall/name", "bad_hall_name", "示例镇政务大厅")),
    (hall(name="便民服务中心"), Fault("/hall/name", "bad_hall_name", "便民服务中心")),
    (hall(language="fr"), Fault("/hall/language", "bad_language", "fr")),
    (hall(hours=Hours(time(17, 0), time(9, 0))), Fault("/hall/hours", "bad_hours", "17:00–09:00")),
    (hall(hours=Hours(time(9, 0), time(9, 0))), Fault("/hall/hours", "bad_hours", "09:00–09:00")),
    (replace(PLAN, services=PLAN.services + PLAN.services[:1]), Fault("/services", "twice", PENSION)),
    (replace(PLAN, zones=PLAN.zones + PLAN.zones[:1]), Fault("/zones", "twice", "main")),
    (replace(PLAN, devices=PLAN.devices + PLAN.devices[:1]), Fault("/devices", "twice", "ticket-machine-1")),
    (window(number=2), Fault("/windows", "number_twice", "2")),
    (service(code=ServiceCode("*")), Fault("/services/0", "bad_id", "*")),
    (service(code=ServiceCode("")), Fault("/services/0", "bad_id", "")),
    (window(id=WindowId("1/2")), Fault("/windows/0", "bad_id", "1/2")),
    (device(id=DeviceId("屏")), Fault("/devices/0", "bad_id", "屏")),
    (service(name=" "), Fault("/services/0/name", "empty_name", PENSION)),
    (service(prefix="a"), Fault("/services/0/prefix", "bad_prefix", "a")),
    (service(prefix="AB"), Fault("/services/0/prefix", "bad_prefix", "AB")),
    (service(minutes=0), Fault("/services/0/minutes", "bad_minutes", "0")),
    (service(minutes=481), Fault("/services/0/minutes", "bad_minutes", "481")),
    (window(label=""), Fault("/windows/0/label", "empty_name", ALL)),
    (window(number=0), Fault("/windows/0/number", "bad_window_number", "0")),
    (window(number=100), Fault("/windows/0/number", "bad_window_number", "100")),
    (window(zone=ZoneId("roof")), Fault("/windows/0/zone", "zone_unknown", "roof")),
    (window(led=LedSize(7, 16)), Fault("/windows/0/led", "bad_led_size", "7×16")),
    (window(led=LedSize(128, 129)), Fault("/windows/0/led", "bad_led_size", "128×129")),
    (
        window(serves=(*PLAN.windows[0].serves, Selector(code="other"))),
        Fault("/windows/0/serves/1", "serves_nothing", "other"),
    ),
    (
        window(serves=(*PLAN.windows[0].serves, Selector(department="税务"))),
        Fault("/windows/0/serves/1", "serves_nothing", "税务"),
    ),
    (device(window=WindowId("9")), Fault("/devices/0/window", "window_unknown", "9")),
    (device(zone=ZoneId("roof")), Fault("/devices/0/zone", "zone_unknown", "roof")),
    (device(paper_mm=72), Fault("/devices/0/paper_mm", "bad_paper", "72")),
    (device(driver=SignDriver.CX_H), Fault("/devices/0/card", "card_missing", "cx_h")),
    (device(card=Card("led 1")), Fault("/devices/0/card/address", "bad_address", "led 1")),
    (device(card=Card("led-1:70000")), Fault("/devices/0/card/address", "bad_address", "led-1:70000")),
    (device(card=Card("led-1", red=256)), Fault("/devices/0/card/red", "bad_code", "256")),
    (device(card=Card("led-1", hold_ds=-1)), Fault("/devices/0/card/hold_ds", "bad_pause", "-1")),
    (device(card=Card("led-1", tries=0)), Fault("/devices/0/card/tries", "bad_tries", "0")),
    (signs(idle=(" ",)), Fault("/signs/idle/0", "empty_name", "idle")),
    (signs(pause=("稍候",) * 9), Fault("/signs/pause", "too_many", "8")),
    (signs(flash_s=61), Fault("/signs/flash_s", "bad_flash_s", "61")),
    (signs(flash_hz=3.1), Fault("/signs/flash_hz", "bad_flash_hz", "3.1")),
    (screens(notices=(ScreenNotice(" "),)), Fault("/screens/notices/0/text", "empty_name", "notices")),
    (
        screens(notices=(ScreenNotice("你好", ZoneId("roof")),)),
        Fault("/screens/notices/0/zone", "zone_unknown", "roof"),
    ),
    (
        screens(notices=(ScreenNotice("你好", first=date(2026, 2, 1), last=date(2026, 1, 1)),)),
        Fault("/screens/notices/0", "dates_backwards", "2026-02-01–2026-01-01"),
    ),
    (screens(media=(Media("../log.db"),)), Fault("/screens/media/0/file", "bad_media_file", "../log.db")),
    (screens(media=(Media("a.svg"),)), Fault("/screens/media/0/file", "bad_media_file", "a.svg")),
    (screens(media=(Media("a.png", ZoneId("roof")),)), Fault("/screens/media/0/zone", "zone_unknown", "roof")),
    (screens(media=(Media("a.png", seconds=2),)), Fault("/screens/media/0/seconds", "bad_seconds", "2")),
    (screens(media=(Media("a.png"),) * 101), Fault("/screens/media", "too_many", "100")),
    (signs(scroll_dots_s=1), Fault("/signs/scroll_dots_s", "bad_scroll", "1")),
    (policies(spoken_one="1"), Fault("/policies/spoken_one", "bad_spoken_one", "1")),
    (policies(green_rate=0.0), Fault("/policies/green_rate", "bad_rate", "0.0")),
    (policies(normal_rate=float("nan")), Fault("/policies/normal_rate", "bad_rate", "nan")),
    (policies(assisted_rate=float("inf")), Fault("/policies/assisted_rate", "bad_rate", "inf")),
    (policies(appointment_rate=-1.0), Fault("/policies/appointment_rate", "bad_rate", "-1.0")),
    (policies(call_ttl_s=0), Fault("/policies/call_ttl_s", "bad_duration", "0")),
    (policies(announce_repeat=0), Fault("/policies/announce_repeat", "bad_duration", "0")),
    (policies(review_seconds=86_401), Fault("/policies/review_seconds", "bad_duration", "86401")),
    (policies(receipt_ttl_s=-1), Fault("/policies/receipt_ttl_s", "bad_duration", "-1")),
    (policies(return_after=-1), Fault("/policies/return_after", "bad_count", "-1")),
    (policies(returns_max=-1), Fault("/policies/returns_max", "bad_count", "-1")),
    (policies(green_returns_max=-1), Fault("/policies/green_returns_max", "bad_count", "-1")),
]


def test_a_plan_without_faults_may_be_used() -> None:
    assert faults(PLAN) == ()
    assert faults(hall(hours=Hours(time(9, 0), time(17, 0)), name="示例街道便民服务中心", language="en")) == ()
    assert faults(policies(green_returns_max=0, returns_max=0, return_after=0, green_rate=100.0)) == ()


@pytest.mark.parametrize(("plan", "fault"), CASES, ids=lambda case: getattr(case, "code", ""))
def test_a_fault_is_found_alone_and_with_its_place(plan: Plan, fault: Fault) -> None:
    assert faults(plan) == (fault,)


def test_a_list_that_must_not_be_empty() -> None:
    found = faults(Plan(Hall(HallId("demo"), "示例镇便民服务中心"), (), (), zones=()))
    assert found == tuple(Fault(f"/{name}", "empty_list", name) for name in ("services", "windows", "zones"))


def test_a_service_that_no_window_serves() -> None:
    windows = tuple(window for window in PLAN.windows if window.id != ALL)
    found = faults(replace(PLAN, windows=windows, services=(*PLAN.services, lonely()), devices=()))
    assert found == (Fault("/services/7", "service_at_no_window", "lonely"),)


def lonely() -> Service:
    return Service(ServiceCode("lonely"), "无人受理", Field.LIVELIHOOD, "残联")


def test_every_fault_is_named_at_once_in_the_order_of_the_file() -> None:
    plan = replace(
        hall(name="大厅"),
        services=(replace(PLAN.services[0], minutes=0), *PLAN.services[1:]),
        windows=(*PLAN.windows, Window(ALL, "", 6, PLAN.windows[0].kind, (), ZoneId("roof"))),
        zones=(Zone(ZoneId("main"), "大厅"), Zone(ZoneId("side"), "侧厅")),
    )
    assert [(fault.path, fault.code) for fault in faults(plan)] == [
        ("/hall/name", "bad_hall_name"),
        ("/windows", "twice"),
        ("/services/0/minutes", "bad_minutes"),
        ("/windows/5/label", "empty_name"),
        ("/windows/5/zone", "zone_unknown"),
    ]


@pytest.mark.parametrize("language", languages())
def test_every_fault_can_be_said(language: str) -> None:
    codes = {fault.code for _, fault in CASES} | {"empty_list", "service_at_no_window"}
    for code in codes:
        assert "any" in text(f"plan.{code}", language, value="any"), code
