"""How much paper is left: sensors, counts, new rolls."""

import pytest

from devices.escpos_decoder import decode
from devices.paper_left import LOW_MM_MAX, PaperLeft
from devices.printer_status import Paper
from devices.receipts import render_ticket
from tests.support.looks import ticket_look
from tests.unit.test_receipts import SAMPLE

ROLL_MM = 80_000.0


def test_of_a_silent_printer_and_an_unmeasured_roll_only_the_sheets_are_known() -> None:
    paper = PaperLeft().printed(150).printed(150)
    assert (paper.paper, paper.reason, paper.left_mm) == (None, None, None)
    assert paper.readings() == {"paper_sheets": 2}


@pytest.mark.parametrize("paper", Paper)
def test_the_sensor_is_believed(paper: Paper) -> None:
    assert PaperLeft().told(paper).readings() == {"paper": paper.value, "paper_reason": "sensor", "paper_sheets": 0}


def test_a_counted_roll_gets_low_and_is_never_out_by_count_alone() -> None:
    paper = PaperLeft(ROLL_MM).printed(ROLL_MM - LOW_MM_MAX)
    assert paper.readings() == {"paper": "ok", "paper_reason": "counted", "paper_left_mm": 5000, "paper_sheets": 1}
    paper = paper.printed(1)
    assert (paper.paper, paper.reason) == (Paper.LOW, "counted")
    paper = paper.printed(2 * ROLL_MM)
    assert (paper.paper, paper.left_mm) == (Paper.LOW, 0)


def test_a_short_roll_is_low_by_its_share() -> None:
    assert PaperLeft(30_000).printed(26_999).paper is Paper.OK
    assert PaperLeft(30_000).printed(27_001).paper is Paper.LOW


def test_the_count_warns_where_the_sensor_has_nothing_to_say_yet() -> None:
    paper = PaperLeft(ROLL_MM).told(Paper.OK).printed(ROLL_MM)
    assert (paper.paper, paper.reason) == (Paper.LOW, "counted")
    assert (paper.told(Paper.OUT).paper, paper.told(Paper.OUT).reason) == (Paper.OUT, "sensor")


@pytest.mark.parametrize(
    ("told", "whole"),
    [
        ((Paper.OUT, Paper.OK), True),
        ((Paper.LOW, Paper.OK), True),
        ((Paper.LOW, Paper.OUT, Paper.OK), True),
        ((Paper.OK, Paper.OK), False),
        ((Paper.OUT, Paper.LOW), False),
        ((Paper.LOW, Paper.OUT), False),
    ],
)
def test_a_sensor_that_is_content_again_means_a_new_roll(told: tuple[Paper, ...], whole: bool) -> None:
    paper = PaperLeft(ROLL_MM).printed(1000)
    for each in told:
        paper = paper.told(each)
    assert (paper.left_mm, paper.sheets) == ((ROLL_MM, 0) if whole else (ROLL_MM - 1000, 1))


def test_a_sheet_is_measured_from_the_bytes_that_print_it() -> None:
    plain = decode(render_ticket(SAMPLE, ticket_look(58), "zh-CN"))
    native = decode(render_ticket(SAMPLE, ticket_look(58, native_qr=True), "zh-CN"))
    (code,) = plain.rasters
    assert 100 < plain.length_mm < 200
    assert abs((plain.length_mm - code.image.height / 8) - (native.length_mm - 25)) < 1
