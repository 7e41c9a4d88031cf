"""A wired call pad as a program: its keys are presses at a window, its display shows who waits.

Such pads were made for halls where *next* was all there was. What else this floor wants to know stands in `KEYS`: the
key with the digits typed before it, and what it means by what goes on at the window.
"""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any

import structlog

from devices.agent.call_pad import CallPad
from devices.agent.link import Link, NoReplyError
from devices.agent.pad_bus import PadBus
from devices.agent.pad_frames import beep, display
from devices.agent.program import Tell, say_nothing
from devices.agent.wire import Command

log = structlog.get_logger(__name__)

PRESSES_MAX = 4
"""Presses waiting for the answers to those before; one too many beeps."""

NEXT, RECALL, EVALUATE, PAUSE, TRANSFER, CONFIRM = b"\x0c", b"\x0d", b"\x0b", b"\x12", b"\x13", b"\x0f"
GIVE_UP, HOLD, CALL_BACK = b"\x06\x0f", b"\x00\x0f", b"\x03\x0f"

KEYS: Mapping[bytes, tuple[str, ...]] = {
    NEXT: ("next",),
    RECALL: ("recall",),
    CONFIRM: ("start",),
    EVALUATE: ("finish",),
    GIVE_UP: ("no-show",),
    HOLD: ("hold",),
    CALL_BACK: ("resume",),
    PAUSE: ("away",),
}
"""What a key asks for; `PAUSE` of a window that is away is ``back``, `TRANSFER` needs the window's digits before it."""

STARTING = frozenset({"finish", "hold"})
"""Actions that begin the service first where its citizen was only called: nobody must press *confirm* for it."""


def actions_of(data: bytes, state: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the presses that a key stands for, in order; none if nobody knows it.

    Args:
        data: of its frame: digits typed, then the key.
        state: the pad's retained state, as far as it is known.
    """
    if data[-1:] == TRANSFER:
        digits = "".join(str(digit) for digit in data[:-1] if digit <= 9)  # noqa: PLR2004 - decimal
        return [{"action": "transfer", "to_window": digits}] if digits else []
    actions = KEYS.get(data if data[-1:] == CONFIRM else data[-1:], ())
    if actions == ("away",) and state.get("status") == "away":
        actions = ("back",)
    if state.get("stage") == "called" and not STARTING.isdisjoint(actions):
        actions = ("start", *actions)
    return [{"action": action} for action in actions]


class WiredPad(CallPad):
    """One pad of a bus."""

    def __init__(
        self, link: Link, bus: PadBus, address: int, *, serves_bus: bool = False, tell: Tell = say_nothing
    ) -> None:
        """Make a pad.

        Args:
            link: the pad's line to the controller.
            bus: where it hangs.
            address: of it there.
            serves_bus: whether this one keeps the bus running, for all.
            tell: where its presses are told.
        """
        super().__init__(link, tell=tell)
        self._bus = bus
        self._address = address
        self._serves_bus = serves_bus
        self._state: Mapping[str, Any] = {}
        self._presses: asyncio.Queue[bytes] = asyncio.Queue(PRESSES_MAX)
        bus.attach(address, self._pressed)

    def duties(self) -> dict[str, Coroutine[Any, Any, None]]:
        """Return the carrying out of presses, and the bus if it is this one's."""
        own = {"keys": self._press_all()}
        return own | {"bus": self._bus.run()} if self._serves_bus else own

    async def show(self, state: Mapping[str, Any]) -> None:
        """Show how many wait, and the number at the window."""
        self._state = state
        number = state.get("number")
        waiting = state.get("waiting")
        self._bus.show(
            display(
                self._address,
                waiting if isinstance(waiting, int) and waiting >= 0 else 0,
                number if isinstance(number, str) else None,
            )
        )

    async def identify(self, command: Command, seconds: int) -> None:  # noqa: ARG002 - a beep has its own length
        """Beep."""
        self._bus.beep(beep(self._address))

    def _pressed(self, data: bytes) -> None:
        try:
            self._presses.put_nowait(data)
        except asyncio.QueueFull:
            log.warning("press_dropped", device=self.link.device, key=data.hex())
            self._bus.beep(beep(self._address))

    async def _press_all(self) -> None:
        while True:
            data = await self._presses.get()
            actions = actions_of(data, self._state)
            if not (actions and await self._press_in_order(actions)):
                self._bus.beep(beep(self._address))

    async def _press_in_order(self, actions: list[dict[str, str]]) -> bool:
        """Press one after another as long as each is accepted; tell whether all were."""
        for details in actions:
            try:
                reply = await self.press(details["action"], details)
            except NoReplyError as error:
                self.tell({"error": {"code": "no_reply", "message": str(error)}})
                return False
            self.tell({"pressed": details["action"], "address": self._address, "ok": reply.ok, "code": reply.code})
            if not reply.ok:
                return False
        return True
