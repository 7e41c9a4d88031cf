"""The sign above a window as a program: what the retained state says, on the terminal or in a file for a driver."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import structlog

from devices.agent.files import replace_file
from devices.agent.link import Link
from devices.agent.program import Program, Tell, UnknownCommandError, say_nothing
from devices.agent.wire import Command

log = structlog.get_logger(__name__)


class LedSign(Program):
    """A sign that shows one text.

    Attributes:
        text: what it shows.
    """

    def __init__(self, link: Link, *, out: Path | None = None, tell: Tell = say_nothing) -> None:
        """Make a sign.

        Args:
            link: the device's line.
            out: file that always holds the text shown; replaced as a whole, so a reader never sees half of one.
            tell: where changes are told.
        """
        super().__init__(link, tell=tell)
        self.text = ""
        self._out = out

    async def show(self, state: Mapping[str, Any]) -> None:
        """Show the text of a state, or what comes nearest: the number at the window, the window's label."""
        text = next((str(state[name]) for name in ("text", "number", "label") if state.get(name)), "")
        await self._show_text(text, state.get("seq"))

    async def carry_out(self, command: Command) -> None:
        """Show a text until the state changes.

        Raises:
            MalformedCommandError: it has no text.
            UnknownCommandError: another command.
        """
        if command.type != "show":
            raise UnknownCommandError
        await self._show_text(command.text("text"), None)

    async def _show_text(self, text: str, seq: object) -> None:
        self.text = text
        if self._out is not None:
            try:
                await asyncio.to_thread(replace_file, self._out, f"{text}\n".encode())
            except OSError as error:
                log.warning("sign_unavailable", device=self.link.device, error=str(error))
        self.tell({"shown": text, "seq": seq})
