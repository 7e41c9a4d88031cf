"""Pauses between attempts that grow, with chance in them so that a hall's devices don't all come back at once."""

import random


class Backoff:
    """Pauses that double from a shortest to a longest, each drawn between half and all of its length."""

    def __init__(self, shortest_s: float, longest_s: float) -> None:
        self._shortest_s = shortest_s
        self._longest_s = longest_s
        self._length_s = shortest_s

    def next_s(self) -> float:
        """Return the next pause in seconds."""
        length_s = self._length_s
        self._length_s = min(self._longest_s, 2 * length_s)
        return random.uniform(length_s / 2, length_s)  # noqa: S311 - spreads load, guards nothing

    def reset(self) -> None:
        """Begin with the shortest again."""
        self._length_s = self._shortest_s
