"""A call-out in a second language or a dialect, put together from recordings that the hall made itself.

They are WAV files (mono, 16 bits, 22,050 Hz: ``sox in.mp3 -r 22050 -c 1 -b 16 out.wav``) below ``voices/HALL/FOLDER``
in the folder of the data: one for each letter and digit (``A.wav``, ``0.wav``), one for each window (``window-2.wav``),
and one for each phrase that the plan names. Where one is missing or can't be used the line is left out, and the log
says which: half a sentence helps nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import structlog

from devices.clips import FULL_SCALE, RAW_PEAK_MIN, SAMPLE_RATE_HZ, BadClip, read_samples
from devices.manner import Second, Tail
from devices.speech import normalised

NUMBER, WINDOW = "{number}", "{window}"
"""Parts that stand for the ticket's number and the window."""

RECORDING_BYTES_MAX = 2 * 1024 * 1024
"""Longest recording: 47 s."""

REMEMBERED_MAX = 1024
"""Recordings whose measure is remembered while their files stay the same."""

log = structlog.get_logger(__name__)


class LineIncomplete(Exception):
    """A recording is missing or can't be used; the message says which and why."""


@dataclass(frozen=True, slots=True)
class _Recording:
    """A recording as it was when it was measured: ``stamp`` is another one when the file has changed."""

    stamp: str
    duration_s: float


class SecondLines:
    """The recordings of all halls. Its methods read the disk, so they are for a thread, and may be called from several.

    Args:
        folder: where halls put their recordings.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._known: dict[Path, _Recording] = {}
        self._lock = Lock()

    def tail(self, wanted: Second) -> Tail | None:
        """Return the recordings of a call-out; ``None`` where it can't be put together, which the log tells."""
        try:
            names = recording_names(wanted.parts, wanted.number, wanted.window)
            return self._tail(self._folder / wanted.hall / wanted.folder, names)
        except LineIncomplete as error:
            log.warning("second line left out", action="second_line_left_out", hall=wanted.hall, reason=str(error))
            return None

    def _tail(self, folder: Path, names: Sequence[str]) -> Tail:
        paths = tuple(folder / f"{name}.wav" for name in names)
        found = [self._recording(path) for path in paths]
        edition = " ".join(f"{path.name}@{one.stamp}" for path, one in zip(paths, found, strict=True))
        return Tail(paths, f"{folder} {edition}", sum(one.duration_s for one in found))

    def _recording(self, path: Path) -> _Recording:
        """Return a recording that can be used.

        Raises:
            LineIncomplete: it can't.
        """
        try:
            status = path.stat()
            stamp = f"{status.st_mtime_ns}-{status.st_size}"
            with self._lock:
                known = self._known.get(path)
            if known is not None and known.stamp == stamp:
                return known
            if status.st_size > RECORDING_BYTES_MAX:
                raise LineIncomplete(f"{path}: {status.st_size} bytes, the most is {RECORDING_BYTES_MAX}")
            samples = read_samples(path)
        except (OSError, BadClip) as error:
            raise LineIncomplete(f"{path}: {error}") from error
        if max(map(abs, samples), default=0) < RAW_PEAK_MIN * FULL_SCALE:
            raise LineIncomplete(f"{path}: nothing is heard in it")
        measured = _Recording(stamp, len(samples) / SAMPLE_RATE_HZ)
        with self._lock:
            if len(self._known) >= REMEMBERED_MAX:
                self._known.clear()
            self._known[path] = measured
        return measured


def recording_names(parts: Sequence[str], number: str, window: int) -> tuple[str, ...]:
    """Return the names of the recordings that make up a call-out, in order."""
    names: list[str] = []
    for part in parts:
        if part == NUMBER:
            names += [character for character in normalised(number).upper() if character.isalnum()]
        elif part == WINDOW:
            names.append(f"window-{window}")
        else:
            names.append(part)
    return tuple(names)
