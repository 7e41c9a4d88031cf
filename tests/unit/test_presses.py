"""What a clerk can do at a window, as commands: the same words over HTTP and from a call pad."""

from datetime import UTC, datetime
from typing import get_args

import pytest

from api.presses import Action, Details, command_of
from controller import commands as c
from controller.model import TicketId
from controller.plan import ServiceCode, WindowId
from devices.messages import ACTIONS

WINDOW = WindowId("2")
UNTIL = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
ALL = Details(
    clerk="王",
    ticket="t-1",
    reason="开会",
    substitute="3",
    until=UNTIL,
    to_window="4",
    services=("pension", "subsidy"),
    note="材料在袋中",
    to_clerk="李",
)
COMMANDS = {
    "open": c.OpenWindow(WINDOW, "王"),
    "next": c.CallNext(WINDOW),
    "recall": c.Recall(WINDOW),
    "start": c.StartService(WINDOW),
    "finish": c.FinishService(WINDOW),
    "no-show": c.PassTicket(WINDOW),
    "hold": c.HoldTicket(WINDOW),
    "resume": c.ResumeTicket(WINDOW, TicketId("t-1")),
    "transfer": c.TransferTicket(
        WINDOW, WindowId("4"), (ServiceCode("pension"), ServiceCode("subsidy")), "材料在袋中", "李"
    ),
    "away": c.StepAway(WINDOW, "开会", WindowId("3"), UNTIL),
    "back": c.ComeBack(WINDOW),
    "close": c.CloseWindow(WINDOW),
}


def test_these_are_the_words_of_the_contract() -> None:
    assert [action.value for action in Action] == list(COMMANDS)
    assert set(Action) == set(ACTIONS), "a call pad and HTTP know the same words"


@pytest.mark.parametrize("action", list(Action))
def test_each_word_is_a_command_with_its_own_details(action: Action) -> None:
    command = command_of(action, WINDOW, ALL)
    assert command == COMMANDS[action]
    assert isinstance(command, get_args(c.Command))


@pytest.mark.parametrize(
    ("action", "command"),
    [
        (Action.OPEN, c.OpenWindow(WINDOW, None)),
        (Action.RESUME, c.ResumeTicket(WINDOW, None)),
        (Action.TRANSFER, c.TransferTicket(WINDOW, None, (), "")),
        (Action.AWAY, c.StepAway(WINDOW, "", None, None)),
    ],
)
def test_what_is_not_said_is_left_to_the_floor(action: Action, command: c.Command) -> None:
    assert command_of(action, WINDOW, Details()) == command
    assert command_of(action, WINDOW, Details(ticket="", substitute="", to_window="")) == command
