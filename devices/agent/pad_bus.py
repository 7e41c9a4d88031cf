"""Several wired call pads on one RS-232 or RS-485 line, from this end: keys in, acknowledgements and displays out.

Rules of this file. A key's frame is acknowledged by its echo at once, before anything is done about it: a pad that
hears nothing repeats itself. A repetition within `PRESS_GAP_S` is acknowledged again and is no second press. A
converter that hears itself gives every frame back; what we have just sent is nobody's press. Displays are shown when
the line is silent, the newest state of a pad only, and again after the line was lost.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import serial
import structlog

from devices.agent.backoff import Backoff
from devices.agent.pad_frames import Frame, FrameReader, Function

log = structlog.get_logger(__name__)

BAUD_DEFAULT = 9600
SILENCE_S = 0.1
"""A frame that stops in the middle for so long is given up: at 9600 baud a byte takes a millisecond."""

PRESS_GAP_S = 1.0
"""The same key of the same pad within this is a repetition."""

OWN_ECHO_S = 0.25
"""How soon a converter gives back what we sent, on a busy machine too. A pad that repeats itself sooner goes unheard
once, and repeats itself again."""

REOPEN_S_MIN, REOPEN_S_MAX = 0.5, 10.0
READ_BYTES = 4096
NOISE_TOLD_BYTES = 256
"""So many bytes that belong to no frame are worth a line in the log."""

BEEPS_MAX = 2
"""Beeps of a pad that may wait for the line."""


@dataclass(slots=True)
class _Pad:
    on_key: Callable[[bytes], None]
    shown: Frame | None = None
    stale: bool = False
    last: bytes = b""
    last_at: float = float("-inf")
    beeps: int = 0


class PadBus:
    """One line with its pads."""

    def __init__(self, port: str, baud: int = BAUD_DEFAULT) -> None:
        self._port = port
        self._baud = baud
        self._pads: dict[int, _Pad] = {}
        self._work = asyncio.Event()
        self._own: list[tuple[Frame, float]] = []

    def attach(self, address: int, on_key: Callable[[bytes], None]) -> None:
        """Tell of a pad; ``on_key`` is given the data of each press, once, and must not block."""
        self._pads[address] = _Pad(on_key)

    def show(self, frame: Frame) -> None:
        """Show something on a pad, when the line is free."""
        pad = self._pads[frame.address]
        if pad.shown != frame:
            pad.shown, pad.stale = frame, True
            self._work.set()

    def beep(self, frame: Frame) -> None:
        """Make a pad beep, when the line is free."""
        pad = self._pads[frame.address]
        pad.beeps = min(BEEPS_MAX, pad.beeps + 1)
        self._work.set()

    async def run(self) -> None:
        """Serve the line until cancelled; one that is lost is opened again."""
        pause = Backoff(REOPEN_S_MIN, REOPEN_S_MAX)
        while True:
            try:
                with serial.Serial(self._port, self._baud, timeout=0, write_timeout=0) as line:
                    log.info("pads_up", port=self._port, pads=sorted(self._pads))
                    pause.reset()
                    await self._serve(line)
            except (OSError, serial.SerialException) as error:
                log.warning("pads_down", port=self._port, error=str(error))
            await asyncio.sleep(pause.next_s())

    async def _serve(self, line: serial.Serial) -> None:
        for pad in self._pads.values():
            pad.stale = pad.shown is not None
        reader, readable, loop = FrameReader(), asyncio.Event(), asyncio.get_running_loop()
        self._work.set()
        self._own.clear()
        loop.add_reader(line.fileno(), readable.set)
        try:
            while True:
                if reader.waiting:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(readable.wait(), SILENCE_S)
                else:
                    await _either(readable, self._work)
                if readable.is_set():
                    readable.clear()
                    self._hear(line, reader.feed(line.read(READ_BYTES)))
                elif reader.waiting:
                    self._hear(line, reader.give_up())
                else:
                    self._work.clear()
                    await self._speak(line, readable)
                if reader.noise >= NOISE_TOLD_BYTES:
                    log.warning(
                        "line_noise", port=self._port, bytes=reader.noise, look_at="speed, A and B, end resistor"
                    )
                    reader.noise = 0
        finally:
            loop.remove_reader(line.fileno())

    def _hear(self, line: serial.Serial, frames: list[Frame]) -> None:
        now = asyncio.get_running_loop().time()
        self._own = [(frame, at) for frame, at in self._own if now - at <= OWN_ECHO_S]
        for frame in frames:
            ours = next((one for one in self._own if one[0] == frame), None)
            if ours is not None:
                self._own.remove(ours)
                continue
            pad = self._pads.get(frame.address)
            if pad is None or frame.function in set(Function) or not frame.data:
                continue
            self._send(line, frame)
            repeated = frame.data == pad.last and now - pad.last_at < PRESS_GAP_S
            pad.last, pad.last_at = frame.data, now
            if not repeated:
                pad.on_key(frame.data)

    async def _speak(self, line: serial.Serial, readable: asyncio.Event) -> None:
        """Send what waits, a frame at a time, and let whoever presses a key speak first."""
        for address, pad in self._pads.items():
            while pad.stale or pad.beeps:
                if readable.is_set():
                    self._work.set()
                    return
                if pad.beeps:
                    pad.beeps -= 1
                    self._send(line, Frame(address, Function.BEEP))
                elif pad.shown is not None:
                    pad.stale = False
                    self._send(line, pad.shown)
                await asyncio.sleep(20 * 10 / self._baud)  # the frame itself, before the next may begin

    def _send(self, line: serial.Serial, frame: Frame) -> None:
        line.write(bytes(frame))
        self._own.append((frame, asyncio.get_running_loop().time()))


async def _either(first: asyncio.Event, second: asyncio.Event) -> None:
    """Wait for one of two."""
    waits = [asyncio.ensure_future(event.wait()) for event in (first, second)]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
