"""The public forms of a hall's state have the contract's members, and say what is true."""

import json
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from controller import commands as c
from controller.model import TicketState
from controller.plan import Hall, HallId, Hours, Lane, Screens, ZoneId
from controller.screens import ScreenNotice
from controller.views import (
    NEXT_SHOWN_MAX,
    board_form,
    call_form,
    console_form,
    device_state,
    hall_form,
    issued_form,
    phone_form,
    review_form,
    ticket_form,
    window_form,
)
from tests.support.core_floor import (
    ALL,
    INSURANCE,
    MACHINE,
    PENSION,
    POLICE,
    RESIDENCE,
    SOCIAL,
    Floor,
    floor_plan,
    floor_with,
)

CONTRACT = {
    "hall": {"hall", "name", "day", "seq", "open", "waiting", "waiting_by_service", "windows", "calls"},
    "window": {"window", "label", "kind", "status", "ticket", "number", "stage", "notice", "substitute"},
    "call": {"call", "ticket", "number", "window", "at", "times"},
    "ticket": {
        "ticket",
        "number",
        "services",
        "lane",
        "state",
        "window",
        "ahead",
        "wait",
        "receipt",
        "issued_at",
    },
    "issued": {"ticket", "number", "ahead", "wait", "token"},
    "board": {"type", "hall", "seq", "open", "waiting", "calls", "windows", "notices"},
    "device": {"window", "number", "status"},
}
"""The members that design §3 promises; more may be there."""


def busy() -> Floor:
    floor = Floor(opened=(ALL, SOCIAL))
    for service in (PENSION, RESIDENCE, INSURANCE, PENSION):
        floor.issue(service, device=MACHINE)
    floor.serve(ALL)
    floor.call(SOCIAL)
    return floor


def forms(floor: Floor) -> dict[str, list[dict[str, Any]]]:
    day, at = floor.day, floor.at
    return {
        "hall": [hall_form(day, at)],
        "window": [window_form(day, state) for state in day.windows.values()],
        "call": [call_form(call) for call in day.calls],
        "ticket": [ticket_form(day, ticket, at) for ticket in day.tickets.values()],
        "issued": [issued_form(ticket) for ticket in day.tickets.values()],
        "board": [board_form(day, at)],
        "device": [device_state(day, window, at) for window in day.windows],
    }


@pytest.mark.parametrize("name", CONTRACT)
def test_a_form_has_the_contracts_members_and_is_json(name: str) -> None:
    shown = forms(busy())[name]
    assert shown
    for form in shown:
        assert CONTRACT[name] <= form.keys()
        assert json.loads(json.dumps(form)) == form


def test_the_hall_says_who_waits_and_what_is_called() -> None:
    floor = busy()
    form = hall_form(floor.day, floor.at)
    assert (form["hall"], form["name"], form["day"]) == ("demo", "示例镇便民服务中心", "2026-03-02")
    assert (form["seq"], form["open"], form["waiting"]) == (floor.day.seq, True, 2)
    assert form["waiting_by_service"] == {RESIDENCE: 1, PENSION: 1}
    assert [window["window"] for window in form["windows"]] == ["1", "2", "3", "4", "5"]
    assert [call["number"] for call in form["calls"]] == ["A002", "A001"]
    assert board_form(floor.day, floor.at) == {
        **form,
        "type": "board",
        "hall_name": form["name"],
        "zone": None,
        "notices": [],
    }


def test_a_board_carries_the_notices_that_hold_today() -> None:
    floor = busy()
    day = floor.day.day
    notices = (
        ScreenNotice("医保集中缴费", last=day),
        ScreenNotice("已过", last=day - timedelta(days=1)),
        ScreenNotice("未到", first=day + timedelta(days=1)),
        ScreenNotice("东区饮水机在修", ZoneId("main"), first=day),
    )
    floor.do(c.ChangePlan(replace(floor.plan, screens=Screens(notices=notices))))
    assert board_form(floor.day, floor.at)["notices"] == [
        {"text": "医保集中缴费", "zone": None},
        {"text": "东区饮水机在修", "zone": "main"},
    ]


def test_a_hall_is_open_by_its_hours_and_until_the_day_is_closed() -> None:
    hours = Hours(time(8, 30), time(17, 30))
    floor = Floor(floor_plan(hall=Hall(HallId("demo"), "示例镇便民服务中心", hours=hours)), step_s=0)

    def at(hour: int, minute: int) -> bool:
        is_open: bool = hall_form(floor.day, floor.at.replace(hour=hour, minute=minute))["open"]
        return is_open

    assert [at(8, 29), at(8, 30), at(17, 29), at(17, 30)] == [False, True, True, False]
    assert opens_at(floor, 8, 29) == floor.at.replace(hour=8, minute=30)
    assert opens_at(floor, 9, 0) is None
    assert opens_at(floor, 17, 30) == floor.at.replace(day=3, hour=8, minute=30)
    floor.do(c.CloseDay())
    assert not at(9, 0)
    assert opens_at(floor, 9, 0) == floor.at.replace(day=3, hour=8, minute=30)


