"""Frames of wired call pads (RS-232/485, 9600 8N1): bytes in, frames out, no port and no clock.

``FF 68 | len | len | 68 | address | function | data… | sum | 16``: ``len`` counts from the address to the last datum,
``sum`` is that of the same bytes, modulo 256. ``FF`` wakes the line and is often lost to it, so a frame is taken
without it too. What isn't a frame is skipped byte by byte: a good frame is found behind, or inside, any noise.
"""

from dataclasses import dataclass
from enum import IntEnum

WAKE, START, END = 0xFF, 0x68, 0x16
DATA_MAX = 32
"""Data of a frame; pads send two or three bytes."""

BLANK = 0x0A
"""A digit that stays dark."""

DIGITS = 3
_HEAD, _TAIL = 4, 2
_FIXED = 2


class Function(IntEnum):
    """What the host wants of a pad."""

    DISPLAY = 0x02
    BEEP = 0x03


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame.

    Attributes:
        address: of the pad.
        function: what it is about.
        data: what it says.
    """

    address: int
    function: int
    data: bytes = b""

    def __bytes__(self) -> bytes:
        body = bytes([self.address, self.function]) + self.data
        return bytes([WAKE, START, len(body), len(body), START]) + body + bytes([sum(body) % 256, END])


def display(address: int, waiting: int, number: str | None) -> Frame:
    """Return the frame that shows how many wait, and the last three digits of the number at the window."""
    count = f"{min(waiting, 10**DIGITS - 1):>{DIGITS}}"
    digits = "".join(char for char in number or "" if char in "0123456789")[-DIGITS:]
    shown = f"{count}{digits.rjust(DIGITS)}"
    return Frame(address, Function.DISPLAY, bytes(BLANK if char == " " else int(char) for char in shown))


def beep(address: int) -> Frame:
    """Return the frame that makes a pad beep."""
    return Frame(address, Function.BEEP)


class FrameReader:
    """Finds frames in what comes over a line.

    Attributes:
        noise: bytes that belonged to none.
    """

    def __init__(self) -> None:
        self.noise = 0
        self._buffer = bytearray()

    @property
    def waiting(self) -> bool:
        """Whether a frame may have begun that isn't whole yet."""
        return bool(self._buffer)

    def feed(self, data: bytes) -> list[Frame]:
        """Take bytes and return the frames that are whole now; what is kept back is shorter than one frame."""
        self._buffer += data
        return self._frames()

    def give_up(self) -> list[Frame]:
        """Return the frames behind a beginning that nothing followed: the line has been silent for too long."""
        found: list[Frame] = []
        while self._buffer:
            self._skip()
            found += self._frames()
        return found

    def _frames(self) -> list[Frame]:
        found: list[Frame] = []
        while self._buffer:
            size = self._size()
            if size is None or len(self._buffer) < size:
                break
            if size and self._sound(size):
                address, function, *rest = self._buffer[_HEAD : size - _TAIL]
                found.append(Frame(address, function, bytes(rest)))
                del self._buffer[:size]
            else:
                self._skip()
        return found

    def _size(self) -> int | None:
        """Return how long the frame at the beginning is, 0 if there is none, ``None`` if that can't be told yet."""
        head = self._buffer[:_HEAD]
        if head[0] != START:
            return 0
        if len(head) > 1 and not _FIXED <= head[1] <= _FIXED + DATA_MAX:
            return 0
        if len(head) > 2 and head[2] != head[1]:  # noqa: PLR2004 - the length stands twice
            return 0
        if len(head) < _HEAD:
            return None
        return _HEAD + head[1] + _TAIL if head[3] == START else 0

    def _sound(self, size: int) -> bool:
        body, (check, end) = self._buffer[_HEAD : size - _TAIL], self._buffer[size - _TAIL : size]
        return check == sum(body) % 256 and end == END

    def _skip(self) -> None:
        self.noise += self._buffer[0] != WAKE
        del self._buffer[0]
