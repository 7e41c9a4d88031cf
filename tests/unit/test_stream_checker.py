"""The crash tests' own checker finds what it is there to find."""

from copy import deepcopy
from typing import Any

import pytest

from tests.support.stream_checker import StreamFloor, assert_sound


def row(seq: int, type_: str, **data: str) -> dict[str, Any]:
    return {"seq": seq, "type": type_, "command": f"c{seq}", "data": data}


def issued(seq: int, ticket: tuple[str, str, str]) -> dict[str, Any]:
    return row(seq, "TicketIssued", **dict(zip(("ticket", "number", "token"), ticket, strict=True)))


SOUND = [
    issued(1, ("t1", "A001", "k1")),
    issued(2, ("t2", "A002", "k2")),
    row(3, "TicketCalled", ticket="t1", window="1"),
    row(4, "ReceiptRequested", job="j1", ticket="t1"),
    row(5, "ReceiptRequested", job="j2", ticket="t2"),
    row(6, "ServiceFinished", ticket="t1", window="1"),
]
BOARD = {
    "seq": 5,
    "waiting": 1,
    "windows": [
        {"window": "1", "ticket": "t1", "stage": "called"},
        {"window": "2", "ticket": None, "stage": None},
    ],
    "calls": [{"ticket": "t1"}],
}


def test_a_sound_stream_and_a_true_board_pass() -> None:
    assert_sound(SOUND)
    floor = StreamFloor()
    floor.advance(SOUND, 5)
    floor.assert_shown(BOARD)
    floor.assert_shown_on_sign({"window": "1", "number": "A001", "stage": "called"}, {"t1": "A001"})


@pytest.mark.parametrize(
    ("index", "changed"),
    [
        (1, {"number": "A001"}),
        (1, {"ticket": "t1"}),
        (1, {"token": "k1"}),
        (4, {"job": "j1"}),
        (5, {"window": "2"}),
    ],
)
def test_what_may_not_be_twice_is_found(index: int, changed: dict[str, str]) -> None:
    rows = deepcopy(SOUND)
    rows[index]["data"] |= changed
    with pytest.raises(AssertionError):
        assert_sound(rows)


@pytest.mark.parametrize("added", [row(7, "TicketCalled", ticket="t1", window="2"), row(8, "WindowClosed", window="1")])
def test_a_second_call_and_a_gap_are_found(added: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        assert_sound([*SOUND, added])


def test_one_command_that_gave_two_tickets_is_found() -> None:
    rows = deepcopy(SOUND)
    rows[1]["command"] = rows[0]["command"]
    with pytest.raises(AssertionError):
        assert_sound(rows)


@pytest.mark.parametrize(
    "changed",
    [
        {"waiting": 2},
        {"calls": []},
        {"calls": [{"ticket": "t2"}]},
        {"windows": [BOARD["windows"][1] | {"window": "1"}]},
    ],
)
def test_a_false_board_is_found(changed: dict[str, Any]) -> None:
    floor = StreamFloor()
    floor.advance(SOUND, 5)
    with pytest.raises(AssertionError):
        floor.assert_shown(BOARD | changed)