def opens_at(floor: Floor, hour: int, minute: int) -> datetime | None:
    told = hall_form(floor.day, floor.at.replace(hour=hour, minute=minute))["opens_at"]
    return None if told is None else datetime.fromisoformat(told)


def test_the_hall_names_who_waits_for_what_no_window_offers() -> None:
    floor = busy()
    (waits,) = (ticket for ticket in floor.day.waiting if floor.ticket(ticket).services == (RESIDENCE,))
    rest = tuple(service for service in floor.day.plan.services if service.code != RESIDENCE)
    floor.do(c.ChangePlan(floor_plan(services=rest)))
    assert hall_form(floor.day, floor.at)["stranded"] == [
        {"ticket": waits, "number": floor.ticket(waits).number, "services": [RESIDENCE], "lane": "normal"}
    ]
    floor.do(c.ChangePlan(floor_plan()))
    assert hall_form(floor.day, floor.at)["stranded"] == []


def test_a_window_says_what_is_there() -> None:
    floor = busy()
    ticket = floor.day.windows[SOCIAL].ticket
    form = window_form(floor.day, floor.window(SOCIAL))
    assert (form["label"], form["kind"], form["zone"]) == ("2号窗口", "field", "main")
    assert (form["status"], form["clerk"]) == ("open", "clerk-1")
    assert (form["ticket"], form["number"], form["stage"], form["lane"], form["times"]) == (
        ticket,
        "A002",
        "called",
        "normal",
        1,
    )
    assert (form["notice"], form["substitute"], form["until"], form["review"]) == (None, None, None, None)
    free = window_form(floor.day, floor.window(POLICE))
    assert (free["status"], free["ticket"], free["number"], free["stage"], free["times"]) == (
        "closed",
        None,
        None,
        None,
        0,
    )


def test_a_window_that_is_away_sends_people_only_to_one_that_is_open() -> None:
    floor = Floor(opened=(ALL, SOCIAL))
    floor.do(c.StepAway(ALL, "开会", SOCIAL, floor.at + timedelta(minutes=10)))
    form = window_form(floor.day, floor.window())
    assert (form["status"], form["notice"], form["substitute"]) == ("away", "开会", SOCIAL)
    assert form["substitute_label"] == floor.day.plan.window_by_id[SOCIAL].label
    assert datetime.fromisoformat(form["until"]) == floor.window().until
    floor.do(c.StepAway(SOCIAL, "取件"))
    form = window_form(floor.day, floor.window())
    assert (form["substitute"], form["substitute_label"]) == (None, None)
    floor.do(c.ComeBack(SOCIAL))
    assert window_form(floor.day, floor.window())["substitute"] == SOCIAL
    floor.do(c.CloseWindow(SOCIAL))
    assert window_form(floor.day, floor.window())["substitute"] is None


def test_a_window_asks_for_the_review_of_what_it_finished() -> None:
    floor, ticket = floor_with(TicketState.FINISHED)
    review = window_form(floor.day, floor.window())["review"]
    assert (review["ticket"], review["number"]) == (ticket, "A001")
    assert datetime.fromisoformat(review["until"]) == floor.at + timedelta(seconds=180)
    floor.do(c.SubmitReview(5, window=ALL))
    assert window_form(floor.day, floor.window())["review"] is None


def test_an_older_state_of_a_window_gives_the_older_form() -> None:
    floor = busy()
    before = floor.window(ALL)
    wanted = window_form(floor.day, before)
    floor.do(c.CallNext(ALL))
    assert window_form(floor.day, before) == wanted


@pytest.mark.parametrize("state", TicketState)
def test_only_who_waits_has_a_place_and_a_wait(state: TicketState) -> None:
    floor, ticket = floor_with(state)
    for window in (ALL, SOCIAL):
        if floor.window(window).ticket is None:
            floor.do(c.StepAway(window, "开会"))
    form = ticket_form(floor.day, floor.ticket(ticket), floor.at)
    assert (form["state"], form["number"], form["services"]) == (state, "A001", [PENSION])
    assert form["ahead"] == 0
    waits = state is TicketState.WAITING
    assert (form["wait"]["p50_s"] > 0, form["wait"]["p90_s"] > 0) == (waits, waits)
    assert (form["called_at"] is not None) == (state not in (TicketState.WAITING, TicketState.CANCELLED))
    assert (form["ended_at"] is not None) == (state in (TicketState.FINISHED, TicketState.CANCELLED))
    assert "token" not in form


