"""Paper: a job is asked for, printed or failed, asked for again; the ticket stands even when the paper doesn't."""

from datetime import timedelta

from controller import commands as c
from controller import events as e
from controller import refusals as r
from controller.model import JobId, ReceiptState, TicketId, TicketState
from controller.plan import DeviceId
from tests.support.core_floor import MACHINE, PENSION, Floor, floor_plan


def asked(floor: Floor) -> tuple[TicketId, JobId]:
    issued, requested = floor.do(c.IssueTicket((PENSION,), device=MACHINE))
    assert isinstance(issued, e.TicketIssued)
    assert isinstance(requested, e.ReceiptRequested)
    return issued.ticket, requested.job


def test_a_ticket_from_a_machine_asks_for_paper_in_the_same_breath() -> None:
    floor = Floor(floor_plan(receipt_ttl_s=60))
    ticket, job = asked(floor)
    receipt = floor.receipt(job)
    assert (receipt.ticket, receipt.device, receipt.state) == (ticket, MACHINE, ReceiptState.REQUESTED)
    assert receipt.expires_at - receipt.requested_at == timedelta(seconds=60)
    assert (receipt.reprint, receipt.reason) == (False, None)
    assert (floor.ticket(ticket).receipt, floor.ticket(ticket).job) == (ReceiptState.REQUESTED, job)
    assert floor.day.pending_receipts == (job,)


def test_printed_paper_is_not_offered_again() -> None:
    floor = Floor()
    ticket, job = asked(floor)
    assert floor.do(c.ConfirmReceipt(job)) == (e.ReceiptPrinted(job),)
    assert floor.ticket(ticket).receipt is ReceiptState.PRINTED
    assert floor.day.pending_receipts == ()
    assert floor.refused(c.FailReceipt(job, "paper_out")) == r.TicketNotInState("A001", ReceiptState.PRINTED)


def test_failed_paper_leaves_the_ticket_standing() -> None:
    floor = Floor()
    ticket, job = asked(floor)
    assert floor.do(c.FailReceipt(job, "paper_out")) == (e.ReceiptFailed(job, "paper_out"),)
    assert floor.receipt(job).reason == "paper_out"
    assert floor.ticket(ticket).receipt is ReceiptState.FAILED
    assert floor.ticket(ticket).state is TicketState.WAITING
    assert floor.day.pending_receipts == ()


def test_paper_that_came_out_after_all_is_printed() -> None:
    floor = Floor()
    ticket, job = asked(floor)
    floor.do(c.FailReceipt(job, "expired"))
    floor.do(c.ConfirmReceipt(job))
    assert floor.ticket(ticket).receipt is ReceiptState.PRINTED
    assert floor.receipt(job).reason is None


def test_a_receipt_is_printed_again_under_a_new_job() -> None:
    floor = Floor()
    ticket, first = asked(floor)
    floor.do(c.FailReceipt(first, "paper_out"))
    other = DeviceId("printer-2")
    (event,) = floor.do(c.ReprintReceipt(ticket, other))
    assert isinstance(event, e.ReceiptRequested)
    assert event.job != first
    assert (event.device, event.reprint) == (other, True)
    assert floor.day.pending_receipts == (event.job,)
    assert (floor.ticket(ticket).receipt, floor.ticket(ticket).job) == (ReceiptState.REQUESTED, event.job)


def test_a_ticket_tells_of_its_newest_paper_alone() -> None:
    floor = Floor()
    ticket, first = asked(floor)
    (second,) = floor.do(c.ReprintReceipt(ticket, MACHINE))
    assert isinstance(second, e.ReceiptRequested)
    floor.do(c.ConfirmReceipt(second.job))
    floor.do(c.FailReceipt(first, "expired"))
    assert floor.receipt(first).state is ReceiptState.FAILED
    assert floor.ticket(ticket).receipt is ReceiptState.PRINTED


def test_there_is_no_paper_for_nothing() -> None:
    floor = Floor()
    nobody, nothing = TicketId("nobody"), JobId("nothing")
    assert floor.refused(c.ReprintReceipt(nobody, MACHINE)) == r.TicketUnknown(nobody)
    assert floor.refused(c.ConfirmReceipt(nothing)) == r.ReceiptUnknown(nothing)
    assert floor.refused(c.FailReceipt(nothing, "paper_out")) == r.ReceiptUnknown(nothing)


def test_a_device_may_tell_of_its_paper_after_the_day() -> None:
    floor = Floor()
    _, job = asked(floor)
    _, other = asked(floor)
    floor.do(c.CloseDay())
    floor.do(c.ConfirmReceipt(job))
    floor.do(c.FailReceipt(other, "paper_out"))
    assert floor.refused(c.ReprintReceipt(floor.receipt(job).ticket, MACHINE)) == r.DayNotOpen()
