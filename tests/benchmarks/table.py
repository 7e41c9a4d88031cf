"""Cases, the figures that they give, and the one table of them."""

import statistics
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from unicodedata import east_asian_width


@dataclass(frozen=True)
class Aim:
    """What a figure, or its ratio, ought to be: at most or at least a limit."""

    limit: float
    of_ratio: bool = False
    at_least: bool = False

    def __str__(self) -> str:
        return f"{'ratio ' if self.of_ratio else ''}{'≥' if self.at_least else '<'} {self.limit:g}"

    def met(self, ours: float, ratio: float | None) -> bool:
        """Tell whether it is reached."""
        value = ratio if self.of_ratio else ours
        return value is not None and (value >= self.limit if self.at_least else value < self.limit)


HALF = Aim(0.5, of_ratio=True, at_least=True)


@dataclass(frozen=True)
class Figure:
    """One thing measured, and the same of the baseline in the same round where there is one.

    Attributes:
        name: what, with its unit.
        ours: of this program.
        bare: of the baseline.
        aim: what it ought to be.
        small_is_good: it is a time or a size, no rate.
    """

    name: str
    ours: float
    bare: float | None = None
    aim: Aim | None = None
    small_is_good: bool = False

    @property
    def ratio(self) -> float | None:
        """The baseline's speed is 1, for rates and for times."""
        if not self.bare or not self.ours:
            return None
        return self.bare / self.ours if self.small_is_good else self.ours / self.bare


Measure: TypeAlias = Callable[[Path], Awaitable[list[Figure]]]
"""Measures once, with an empty folder for whatever it writes."""


@dataclass(frozen=True)
class Case:
    """One thing to measure.

    Attributes:
        name: what is done.
        baseline: what stands beside it.
        measure: does it once.
    """

    name: str
    baseline: str
    measure: Measure


HEAD = ("measured", "figure", "ours", "baseline", "ratio", "aim", "", "baseline is")


def table(cases: Iterable[Case], found: dict[str, list[list[Figure]]]) -> str:
    """Return the table of all cases; ``found`` holds the figures of each round by the case's name."""
    lines: list[Sequence[str]] = [HEAD]
    for case in cases:
        for place, same in enumerate(zip(*found[case.name], strict=True)):
            lines.append((case.name if place == 0 else "", *_cells(same), case.baseline if same[0].bare else ""))
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    rows = ["  ".join(_padded(cell, width, place) for place, (cell, width) in enumerate(zip(line, widths, strict=True)))
            for line in lines]  # fmt: skip
    rows.insert(1, "-" * max(map(_width, rows)))
    return "\n".join(row.rstrip() for row in rows)


def _cells(same: Sequence[Figure]) -> tuple[str, ...]:
    first = same[0]
    ours = statistics.median(figure.ours for figure in same)
    bare = statistics.median(figure.bare or 0.0 for figure in same) if first.bare is not None else None
    ratios = [figure.ratio for figure in same if figure.ratio is not None]
    ratio = statistics.median(ratios) if ratios else None
    verdict = "" if first.aim is None else "met" if first.aim.met(ours, ratio) else "MISSED"
    return (
        first.name,
        _number(ours),
        _number(bare) if bare is not None else "",
        f"{ratio:.2f}" if ratio is not None else "",
        str(first.aim) if first.aim else "",
        verdict,
    )


def _number(value: float) -> str:
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _width(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _padded(text: str, width: int, place: int) -> str:
    space = " " * (width - _width(text))
    return space + text if 2 <= place <= 4 else text + space
