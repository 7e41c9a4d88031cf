"""Which board a display sees: pure functions on the contract's forms.

Displays that see the same share one *view*: a hall with a thousand screens makes as many boards as it has zones and
signs. A view's board leaves out what that display has no use for, and changes only when something on its glass does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from controller.plan import DeviceId, DeviceKind, LedSize, Plan, WindowId
from displays.sign import led_board

Form: TypeAlias = dict[str, Any]

UNSEEN = frozenset({"seq", "at"})
"""Members of a board that move with every event and are not on the glass."""


class DisplayKind(StrEnum):
    """What a display is to the hub."""

    TV = "tv"
    LED = "led"


@dataclass(frozen=True, slots=True)
class View:
    """What a display looks at: a zone (``None``: the whole hall), or the sign of a window."""

    kind: DisplayKind
    zone: str | None = None
    window: str | None = None


class SpeakerRank(StrEnum):
    """How fit a display is to speak in its zone, the fittest first."""

    CHOSEN = "chosen"
    PLANNED = "planned"
    UNPLANNED = "unplanned"
    SILENT = "silent"


def view_of(plan: Plan, kind: DisplayKind, display: str, window: str | None = None) -> View | None:
    """Return the view of a display, or ``None`` for a sign whose window the plan does not have.

    A TV that the plan puts in a zone sees that zone. Any other display id is a TV of the whole hall.
    """
    if kind is DisplayKind.LED:
        known = window is not None and WindowId(window) in plan.window_by_id
        return View(kind, window=window) if known else None
    device = plan.device_by_id.get(DeviceId(display))
    return View(kind, zone=device.zone if device is not None and device.kind is DeviceKind.TV else None)


def speaker_rank(plan: Plan, kind: DisplayKind, display: str) -> SpeakerRank:
    """Return how fit a display is to speak: the plan's choice, then its TVs, then screens that it does not name.

    A sign has no loudspeaker, and a device that the plan names as something else (a review pad that opens a board) is
    none of the hall's voices.
    """
    device = plan.device_by_id.get(DeviceId(display))
    if kind is DisplayKind.LED:
        return SpeakerRank.SILENT
    if device is None:
        return SpeakerRank.UNPLANNED
    if device.kind is not DeviceKind.TV:
        return SpeakerRank.SILENT
    return SpeakerRank.CHOSEN if device.speaks else SpeakerRank.PLANNED


def zone_of(plan: Plan, view: View) -> str | None:
    """Return the zone whose announcements belong to a view; ``None`` hears those of every zone."""
    if view.kind is DisplayKind.TV:
        return view.zone
    planned = plan.window_by_id.get(WindowId(view.window or ""))
    return planned.zone if planned is not None else None


def board_for(board: Mapping[str, Any], plan: Plan, view: View) -> Form | None:
    """Return the board of a view, or ``None`` where its window is not there.

    Args:
        board: the contract's ``board`` of the whole hall.
        plan: the plan in force, for the size of signs and the hall's language.
        view: who looks.
    """
    if view.kind is DisplayKind.TV:
        return zone_board(board, view.zone)
    planned = plan.window_by_id.get(WindowId(view.window or ""))
    size = planned.led if planned is not None else LedSize()
    return led_board(board, view.window or "", size, plan.hall.language, plan.signs)


def zone_board(board: Mapping[str, Any], zone: str | None) -> Form:
    """Return the board of a zone: its windows, calls and notices, and how many wait in the whole hall.

    What belongs to no zone (a window that a new plan dropped while somebody is still served there) is seen in all.
    """
    if zone is None:
        return dict(board)
    return {
        **{member: value for member, value in board.items() if member != "help_calls"},  # for the staff's pages
        "zone": zone,
        **{member: [one for one in board[member] if _seen_in(one, zone)] for member in ("windows", "calls", "notices")},
    }


def _seen_in(form: Mapping[str, Any], zone: str) -> bool:
    return form.get("zone") in (zone, None)


def glass(board: Mapping[str, Any]) -> Form:
    """Return what of a board is on the glass: two boards that are equal here look the same."""
    return {member: value for member, value in board.items() if member not in UNSEEN}
