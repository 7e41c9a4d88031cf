"""A case: its table of states, every pair of it, and what each step needs."""

import json
from dataclasses import fields, replace
from datetime import date, timedelta
from itertools import product
from pathlib import Path

import pytest

from api.problems import refused as problem_of
from controller import case_model as m
from controller import case_refusals as r
from controller import cases as c
from controller.case_codec import CASE_EVENT_TYPES, CASE_VERSIONS, case_event_from_json, case_event_to_json
from controller.case_model import CaseState, Pace
from controller.cases import CASE, CLOSED, EVENT_OF, allowed, evolve_case, fold_case, pace, reminders
from controller.codec import BadForm
from controller.refusals import Refusal
from controller.runtime.catalogue import languages, messages, text
from tests.support.cases import CALENDAR, CARD, FRIDAY, NOTICE, PHOTO, PROOF, RELIEF, TODAY, Matter, matter_in
from tests.support.state_diagram import CASE_DOCUMENT, case_diagram

FITTING: dict[type, c.CaseCommand] = {
    c.ReceiveCase: c.ReceiveCase(),
    c.IssueNotice: replace(NOTICE, reason="新证明也缺"),
    c.AcceptCase: c.AcceptCase(),
    c.SupplyMaterial: c.SupplyMaterial(PHOTO),
    c.CompleteCase: c.CompleteCase(),
    c.CallOutput: c.CallOutput(),
    c.PickUp: c.PickUp(),
    c.SendResult: c.SendResult("邮政", "EMS1"),
    c.ConfirmDelivery: c.ConfirmDelivery(),
    c.WithdrawCase: c.WithdrawCase(),
}
DEFERRED = c.AcceptCase(deferred=(PHOTO,), due=date(2026, 3, 4))
SAMPLES = Path(__file__).parents[1] / "data" / "case_events"
ALL_REFUSALS = [
    kind for kind in vars(r).values() if isinstance(kind, type) and issubclass(kind, Refusal) and kind is not Refusal
]


# -- the table ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "kind"), list(product(CaseState, EVENT_OF)), ids=lambda each: getattr(each, "__name__", each)
)
def test_every_step_in_every_state(state: CaseState, kind: type) -> None:
    matter = matter_in(state)
    following = CASE.get((state, EVENT_OF[kind]))
    if following is None:
        assert matter.refused(FITTING[kind]) == r.CaseNotInState(matter.case.id, state)
    elif kind is c.SupplyMaterial:  # only where something was promised
        assert matter.refused(FITTING[kind]) == r.MaterialNotOwed(PHOTO)
    else:
        assert matter.do(FITTING[kind]).state is following
        assert (kind in allowed(matter_in(state).case)) is True


def test_the_table_leads_everywhere_and_nothing_leaves_an_end() -> None:
    reached = {CaseState.CONSULTING} | set(CASE.values())
    assert reached == set(CaseState)
    assert {state for state, _ in CASE}.isdisjoint(CLOSED)
    assert {state for state, _ in CASE} | CLOSED == set(CaseState)
    assert {event for _, event in CASE} == set(EVENT_OF.values())


def test_papers_taken_at_once_need_no_consulting() -> None:
    assert Matter(received=True).case.state is CaseState.RECEIVED
    assert Matter().case.state is CaseState.CONSULTING


def test_who_was_asked_first_stays_answerable() -> None:
    matter = Matter()
    decision = c.decide_case(matter.case, c.ReceiveCase(), c.Situation(TODAY, "李明", CALENDAR))
    assert decision == m.CaseReceived("李明")
    matter.take(m.CaseReceived("李明"))
    assert matter.case.first_asked == "王芳"


def test_the_documented_diagram_is_the_table() -> None:
    """After a change: ``python -m tests.support.state_diagram`` writes the document anew."""
    assert CASE_DOCUMENT.read_text("utf-8") == case_diagram()


# -- the one-time notice -----------------------------------------------------------------------------------------------


