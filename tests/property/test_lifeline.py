"""The rule of births and wills, over every order in which a broker may bring them."""

from hypothesis import given
from hypothesis import strategies as st

from controller.lifeline import Lifeline, Status, Word, follow, is_beat

NUMBERS = st.lists(st.integers(0, 2**50), unique=True, min_size=1, max_size=8)
"""Sessions of a device in the order in which they begin; its clock may go anywhere."""


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Status], bool, int]:
    """Return statuses as a broker may bring them: births in their order, each will once or more, at any time after."""
    numbers = draw(NUMBERS)
    last_died = draw(st.booleans())
    told: list[Status] = []
    for position, number in enumerate(numbers):
        told.append(Status(Word.ONLINE, number))
        told += [Status(Word.ONLINE, number)] * draw(st.integers(0, 2))
        late = [old for old in numbers[:position] if draw(st.booleans())]
        told += [Status(Word.OFFLINE, old) for old in late]
    if last_died:
        told.append(Status(Word.OFFLINE, numbers[-1]))
        told += [Status(Word.OFFLINE, old) for old in numbers if draw(st.booleans())]
    return told, not last_died, numbers[-1]


@given(histories())
def test_a_late_will_never_ends_a_newer_session(history: tuple[list[Status], bool, int]) -> None:
    told, lives, last = history
    line = Lifeline()
    for status in told:
        line = follow(line, status)
    assert line == Lifeline(online=lives, session=last)


STATUSES = st.builds(Status, st.sampled_from(Word), st.none() | st.integers(0, 3), st.booleans())
LINES = st.builds(Lifeline, st.booleans(), st.none() | st.integers(0, 3))


@given(LINES, STATUSES)
def test_the_rule_is_total_and_says_again_what_it_said(line: Lifeline, status: Status) -> None:
    after = follow(line, status)
    assert follow(after, status) == after
    if status.word is Word.ONLINE:
        assert after.online
    if status.word is Word.CLEARED:
        assert after == Lifeline()
    if is_beat(line, status):
        assert after == line


@given(STATUSES)
def test_a_device_without_numbers_is_taken_at_its_word(status: Status) -> None:
    after = follow(Lifeline(online=True), status)
    assert after.online == (status.word is Word.ONLINE)
