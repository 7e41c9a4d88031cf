"""Press to glass: from a clerk's press, as it came in here, to the word of a display that the call is on its glass.

Both ends are read from one monotonic clock, ``time.monotonic``, so the figure holds the way of the ``shown``
message back to the controller as well: it errs on the long side.
"""

from collections import OrderedDict, deque
from collections.abc import Callable

HALLS_MAX = 10_000
"""Halls whose presses are remembered; beyond it the one that was quiet longest is forgotten."""
PRESSES_MAX = 256
"""Presses of a hall that may still be unseen; a hall makes some a minute."""
OLDEST_S = 60.0
"""A display that shows a press later than this was not there when it was made; its figure would tell of its absence."""


class Latency:
    """Matches presses with the boards that displays report as shown. Memory is bounded by the constants above."""

    def __init__(self, observe: Callable[[str, float], None]) -> None:
        """Start without a press.

        Args:
            observe: told of each hall and figure, in seconds; a histogram's ``observe``.
        """
        self._observe = observe
        self._presses: OrderedDict[str, deque[tuple[int, float]]] = OrderedDict()

    def pressed(self, hall: str, seq: int, at: float) -> None:
        """Note a call or recall.

        Args:
            hall: the hall's id.
            seq: of the event that the press became.
            at: ``time.monotonic``, in seconds, when the press came in.
        """
        presses = self._presses.setdefault(hall, deque(maxlen=PRESSES_MAX))
        self._presses.move_to_end(hall)
        if presses and seq <= presses[-1][0]:
            presses.clear()  # a new business day counts from the beginning again
        presses.append((seq, at))
        if len(self._presses) > HALLS_MAX:
            self._presses.popitem(last=False)

    def shown(self, hall: str, behind: int, seq: int, at: float) -> None:
        """Note that a display shows the board of ``seq`` and showed that of ``behind`` before.

        Every press in between is on its glass now for the first time; the newest is told of first.

        Args:
            hall: the hall's id.
            behind: the seq up to which its glass was right already.
            seq: the seq of the board that it shows.
            at: ``time.monotonic``, in seconds, when its message came in.
        """
        for press, pressed_at in reversed(self._presses.get(hall, ())):
            if press <= behind:
                return  # and so is every press before it: a thousand displays don't look through all of them
            if press <= seq and 0 <= at - pressed_at <= OLDEST_S:
                self._observe(hall, at - pressed_at)
