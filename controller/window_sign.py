"""The sign at a window (公示牌): who is on duty at which post, what the window does, whom to call about it.

It is public: it shows what the policy's safeguards ask a hall to show, and nothing of those who are served there.
"""

from datetime import datetime

from controller.model import HallDay, WindowState, WindowStatus
from controller.plan import Plan, WindowId
from controller.views import Form, window_form


def sign_form(day: HallDay, state: WindowState, now: datetime) -> Form:
    """Return what the sign of a window shows now."""
    plan = day.plan
    told = window_form(day, state)
    substitute = plan.window_by_id.get(told["substitute"]) if told["substitute"] is not None else None
    is_away = state.status is WindowStatus.AWAY
    return {
        "hall_name": plan.hall.name,
        "timezone": plan.hall.timezone,
        "window": state.id,
        "label": told["label"],
        "kind": told["kind"],
        "status": state.status,
        "post": told["post"] or _post_name(plan, state.id),
        "role": told["role"],
        "clerk": state.clerk,
        "services": _services(plan, state.id),
        "notice": state.notice if is_away else None,
        "until": told["until"] if is_away else None,
        "substitute": substitute.label if is_away and substitute is not None else None,
        "supervision_phone": plan.hall.supervision_phone or None,
        "at": now.isoformat(timespec="milliseconds"),
    }


def _services(plan: Plan, window: WindowId) -> list[str]:
    """Return the names of what a window serves: first what few others do, for that is what people look for here."""
    own = [service for service in plan.services if window in plan.windows_for[service.code]]
    own.sort(key=lambda service: len(plan.windows_for[service.code]))
    return [service.short_name or service.name for service in own]


def _post_name(plan: Plan, window: WindowId) -> str | None:
    """Return the name of a window's post while nobody of it is there."""
    return next((post.name or post.id for post in plan.posts if post.window == window), None)
