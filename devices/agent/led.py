"""The sign above a window as a program: what the retained state says, on the terminal or in a file for a driver.

Told to make itself known it blinks its own id, once a second, and then shows again what it showed before or what has
come meanwhile.
"""

import asyncio
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any

import structlog

from controller.device_orders import PERCENT_MAX
from devices.agent.files import replace_file
from devices.agent.link import Link
from devices.agent.program import Program, RefusedError, Tell, UnknownCommandError, say_nothing
from devices.agent.wire import Command

log = structlog.get_logger(__name__)

BLINK_S = 0.5
"""How long the id stands, and how long the sign is empty after it: once a second, far below what harms anybody."""


class LedSign(Program):
    """A sign that shows one text.

    Attributes:
        text: what it shows.
    """

    def __init__(
        self, link: Link, *, out: Path | None = None, brightness_out: Path | None = None, tell: Tell = say_nothing
    ) -> None:
        """Make a sign.

        Args:
            link: the device's line.
            out: file that always holds the text shown; replaced as a whole, so a reader never sees half of one.
            brightness_out: file that always holds how bright it is to be, in percent; without it it can't be set.
            tell: where changes are told.
        """
        super().__init__(link, tell=tell)
        self.text = ""
        self._out = out
        self._brightness_out = brightness_out
        self._blinks_until = 0.0
        self._blinking = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()

    async def show(self, state: Mapping[str, Any]) -> None:
        """Show the text of a state, or what comes nearest: the number at the window, the window's label."""
        text = next((str(state[name]) for name in ("text", "number", "label") if state.get(name)), "")
        await self._show_text(text, state.get("seq"))

    async def carry_out(self, command: Command) -> None:
        """Show a text until the state changes, or be brighter or darker.

        Raises:
            MalformedCommandError: it has no text, or no percent.
            RefusedError: the brightness can't be handed on.
            UnknownCommandError: another command, or the brightness of a sign that has none to set.
        """
        if command.type == "set_brightness" and self._brightness_out is not None:
            percent = command.whole("percent", 0, PERCENT_MAX)
            try:
                await asyncio.to_thread(replace_file, self._brightness_out, f"{percent}\n".encode())
            except OSError as error:
                log.warning("sign_unavailable", device=self.link.device, error=str(error))
                raise RefusedError("sign_unavailable") from error
            self.tell({"brightness": percent})
        elif command.type == "show":
            await self._show_text(command.text("text"), None)
        else:
            raise UnknownCommandError

    async def identify(self, command: Command, seconds: int) -> None:  # noqa: ARG002 - all it says is how long
        """Blink."""
        self._blinks_until = asyncio.get_running_loop().time() + seconds
        self._blinking.set()

    def duties(self) -> dict[str, Coroutine[Any, Any, None]]:
        """Return the blinking."""
        return {"blink": self._blink()}

    async def _blink(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._blinking.wait()
            while loop.time() < self._blinks_until:
                for text in (self.link.device, ""):
                    await self._write(text)
                    await asyncio.sleep(BLINK_S)
            self._blinking.clear()
            await self._write(None)

    async def _show_text(self, text: str, seq: object) -> None:
        self.text = text
        if not self._blinking.is_set():
            await self._write(None)
        self.tell({"shown": text, "seq": seq})

    async def _write(self, text: str | None) -> None:
        """Put a text into the file; ``None``: what the sign shows by now."""
        if self._out is None:
            return
        async with self._one_at_a_time:
            content = self.text if text is None else text
            try:
                await asyncio.to_thread(replace_file, self._out, f"{content}\n".encode())
            except OSError as error:
                log.warning("sign_unavailable", device=self.link.device, error=str(error))
