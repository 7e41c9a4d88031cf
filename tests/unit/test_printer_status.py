"""What a printer's status bytes mean."""

import pytest

from devices.printer_status import Paper, PrinterStatus, read_status

FINE = 0x12


@pytest.mark.parametrize(
    ("offline", "sensor", "status", "obstacle"),
    [
        (0x12, 0x12, PrinterStatus(), None),
        (0x12, 0x1E, PrinterStatus(Paper.LOW), None),
        (0x12, 0x16, PrinterStatus(Paper.LOW), None),
        (0x32, 0x72, PrinterStatus(Paper.OUT), "paper_out"),
        (0x12, 0x7E, PrinterStatus(Paper.OUT), "paper_out"),
        (0x32, 0x12, PrinterStatus(Paper.OUT), "paper_out"),
        (0x16, 0x12, PrinterStatus(cover_open=True), "cover_open"),
        (0x36, 0x72, PrinterStatus(Paper.OUT, cover_open=True), "cover_open"),
        (0x52, 0x12, PrinterStatus(fault=True), "printer_fault"),
    ],
)
def test_status_bytes(offline: int, sensor: int, status: PrinterStatus, obstacle: str | None) -> None:
    read = read_status(bytes([offline, sensor]))
    assert read == status
    assert status.obstacle == obstacle


@pytest.mark.parametrize("answer", [b"", bytes([FINE]), bytes([FINE, 0x92]), bytes([0x10, FINE]), b"OK"])
def test_what_is_no_status_says_nothing(answer: bytes) -> None:
    assert read_status(answer) is None
