"""What a hall's manager should look at in a plan that may be used all the same."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from controller.plan import Layout, Plan, WindowKind
from controller.plan_fault import Fault

GROUPS_MIN, GROUPS_MAX = 2, 3
"""Groups of matters that field windows take (分领域): policy task 5."""


def warnings(plan: Plan, today: date) -> tuple[Fault, ...]:
    """Return what is doubtful in a plan without faults, in the order of the file."""
    return tuple(fault for check in (_services, _groups, _posts, _roster) for fault in check(plan, today))


def _services(plan: Plan, today: date) -> Iterator[Fault]:
    other = Layout.UNDIFFERENTIATED if plan.layout is Layout.FIELDS else Layout.FIELDS
    switched = replace(plan, layout=other)
    for index, service in enumerate(plan.services):
        path = f"/services/{index}"
        guide = service.guide
        if guide is not None and guide.valid_until is not None and guide.valid_until < today:
            yield Fault(f"{path}/guide", "guide_expired", f"{service.name} {guide.valid_until}")
        elif guide is not None and guide.valid_from is not None and guide.valid_from > today:
            yield Fault(f"{path}/guide", "guide_not_yet", f"{service.name} {guide.valid_from}")
        if not switched.windows_for[service.code]:
            yield Fault(path, f"unserved_in_{other}", service.name)
        special = {window.id for window in plan.windows if window.kind is service.special}
        if special and plan.windows_for[service.code].isdisjoint(special):
            yield Fault(f"{path}/special", "special_not_served", service.name)


def _groups(plan: Plan, _today: date) -> Iterator[Fault]:
    """Find field windows that make up fewer or more groups than policy task 5 wants: those that serve alike are one."""
    if plan.layout is not Layout.FIELDS:
        return
    served = {
        window.id: frozenset(code for code, windows in plan.windows_for.items() if window.id in windows)
        for window in plan.windows
        if window.kind is WindowKind.FIELD
    }
    groups = len(set(served.values()))
    if served and not GROUPS_MIN <= groups <= GROUPS_MAX:
        yield Fault("/windows", "field_groups", str(groups))


def _posts(plan: Plan, _today: date) -> Iterator[Fault]:
    for index, post in enumerate(plan.posts):
        if not post.backups:
            yield Fault(f"/posts/{index}/backups", "no_backup", post.name or post.id)


def _roster(plan: Plan, today: date) -> Iterator[Fault]:
    clerks = {post.id: {post.primary, *post.backups} for post in plan.posts}
    for index, shift in enumerate(plan.roster):
        if shift.clerk not in clerks[shift.post]:
            yield Fault(f"/roster/{index}/clerk", "not_of_the_post", shift.clerk)
        if shift.last is not None and shift.last < today:
            yield Fault(f"/roster/{index}/last", "shift_over", f"{shift.clerk} {shift.last}")
