"""A batch of review sheets on paper (纸质评价): entered twice by two people, and counted once both agree.

Where a hall has no device people rate on paper. What one person types alone nobody can trust: so two type the same
sheets, neither sees the other's, and what differs is settled with the sheet in hand.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from controller.ids import HallId, WindowId

BatchId = NewType("BatchId", str)

ENTRIES = 2
"""How often a sheet is typed, by as many people."""


class BatchState(StrEnum):
    """Where a batch stands: 待录入, 待复录, 待核对, 已入库."""

    OPEN = "open"
    ENTERED = "entered"
    DIFFERS = "differs"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet as it was typed.

    Attributes:
        level: 1 to 5; ``None``: nothing is ticked, and unrated it stays.
        tags: national codes that are ticked, in order.
        text: what is written on it.
        number: of the ticket, where the sheet names one.
    """

    level: int | None
    tags: tuple[str, ...] = ()
    text: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """All sheets of a batch, as somebody typed them."""

    by: str
    at: datetime
    sheets: tuple[Sheet, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch now.

    Attributes:
        version: how often it changed.
        day: on which the sheets were filled in.
        count: of sheets, as counted before the first is typed.
        window: where they were filled in, and ``clerk`` who worked there; where they are of many, nothing.
        entries: the first and the second.
        proposal: what one of the two who typed holds to be right; the other one has to agree.
        settled: what counts.
        settled_by: who agreed to it last.
    """

    id: BatchId
    hall: HallId
    day: date
    count: int
    opened_by: str
    opened_at: datetime
    version: int = 1
    window: WindowId | None = None
    window_label: str = ""
    clerk: str = ""
    entries: tuple[Entry, ...] = ()
    proposal: Entry | None = None
    settled: tuple[Sheet, ...] | None = None
    settled_by: str = ""
    settled_at: datetime | None = None

    @property
    def state(self) -> BatchState:
        """Where it stands."""
        if self.settled is not None:
            return BatchState.SETTLED
        return (BatchState.OPEN, BatchState.ENTERED, BatchState.DIFFERS)[len(self.entries)]

    @property
    def differences(self) -> tuple[int, ...]:
        """Places of the sheets that the two typed differently, from 0."""
        if len(self.entries) < ENTRIES:
            return ()
        first, second = (entry.sheets for entry in self.entries)
        return tuple(place for place, pair in enumerate(zip(first, second, strict=True)) if pair[0] != pair[1])
