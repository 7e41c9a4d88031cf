"""What a hall offers now: its services and packages as somebody reads them before taking a ticket."""

from datetime import datetime
from typing import Any

from controller.assignment import ahead_of_new, serving, with_substitutes
from controller.estimates import wait_range_s
from controller.model import HallDay, QuotaKey
from controller.plan import Package, ServiceCode
from controller.quotas import NOON, next_half_day
from controller.steps import expanded
from controller.views import hall_form

Form = dict[str, Any]

HALL_MEMBERS = ("hall", "name", "seq", "open", "opens_at", "at")


def offers_form(day: HallDay, now: datetime) -> Form:
    """Return the hall and its offers; a service that no window gives is none, nor a package that holds one.

    Args:
        day: the state of the hall.
        now: in the hall's zone.
    """
    hall = hall_form(day, now)
    services = [_service(day, service.code, now) for service in day.plan.services if _is_given(day, service.code)]
    packages = [_package(day, package, now) for package in day.plan.packages if _all_given(day, package)]
    return {
        **{name: hall[name] for name in HALL_MEMBERS},
        "timezone": day.plan.hall.timezone,
        "language": day.plan.hall.language,
        "books": day.plan.policies.booking_within_days > 0,
        "services": services + packages,
    }


def _all_given(day: HallDay, package: Package) -> bool:
    """Tell whether every service of a package is given at some window."""
    return all(_is_given(day, code) for code in package.services)


def _is_given(day: HallDay, code: ServiceCode) -> bool:
    return bool(day.plan.windows_for.get(code))


def _service(day: HallDay, code: ServiceCode, now: datetime) -> Form:
    service = day.plan.service_by_code[code]
    return {
        "code": code,
        "kind": "service",
        "name": service.name,
        "short_name": service.short_name,
        "aliases": list(service.aliases),
        "field": service.field,
        "department": service.department,
        "special": service.special,
        "conditions": list(service.conditions),
        "materials": [{"name": one.name, "secondary": one.secondary, "note": one.note} for one in service.materials],
        "promised_days": service.promised_days,
        "online": service.online,
        "services": [],
        **_place(day, code, now),
    }


def _package(day: HallDay, package: Package, now: datetime) -> Form:
    services = [day.plan.service_by_code[code] for code in package.services]
    materials = {one.name: one for service in services for one in service.materials}
    return {
        "code": package.code,
        "kind": "package",
        "name": package.name,
        "short_name": "",
        "aliases": [],
        "field": None,
        "department": "",
        "special": None,
        "conditions": [],
        "materials": [{"name": one.name, "secondary": one.secondary, "note": one.note} for one in materials.values()],
        "promised_days": max(service.promised_days for service in services),
        "online": "",
        "services": [service.short_name or service.name for service in services],
        **_place(day, package.code, now),
    }


def _place(day: HallDay, code: ServiceCode, now: datetime) -> Form:
    """Return what a ticket taken now would be told, and how many are left in this half of the day."""
    steps = expanded(day.plan, (code,))
    firsts = steps.services[:1] if steps.ordered else steps.services
    before = ahead_of_new(day, *firsts)
    windows = with_substitutes(day, serving(day.plan, firsts))
    p50_s, p90_s = wait_range_s(day, steps.services[0], before, windows)
    left = _left(day, steps.services, now)
    return {
        "waiting": sum(day.waiting_by_service.get(one, 0) for one in steps.services),
        "ahead": before,
        "wait": {"p50_s": p50_s, "p90_s": p90_s},
        "left": left,
        "next_at": next_half_day(day.timetable, now).isoformat(timespec="milliseconds") if left == 0 else None,
    }


def _left(day: HallDay, services: tuple[ServiceCode, ...], now: datetime) -> int | None:
    """Return how many tickets are left in this half of the day; ``None`` without a quota."""
    afternoon = now.time() >= NOON
    quotas = {code: day.plan.service_by_code[code].quota for code in services}
    return min(
        (
            max(quota - day.quota_used.get(QuotaKey(code, afternoon), 0), 0)
            for code, quota in quotas.items()
            if quota is not None
        ),
        default=None,
    )
