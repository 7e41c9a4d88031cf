"""The halls that the benchmarks run: eight windows, ten services in the three fields, open round the clock."""

import json
from pathlib import Path

from controller.codec import to_json
from controller.plan import (
    Field,
    Hall,
    HallId,
    Plan,
    Selector,
    Service,
    ServiceCode,
    Window,
    WindowId,
    WindowKind,
)

HALL = "hall-0"
WINDOWS = 8
SERVICES = tuple(
    Service(ServiceCode(code), name, field, department, minutes=minutes)
    for code, name, field, department, minutes in (
        ("pension", "养老待遇资格认证", Field.SOCIAL, "人社", 6),
        ("insurance", "城乡居民医保参保登记", Field.SOCIAL, "医保", 8),
        ("business", "个体工商户设立登记", Field.SOCIAL, "市场监管", 15),
        ("veteran", "退役军人优待证申领", Field.SOCIAL, "退役军人", 10),
        ("allowance", "最低生活保障申请", Field.LIVELIHOOD, "民政", 12),
        ("disability", "残疾人证申领", Field.LIVELIHOOD, "残联", 10),
        ("household", "户口登记", Field.LIVELIHOOD, "公安", 10),
        ("farming", "农机购置补贴", Field.RURAL, "农业", 12),
        ("forestry", "林木采伐许可", Field.RURAL, "林业", 15),
        ("homestead", "农村宅基地审批", Field.RURAL, "自然资源", 20),
    )
)
CODES = tuple(service.code for service in SERVICES)


def hall(number: int = 0) -> Plan:
    """Return the plan of one hall; halls differ by their ids alone."""
    return Plan(
        hall=Hall(HallId(f"hall-{number}"), "示例镇便民服务中心"),
        services=SERVICES,
        windows=tuple(
            Window(WindowId(str(place)), f"{place}号窗口", place, WindowKind.COMPREHENSIVE, (Selector(code="*"),))
            for place in range(1, WINDOWS + 1)
        ),
    )


def write_plan(path: Path) -> Path:
    """Write the first hall's plan as a file for ``serve --plan``."""
    path.write_text(json.dumps(to_json(hall()), ensure_ascii=False), encoding="utf-8")
    return path
