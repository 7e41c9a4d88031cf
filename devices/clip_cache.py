"""Recordings on disk, named by their content, bounded in number and bytes; the one unused longest goes first."""

from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from os import utime
from pathlib import Path
from threading import Lock

from devices.clips import BadClip, measure

CLIPS_MAX = 2000
"""A hall of six windows and 500 tickets a day makes some 500 clips a day, mostly the same ones each day."""

BYTES_MAX = 256 * 1024 * 1024
"""About 1,200 call-outs of 210 kB."""

SUFFIX = ".wav"
UNFINISHED = ".part"


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording that may be played.

    Attributes:
        path: the WAV file.
        name: its name, which is also its last part of ``/audio/<name>``.
        duration_s: how long it sounds, chime included.
    """

    path: Path
    name: str
    duration_s: float


class ClipCache:
    """The folder of clips. Its methods touch the disk, so they are for a thread, and may be called from several.

    A file found from an earlier run is measured before it is first given out: a power cut can leave an empty one under
    a good name.
    """

    def __init__(self, folder: Path, *, clips_max: int = CLIPS_MAX, bytes_max: int = BYTES_MAX) -> None:
        self._folder = folder.absolute()
        self._clips_max = clips_max
        self._bytes_max = bytes_max
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self._known: dict[str, Clip] = {}
        self._bytes = 0
        self._opened = False
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._sizes)

    def unfinished(self, name: str) -> Path:
        """Return where a clip is written before it is verified and gets its name."""
        return self._folder / (name.removesuffix(SUFFIX) + UNFINISHED)

    def open(self) -> None:
        """Make the folder, take stock of what is in it, and remove what was left unfinished. Once is enough.

        Raises:
            OSError: the folder cannot be made or read.
        """
        with self._lock:
            if self._opened:
                return
            self._folder.mkdir(parents=True, exist_ok=True)
            found = []
            for path in self._folder.iterdir():
                if path.suffix == UNFINISHED:
                    path.unlink(missing_ok=True)
                elif path.suffix == SUFFIX:
                    status = path.stat()
                    found.append((status.st_mtime, path.name, status.st_size))
            for _, name, size in sorted(found):
                self._sizes[name] = size
                self._bytes += size
            self._opened = True
            self._make_room()

    def find(self, name: str) -> Clip | None:
        """Return a clip and mark it as used; None when there is none or the file is not sound.

        Raises:
            OSError: the disk cannot be read.
        """
        with self._lock:
            if name not in self._sizes:
                return None
            path = self._folder / name
            try:
                clip = self._known.get(name) or Clip(path, name, measure(path).duration_s)
                utime(path)
            except (BadClip, FileNotFoundError):
                self._remove(name)
                return None
            self._known[name] = clip
            self._sizes.move_to_end(name)
            return clip

    def keep(self, name: str, duration_s: float) -> Clip:
        """Give the verified unfinished clip its name; remove the oldest ones where it needs room.

        Raises:
            OSError: it cannot be renamed.
        """
        with self._lock:
            path = self.unfinished(name).replace(self._folder / name)
            self._bytes -= self._sizes.pop(name, 0)
            self._sizes[name] = path.stat().st_size
            self._bytes += self._sizes[name]
            self._known[name] = clip = Clip(path, name, duration_s)
            self._make_room()
            return clip

    def discard(self, name: str) -> None:
        """Remove the unfinished clip of a name, if there is one."""
        with suppress(OSError):
            self.unfinished(name).unlink(missing_ok=True)

    def _make_room(self) -> None:
        """Remove the oldest clips beyond the bounds; the newest one always stays."""
        while len(self._sizes) > 1 and (len(self._sizes) > self._clips_max or self._bytes > self._bytes_max):
            self._remove(next(iter(self._sizes)))

    def _remove(self, name: str) -> None:
        self._bytes -= self._sizes.pop(name)
        self._known.pop(name, None)
        (self._folder / name).unlink(missing_ok=True)
