"""The rules of a rectification: its way, its words, its people and its days."""

from dataclasses import replace
from datetime import date

import pytest

from controller import commands as c_floor
from controller import rectification_model as m
from controller import rectification_refusals as r
from controller import rectifications as c
from controller.model import TicketState
from controller.rectification_model import Contact, Handling, Reached
from controller.rectification_model import RectificationState as S
from controller.rectifications import (
    EVENTS_OF,
    RECTIFICATION,
    Asker,
    allowed,
    is_overdue,
    may_see,
    may_see_contact,
    opened_by,
)
from controller.refusals import Refusal
from tests.support.cases import CALENDAR
from tests.support.core_floor import ALL, PENSION, floor_with
from tests.support.rectifications import (
    APPEAL,
    ASSIGN,
    CALL_BACK,
    CLERK,
    CLOSE,
    CORRECT,
    MANAGER,
    MONDAY,
    OTHER,
    REVIEW,
    SUBJECT,
    UPHELD,
    VERIFY,
    Matter,
    matter_in,
)
from tests.support.state_diagram import RECTIFICATION_DOCUMENT, rectification_diagram

RETURN = c.ReturnCorrection("还要公示")
COMMANDS = (VERIFY, ASSIGN, CORRECT, RETURN, CALL_BACK, APPEAL, UPHELD, CLOSE)
CALLED = replace(VERIFY, reached=Reached.REACHED)


def test_the_whole_way_with_a_citizen_who_can_be_called() -> None:
    matter = Matter(contact=True)
    assert matter.do(CALLED, ASSIGN, CORRECT).state is S.CORRECTED
    assert matter.refused(CLOSE) == r.CallBackNeeded()
    assert matter.do(c.CallBack(m.Answer.UNSATISFIED, "仍要求书面道歉"), RETURN).returns == 1
    closed = matter.do(CORRECT, CALL_BACK, CLOSE)
    assert (closed.state, closed.ended_on, closed.answer) == (S.CLOSED, MONDAY, m.Answer.SATISFIED)
    assert closed.due is None


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
def test_every_command_in_every_state(state: S, command: c.RectificationCommand) -> None:
    matter = matter_in(state)
    legal = [event for event in EVENTS_OF[type(command)] if (state, event) in RECTIFICATION]
    if not legal:
        assert isinstance(matter.refused(command, OTHER), r.RectificationNotInState)
        return
    decision = matter.ask(command, OTHER)
    if isinstance(decision, Refusal):  # the table allows it, and something else is missing
        assert isinstance(decision, r.ContactNotOffered | r.CorrectionMissing)
    else:
        assert type(decision) in legal


def test_who_offered_to_be_called_is_called_and_nobody_else_can_be() -> None:
    assert Matter(contact=True).refused(VERIFY) == r.ContactWasOffered()
    assert Matter().refused(CALLED) == r.ContactNotOffered()
    matter = matter_in(S.CORRECTED)
    assert matter.refused(CALL_BACK) == r.ContactNotOffered()
    assert matter.do(CLOSE).state is S.CLOSED


def test_a_contact_that_was_erased_was_still_offered() -> None:
    matter = Matter(contact=True)
    matter.take(m.ContactErased(m.Erased.EXPIRED))
    assert matter.now.contact is Contact.ERASED
    assert matter.do(replace(VERIFY, reached=Reached.UNREACHED)).reached is Reached.UNREACHED


def test_nobody_handles_a_review_of_their_own_work() -> None:
    for state, command in (
        (S.OPENED, VERIFY),
        (S.VERIFIED, ASSIGN),
        (S.ASSIGNED, CORRECT),
        (S.CORRECTED, RETURN),
        (S.CORRECTED, CLOSE),
        (S.APPEALED, UPHELD),
    ):
        assert matter_in(state).refused(command, SUBJECT) == r.SelfHandled(SUBJECT)
    assert matter_in(S.VERIFIED).refused(c.Assign(f" {SUBJECT} ")) == r.SelfHandled(SUBJECT)
    assert isinstance(matter_in(S.VERIFIED).ask(APPEAL, SUBJECT, is_manager=False), m.ReviewAppealed)


def test_a_clerk_reports_what_was_assigned_and_nothing_else() -> None:
    matter = matter_in(S.ASSIGNED)
    assert matter.refused(CORRECT, "陈静", is_manager=False) == r.NotAssigned()
    assert matter.refused(ASSIGN, CLERK, is_manager=False) == r.NotAssigned()
    assert isinstance(matter.ask(CORRECT, CLERK, is_manager=False), m.CorrectionReported)
    assert matter.refused(CLOSE, CLERK, is_manager=False) == r.NotAssigned()


def test_who_may_look_and_who_may_call() -> None:
    matter = matter_in(S.ASSIGNED)
    seen = [
        may_see(matter.now, Asker(MONDAY, name, manages))
        for name, manages in ((MANAGER, True), (CLERK, False), (SUBJECT, False), ("陈静", False))
    ]
    assert seen == [True, True, True, False]
    called = [
        may_see_contact(matter.now, Asker(MONDAY, name, manages))
        for name, manages in ((MANAGER, True), (CLERK, False), (SUBJECT, True), (SUBJECT, False), ("陈静", False))
    ]
    assert called == [True, True, False, False, False]


