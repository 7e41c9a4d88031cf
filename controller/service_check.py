"""What is wrong with a plan's services and packages, each fault with its place."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from controller.plan import Plan, Service
from controller.plan_fault import Fault
from controller.services import SHARING

PREFIX_PATTERN = re.compile(r"[A-Z]?")
MINUTES_MAX = 480
WORKING_DAYS_MAX = 3_650
QUOTA_MAX = 10_000


def service_faults(plan: Plan) -> Iterator[Fault]:
    """Find what is wrong with the services."""
    for index, service in enumerate(plan.services):
        path = f"/services/{index}"
        if not service.name.strip():
            yield Fault(f"{path}/name", "empty_name", service.code)
        if not PREFIX_PATTERN.fullmatch(service.prefix):
            yield Fault(f"{path}/prefix", "bad_prefix", service.prefix)
        if not 1 <= service.minutes <= MINUTES_MAX:
            yield Fault(f"{path}/minutes", "bad_minutes", str(service.minutes))
        if service.special in SHARING:
            yield Fault(f"{path}/special", "not_special", service.special)
        if service.quota is not None and not 0 <= service.quota <= QUOTA_MAX:
            yield Fault(f"{path}/quota", "bad_quota", str(service.quota))
        yield from _days(service, path)
        yield from _guidance(service, path)
        if not plan.windows_for[service.code]:
            yield Fault(path, "service_at_no_window", service.code)


def _days(service: Service, path: str) -> Iterator[Fault]:
    bad = False
    for name, days in (("legal_days", service.legal_days), ("promised_days", service.promised_days)):
        if days is not None and not 0 <= days <= WORKING_DAYS_MAX:
            bad = True
            yield Fault(f"{path}/{name}", "bad_days", str(days))
    if not bad and service.legal_days is not None and service.promised_days > service.legal_days:
        value = f"{service.promised_days} > {service.legal_days}"
        yield Fault(f"{path}/promised_days", "promised_after_legal", value)


def _guidance(service: Service, path: str) -> Iterator[Fault]:
    lists = {
        "conditions": service.conditions,
        "materials": tuple(material.name for material in service.materials),
        "steps": service.steps,
        "aliases": service.aliases,
    }
    for name, entries in lists.items():
        for place, entry in enumerate(entries):
            if not entry.strip():
                yield Fault(f"{path}/{name}/{place}", "empty_text", service.code)
        for text in _twice(entries):
            yield Fault(f"{path}/{name}", "twice", text)
    guide = service.guide
    if guide is None:
        return
    if not guide.version.strip():
        yield Fault(f"{path}/guide/version", "empty_text", service.code)
    if guide.valid_from is not None and guide.valid_until is not None and guide.valid_from > guide.valid_until:
        yield Fault(f"{path}/guide", "dates_backwards", f"{guide.valid_from}–{guide.valid_until}")


def package_faults(plan: Plan) -> Iterator[Fault]:
    """Find what is wrong with the packages (一件事)."""
    for index, package in enumerate(plan.packages):
        path = f"/packages/{index}"
        if not package.name.strip():
            yield Fault(f"{path}/name", "empty_name", package.code)
        if package.code in plan.service_by_code:
            yield Fault(f"{path}/code", "package_like_service", package.code)
        if not package.services:
            yield Fault(f"{path}/services", "empty_list", package.code)
        for place, code in enumerate(package.services):
            if code not in plan.service_by_code:
                yield Fault(f"{path}/services/{place}", "service_unknown", code)
        for text in _twice(package.services):
            yield Fault(f"{path}/services", "twice", text)


def _twice(entries: Iterable[str]) -> list[str]:
    return [entry for entry, count in Counter(entries).items() if count > 1]
