"""What a call-out's recording is made of: mono samples of 16 bits, a chime in front, all of it at one loudness.

The chime is part of the clip, not an asset of its own: every player (a TV page, a speaker device, aplay) then needs to
know one file and nothing of an order or a gap, and a chime can't sound without its sentence. It costs 31 kB a clip.
"""

from __future__ import annotations  # array[int] is no expression before Python 3.12

import math
import sys
import wave
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from devices.loudness import loudness_lufs

SAMPLE_RATE_HZ = 22050
"""espeak-ng's own rate."""

SAMPLE_BYTES = 2
FULL_SCALE = 32767

CHIME_HZ = (659.26, 523.25)
"""E5, then C5: the falling third of a doorbell, which every hall and station uses."""

CHIME_TONE_S = 0.28
CHIME_PEAK = 0.417
"""As loud as speech at `LOUDNESS_LUFS`, by the same measure."""

CHIME_SILENCE_S = 0.14
CHIME_ATTACK_S = 0.008
"""A tone that starts at once clicks."""

CHIME_DECAY_S = 0.12
"""Time in which a tone falls to 1/e."""

LOUDNESS_LUFS = -19.0
"""Loudness of everything that is said (EBU R 128's measure, ITU-R BS.1770): the most that espeak's sentences, whose
peaks stand 15 to 18 dB above it, can have below `PEAK`. How loud the hall hears it is its amplifier's matter."""

PEAK = 0.89
"""The highest sample that any clip has, 1 dB below full scale; what would have to exceed it stays quieter."""

TAIL_PAUSE_S = 0.4
"""Silence before what follows a sentence."""

RAW_PEAK_MIN = 0.02
"""An engine's output below this is noise or nothing; raising it would make it loud noise."""

SPEECH_RMS_MIN = 0.008
"""Speech at full loudness has an RMS of about 0.1 of full scale, at the quietest that a plan may set 0.02; below this
the file holds clicks or nothing."""

SILENCE_PEAK = 0.01
TAIL_S = 0.12
"""Silence that is left at both ends of the speech."""

_RMS_STRIDE = 7
"""Every seventh sample tells the loudness well enough, in 2 ms instead of 15."""


class BadClip(Exception):
    """A recording is not what it should be; the message says how."""


@dataclass(frozen=True, slots=True)
class Sound:
    """What was measured of a clip.

    Attributes:
        duration_s: length of the whole clip.
        speech_s: length of the clip after its chime.
        speech_rms: loudness of that part, 0 to 1 of full scale.
    """

    duration_s: float
    speech_s: float
    speech_rms: float


@cache
def chime() -> array[int]:
    """Return two sine tones that fade out, and the pause after them."""
    samples = array("h")
    attack = CHIME_ATTACK_S * SAMPLE_RATE_HZ
    for hertz in CHIME_HZ:
        for index in range(round(CHIME_TONE_S * SAMPLE_RATE_HZ)):
            at_s = index / SAMPLE_RATE_HZ
            loudness = min(1.0, index / attack) * math.exp(-at_s / CHIME_DECAY_S)
            samples.append(round(FULL_SCALE * CHIME_PEAK * loudness * math.sin(2 * math.pi * hertz * at_s)))
    samples.extend([0] * round(CHIME_SILENCE_S * SAMPLE_RATE_HZ))
    return samples


def chime_s() -> float:
    """Return the length of the chime with the pause after it, in seconds."""
    return len(chime()) / SAMPLE_RATE_HZ


def finished(
    speech: array[int], *, with_chime: bool = True, volume_lu: float = 0.0, tail: Iterable[array[int]] = ()
) -> array[int]:
    """Return a clip: the chime, the engine's speech without its long silences, what follows; each as loud as the other.

    Args:
        speech: the engine's recording.
        with_chime: the chime goes before it.
        volume_lu: how much quieter than `LOUDNESS_LUFS` the clip is, 0 or below.
        tail: recordings that are said after it.

    Raises:
        BadClip: the speech is silent.
    """
    clip = chime_alone(volume_lu) if with_chime else array("h")
    clip.extend(_levelled(speech, volume_lu))
    second = array("h")
    for part in tail:
        second.extend(part)
    if second:
        clip.extend([0] * round(TAIL_PAUSE_S * SAMPLE_RATE_HZ))
        clip.extend(_levelled(second, volume_lu))
    return clip


