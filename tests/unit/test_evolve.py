"""Events add up to a day: a stream read again gives the same state, and one that doesn't continue isn't read."""

from dataclasses import replace

import pytest

from controller import commands as c
from controller import events as e
from controller.evolve import evolve, fold
from controller.model import RECENT_CALLS_MAX, CommandId, HallDay
from tests.support.core_floor import ALL, INSURANCE, MACHINE, PENSION, SOCIAL, SUBSIDY, Floor


def busy_floor() -> Floor:
    floor = Floor(opened=(ALL, SOCIAL))
    floor.issue(device=MACHINE)
    for service in (PENSION, INSURANCE, SUBSIDY):
        floor.issue(service)
    floor.do(c.ConfirmReceipt(floor.last(e.ReceiptRequested).job))
    floor.serve(ALL)
    floor.do(c.HoldTicket(ALL))
    floor.call(SOCIAL)
    floor.do(c.Recall(SOCIAL))
    floor.do(c.PassTicket(SOCIAL))
    floor.do(c.ReturnTicket(floor.last(e.TicketPassed).ticket))
    floor.serve(SOCIAL)
    floor.do(c.TransferTicket(SOCIAL, ALL))
    floor.do(c.ResumeTicket(ALL))
    floor.do(c.FinishService(ALL))
    floor.do(c.SubmitReview(2, ("213",), window=ALL))
    floor.do(c.StepAway(ALL, "开会", SOCIAL))
    return floor


def test_an_empty_stream_is_no_day() -> None:
    assert fold(()) is None


def test_a_stream_read_again_is_the_same_day() -> None:
    floor = busy_floor()
    assert fold(floor.events) == floor.day
    assert [entry.seq for entry in floor.events] == list(range(1, floor.day.seq + 1))


def test_an_older_day_is_not_touched_by_what_follows() -> None:
    floor = busy_floor()
    days: list[HallDay] = []
    day = None
    for entry in floor.events:
        day = evolve(day, entry)
        days.append(day)
    for count, kept in enumerate(days, start=1):
        assert fold(floor.events[:count]) == kept


@pytest.mark.parametrize("seq_off", [-1, 1])
def test_an_event_has_its_place(seq_off: int) -> None:
    floor = busy_floor()
    with pytest.raises(ValueError, match="does not follow"):
        evolve(floor.day, replace(floor.events[-1], seq=floor.day.seq + 1 + seq_off))


def test_a_stream_begins_with_its_day_and_only_once() -> None:
    floor = busy_floor()
    with pytest.raises(ValueError, match="begins with DayOpened"):
        evolve(None, floor.events[1])
    with pytest.raises(ValueError, match="begins with DayOpened"):
        evolve(None, replace(floor.events[0], seq=2))
    with pytest.raises(ValueError, match="opens once"):
        evolve(floor.day, replace(floor.events[0], seq=floor.day.seq + 1))


def test_the_board_keeps_the_newest_calls() -> None:
    floor = Floor(opened=(ALL,))
    for _ in range(RECENT_CALLS_MAX + 3):
        floor.issue()
        floor.serve()
    assert [call.number for call in floor.day.calls] == [f"A{number:03d}" for number in range(15, 3, -1)]
    assert floor.day.calls_total == RECENT_CALLS_MAX + 3


def test_a_ticket_that_is_called_again_stands_once_among_the_calls() -> None:
    floor = Floor(opened=(ALL,))
    late = floor.issue()
    floor.call()
    floor.do(c.PassTicket(ALL))
    floor.issue()
    floor.serve()
    floor.do(c.ReturnTicket(late))
    assert floor.serve() == late
    assert [call.number for call in floor.day.calls] == ["A001", "A002"]


def test_the_answer_to_a_command_is_its_subject_after_the_command() -> None:
    floor = Floor(opened=(ALL,))
    issued = floor.issue(device=MACHINE)
    called = floor.do(c.CallNext(ALL), "next")
    finished = floor.do(c.FinishService(ALL), "finish")
    floor.do(c.SubmitReview(5, window=ALL), "review")
    reprint = floor.do(c.ReprintReceipt(issued, MACHINE), "reprint")
    floor.do(c.ChangePlan(floor.plan), "plan")
    answers = floor.day.answers
    window = answers[CommandId("next")].subject
    assert (answers[CommandId("next")].event, answers[CommandId("next")].last) == ("TicketCalled", "TicketCalled")
    assert (window.ticket, window.stage) == (issued, "called")
    assert (answers[CommandId("finish")].event, answers[CommandId("finish")].last) == (
        "ServiceStarted",
        "ServiceFinished",
    )
    assert answers[CommandId("finish")].subject.finished == issued
    assert answers[CommandId("review")].subject == floor.day.reviews[floor.last(e.ReviewGiven).review]
    assert answers[CommandId("reprint")].subject.reprint
    assert answers[CommandId("plan")].subject is None
    assert [len(events) for events in (called, finished, reprint)] == [1, 2, 1]


def test_the_first_answer_to_a_machine_knows_of_its_paper() -> None:
    floor = Floor()
    floor.do(c.IssueTicket((PENSION,), device=MACHINE), "k-1")
    assert floor.day.answers[CommandId("k-1")].subject.receipt == "requested"
