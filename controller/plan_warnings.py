"""What a hall's manager should look at in a plan that may be used all the same."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from controller.plan import Layout, Plan
from controller.plan_fault import Fault


def warnings(plan: Plan, today: date) -> tuple[Fault, ...]:
    """Return what is doubtful in a plan without faults, in the order of the file."""
    return tuple(fault for check in (_services, _posts, _roster) for fault in check(plan, today))


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
