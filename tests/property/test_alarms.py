"""Alarms over every course of looks: neither hasty nor forgetful, and never to and fro."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from controller.alarms import QUIET, Alarm, Patience, step

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
COURSES = st.lists(st.tuples(st.floats(0.5, 120), st.booleans()), min_size=1, max_size=60)
"""Looks: seconds since the one before, and whether it was bad."""
PATIENCES = st.builds(Patience, st.floats(0, 300), st.floats(1, 300))


def run(course: list[tuple[float, bool]], patience: Patience) -> list[tuple[datetime, bool, Alarm]]:
    """Return (when, bad, the alarm after it) of each look."""
    now, alarm, looks = START, QUIET, []
    for seconds, bad in course:
        now += timedelta(seconds=seconds)
        alarm = step(alarm, patience, now, bad=bad)
        looks.append((now, bad, alarm))
    return looks


def lasted(looks: list[tuple[datetime, bool, Alarm]], end: int, bad: bool) -> float:
    """Return for how many seconds it had been so without a break, up to a look."""
    begin = end
    while begin > 0 and looks[begin - 1][1] is bad:
        begin -= 1
    return (looks[end][0] - looks[begin][0]).total_seconds()


@given(COURSES, PATIENCES)
def test_it_is_raised_when_bad_has_lasted_and_cleared_when_well_has(
    course: list[tuple[float, bool]], patience: Patience
) -> None:
    looks = run(course, patience)
    raised = False
    for number, (_, bad, alarm) in enumerate(looks):
        if bad:
            expected = raised or lasted(looks, number, bad) >= patience.raise_s
        else:
            expected = raised and lasted(looks, number, bad) < patience.clear_s
        assert alarm.raised == expected
        raised = expected


@given(COURSES, PATIENCES)
def test_it_never_goes_to_and_fro_faster_than_its_patience(
    course: list[tuple[float, bool]], patience: Patience
) -> None:
    raised_before, cleared_at = False, None
    for now, bad, alarm in run(course, patience):
        if alarm.raised and not raised_before:
            assert bad
            if cleared_at is not None:
                assert (now - cleared_at).total_seconds() >= patience.raise_s
        if raised_before and not alarm.raised:
            assert not bad
            cleared_at = now
        raised_before = alarm.raised


@given(COURSES, PATIENCES)
def test_what_is_remembered_holds_together(course: list[tuple[float, bool]], patience: Patience) -> None:
    for now, bad, alarm in run(course, patience):
        if alarm.raised_at is not None:
            assert alarm.bad_since is not None
            assert alarm.bad_since <= alarm.raised_at <= now
        assert (alarm.well_since is not None) == (alarm.raised and not bad)


@given(st.floats(0, 600), st.floats(0, 600))
def test_what_is_known_to_be_bad_for_long_is_told_at_once(ago_s: float, raise_s: float) -> None:
    since = START - timedelta(seconds=ago_s)
    alarm = step(QUIET, Patience(raise_s, 1), START, bad=True, since=since)
    assert alarm.bad_since == since
    assert alarm.raised == ((START - since).total_seconds() >= raise_s)
