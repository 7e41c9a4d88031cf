"""Recordings measured by sox, apart from our own measuring."""

import asyncio
import subprocess
from dataclasses import dataclass
from pathlib import Path

SOX_S_MAX = 30


@dataclass(frozen=True)
class Heard:
    duration_s: float
    rms: float
    peak: float
    hertz: int


def heard(path: Path, start_s: float = 0.0, length_s: float | None = None) -> Heard:
    """Measure a WAV file, or a part of it, with sox: length, loudness (of full scale) and rough frequency."""
    part = ["trim", f"{start_s}", *([] if length_s is None else [f"{length_s}"])]
    ran = subprocess.run(
        ["sox", str(path), "-n", *part, "stat"], capture_output=True, text=True, check=True, timeout=SOX_S_MAX
    )
    said = {}
    for line in ran.stderr.splitlines():
        name, colon, value = line.partition(":")
        if colon:
            said[" ".join(name.split())] = float(value)
    return Heard(
        said["Length (seconds)"],
        said["RMS amplitude"],
        max(said["Maximum amplitude"], -said["Minimum amplitude"]),
        round(said["Rough frequency"]),
    )


async def heard_of(path: Path, start_s: float = 0.0, length_s: float | None = None) -> Heard:
    return await asyncio.to_thread(heard, path, start_s, length_s)


async def espeak_s(said: str, voice: str, rate_wpm: int, folder: Path) -> float:
    """Return how long espeak-ng's own program takes to say a reading, in seconds, without silence at the ends."""
    path, trimmed = folder / "espeak.wav", folder / "trimmed.wav"
    silence = ["silence", "1", "0.01", "1%"]
    for program in (
        ["espeak-ng", "-v", voice, "-s", str(rate_wpm), "-w", str(path), said],
        ["sox", str(path), str(trimmed), *silence, "reverse", *silence, "reverse"],
    ):
        await asyncio.to_thread(subprocess.run, program, check=True, timeout=SOX_S_MAX)
    return (await heard_of(trimmed)).duration_s