def chime_alone(volume_lu: float = 0.0) -> array[int]:
    """Return the chime, so much quieter than speech at full loudness as a plan wants it."""
    gain = _gain(volume_lu)
    return array("h", [round(sample * gain) for sample in chime()])


def _levelled(speech: array[int], volume_lu: float) -> array[int]:
    """Return speech without the silence at its ends, at `LOUDNESS_LUFS` and so much below it."""
    highest = max(map(abs, speech), default=0)
    if highest < RAW_PEAK_MIN * FULL_SCALE:
        raise BadClip(f"the recording is silent ({len(speech)} samples, peak {highest / FULL_SCALE:.4f})")
    threshold = round(highest * SILENCE_PEAK)
    sounding = [index for index, sample in enumerate(speech) if sample > threshold or sample < -threshold]
    rest = round(TAIL_S * SAMPLE_RATE_HZ)
    part = speech[max(0, sounding[0] - rest) : sounding[-1] + 1 + rest]
    wanted = _gain(LOUDNESS_LUFS - loudness_lufs(part, SAMPLE_RATE_HZ))
    gain = min(wanted, FULL_SCALE * PEAK / highest) * _gain(volume_lu)
    return array("h", [round(sample * gain) for sample in part])


def _gain(decibels: float) -> float:
    factor: float = 10 ** (decibels / 20)
    return factor


def read_samples(source: Path | str) -> array[int]:
    """Return the samples of a WAV file.

    Raises:
        BadClip: it is no mono WAV of 16 bits at `SAMPLE_RATE_HZ`, or shorter than its header says.
        OSError: it cannot be read.
    """
    try:
        with wave.open(str(source), "rb") as file:
            form = (file.getnchannels(), file.getsampwidth(), file.getframerate())
            if form != (1, SAMPLE_BYTES, SAMPLE_RATE_HZ):
                raise BadClip(f"not mono, 16 bits, {SAMPLE_RATE_HZ} Hz: {form}")
            frames = file.getnframes()
            raw = file.readframes(frames)
    except (wave.Error, EOFError) as error:
        raise BadClip(f"no WAV file: {error or 'empty'}") from error
    if len(raw) != frames * SAMPLE_BYTES:
        raise BadClip(f"{len(raw)} bytes of sound where the header says {frames * SAMPLE_BYTES}")
    return _little_endian(array("h", raw))


def write_samples(samples: array[int], path: Path) -> None:
    """Write samples as a WAV file.

    Raises:
        OSError: the disk doesn't take it.
    """
    path.write_bytes(wav_of(samples))


def wav_of(samples: array[int]) -> bytes:
    """Return samples as a WAV file has them."""
    sink = BytesIO()
    with wave.open(sink, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(SAMPLE_BYTES)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(_little_endian(samples).tobytes())
    return sink.getvalue()


def measure(path: Path, *, with_chime: bool = True) -> Sound:
    """Measure a clip and see that something is said after its chime.

    Args:
        path: the WAV file.
        with_chime: it begins with the chime.

    Raises:
        BadClip: it is no clip, or its speech is too quiet to be heard.
        OSError: it cannot be read.
    """
    samples = read_samples(path)
    before = len(chime()) if with_chime else 0
    speech = samples[before::_RMS_STRIDE]
    rms = math.sqrt(sum(sample * sample for sample in speech) / len(speech)) / FULL_SCALE if speech else 0.0
    if rms < SPEECH_RMS_MIN:
        raise BadClip(f"nothing is heard after the chime (RMS {rms:.4f} of full scale)")
    duration_s = len(samples) / SAMPLE_RATE_HZ
    return Sound(duration_s, duration_s - before / SAMPLE_RATE_HZ, rms)


def _little_endian(samples: array[int]) -> array[int]:
    """Return samples in the byte order of WAV files, or back from it."""
    if sys.byteorder == "little":
        return samples
    swapped = array("h", samples)
    swapped.byteswap()
    return swapped
