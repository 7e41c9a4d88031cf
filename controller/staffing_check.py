"""What is wrong with a plan's posts, its roster and its opening hours, each fault with its place."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from controller.opening import Hours
from controller.plan import Plan
from controller.plan_fault import Fault

WEEKDAYS = range(1, 8)


def post_faults(plan: Plan) -> Iterator[Fault]:
    """Find what is wrong with the posts (AB岗)."""
    for index, post in enumerate(plan.posts):
        path = f"/posts/{index}"
        if post.window not in plan.window_by_id:
            yield Fault(f"{path}/window", "window_unknown", post.window)
        if not post.primary.strip():
            yield Fault(f"{path}/primary", "empty_clerk", post.id)
        for place, backup in enumerate(post.backups):
            if not backup.strip():
                yield Fault(f"{path}/backups/{place}", "empty_clerk", post.id)
            elif backup == post.primary:
                yield Fault(f"{path}/backups/{place}", "backup_is_primary", backup)
        for backup, count in Counter(post.backups).items():
            if count > 1:
                yield Fault(f"{path}/backups", "twice", backup)


def roster_faults(plan: Plan) -> Iterator[Fault]:
    """Find what is wrong with the roster."""
    posts = {post.id for post in plan.posts}
    for index, shift in enumerate(plan.roster):
        path = f"/roster/{index}"
        if shift.post not in posts:
            yield Fault(f"{path}/post", "post_unknown", shift.post)
        if not shift.clerk.strip():
            yield Fault(f"{path}/clerk", "empty_clerk", shift.post)
        yield from _weekdays(shift.weekdays, path)
        if shift.first is not None and shift.last is not None and shift.first > shift.last:
            yield Fault(path, "dates_backwards", f"{shift.first}–{shift.last}")


def opening_faults(plan: Plan) -> Iterator[Fault]:
    """Find what is wrong with the opening hours."""
    week: dict[int, list[Hours]] = {}
    for index, entry in enumerate(plan.opening.week):
        path = f"/opening/week/{index}"
        hours = Hours(entry.opens, entry.closes)
        yield from _weekdays(entry.weekdays, path)
        yield from _hours((hours,), path)
        for weekday in dict.fromkeys(entry.weekdays):
            week.setdefault(weekday, []).append(hours)
    overlapping = [hours for own in week.values() for hours in _overlaps(own)]
    for value in dict.fromkeys(overlapping):
        yield Fault("/opening/week", "hours_overlap", value)
    for index, day in enumerate(plan.opening.days):
        path = f"/opening/days/{index}/hours"
        yield from _hours(day.hours, path)
        for value in _overlaps(day.hours):
            yield Fault(path, "hours_overlap", value)
    for date, count in Counter(day.date for day in plan.opening.days).items():
        if count > 1:
            yield Fault("/opening/days", "twice", date.isoformat())


def _weekdays(weekdays: Sequence[int], path: str) -> Iterator[Fault]:
    if not weekdays or any(day not in WEEKDAYS for day in weekdays) or len(set(weekdays)) < len(weekdays):
        yield Fault(f"{path}/weekdays", "bad_weekdays", ", ".join(map(str, weekdays)))


def _hours(hours: Sequence[Hours], path: str) -> Iterator[Fault]:
    for entry in hours:
        if entry.opens >= entry.closes:
            yield Fault(path, "bad_hours", said(entry))


def _overlaps(hours: Sequence[Hours]) -> list[str]:
    ordered = sorted(hours, key=lambda entry: (entry.opens, entry.closes))
    return [f"{said(one)}, {said(other)}" for one, other in pairwise(ordered) if other.opens < one.closes]


def said(hours: Hours) -> str:
    """Return hours as people write them."""
    return f"{hours.opens:%H:%M}–{hours.closes:%H:%M}"
