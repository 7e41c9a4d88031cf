"""What kiosks draw in a stretch of time: how many tickets, how fast, and whether a number came twice."""

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class Answered(NamedTuple):
    """One ticket: when it was asked for and when it came, in seconds of the performance counter, and its number."""

    asked: float
    came: float
    number: str


@dataclass
class Taken:
    """What all kiosks of a run have drawn: for some seconds, the first of which are not judged, or so many tickets."""

    seconds: float = inf
    warm_up_s: float = 0.0
    tickets_max: int | None = None
    tickets: list[Answered] = field(default_factory=list)
    _began: float = field(default_factory=time.perf_counter)
    _asked: int = 0
    _turns: Iterator[int] = field(default_factory=itertools.count)

    def goes_on(self) -> bool:
        """Tell whether a kiosk is to draw another."""
        self._asked += 1
        if self.tickets_max is not None:
            return self._asked <= self.tickets_max
        return time.perf_counter() < self._began + self.warm_up_s + self.seconds

    def one_of(self, choices: Sequence[T]) -> T:
        """Return the next choice in turn."""
        return choices[next(self._turns) % len(choices)]

    def note(self, ticket: Answered) -> None:
        """Take down a ticket."""
        self.tickets.append(ticket)

    @property
    def doubles(self) -> int:
        """How many tickets bear a number that another one has."""
        numbers = [ticket.number for ticket in self.tickets]
        return len(numbers) - len(set(numbers))

    def drawn(self) -> "Drawn":
        """Return what came of it."""
        judged_from = self._began + self.warm_up_s
        delays = sorted(
            ticket.came - ticket.asked
            for ticket in self.tickets
            if judged_from <= ticket.came <= judged_from + self.seconds
        )
        return Drawn(
            a_second=len(delays) / self.seconds,
            p50_ms=quantile(delays, 0.5) * 1000,
            p99_ms=quantile(delays, 0.99) * 1000,
            doubles=self.doubles,
        )


@dataclass(frozen=True)
class Drawn:
    """Figures of a run."""

    a_second: float
    p50_ms: float
    p99_ms: float
    doubles: int


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return a quantile of values in ascending order."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
