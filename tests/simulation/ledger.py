"""What must be true of a stream whatever happened, told from its events alone: by another way than the core's own."""

from collections.abc import Sequence
from datetime import date, datetime

from controller import events as e
from controller.evolve import evolve
from controller.model import HallDay
from controller.runtime.journal import Row
from controller.runtime.stream_forms import from_row
from tests.support.engines import ZONE


class Ledger:
    """Reads a stream as it grows and breaks off with an assertion where it lies.

    Attributes:
        states: the day after each event; the first entry, before all of them, is ``None``.
        recorded: the events.
        commands: the seqs of each command id's events.
    """

    def __init__(self) -> None:
        self.states: list[HallDay | None] = [None]
        self.recorded: list[e.Recorded] = []
        self.commands: dict[str, list[int]] = {}
        self._numbers: set[str] = set()
        self._at_window: dict[str, str] = {}
        self._by_window: dict[str, str] = {}
        self._ended: dict[str, str] = {}
        self._closed = False

    @property
    def day(self) -> HallDay | None:
        """The day as it is now."""
        return self.states[-1]

    def read(self, rows: Sequence[Row]) -> None:
        """Take what is new."""
        for row in rows[len(self.recorded) :]:
            recorded = from_row(row, ZONE)
            assert recorded.seq == len(self.recorded) + 1, "a gap"
            assert not self.recorded or recorded.at >= self.recorded[-1].at, "time ran back"
            seqs = self.commands.setdefault(recorded.command, [])
            assert not seqs or seqs[-1] == recorded.seq - 1, f"{recorded.command} was carried out twice"
            seqs.append(recorded.seq)
            self._follow(recorded.event)
            self.recorded.append(recorded)
            self.states.append(evolve(self.states[-1], recorded))

    def _follow(self, event: e.Event) -> None:
        late = e.ReceiptPrinted | e.ReceiptFailed | e.ReviewGiven
        assert not self._closed or isinstance(event, late), f"{event} in a closed day"
        match event:
            case e.DayClosed():
                self._closed = True
            case e.TicketIssued() | e.TicketCarried():
                assert event.number not in self._numbers, f"{event.number} twice"
                self._numbers.add(event.number)
            case e.TicketCalled() | e.TicketResumed():
                assert event.ticket not in self._at_window, f"{event.ticket} at two windows"
                assert event.ticket not in self._ended, f"{event.ticket} called after its end"
                assert event.window not in self._by_window, f"two at window {event.window}"
                self._at_window[event.ticket] = event.window
                self._by_window[event.window] = event.ticket
            case e.ServiceStarted() | e.TicketRecalled():
                assert self._at_window.get(event.ticket) == event.window
            case e.ServiceFinished():
                self._leave(event.ticket, event.window)
                assert event.ticket not in self._ended, f"{event.ticket} served twice"
                self._ended[event.ticket] = "finished"
            case e.StepFinished() | e.TicketHeld() | e.TicketTransferred():
                self._leave(event.ticket, event.window)
            case e.TicketPassed():
                self._leave(event.ticket, event.window)
                self._ended[event.ticket] = "no_show"
            case e.TicketReturned():
                assert self._ended.pop(event.ticket) == "no_show"
            case e.TicketCancelled():
                window = self._at_window.pop(event.ticket, None)
                self._by_window.pop(window or "", None)
                assert self._ended.get(event.ticket) in (None, "no_show")
                self._ended[event.ticket] = "cancelled"
            case _:
                pass

    def _leave(self, ticket: str, window: str) -> None:
        assert self._at_window.pop(ticket) == window
        assert self._by_window.pop(window) == ticket


def stream_key(hall: str, day: date) -> str:
    """Return the name of a stream."""
    return f"hall:{hall}/{day.isoformat()}"


def hall_of(stream: str) -> str:
    """Return the hall that a stream is of."""
    return stream.removeprefix("hall:").split("/")[0]


def business_time(moment: datetime) -> datetime:
    """Return a moment in the halls' own zone."""
    return moment.astimezone(ZONE)
