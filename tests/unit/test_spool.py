"""Where a print job is: the words for it."""

from datetime import UTC, datetime, timedelta

import pytest

from controller.model import ReceiptState
from controller.spool import JobState, job_state

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
FRESH, OLD = NOW + timedelta(seconds=1), NOW


@pytest.mark.parametrize(
    ("said", "reason", "expires_at", "at_device", "state"),
    [
        (ReceiptState.REQUESTED, None, FRESH, False, JobState.QUEUED),
        (ReceiptState.REQUESTED, None, FRESH, True, JobState.PRINTING),
        (ReceiptState.REQUESTED, None, OLD, True, JobState.EXPIRED),
        (ReceiptState.FAILED, "paper_out", FRESH, True, JobState.FAILED),
        (ReceiptState.FAILED, "paper_out", OLD, True, JobState.EXPIRED),
        (ReceiptState.FAILED, "expired", FRESH, True, JobState.EXPIRED),
        (ReceiptState.PRINTED, None, OLD, False, JobState.PRINTED),
    ],
)
def test_a_job_is_where_its_device_its_age_and_its_line_say(
    said: ReceiptState, reason: str | None, expires_at: datetime, state: JobState, *, at_device: bool
) -> None:
    assert job_state(said, reason, expires_at=expires_at, now=NOW, at_device=at_device) is state
