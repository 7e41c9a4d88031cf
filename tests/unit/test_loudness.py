"""Loudness against what the standards say: tones of ITU-R BS.1770-4 and of EBU Tech 3341, in one channel."""

import math
from array import array

import pytest

from devices.loudness import loudness_lufs

RATE_HZ = 22050
WITHIN_LU = 0.1
"""What EBU Tech 3341 allows a meter."""


def tone(seconds: float, dbfs: float, hertz: float = 997.0) -> "array[int]":
    peak = 32767 * 10 ** (dbfs / 20)
    steps = range(round(seconds * RATE_HZ))
    return array("h", [round(peak * math.sin(2 * math.pi * hertz * index / RATE_HZ)) for index in steps])


@pytest.mark.parametrize("dbfs", [0.0, -20.0, -33.0])
def test_a_tone_of_997_hz_is_3_lu_below_its_peak(dbfs: float) -> None:
    assert loudness_lufs(tone(3, dbfs), RATE_HZ) == pytest.approx(dbfs - 3.01, abs=WITHIN_LU)


def test_a_high_tone_is_louder_and_a_very_low_one_softer() -> None:
    assert -21 < loudness_lufs(tone(2, -20, 4000), RATE_HZ) < -19
    assert loudness_lufs(tone(2, -20, 25), RATE_HZ) < -30


def test_what_is_far_softer_than_the_rest_does_not_count() -> None:
    """Tech 3341, case 3 in a third of its time: tones at −36, −23 and −36."""
    sound = tone(3, -36) + tone(20, -23) + tone(3, -36)
    assert loudness_lufs(sound, RATE_HZ) == pytest.approx(-26.01, abs=WITHIN_LU)


def test_silence_around_and_within_changes_nothing() -> None:
    silence = array("h", bytes(2 * 3 * RATE_HZ))
    assert loudness_lufs(silence + tone(4, -20) + silence, RATE_HZ) == pytest.approx(-23.01, abs=0.3)


def test_silence_has_no_loudness_and_a_short_sound_has_one() -> None:
    assert loudness_lufs(array("h"), RATE_HZ) == -math.inf
    assert loudness_lufs(array("h", bytes(RATE_HZ)), RATE_HZ) == -math.inf
    assert -40 < loudness_lufs(tone(0.1, 0), RATE_HZ) < -3
