"""Who of a hall's displays hears something, and which of them speaks it."""

from collections.abc import Iterable

from displays.board import DisplayKind, SpeakerRank
from displays.session import Session

RANKS = {rank: place for place, rank in enumerate(SpeakerRank)}


def hears(session: Session, zone: str | None) -> bool:
    """Whether what is said in a zone (``None``: in the hall) is for a display."""
    return not session.ended and (zone is None or session.zone in (None, zone))


def speaker(hearers: Iterable[Session]) -> Session | None:
    """Return the one that speaks.

    The plan's choice comes first, then its other TVs, then screens that it doesn't name; among these one that belongs
    to the zone before one of the whole hall, one that reports what it shows before one that may be no screen for
    people (a kiosk that follows the board), and at last the one that came first.
    """
    able = (session for session in hearers if session.rank is not SpeakerRank.SILENT)
    return min(
        able,
        key=lambda one: (RANKS[one.rank], one.zone is None, not one.reports, one.number),
        default=None,
    )


def is_meant(session: Session, displays: frozenset[str], window: str | None) -> bool:
    """Whether a display is one of those named, or the sign of a window."""
    is_sign = session.view.kind is DisplayKind.LED and window is not None and session.view.window == window
    return not session.ended and (session.display in displays or is_sign)
