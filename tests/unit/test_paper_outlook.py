"""What a citizen is told of a machine's paper before taking a number."""

from datetime import UTC, datetime, timedelta

import pytest

from controller.paper_outlook import PaperOutlook, paper_outlook
from controller.plan import DeviceKind
from controller.vitals import READING_S, Reading, Vitals

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MACHINE = DeviceKind.TICKET_MACHINE


def vitals(online: bool | None, age_s: float = 0, **readings: str) -> Vitals:
    at = NOW - timedelta(seconds=age_s)
    return Vitals(online=online, readings={name: Reading(value, at) for name, value in readings.items()})


@pytest.mark.parametrize(
    ("known", "outlook"),
    [
        (vitals(True, paper="ok", printer="ready"), PaperOutlook.OK),
        (vitals(True, paper="low", printer="ready"), PaperOutlook.LOW),
        (vitals(True, paper="out", printer="paper_out"), PaperOutlook.OUT),
        (vitals(True, paper="ok", printer="cover_open"), PaperOutlook.OUT),
        (vitals(True, printer="unreachable"), PaperOutlook.OUT),
        (vitals(True, printer="ready"), PaperOutlook.UNKNOWN),
        (vitals(True), PaperOutlook.UNKNOWN),
        (vitals(None), PaperOutlook.UNKNOWN),
        (vitals(False, paper="ok", printer="ready"), PaperOutlook.AWAY),
        (vitals(True, READING_S + 1, paper="out", printer="paper_out"), PaperOutlook.UNKNOWN),
    ],
)
def test_the_outlook_is_what_is_known_and_fresh(known: Vitals, outlook: PaperOutlook) -> None:
    assert paper_outlook(known, MACHINE, NOW) is outlook
