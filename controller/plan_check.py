"""What is wrong with a plan beyond the form of its JSON: every fault at once, each with its place."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import fields

from controller.papers_check import paper_faults
from controller.plan import Plan
from controller.plan_fault import Fault
from controller.screens import screens_faults
from controller.service_check import PREFIX_PATTERN, package_faults, service_faults
from controller.signs import card_faults, signs_faults
from controller.speaking_check import speech_faults
from controller.staffing_check import opening_faults, post_faults, roster_faults, said

__all__ = [
    "ID_PATTERN",
    "NAME_PATTERN",
    "PREFIX_PATTERN",
    "SLUG_PATTERN",
    "SPOKEN_ONE",
    "Fault",
    "faults",
]

NAME_PATTERN = re.compile(r"\S{1,30}(乡|镇|街道)便民服务中心")
"""Policy task 1: the place is called ××乡镇(街道)便民服务中心 everywhere."""

SLUG_PATTERN = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
ID_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
NEEDED = ("services", "windows", "zones")
LANGUAGES = ("zh-CN", "en")
PAPER_MM = (58, 80)
SPOKEN_ONE = ("一", "幺")
WINDOW_NUMBER_MAX = 99
LED_SIDE_MIN, LED_WIDTH_MAX, LED_HEIGHT_MAX = 8, 512, 128
DURATION_MAX = 86_400
RATE_MAX = 100.0
CALLS_MAX = 20
PAUSES = ("recall_gap_s", "press_guard_s", "excess_wait_s_max", "booking_cancel_s")
"""Times that a plan may set to nothing."""
COUNTS = (
    "return_after",
    "returns_max",
    "green_returns_max",
    "overtakes_max",
    "booking_ahead_days",
    "booking_within_days",
    "rectify_contact_days",
    "rectify_simple_days",
    "rectify_complex_days",
    "contact_keep_days",
)


def faults(plan: Plan) -> tuple[Fault, ...]:
    """Return everything that is wrong with a plan, in the order of the file; nothing for a plan that may be used."""
    return tuple(fault for check in CHECKS for fault in check(plan))


def _hall(plan: Plan) -> Iterator[Fault]:
    hall = plan.hall
    if not SLUG_PATTERN.fullmatch(hall.id):
        yield Fault("/hall/id", "bad_slug", hall.id)
    if not NAME_PATTERN.fullmatch(hall.name):
        yield Fault("/hall/name", "bad_hall_name", hall.name)
    if hall.language not in LANGUAGES:
        yield Fault("/hall/language", "bad_language", hall.language)
    if hall.hours is not None and hall.hours.opens >= hall.hours.closes:
        yield Fault("/hall/hours", "bad_hours", said(hall.hours))


def _ids(plan: Plan) -> Iterator[Fault]:
    lists: tuple[tuple[str, Iterable[str]], ...] = (
        ("services", (entry.code for entry in plan.services)),
        ("windows", (entry.id for entry in plan.windows)),
        ("zones", (entry.id for entry in plan.zones)),
        ("devices", (entry.id for entry in plan.devices)),
        ("packages", (entry.code for entry in plan.packages)),
        ("posts", (entry.id for entry in plan.posts)),
    )
    for name, ids in lists:
        known = list(ids)
        if not known and name in NEEDED:
            yield Fault(f"/{name}", "empty_list", name)
        for index, key in enumerate(known):
            if not ID_PATTERN.fullmatch(key):
                yield Fault(f"/{name}/{index}", "bad_id", key)
        for key, count in Counter(known).items():
            if count > 1:
                yield Fault(f"/{name}", "twice", key)
    for number, count in Counter(window.number for window in plan.windows).items():
        if count > 1:
            yield Fault("/windows", "number_twice", str(number))


def _windows(plan: Plan) -> Iterator[Fault]:
    zones = {zone.id for zone in plan.zones}
    for index, window in enumerate(plan.windows):
        path = f"/windows/{index}"
        if not window.label.strip():
            yield Fault(f"{path}/label", "empty_name", window.id)
        if not 1 <= window.number <= WINDOW_NUMBER_MAX:
            yield Fault(f"{path}/number", "bad_window_number", str(window.number))
        if window.zone not in zones:
            yield Fault(f"{path}/zone", "zone_unknown", window.zone)
        if not (
            LED_SIDE_MIN <= window.led.width <= LED_WIDTH_MAX and LED_SIDE_MIN <= window.led.height <= LED_HEIGHT_MAX
        ):
            yield Fault(f"{path}/led", "bad_led_size", f"{window.led.width}×{window.led.height}")
        for name, selectors in (("serves", window.serves), ("skills", window.skills)):
            for place, selector in enumerate(selectors):
                if not any(selector.selects(service) for service in plan.services):
                    meant = selector.code or selector.department or str(selector.field)
                    yield Fault(f"{path}/{name}/{place}", "serves_nothing", meant)


def _devices(plan: Plan) -> Iterator[Fault]:
    zones = {zone.id for zone in plan.zones}
    for index, device in enumerate(plan.devices):
        path = f"/devices/{index}"
        if device.window is not None and device.window not in plan.window_by_id:
            yield Fault(f"{path}/window", "window_unknown", device.window)
        if device.zone is not None and device.zone not in zones:
            yield Fault(f"{path}/zone", "zone_unknown", device.zone)
        if device.paper_mm not in PAPER_MM:
            yield Fault(f"{path}/paper_mm", "bad_paper", str(device.paper_mm))
        yield from card_faults(device.driver, device.card, path)


def _shown(plan: Plan) -> Iterator[Fault]:
    yield from signs_faults(plan.signs)
    yield from screens_faults(plan.screens, {zone.id for zone in plan.zones})


def _policies(plan: Plan) -> Iterator[Fault]:
    policies = plan.policies
    if policies.spoken_one not in SPOKEN_ONE:
        yield Fault("/policies/spoken_one", "bad_spoken_one", policies.spoken_one)
    for entry in fields(policies):
        value = getattr(policies, entry.name)
        if entry.name in PAUSES:
            code, right = "bad_pause", value is None or 0 <= value <= DURATION_MAX
        elif entry.name.endswith("_rate"):
            code, right = "bad_rate", 0 < value <= RATE_MAX
        elif entry.name.endswith(("_s", "_seconds", "_repeat")):
            code, right = "bad_duration", 1 <= value <= DURATION_MAX
        elif entry.name in COUNTS:
            code, right = "bad_count", value is None or value >= 0
        else:
            continue
        if not right:
            yield Fault(f"/policies/{entry.name}", code, str(value))
    if not 1 <= policies.calls_max <= CALLS_MAX:
        yield Fault("/policies/calls_max", "bad_calls_max", str(policies.calls_max))
    if not 1 <= policies.pass_after_calls <= policies.calls_max:
        yield Fault("/policies/pass_after_calls", "bad_pass_after_calls", str(policies.pass_after_calls))


CHECKS = (
    _hall,
    _ids,
    service_faults,
    _windows,
    _devices,
    _policies,
    package_faults,
    post_faults,
    roster_faults,
    opening_faults,
    _shown,
    speech_faults,
    paper_faults,
)
"""In the order of a plan's members."""