def test_a_notice_says_all_that_is_missing() -> None:
    matter = matter_in(CaseState.RECEIVED)
    case = matter.do(c.IssueNotice(missing=(PHOTO, PROOF, PHOTO), present=(CARD,)))
    (notice,) = case.notices
    assert notice.missing == (PHOTO, PROOF)
    assert notice.at == case.changed_at


def test_a_notice_that_leaves_a_material_open_is_refused() -> None:
    matter = matter_in(CaseState.RECEIVED)
    assert matter.refused(c.IssueNotice(missing=(PHOTO,), present=(CARD,))) == r.NoticeNotComplete(PROOF)
    assert matter.refused(c.IssueNotice(missing=(PHOTO,))) == r.NoticeNotComplete(f"{CARD}, {PROOF}")


def test_a_notice_of_nothing_is_refused() -> None:
    assert matter_in(CaseState.RECEIVED).refused(c.IssueNotice((" ",), (CARD, PHOTO, PROOF))) == r.NothingMissing()


@pytest.mark.parametrize(
    "command", [c.IssueNotice(("户口本",), (CARD, PHOTO, PROOF)), c.IssueNotice((CARD,), ("户口本",))]
)
def test_nobody_asks_for_what_the_guide_does_not(command: c.IssueNotice) -> None:
    assert matter_in(CaseState.RECEIVED).refused(command) == r.MaterialNotAsked("户口本")


def test_where_the_guide_lists_nothing_the_clerk_s_words_must_do() -> None:
    matter = Matter(replace(RELIEF, materials=()), received=True)
    assert matter.do(c.IssueNotice(("户口本",))).notices[0].missing == ("户口本",)


def test_a_second_notice_needs_a_reason() -> None:
    matter = matter_in(CaseState.NOTIFIED)
    assert matter.refused(NOTICE) == r.NoticeNeedsReason(matter.case.id)
    assert matter.refused(replace(NOTICE, reason="  ")) == r.NoticeNeedsReason(matter.case.id)
    case = matter.do(replace(NOTICE, reason="照片不合规格"))
    assert [notice.reason for notice in case.notices] == ["", "照片不合规格"]


# -- acceptance and what comes later -----------------------------------------------------------------------------------


def test_the_promise_is_counted_in_working_days_from_the_acceptance() -> None:
    matter = matter_in(CaseState.RECEIVED)
    case = matter.do(c.AcceptCase())
    assert (case.accepted_on, case.promised, case.legal) == (TODAY, FRIDAY, date(2026, 3, 30))
    matter = matter_in(CaseState.NOTIFIED)
    matter.today = FRIDAY
    assert matter.do(c.AcceptCase()).promised == date(2026, 3, 12)


def test_a_matter_done_while_one_waits_is_promised_for_today() -> None:
    matter = Matter(replace(RELIEF, promised_days=0, legal_days=None), received=True)
    case = matter.do(c.AcceptCase())
    assert (case.promised, case.legal) == (TODAY, None)


def test_a_plan_changed_later_takes_nothing_from_a_citizen() -> None:
    terms = Matter().case.terms
    assert (terms.promised_days, terms.materials, terms.guide_version) == (4, RELIEF.materials, "2026-1")


def test_deferred_materials_are_off_unless_a_hall_switches_them_on() -> None:
    assert matter_in(CaseState.RECEIVED).refused(DEFERRED, deferred=False) == r.DeferredNotAllowed()


def test_a_main_material_is_never_deferred() -> None:
    matter = matter_in(CaseState.RECEIVED)
    assert matter.refused(replace(DEFERRED, deferred=(PHOTO, CARD))) == r.MaterialNotSecondary(CARD)
    assert matter.refused(replace(DEFERRED, deferred=("户口本",))) == r.MaterialNotSecondary("户口本")


@pytest.mark.parametrize("due", [None, TODAY, TODAY - timedelta(days=1)])
def test_a_commitment_names_a_day_to_come(due: date | None) -> None:
    assert matter_in(CaseState.RECEIVED).refused(replace(DEFERRED, due=due)) == r.DueDayMissing()


