"""The far end of a bus of wired call pads, on a pseudo-terminal: pads that press, hear, and answer when they like."""

import asyncio
import contextlib
import os
import tty
from collections.abc import Iterator

from devices.agent.pad_frames import Frame, FrameReader, Function
from tests.support.mosquitto import until

PRESS = 0x01
"""Function of a key's frame."""


class PadLine:
    """The line.

    Attributes:
        port: what the host opens.
        heard: frames of the host, oldest first.
        echoes: whether a converter gives the host's own bytes back to it.
    """

    def __init__(self, port: str, far_end: int) -> None:
        self.port = port
        self.heard: list[Frame] = []
        self.echoes = False
        self._far_end = far_end
        self._reader = FrameReader()

    def listen(self) -> None:
        data = os.read(self._far_end, 4096)
        if self.echoes:
            os.write(self._far_end, data)
        self.heard += self._reader.feed(data)

    def write(self, data: bytes) -> None:
        """Put bytes on the line."""
        os.write(self._far_end, data)

    def press(self, address: int, data: bytes) -> Frame:
        """Press a key once, whoever hears it."""
        frame = Frame(address, PRESS, data)
        self.write(bytes(frame))
        return frame

    def acknowledged(self, frame: Frame) -> int:
        """Return how often the host gave a frame back."""
        return self.heard.count(frame)

    async def shown(self, address: int, data: bytes) -> None:
        """Wait until a pad's display shows something."""

        def now() -> bytes:
            shows = [one.data for one in self.heard if (one.address, one.function) == (address, Function.DISPLAY)]
            return shows[-1] if shows else b""

        await until(lambda: now() == data, f"pad {address} shows {data.hex()}, not {now().hex()}")

    def beeps(self, address: int) -> int:
        return sum((one.address, one.function) == (address, Function.BEEP) for one in self.heard)


@contextlib.contextmanager
def pad_line() -> Iterator[PadLine]:
    """Lay a line meanwhile; needs a running loop."""
    far_end, near_end = os.openpty()
    tty.setraw(near_end)
    line = PadLine(os.ttyname(near_end), far_end)
    loop = asyncio.get_running_loop()
    loop.add_reader(far_end, line.listen)
    try:
        yield line
    finally:
        loop.remove_reader(far_end)
        os.close(far_end)
        os.close(near_end)
