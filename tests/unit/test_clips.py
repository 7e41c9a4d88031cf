"""Samples: the chime in front, an even loudness, and files that are no speech told apart from speech."""

import math
import wave
from array import array
from pathlib import Path

import pytest

from devices.clips import (
    FULL_SCALE,
    LOUDNESS_LUFS,
    PEAK,
    SAMPLE_RATE_HZ,
    TAIL_S,
    BadClip,
    chime,
    chime_s,
    finished,
    measure,
    read_samples,
    write_samples,
)
from devices.loudness import loudness_lufs


def tone(seconds: float, peak: float = 0.5) -> "array[int]":
    steps = range(round(seconds * SAMPLE_RATE_HZ))
    return array("h", [round(FULL_SCALE * peak * math.sin(index / 10)) for index in steps])


def silence(seconds: float) -> "array[int]":
    return array("h", bytes(2 * round(seconds * SAMPLE_RATE_HZ)))


def file_of(samples: "array[int]", folder: Path) -> Path:
    path = folder / "clip.wav"
    write_samples(samples, path)
    return path


@pytest.mark.parametrize("peak", [0.03, 0.2, 1.0])
def test_speech_is_brought_to_one_loudness_behind_the_chime(peak: float) -> None:
    clip = finished(tone(1.0, peak))
    assert clip[: len(chime())] == chime()
    for part in (clip[: len(chime())], clip[len(chime()) :]):
        assert loudness_lufs(part, SAMPLE_RATE_HZ) == pytest.approx(LOUDNESS_LUFS, abs=0.2)


def test_a_quieter_hour_is_quieter_chime_and_all() -> None:
    loud, quiet = finished(tone(1.0)), finished(tone(1.0), volume_lu=-6)
    assert len(quiet) == len(loud)
    assert max(quiet) == pytest.approx(max(loud) / 2, rel=0.01)
    assert max(quiet[: len(chime())]) == pytest.approx(max(chime()) / 2, rel=0.01)


def test_a_peak_is_never_cut_off_for_loudness() -> None:
    spike = tone(1.0, 0.02) + array("h", [FULL_SCALE]) + tone(1.0, 0.02)
    assert max(finished(spike)[len(chime()) :]) == pytest.approx(PEAK * FULL_SCALE, abs=2)


def test_a_clip_without_a_chime_begins_with_its_words() -> None:
    assert finished(tone(1.0)) == chime() + finished(tone(1.0), with_chime=False)


def test_long_silence_at_the_ends_goes_and_silence_within_stays() -> None:
    clip = finished(silence(1.0) + tone(0.5) + silence(0.7) + tone(0.5) + silence(2.0))
    assert len(clip) / SAMPLE_RATE_HZ == pytest.approx(chime_s() + TAIL_S + 1.7 + TAIL_S, abs=0.002)


@pytest.mark.parametrize("speech", [array("h"), silence(1.0), tone(1.0, 0.01)])
def test_silence_and_noise_are_not_raised_to_a_roar(speech: "array[int]") -> None:
    with pytest.raises(BadClip, match="silent"):
        finished(speech)


def test_a_clip_is_measured_behind_its_chime(tmp_path: Path) -> None:
    sound = measure(file_of(finished(tone(2.0)), tmp_path))
    assert sound.duration_s == pytest.approx(chime_s() + 2.0, abs=0.01)
    assert sound.speech_s == pytest.approx(2.0, abs=0.01)
    assert sound.speech_rms == pytest.approx(10 ** (LOUDNESS_LUFS / 20), abs=0.02)


@pytest.mark.parametrize("samples", [array("h"), chime(), chime() + silence(2.0), chime() + tone(2.0, 0.005)])
def test_a_chime_alone_is_no_call_out(tmp_path: Path, samples: "array[int]") -> None:
    with pytest.raises(BadClip, match="nothing is heard"):
        measure(file_of(samples, tmp_path))


def test_samples_survive_the_file(tmp_path: Path) -> None:
    samples = array("h", [-32768, -1, 0, 1, 32767])
    assert read_samples(file_of(samples, tmp_path)) == samples


@pytest.mark.parametrize("cut", [0, 4, 43, 44, 1000])
def test_a_file_that_ends_too_soon_is_no_clip(tmp_path: Path, cut: int) -> None:
    path = file_of(finished(tone(1.0)), tmp_path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(BadClip):
        measure(path)


@pytest.mark.parametrize(("channels", "width", "rate"), [(2, 2, SAMPLE_RATE_HZ), (1, 1, SAMPLE_RATE_HZ), (1, 2, 8000)])
def test_another_form_of_wav_is_no_clip(tmp_path: Path, channels: int, width: int, rate: int) -> None:
    path = tmp_path / "clip.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(bytes(channels * width * rate))
    with pytest.raises(BadClip, match="not mono"):
        measure(path)


def test_a_missing_file_is_a_disk_matter(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        measure(tmp_path / "none.wav")
