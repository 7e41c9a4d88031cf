"""A hall for tests of cases: a matter with materials, an output window, and a printer at window 1."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from controller.plan import (
    Device,
    DeviceId,
    DeviceKind,
    Field,
    Plan,
    Policies,
    Selector,
    Service,
    ServiceCode,
    Window,
    WindowId,
    WindowKind,
)
from tests.support.cases import RELIEF
from tests.support.engines import PENSION, ZONE, small_plan

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=ZONE)
RESULT = ServiceCode("result")


def case_plan(**policies: Any) -> Plan:
    """Return a hall with a matter that has materials, an output window, and a printer at window 1."""
    plan = small_plan()
    output = Window(WindowId("9"), "出件窗口", 9, WindowKind.OUTPUT, (Selector(code=RESULT),))
    return replace(
        plan,
        services=(
            *plan.services,
            RELIEF,
            Service(RESULT, "领取办理结果", Field.LIVELIHOOD, "中心", prefix="R", special=WindowKind.OUTPUT),
        ),
        windows=(*plan.windows, output),
        devices=(Device(DeviceId("printer-1"), DeviceKind.PRINTER, window=WindowId("1"), paper_mm=58),),
        policies=Policies(**policies),
    )


def two_window_plan() -> Plan:
    """Return a hall with one window for each of two services, so that a ticket for both is served twice."""
    plan = small_plan(windows=2)
    return replace(plan, windows=(replace(plan.windows[0], serves=(Selector(code=PENSION),)), plan.windows[1]))