def test_an_appeal_needs_a_second_person() -> None:
    matter = matter_in(S.APPEALED)
    assert matter.refused(UPHELD, MANAGER) == r.SecondPersonNeeded(MANAGER)
    assert matter.do(replace(UPHELD, upheld=False), name=OTHER).state is S.VERIFIED
    matter.do(APPEAL)
    excluded = matter.do(UPHELD, name=OTHER)
    assert (excluded.state, excluded.due) == (S.EXCLUDED, None)
    assert not is_overdue(excluded, date(2027, 1, 1))


@pytest.mark.parametrize(
    ("state", "command"),
    [
        (S.OPENED, replace(VERIFY, findings=" ")),
        (S.ASSIGNED, c.Correct("")),
        (S.CORRECTED, c.ReturnCorrection("  ")),
        (S.VERIFIED, replace(APPEAL, reason="")),
        (S.APPEALED, replace(UPHELD, reason="")),
        (S.CORRECTED, c.Close("")),
        (S.CALLED_BACK, c.CallBack(m.Answer.UNSATISFIED)),
    ],
)
def test_a_step_says_what_it_has_to_say(state: S, command: c.RectificationCommand) -> None:
    assert matter_in(state).refused(command, OTHER) == r.ReasonMissing()


def test_an_assignment_is_to_somebody() -> None:
    assert matter_in(S.VERIFIED).refused(c.Assign(" ")) == r.AssigneeMissing()


def test_what_no_rule_backs_is_explained_and_what_is_right_is_corrected_first() -> None:
    assert matter_in(S.VERIFIED).refused(CLOSE) == r.CorrectionMissing()
    matter = Matter()
    assert matter.do(replace(VERIFY, handling=Handling.EXPLAIN), CLOSE).state is S.CLOSED


def test_days_are_working_days_and_a_complex_matter_has_more() -> None:
    matter = Matter()
    assert matter.now.due == date(2026, 3, 3)
    assert not is_overdue(matter.now, date(2026, 3, 3))
    assert is_overdue(matter.now, date(2026, 3, 4))
    assert matter.do(VERIFY).due == date(2026, 3, 9)
    other = Matter()
    assert other.do(replace(VERIFY, handling=Handling.COMPLEX)).due == date(2026, 3, 23)
    matter.today = date(2026, 3, 10)
    assert is_overdue(matter.do(ASSIGN, CORRECT, CLOSE), date(2026, 4, 1))
    other.today = date(2026, 3, 23)
    assert not is_overdue(other.do(ASSIGN, CORRECT, CLOSE), date(2026, 4, 1))


def test_what_may_be_done_is_what_is_offered() -> None:
    def offered(matter: Matter, name: str = OTHER, *, is_manager: bool = True) -> list[type]:
        return list(allowed(matter.now, Asker(MONDAY, name, is_manager)))

    assert offered(matter_in(S.OPENED)) == [c.Verify]
    assert offered(matter_in(S.VERIFIED)) == [c.Assign, c.Appeal]
    assert offered(matter_in(S.ASSIGNED), CLERK, is_manager=False) == [c.Correct]
    assert offered(matter_in(S.CORRECTED)) == [c.ReturnCorrection, c.Close]
    assert offered(matter_in(S.APPEALED), MANAGER) == []
    assert offered(matter_in(S.APPEALED)) == [c.DecideAppeal]
    assert offered(matter_in(S.VERIFIED), SUBJECT) == [c.Appeal]
    assert offered(matter_in(S.CLOSED)) == []


def test_a_review_of_the_floor_opens_one_with_what_the_floor_knew() -> None:
    floor, ticket = floor_with(TicketState.FINISHED)
    floor.do(c_floor.CloseWindow(ALL))
    floor.do(c_floor.SubmitReview(2, ("213",), "不熟练", ticket=ticket))
    (review,) = floor.day.reviews.values()
    opening = opened_by(floor.day, review, CALENDAR)
    assert opening is not None
    assert opening.id == review.id
    found = opening.review
    assert (found.level, found.tags, found.text, found.window) == (2, ("213",), "不熟练", ALL)
    assert found.clerk == "clerk-1"  # though the window is closed by now
    assert found.number == floor.day.tickets[ticket].number
    assert found.services == (floor.day.plan.service_by_code[PENSION].name,)
    assert opening.deadlines.contact == CALENDAR.after(floor.day.day, 1)
    assert opened_by(floor.day, replace(review, level=3), CALENDAR) is None


def test_the_document_shows_the_table() -> None:
    assert RECTIFICATION_DOCUMENT.read_text("utf-8") == rectification_diagram()


def test_a_history_begins_with_its_opening() -> None:
    matter = Matter()
    with pytest.raises(ValueError, match="RectificationOpened at seq 2"):
        matter.take(matter.history[0].event)
    with pytest.raises(ValueError, match="ContactOffered at seq 1"):
        c.fold_rectification((replace(matter.history[0], event=m.ContactOffered()),))
    assert REVIEW.clerk == SUBJECT
