"""Whether a ticket machine will print the next receipt: what a citizen should know before taking a number."""

from datetime import datetime
from enum import StrEnum

from controller.plan import DeviceKind
from controller.vitals import Vitals, fresh

READY = "ready"
"""What the reading ``printer`` says of one that prints."""


class PaperOutlook(StrEnum):
    """What is to be expected of a machine's paper."""

    OK = "ok"
    LOW = "low"
    OUT = "out"
    """Nothing comes out: no paper, an open cover, a printer that isn't there."""

    AWAY = "away"
    """The machine's own program isn't there, so nobody prints."""

    UNKNOWN = "unknown"
    """It hasn't said, or not lately; it is tried."""


def paper_outlook(vitals: Vitals, kind: DeviceKind, now: datetime) -> PaperOutlook:
    """Return what is to be expected of a machine's paper.

    Args:
        vitals: what is known of it.
        kind: what it is, which says for how long its word holds.
        now: the time now.
    """
    if vitals.online is False:
        return PaperOutlook.AWAY
    printer, paper = fresh(vitals, "printer", kind, now), fresh(vitals, "paper", kind, now)
    if printer not in {None, READY} or paper == PaperOutlook.OUT:
        return PaperOutlook.OUT
    return PaperOutlook(paper) if paper in {PaperOutlook.OK, PaperOutlook.LOW} else PaperOutlook.UNKNOWN
