"""MicroPython's `machine`, as far as the guide's device needs it: a line on standard input presses a key."""

import select
import sys


class Pin:
    """A pin with a key to GND: a line presses it for one look, so that the next look sees it up."""

    IN, PULL_UP = 0, 1

    def __init__(self, number: int, mode: int, pull: int) -> None:
        assert number >= 0
        assert (mode, pull) == (self.IN, self.PULL_UP)
        self._down = False

    def value(self) -> int:
        """Return 0 while the key is down."""
        if self._down:
            self._down = False
        elif select.select([sys.stdin], [], [], 0)[0] and sys.stdin.readline():
            self._down = True
        return 0 if self._down else 1
