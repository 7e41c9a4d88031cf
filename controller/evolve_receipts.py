"""What an event about paper does to the state of a day."""

from typing import TypeAlias

from controller import events as e
from controller.model import HallDay, Receipt, ReceiptState
from controller.values import changed as replaced
from controller.values import without

ReceiptMove: TypeAlias = e.ReceiptRequested | e.ReceiptPrinted | e.ReceiptFailed


def receipt_changed(day: HallDay, recorded: e.Recorded, event: ReceiptMove) -> HallDay:
    """Return the day after paper was asked for, came out, or did not."""
    match event:
        case e.ReceiptRequested():
            receipt = Receipt(
                event.job,
                event.ticket,
                event.device,
                ReceiptState.REQUESTED,
                recorded.at,
                event.expires_at,
                event.reprint,
            )
        case e.ReceiptPrinted():
            receipt = replaced(day.receipts[event.job], state=ReceiptState.PRINTED, reason=None)
        case e.ReceiptFailed():
            receipt = replaced(day.receipts[event.job], state=ReceiptState.FAILED, reason=event.reason)
    pending = day.pending_receipts
    if receipt.state is ReceiptState.REQUESTED:
        pending = (*pending, receipt.job)
    elif receipt.job in pending:
        pending = without(pending, receipt.job)
    ticket = day.tickets[receipt.ticket]
    if isinstance(event, e.ReceiptRequested) or ticket.job == receipt.job:
        ticket = replaced(ticket, receipt=receipt.state, job=receipt.job)
    return day.changed(
        receipts=day.receipts.set(receipt.job, receipt),
        tickets=day.tickets.set(ticket.id, ticket),
        pending_receipts=pending,
    )