def test_what_was_promised_must_be_there_before_the_end() -> None:
    matter = matter_in(CaseState.RECEIVED)
    case = matter.do(replace(DEFERRED, deferred=(PHOTO, PROOF, PHOTO)))
    assert [pledge.material for pledge in case.owed] == [PHOTO, PROOF]
    assert case.due == date(2026, 3, 4)
    assert matter.refused(c.CompleteCase()) == r.MaterialsOwed(f"{PHOTO}, {PROOF}")
    case = matter.do(c.SupplyMaterial(PROOF))
    assert case.owed == case.pledges[:1]
    assert matter.refused(c.SupplyMaterial(PROOF)) == r.MaterialNotOwed(PROOF)
    case = matter.do(c.SupplyMaterial(PHOTO))
    assert case.due == FRIDAY
    assert matter.do(c.CompleteCase()).completed_on == TODAY


def test_no_day_is_promised_before_the_one_on_which_the_rest_comes() -> None:
    matter = matter_in(CaseState.RECEIVED)
    assert matter.do(replace(DEFERRED, due=date(2026, 3, 20))).promised == date(2026, 3, 20)


def test_the_citizen_is_reminded_before_the_day() -> None:
    matter = matter_in(CaseState.RECEIVED)
    case = matter.do(DEFERRED)
    assert reminders(case, TODAY, CALENDAR) == ()
    assert reminders(case, date(2026, 3, 3), CALENDAR) == case.pledges
    assert reminders(case, date(2026, 3, 9), CALENDAR) == case.pledges
    assert reminders(matter.do(c.SupplyMaterial(PHOTO)), date(2026, 3, 9), CALENDAR) == ()


# -- the clock ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "expected"),
    [(2, Pace.ON_TIME), (4, Pace.ON_TIME), (5, Pace.WARNING), (6, Pace.WARNING), (7, Pace.OVERDUE), (9, Pace.OVERDUE)],
)
def test_the_clock_warns_a_working_day_before_the_end(day: int, expected: Pace) -> None:
    assert pace(matter_in(CaseState.ACCEPTED).case, date(2026, 3, day), CALENDAR) is expected


def test_the_warning_comes_before_the_weekend_not_on_it() -> None:
    matter = Matter(replace(RELIEF, promised_days=5), received=True)  # promised for Monday the 9th
    case = matter.do(c.AcceptCase())
    assert pace(case, date(2026, 3, 5), CALENDAR) is Pace.ON_TIME
    assert pace(case, FRIDAY, CALENDAR) is Pace.WARNING


def test_the_clock_stands_when_the_case_is_completed() -> None:
    matter = matter_in(CaseState.ACCEPTED)
    matter.today = FRIDAY
    case = matter.do(c.CompleteCase(), c.CallOutput())
    assert pace(case, date(2027, 1, 1), CALENDAR) is Pace.ON_TIME
    assert case.due is None
    late = matter_in(CaseState.ACCEPTED)
    late.today = FRIDAY + timedelta(days=1)
    assert pace(late.do(c.CompleteCase()), TODAY, CALENDAR) is Pace.OVERDUE


@pytest.mark.parametrize("state", [CaseState.CONSULTING, CaseState.RECEIVED, CaseState.NOTIFIED, CaseState.WITHDRAWN])
def test_without_a_promise_there_is_no_clock(state: CaseState) -> None:
    assert pace(matter_in(state).case, date(2027, 1, 1), CALENDAR) is None


def test_a_withdrawn_case_is_never_late() -> None:
    matter = matter_in(CaseState.ACCEPTED)
    assert pace(matter.do(c.WithdrawCase()), date(2027, 1, 1), CALENDAR) is None


# -- the result --------------------------------------------------------------------------------------------------------


