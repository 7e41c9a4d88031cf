"""What a review does to the state of a day."""

from controller import events as e
from controller.model import HallDay, Review
from controller.steps import unrated_visit
from controller.values import changed as replaced


def review_given(day: HallDay, recorded: e.Recorded, event: e.ReviewGiven) -> HallDay:
    """Return the day after a citizen rated what a window did; a window asks once for what it did."""
    review = Review(event.review, event.ticket, event.window, event.level, event.tags, event.text, recorded.at)
    ticket = day.tickets[event.ticket]
    visits = list(ticket.visits)
    place = unrated_visit(ticket, event.window)
    if place is not None:
        visits[place] = replaced(visits[place], review=event.review)
    ticket = replaced(ticket, review=event.review, visits=tuple(visits))
    windows = {
        key: replaced(state, finished=None, review_until=None)
        if state.finished == event.ticket and event.window in (key, None)
        else state
        for key, state in day.windows.items()
    }
    return day.changed(
        reviews=day.reviews.set(event.review, review),
        tickets=day.tickets.set(ticket.id, ticket),
        windows=windows,
    )
