"""A call-out in a second language, by recordings that a hall put in its folder."""

import math
import os
from array import array
from pathlib import Path

import pytest

from devices.clips import SAMPLE_RATE_HZ, finished, write_samples
from devices.manner import Second
from devices.second_line import SecondLines, recording_names

PARTS = ("please", "{number}", "to", "{window}")
WANTED = Second("demo", "wu", PARTS, "A003", 2)
TONE_S = 0.25


def tone(seconds: float = TONE_S, peak: float = 0.5) -> "array[int]":
    steps = range(round(seconds * SAMPLE_RATE_HZ))
    return array("h", [round(32767 * peak * math.sin(index / 10)) for index in steps])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "demo" / "wu"
    made.mkdir(parents=True)
    for name in ("please", "to", "window-2", "A", "0", "3"):
        write_samples(tone(), made / f"{name}.wav")
    return made


def test_the_names_of_its_recordings() -> None:
    assert recording_names(PARTS, "a003", 2) == ("please", "A", "0", "0", "3", "to", "window-2")


def test_it_is_put_together_in_order(folder: Path, tmp_path: Path) -> None:
    tail = SecondLines(tmp_path).tail(WANTED)
    assert tail is not None
    assert [path.stem for path in tail.paths] == ["please", "A", "0", "0", "3", "to", "window-2"]
    assert {path.parent for path in tail.paths} == {folder}
    assert tail.duration_s == pytest.approx(7 * TONE_S, abs=0.001)


def test_a_changed_recording_is_another_edition(folder: Path, tmp_path: Path) -> None:
    lines = SecondLines(tmp_path)
    before = lines.tail(WANTED)
    assert lines.tail(WANTED) == before
    write_samples(tone(0.5), folder / "to.wav")
    os.utime(folder / "to.wav", ns=(1, 1))
    after = lines.tail(WANTED)
    assert before is not None
    assert after is not None
    assert after.edition != before.edition
    assert after.duration_s > before.duration_s


@pytest.mark.parametrize("damage", ["missing", "no sound", "no recording"])
def test_a_line_with_a_gap_is_left_out(folder: Path, tmp_path: Path, damage: str) -> None:
    path = folder / "3.wav"
    match damage:
        case "missing":
            path.unlink()
        case "no sound":
            write_samples(array("h", bytes(2 * SAMPLE_RATE_HZ)), path)
        case _:
            path.write_bytes(b"mp3")
    assert SecondLines(tmp_path).tail(WANTED) is None


def test_it_is_said_after_the_first_as_loud_as_that() -> None:
    with_tail = finished(tone(1.0), tail=[tone(0.5, 0.05), tone(0.5, 0.05)])
    assert len(with_tail) > len(finished(tone(1.0))) + SAMPLE_RATE_HZ
    assert max(with_tail[-SAMPLE_RATE_HZ // 2 :]) == pytest.approx(max(finished(tone(1.0))[SAMPLE_RATE_HZ:]), rel=0.05)