def test_a_place_moves_up_as_others_are_called() -> None:
    floor = Floor(opened=(ALL,))
    tickets = [floor.issue() for _ in range(4)]
    aheads = []
    for _ in range(3):
        aheads.append([ticket_form(floor.day, floor.ticket(ticket), floor.at)["ahead"] for ticket in tickets])
        floor.serve()
    assert aheads == [[0, 1, 2, 3], [0, 0, 1, 2], [0, 0, 0, 1]]


def test_a_green_ticket_moves_ahead_of_who_came_before() -> None:
    floor = Floor(opened=(ALL,))
    normal = floor.issue()
    green = floor.issue(lane=Lane.GREEN)
    floor.wait(600)
    shown = {ticket: ticket_form(floor.day, floor.ticket(ticket), floor.at)["ahead"] for ticket in (normal, green)}
    assert shown == {normal: 1, green: 0}


def test_a_called_ticket_says_where_to_go() -> None:
    floor = busy()
    called = floor.day.windows[SOCIAL].ticket
    assert called is not None
    form = ticket_form(floor.day, floor.ticket(called), floor.at)
    assert (form["state"], form["window"], form["label"]) == ("called", SOCIAL, "2号窗口")


def test_a_new_ticket_tells_what_was_promised_even_later() -> None:
    floor = Floor(opened=(ALL,))
    floor.issue()
    floor.serve()
    floor.issue()
    ticket = floor.issue(lane=Lane.GREEN, device=MACHINE)
    wanted = issued_form(floor.ticket(ticket))
    assert (wanted["number"], wanted["ahead"], wanted["lane"]) == ("A003", 1, "green")
    assert wanted["wait"]["p90_s"] > wanted["wait"]["p50_s"] > 0
    assert wanted["token"].startswith("demo.")
    floor.do(c.CallNext(ALL))
    assert issued_form(floor.ticket(ticket)) == wanted


def test_the_phone_page_knows_its_hall_and_where_to_go() -> None:
    floor = Floor(opened=(ALL,))
    ticket = floor.issue()
    form = phone_form(floor.day, floor.ticket(ticket), floor.at)
    assert (form["hall_name"], form["call"], form["seq"]) == ("示例镇便民服务中心", None, floor.day.seq)
    assert form["token"] == floor.ticket(ticket).token
    floor.call()
    assert phone_form(floor.day, floor.ticket(ticket), floor.at)["call"] == "1号窗口"


def test_a_review_is_told_as_it_was_given() -> None:
    floor, ticket = floor_with(TicketState.FINISHED)
    floor.do(c.SubmitReview(2, ("213",), "等太久", ticket=ticket))
    (review,) = floor.day.reviews.values()
    form = review_form(review)
    assert datetime.fromisoformat(form.pop("at")) == floor.at
    assert form == {
        "review": review.id,
        "ticket": ticket,
        "window": ALL,
        "level": 2,
        "tags": ["213"],
        "text": "等太久",
    }


def test_a_clerk_sees_the_ticket_there_those_held_and_who_is_next() -> None:
    floor = Floor(opened=(ALL,))
    tickets = [floor.issue() for _ in range(9)]
    floor.serve()
    floor.do(c.HoldTicket(ALL))
    floor.serve()
    form = console_form(floor.day, floor.window(), floor.at)
    assert form["window"] == window_form(floor.day, floor.window())
    assert form["current"]["ticket"] == tickets[1]
    assert [ticket["ticket"] for ticket in form["held"]] == tickets[:1]
    assert [ticket["ticket"] for ticket in form["next"]] == tickets[2 : 2 + NEXT_SHOWN_MAX]
    assert (form["eligible"], form["seq"]) == (7, floor.day.seq)
    floor.do(c.FinishService(ALL))
    assert console_form(floor.day, floor.window(), floor.at)["current"] is None


def test_a_device_shows_its_window_or_else_the_hall() -> None:
    floor = busy()
    at_window = device_state(floor.day, SOCIAL, floor.at)
    assert (at_window["window"], at_window["number"], at_window["stage"]) == (SOCIAL, "A002", "called")
    assert at_window["waiting"] == 1
    for window in (None, "9"):
        assert device_state(floor.day, window, floor.at) == {
            "hall": "demo",
            "name": "示例镇便民服务中心",
            "open": True,
            "waiting": 2,
            "seq": floor.day.seq,
        }


def test_times_are_rfc_3339_to_the_millisecond_with_the_halls_offset() -> None:
    floor = Floor(step_s=0.0015)
    floor.issue()
    form = hall_form(floor.day, floor.at)
    assert form["at"] == "2026-03-02T09:00:00.003+08:00"
