"""Histories of cases: whatever is asked in whatever order, a case keeps its rules and its history tells all of it."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from controller import case_model as m
from controller import cases as c
from controller.case_codec import case_event_from_json, case_event_to_json
from controller.case_model import Case, CaseState, Pace
from controller.cases import CASE, CLOSED, allowed, fold_case, pace, reminders
from controller.refusals import Refusal
from controller.services import Service
from tests.support.cases import CALENDAR, CARD, PHOTO, PROOF, RELIEF, TODAY, Matter

NAMES = st.sampled_from([CARD, PHOTO, PROOF, "户口本", ""])
LISTS = st.lists(NAMES, max_size=4).map(tuple)
DAYS = st.integers(0, 30).map(lambda days: TODAY + timedelta(days=days))
WORDS = st.sampled_from(["", " ", "照片不合规格"])
COMMANDS: st.SearchStrategy[c.CaseCommand] = st.one_of(
    st.just(c.ReceiveCase()),
    st.builds(c.IssueNotice, LISTS, LISTS, WORDS),
    st.just(c.IssueNotice((PHOTO,), (CARD, PROOF), "再次")),
    st.just(c.AcceptCase()),
    st.builds(c.AcceptCase, LISTS, st.none() | DAYS),
    st.builds(c.AcceptCase, st.just((PHOTO,)), DAYS),
    st.builds(c.SupplyMaterial, NAMES),
    st.just(c.CompleteCase()),
    st.builds(c.CallOutput, st.none() | st.just("t-1")),
    st.just(c.PickUp()),
    st.builds(c.SendResult, WORDS, WORDS),
    st.just(c.ConfirmDelivery()),
    st.builds(c.WithdrawCase, WORDS),
)
STEPS = st.lists(st.tuples(COMMANDS, st.integers(0, 3), st.booleans()), max_size=25)
SERVICES = st.builds(
    lambda promised, legal, listed: replace(
        RELIEF, promised_days=promised, legal_days=legal, materials=RELIEF.materials if listed else ()
    ),
    st.integers(0, 20),
    st.none() | st.integers(20, 60),
    st.booleans(),
)


@given(SERVICES, st.booleans(), STEPS)
def test_a_case_keeps_its_rules(service: Service, received: bool, steps: list[tuple[c.CaseCommand, int, bool]]) -> None:
    matter = Matter(service, received=received)
    states = [matter.case.state]
    for command, days, deferred in steps:
        matter.today += timedelta(days=days)
        before = matter.case
        decision = matter.ask(command, deferred=deferred)
        if isinstance(decision, Refusal):
            assert matter.case is before
            continue
        assert type(command) in allowed(before)
        assert not (isinstance(decision, m.CaseAccepted) and decision.pledges and not deferred)
        states.append(matter.case.state)
        check(matter.case, matter.today)
    assert all(one not in CLOSED for one in states[:-1])
    assert all(
        CASE[one, type(recorded.event)] is two
        for (one, two), recorded in zip(pairwise(states), matter.history[1:], strict=True)
    )
    again = [
        replace(recorded, event=case_event_from_json(*case_event_to_json(recorded.event)))
        for recorded in matter.history
    ]
    assert fold_case(tuple(again)) == matter.case


def check(case: Case, today: date) -> None:
    """A case at any moment."""
    asked = {material.name for material in case.terms.materials}
    secondary = {material.name for material in case.terms.materials if material.secondary}
    assert case.first_asked == "王芳"
    assert all(notice.missing for notice in case.notices)
    assert all(notice.reason.strip() for notice in case.notices[1:])
    assert not asked or all(set(notice.missing) <= asked for notice in case.notices)
    assert {pledge.material for pledge in case.pledges} <= secondary
    if case.accepted_on is not None:
        assert case.promised is not None
        assert case.promised >= CALENDAR.after(case.accepted_on, case.terms.promised_days)
        assert all(case.accepted_on < pledge.due <= case.promised for pledge in case.pledges)
    if case.completed_on is not None:
        assert case.accepted_on is not None
        assert case.owed == ()
    if case.due is not None:
        assert case.state is CaseState.ACCEPTED
        if case.due < today:  # somebody is late, and is told so
            assert pace(case, today, CALENDAR) is Pace.OVERDUE or reminders(case, today, CALENDAR)
    assert (case.delivery is None) or case.completed_on is not None