def test_a_result_is_sent_and_arrives() -> None:
    matter = matter_in(CaseState.COMPLETED)
    case = matter.do(c.SendResult(" 邮政 ", " EMS9 "))
    assert case.delivery == m.Delivery("邮政", "EMS9", case.changed_at)
    case = matter.do(c.ConfirmDelivery())
    assert case.delivery is not None
    assert case.delivery.received_at == case.changed_at


@pytest.mark.parametrize(("courier", "tracking"), [("", "EMS1"), ("邮政", " ")])
def test_a_delivery_can_be_found_again(courier: str, tracking: str) -> None:
    assert matter_in(CaseState.COMPLETED).refused(c.SendResult(courier, tracking)) == r.TrackingMissing()


def test_what_came_back_is_sent_again_or_picked_up() -> None:
    matter = matter_in(CaseState.SENT)
    case = matter.do(c.SendResult("邮政", "EMS2"))
    assert case.delivery is not None
    assert case.delivery.tracking == "EMS2"
    assert matter.do(c.PickUp()).state is CaseState.PICKED_UP


def test_the_output_window_calls_by_a_ticket() -> None:
    assert matter_in(CaseState.COMPLETED).do(c.CallOutput("t-7")).output_ticket == "t-7"


# -- histories ---------------------------------------------------------------------------------------------------------


def test_a_history_begins_with_the_opening_and_opens_once() -> None:
    matter = Matter()
    with pytest.raises(ValueError, match="CaseOpened"):
        evolve_case(matter.case, matter.history[0])
    matter.do(c.ReceiveCase())
    with pytest.raises(ValueError, match="CaseReceived"):
        evolve_case(None, matter.history[1])
    assert fold_case(()) is None


def test_every_event_survives_its_json() -> None:
    seen = set()
    for state in CaseState:
        matter = matter_in(state)
        for recorded in matter.history:
            name, version, data = case_event_to_json(recorded.event)
            assert case_event_from_json(name, version, data) == recorded.event
            seen.add(name)
    matter = Matter(received=True, ticket="t-1")
    matter.do(DEFERRED, c.SupplyMaterial(PHOTO))
    for recorded in matter.history:
        assert case_event_from_json(*case_event_to_json(recorded.event)) == recorded.event
        seen.add(type(recorded.event).__name__)
    assert seen == set(CASE_EVENT_TYPES) == set(CASE_VERSIONS)


def test_a_sample_of_every_event_ever_written_is_kept_and_read() -> None:
    written = [(name, version) for name in CASE_EVENT_TYPES for version in range(1, CASE_VERSIONS[name] + 1)]
    assert {path.name for path in SAMPLES.iterdir()} == {f"{name}.v{version}.json" for name, version in written}
    for name, version in written:
        data = json.loads((SAMPLES / f"{name}.v{version}.json").read_text("utf-8"))
        event = case_event_from_json(name, version, data)
        assert type(event) is CASE_EVENT_TYPES[name]
        told = case_event_to_json(event)
        assert told[:2] == (name, CASE_VERSIONS[name])
        if version == CASE_VERSIONS[name]:
            assert data.items() <= told[2].items()


@pytest.mark.parametrize(("name", "version", "path"), [("CaseLost", 1, "/type"), ("CaseReceived", 2, "/version")])
def test_an_event_of_another_program_is_refused(name: str, version: int, path: str) -> None:
    with pytest.raises(BadForm) as caught:
        case_event_from_json(name, version, {"clerk": "王芳"})
    assert caught.value.path == path


# -- texts -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ALL_REFUSALS, ids=lambda kind: kind.code)
def test_every_refusal_has_its_text(kind: type[Refusal]) -> None:
    refusal = kind(*(7 if field.type is int else "X1" for field in fields(kind)))
    for language in languages():
        assert f"refusal.{kind.code}" in messages(language)
        assert "{" not in text(f"refusal.{kind.code}", language, **refusal.params)
    assert problem_of(refusal).status in {404, 409, 422}


def test_refusals_are_told_apart() -> None:
    assert len({kind.code for kind in ALL_REFUSALS}) == len(ALL_REFUSALS) == 16
