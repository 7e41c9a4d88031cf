"""The floor told anew from the day's stream, by nothing but the contract: what a screen must show at an event, and what
no stream may hold."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]

CALLS_KEPT = 100
"""Far more than a board shows."""


@dataclass
class StreamFloor:
    """The floor at an event of the stream.

    Attributes:
        seq: the event's.
        waiting: tickets that wait.
        at_window: by window, the ticket there and its stage.
        calls: tickets called lately, the latest first, each once.
    """

    seq: int = 0
    waiting: set[str] = field(default_factory=set)
    at_window: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def advance(self, rows: Sequence[Row], seq: int) -> None:
        """Go on to an event; ``rows`` is the stream from its beginning."""
        assert seq >= self.seq, f"back from {self.seq} to {seq}"
        for row in rows[self.seq : seq]:
            assert row["seq"] == self.seq + 1, f"event {self.seq + 1} is missing"
            self._happen(row["type"], row["data"])
            self.seq = row["seq"]
        assert self.seq == seq, f"the stream ends at {self.seq}, before {seq}"

    def _happen(self, type_: str, data: Mapping[str, Any]) -> None:
        ticket, window = data.get("ticket", ""), data.get("window", "")
        match type_:
            case "TicketIssued":
                self.waiting.add(ticket)
            case "TicketCalled":
                self.waiting.remove(ticket)
                self.at_window[window] = (ticket, "called")
                self.calls = [ticket, *(each for each in self.calls if each != ticket)][:CALLS_KEPT]
            case "ServiceStarted":
                self.at_window[window] = (ticket, "serving")
            case "ServiceFinished":
                self.at_window[window] = (None, None)
            case "TicketCancelled":
                self.waiting.discard(ticket)

    def assert_shown(self, board: Mapping[str, Any]) -> None:
        """See that a board tells the truth."""
        assert board["seq"] == self.seq
        assert board["waiting"] == len(self.waiting)
        shown = {window["window"]: (window["ticket"], window["stage"]) for window in board["windows"]}
        assert shown == {window: self.at_window.get(window, (None, None)) for window in shown}
        calls = [call["ticket"] for call in board["calls"]]
        assert calls == self.calls[: len(calls)]
        assert calls or not self.calls

    def assert_shown_on_sign(self, board: Mapping[str, Any], numbers: Mapping[str, str]) -> None:
        """See that a window's sign tells the truth; ``numbers`` are the tickets'."""
        ticket, stage = self.at_window.get(board["window"], (None, None))
        assert (board["number"], board["stage"]) == (numbers[ticket] if ticket else None, stage)


def data_of(rows: Iterable[Row], type_: str) -> list[Mapping[str, Any]]:
    """Return what the events of a type say."""
    return [row["data"] for row in rows if row["type"] == type_]


def twice(values: Iterable[str]) -> list[str]:
    """Return what occurs more than once."""
    return [value for value, count in Counter(values).items() if count > 1]


def assert_sound(rows: list[Row]) -> None:
    """See that a stream holds nothing that can't be: a hall where nobody is passed, held or sent on."""
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    issued, called = data_of(rows, "TicketIssued"), data_of(rows, "TicketCalled")
    assert twice(data["number"] for data in issued) == []
    assert twice(data["ticket"] for data in issued) == []
    assert twice(data["token"] for data in issued) == []
    assert twice(row["command"] for row in rows if row["type"] == "TicketIssued") == []
    assert twice(data["ticket"] for data in called) == [], "a ticket was called at two windows, or twice"
    assert {data["ticket"] for data in called} <= {data["ticket"] for data in issued}
    finished = data_of(rows, "ServiceFinished")
    assert twice(data["ticket"] for data in finished) == []
    where = {data["ticket"]: data["window"] for data in called}
    assert all(where[data["ticket"]] == data["window"] for data in finished)
    assert twice(data["job"] for data in data_of(rows, "ReceiptRequested")) == []
