"""Whatever people ask of a rectification, its rules hold, and its history makes it anew."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from controller import rectification_model as m
from controller import rectifications as c
from controller.rectification_codec import rectification_event_from_json, rectification_event_to_json
from controller.rectification_model import Contact, Rectification, RectificationState
from controller.rectifications import ENDED, RECTIFICATION, Asker, allowed, fold_rectification, is_overdue
from controller.refusals import Refusal
from tests.support.rectifications import CLERK, MANAGER, OTHER, REVIEW, SUBJECT, Matter

WORDS = st.sampled_from(["", " ", "情况属实", "=1+1"])
PEOPLE = st.sampled_from([SUBJECT, MANAGER, OTHER, CLERK])
COMMANDS = st.one_of(
    st.builds(c.Verify, st.sampled_from(m.Reached), st.sampled_from(m.Handling), WORDS),
    st.builds(c.Assign, st.sampled_from(["", SUBJECT, CLERK, OTHER]), WORDS),
    st.builds(c.Correct, WORDS),
    st.builds(c.ReturnCorrection, WORDS),
    st.builds(c.CallBack, st.sampled_from(m.Answer), WORDS),
    st.builds(c.Appeal, st.sampled_from(m.Claim), WORDS),
    st.builds(c.DecideAppeal, st.booleans(), WORDS),
    st.builds(c.Close, WORDS),
)
ASKED = st.lists(st.tuples(COMMANDS, PEOPLE, st.booleans(), st.integers(0, 4)), max_size=30)


@given(st.booleans(), st.sampled_from([SUBJECT, None]), st.none() | st.integers(0, 20), ASKED)
def test_a_rectification_keeps_its_rules(
    contact: bool,
    subject: str | None,
    erased_before: int | None,
    asked: list[tuple[c.RectificationCommand, str, bool, int]],
) -> None:
    matter = Matter(replace(REVIEW, clerk=subject), contact=contact)
    for place, (command, name, is_manager, days) in enumerate(asked):
        matter.today += timedelta(days=days)
        if contact and place == erased_before:
            matter.take(m.ContactErased(m.Erased.EXPIRED))
        before = matter.now
        decision = matter.ask(command, name, is_manager=is_manager)
        if isinstance(decision, Refusal):
            assert matter.now is before
            continue
        assert type(command) in allowed(before, Asker(matter.today, name, is_manager))
        assert before.state not in ENDED
        check_step(before, decision, name, is_manager=is_manager)
        check(matter.now)
    again = tuple(
        replace(one, event=rectification_event_from_json(*rectification_event_to_json(one.event)))
        for one in matter.history
    )
    assert fold_rectification(again) == matter.now
    states = [fold_rectification(again[:count]) for count in range(1, len(again) + 1)]
    for (one, two), recorded in zip(pairwise(states), again[1:], strict=True):
        assert one is not None
        assert two is not None
        assert RECTIFICATION[one.state, type(recorded.event)] is two.state
    assert is_overdue(matter.now, matter.today) is (
        matter.now.state is not RectificationState.EXCLUDED
        and (matter.now.ended_on or matter.today) > (matter.now.due or matter.now.promised)
    )


def check_step(before: Rectification, event: m.RectificationEvent, name: str, *, is_manager: bool) -> None:
    """Who took a step might."""
    is_subject = before.review.clerk is not None and name == before.review.clerk
    assert not is_subject or isinstance(event, m.ReviewAppealed)
    if not is_manager:
        assert isinstance(event, m.CorrectionReported | m.ReviewAppealed)
        assert name == before.assignee or is_subject
    if isinstance(event, m.AppealUpheld | m.AppealRejected):
        assert name != before.appellant
    if isinstance(event, m.RectificationClosed):
        was_corrected = before.state in {RectificationState.CORRECTED, RectificationState.CALLED_BACK}
        assert was_corrected or before.handling is m.Handling.EXPLAIN


def check(now: Rectification) -> None:
    """A rectification at any moment."""
    assert (now.ended_on is None) == (now.state not in ENDED)
    assert (now.due is None) == (now.state in ENDED)
    assert now.assignee is None or now.assignee.strip()
    assert now.review.clerk is None or now.assignee != now.review.clerk
    if now.state in ENDED:
        assert now.result.strip()
    if now.state is RectificationState.CLOSED and now.contact is not Contact.NONE:
        assert now.answer is not None or now.handling is m.Handling.EXPLAIN
        assert now.reached in {m.Reached.REACHED, m.Reached.UNREACHED}
