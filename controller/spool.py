"""Where a print job is, as people are told: by what its device said of it, its age, and whether the device is there."""

from datetime import datetime
from enum import StrEnum

from controller.model import ReceiptState

TOO_OLD = "expired"
"""What a device says of a job that it has thrown away unprinted because of its age."""


class JobState(StrEnum):
    """Where a print job is."""

    QUEUED = "queued"
    """It waits for its device, which isn't there."""

    PRINTING = "printing"
    """Its device has it, or is about to get it, and hasn't said yet that it is on paper."""

    PRINTED = "printed"
    """On paper."""

    FAILED = "failed"
    """Not on paper; its device prints it all the same if it can before it is too old."""

    EXPIRED = "expired"
    """Not on paper, and too old to be printed any more."""


def job_state(
    said: ReceiptState, reason: str | None, *, expires_at: datetime, now: datetime, at_device: bool
) -> JobState:
    """Return where a job is.

    Args:
        said: what its device said of it last; ``requested``: nothing yet.
        reason: why it failed, if it did.
        expires_at: when it is too old.
        now: the time now.
        at_device: its device is there.
    """
    if said is ReceiptState.PRINTED:
        return JobState.PRINTED
    if now >= expires_at or reason == TOO_OLD:
        return JobState.EXPIRED
    if said is ReceiptState.FAILED:
        return JobState.FAILED
    return JobState.PRINTING if at_device else JobState.QUEUED
