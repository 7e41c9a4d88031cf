"""Paper reviews: two people type, what differs is settled, and only then it counts."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from controller import paper_refusals as r
from controller.codec import from_json, to_json
from controller.ids import HallId, WindowId
from controller.paper_model import Batch, BatchId, BatchState, Sheet
from controller.paper_reviews import enter, levels, opened_by_sheets, settle
from controller.policies import Policies
from controller.refusals import LevelOutOfRange, Refusal
from tests.support.cases import CALENDAR

AT = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
ONE, TWO, THIRD, SUBJECT = "张强", "陈静", "李主任", "王芳"
GOOD, BAD, UNRATED = Sheet(5), Sheet(1, ("115", "113"), "慢", "a003"), Sheet(None)
BATCH = Batch(
    BatchId("p1"),
    HallId("demo"),
    date(2026, 3, 2),
    3,
    ONE,
    AT,
    window=WindowId("1"),
    window_label="1号窗口",
    clerk=SUBJECT,
)


def done(outcome: Batch | Refusal) -> Batch:
    assert isinstance(outcome, Batch), outcome
    return outcome


def entered(*people: str, last: Sheet = UNRATED) -> Batch:
    batch = BATCH
    for number, person in enumerate(people):
        sheets = (GOOD, BAD, UNRATED if number == 0 else last)
        batch = done(enter(batch, person, AT, sheets))
    return batch


def test_what_two_type_alike_counts_and_nothing_before() -> None:
    first = entered(ONE)
    assert (first.state, first.settled) == (BatchState.ENTERED, None)
    both = entered(ONE, TWO)
    assert (both.state, both.settled_by) == (BatchState.SETTLED, TWO)
    assert levels(both.settled or ()) == {5: 1, 1: 1, None: 1}


def test_spaces_order_and_letters_make_no_difference() -> None:
    again = replace(BAD, tags=("113", " 115", "113"), text=" 慢\n", number="A003 ")
    assert done(enter(entered(ONE), TWO, AT, (GOOD, again, UNRATED))).state is BatchState.SETTLED


def test_unrated_is_not_the_same_as_rated() -> None:
    differing = entered(ONE, TWO, last=Sheet(3))
    assert (differing.state, differing.differences, differing.settled) == (BatchState.DIFFERS, (2,), None)


@pytest.mark.parametrize(
    ("batch", "person", "sheets", "why"),
    [
        (entered(ONE), ONE, (GOOD, GOOD, GOOD), r.SamePersonTwice(ONE)),
        (BATCH, SUBJECT, (GOOD, GOOD, GOOD), r.OwnSheets(SUBJECT)),
        (BATCH, ONE, (GOOD,), r.SheetCountWrong(3, 1)),
        (BATCH, ONE, (GOOD, GOOD, Sheet(6)), LevelOutOfRange(6)),
        (entered(ONE, TWO), THIRD, (GOOD, GOOD, GOOD), r.BatchNotInState("settled")),
    ],
)
def test_an_entry_is_refused(batch: Batch, person: str, sheets: tuple[Sheet, ...], why: Refusal) -> None:
    assert enter(batch, person, AT, sheets) == why


def test_a_third_person_settles_at_once() -> None:
    settled = done(settle(entered(ONE, TWO, last=Sheet(3)), THIRD, AT, {2: UNRATED}))
    assert (settled.state, settled.settled_by, settled.settled) == (
        BatchState.SETTLED,
        THIRD,
        entered(ONE, TWO).settled,
    )


def test_the_two_who_typed_settle_together() -> None:
    differing = entered(ONE, TWO, last=Sheet(3))
    proposed = done(settle(differing, ONE, AT, {2: Sheet(4)}))
    assert proposed.state is BatchState.DIFFERS
    assert done(settle(proposed, ONE, AT, {2: Sheet(4)})) is proposed  # nobody agrees with himself
    other = done(settle(proposed, TWO, AT, {2: Sheet(3)}))
    assert (other.state, other.proposal and other.proposal.by) == (BatchState.DIFFERS, TWO)
    agreed = done(settle(other, ONE, AT, {2: Sheet(3)}))
    assert (agreed.state, (agreed.settled or ())[2]) == (BatchState.SETTLED, Sheet(3))


def test_exactly_what_differs_is_settled_and_by_nobody_about_themselves() -> None:
    differing = entered(ONE, TWO, last=Sheet(3))
    for right in ({}, {1: GOOD}, {1: GOOD, 2: GOOD}):
        assert settle(differing, THIRD, AT, right) == r.DifferencesLeft("3")
    assert settle(differing, THIRD, AT, {2: Sheet(0)}) == LevelOutOfRange(0)
    assert settle(differing, SUBJECT, AT, {2: GOOD}) == r.OwnSheets(SUBJECT)
    assert settle(entered(ONE), THIRD, AT, {2: GOOD}) == r.BatchNotInState("entered")


def test_what_is_asked_twice_is_done_once() -> None:
    first = entered(ONE)
    assert done(enter(first, ONE, AT, (GOOD, BAD, UNRATED))) is first
    settled = done(settle(entered(ONE, TWO, last=Sheet(3)), THIRD, AT, {2: UNRATED}))
    assert done(settle(settled, THIRD, AT, {2: UNRATED})) is settled


def test_a_bad_sheet_opens_a_rectification_once_it_counts() -> None:
    assert opened_by_sheets(entered(ONE, TWO, last=GOOD), Policies(), CALENDAR) == ()
    (opening,) = opened_by_sheets(entered(ONE, TWO), Policies(), CALENDAR)
    assert opening.id == "p1-2"
    review = opening.review
    assert (review.level, review.tags, review.number, review.clerk, review.channel) == (
        1,
        ("113", "115"),
        "A003",
        SUBJECT,
        "paper",
    )
    assert opening.deadlines.contact == date(2026, 3, 4)


def test_a_batch_is_written_and_read_again() -> None:
    for batch in (BATCH, entered(ONE), entered(ONE, TWO, last=Sheet(3)), entered(ONE, TWO)):
        assert from_json(Batch, to_json(batch)) == batch
