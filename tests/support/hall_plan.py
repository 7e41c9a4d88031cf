"""A hall for tests of the whole program: four windows, nine ticket machines, and a midnight that is far away."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from controller.codec import to_json
from controller.plan import (
    Device,
    DeviceId,
    DeviceKind,
    Field,
    Hall,
    HallId,
    LedSize,
    Plan,
    Policies,
    Selector,
    Service,
    ServiceCode,
    Window,
    WindowId,
    WindowKind,
    Zone,
    ZoneId,
)

HALL = "demo"
HALL_NAME = "示例镇便民服务中心"
INSURANCE, PENSION, SUBSIDY = "medical_insurance", "pension_certification", "farm_subsidy"
SERVICE_NAMES = {INSURANCE: "城乡居民医保参保", PENSION: "养老待遇资格认证", SUBSIDY: "惠农补贴"}
WINDOWS = ("1", "2", "3", "4")
MACHINES = tuple(f"kiosk-{number}" for number in range(1, 10))
MORNING_HOUR = 9
ZONE_HOURS_MIN, ZONE_HOURS_MAX = -12, 12


def daytime_zone(now: datetime | None = None) -> str:
    """Return a time zone where it is about nine in the morning: no test runs over the end of its business day."""
    hours = MORNING_HOUR - (now or datetime.now(UTC)).hour
    hours = min(max(hours, ZONE_HOURS_MIN), ZONE_HOURS_MAX)
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT"


def hall_plan() -> Plan:
    """Return the plan."""
    return Plan(
        hall=Hall(HallId(HALL), HALL_NAME, timezone=daytime_zone()),
        services=(
            _service(INSURANCE, Field.SOCIAL, "医保", 6),
            _service(PENSION, Field.SOCIAL, "人社", 4),
            _service(SUBSIDY, Field.RURAL, "农业", 10),
        ),
        zones=(Zone(ZoneId("main"), "大厅"),),
        windows=tuple(_window(number) for number in WINDOWS),
        devices=(
            *(Device(DeviceId(each), DeviceKind.TICKET_MACHINE, paper_mm=80) for each in MACHINES),
            *(Device(DeviceId(f"pad-{each}"), DeviceKind.REVIEW_PAD, window=WindowId(each)) for each in WINDOWS),
            *(Device(DeviceId(f"calls-{each}"), DeviceKind.CALL_PAD, window=WindowId(each)) for each in WINDOWS),
            *(Device(DeviceId(f"led-{each}"), DeviceKind.LED, window=WindowId(each)) for each in WINDOWS),
            Device(DeviceId("tv-1"), DeviceKind.TV, zone=ZoneId("main"), speaks=True),
            Device(DeviceId("speaker-1"), DeviceKind.SPEAKER, zone=ZoneId("main")),
        ),
        policies=Policies(receipt_ttl_s=900, recall_gap_s=0, calls_max=20),
    )


def with_service(plan: Plan, code: str, name: str) -> Plan:
    """Return a plan that offers one more service at every window that serves all."""
    added = Service(ServiceCode(code), name, Field.LIVELIHOOD, "民政")
    return replace(plan, services=(*plan.services, added))


def write_plan(folder: Path, plan: Plan | None = None) -> Path:
    """Write a plan file; JSON is YAML too."""
    path = folder / "plan.yaml"
    path.write_text(json.dumps(to_json(plan or hall_plan()), ensure_ascii=False), "utf-8")
    return path


def _service(code: str, field: Field, department: str, minutes: int) -> Service:
    return Service(ServiceCode(code), SERVICE_NAMES[code], field, department, minutes=minutes)


def _window(number: str) -> Window:
    size = LedSize(192, 32) if number == "2" else LedSize(128, 16)
    return Window(
        WindowId(number), f"{number}号窗口", int(number), WindowKind.COMPREHENSIVE, (Selector(code="*"),), led=size
    )
