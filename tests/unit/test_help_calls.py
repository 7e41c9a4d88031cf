"""Help buttons and door counters on the floor: one call a button, answered once; counts are figures of the day."""

from controller import commands as c
from controller import help_events as h
from controller.day_report import report
from controller.help_events import HelpId
from controller.plan import DeviceId, ZoneId
from controller.report_form import report_form
from controller.views import board_form, hall_form
from displays.board import zone_board
from tests.support.core_floor import ALL, Floor

BUTTON, OTHER, COUNTER = DeviceId("help-1"), DeviceId("help-2"), DeviceId("counter-1")


def test_a_button_has_one_call_however_often_it_is_pressed() -> None:
    floor = Floor()
    floor.do(c.AskHelp(BUTTON, ALL))
    floor.do(c.AskHelp(OTHER, zone=ZoneId("main")))
    first, second = floor.day.help_calls
    assert (first.device, first.window, first.zone, first.times) == (BUTTON, ALL, None, 1)
    assert (second.device, second.window, second.zone, second.times) == (OTHER, None, "main", 1)
    floor.do(c.AskHelp(BUTTON, ALL))
    again, same = floor.day.help_calls
    assert (again.id, again.at, again.times) == (first.id, first.at, 2)
    assert same == second


def test_a_press_that_comes_twice_counts_once() -> None:
    floor = Floor()
    floor.do(c.AskHelp(BUTTON), "press-1")
    assert floor.do(c.AskHelp(BUTTON), "press-1") == ()
    assert [call.times for call in floor.day.help_calls] == [1]


def test_a_call_is_answered_once_and_a_later_press_is_a_new_one() -> None:
    floor = Floor()
    floor.do(c.AskHelp(BUTTON))
    (call,) = floor.day.help_calls
    floor.do(c.AnswerHelp(call.id))
    assert floor.day.help_calls == ()
    assert floor.refused(c.AnswerHelp(call.id)).code == "help_not_asked"
    assert floor.refused(c.AnswerHelp(HelpId("unheard-of"))).code == "help_not_asked"
    floor.do(c.AskHelp(BUTTON))
    (later,) = floor.day.help_calls
    assert later.id != call.id
    assert floor.last(h.HelpAsked).times == 1


def test_the_staffs_board_tells_of_calls_and_a_zones_screen_does_not() -> None:
    floor = Floor()
    floor.do(c.AskHelp(BUTTON, ALL))
    board = board_form(floor.day, floor.at)
    (told,) = board["help_calls"]
    assert (told["device"], told["window"], told["times"]) == (BUTTON, ALL, 1)
    assert hall_form(floor.day, floor.at)["help_calls"] == [told]
    assert "help_calls" not in zone_board(board, "main")


def test_people_at_the_door_are_figures_of_their_slot() -> None:
    floor = Floor()
    floor.do(c.CountPeople(COUNTER, 4, 1))
    floor.wait(600)
    floor.do(c.CountPeople(COUNTER, 3))
    floor.wait(60)
    figures = report_form(report(floor.events, floor.at))
    assert figures["total"]["entered"] == 7
    assert sum(hour["entered"] for hour in figures["hours"]) == 7
    assert [point["entered"] for point in figures["curve"] if point["entered"]] == [4, 3]


def test_after_the_day_nobody_is_counted_or_helped() -> None:
    floor = Floor()
    floor.do(c.CloseDay())
    for command in (c.CountPeople(COUNTER, 1), c.AskHelp(BUTTON)):
        assert floor.refused(command).code == "day_not_open"
