"""What the sign at a window shows: what few other windows do first, and nothing of those who are served."""

from controller import commands as c
from controller.window_sign import sign_form
from tests.support.core_floor import ALL, POLICE, SOCIAL, Floor


def test_what_few_windows_do_stands_first() -> None:
    floor = Floor(opened=(ALL, SOCIAL))
    plan = floor.day.plan
    for window in (ALL, SOCIAL, POLICE):
        named = sign_form(floor.day, floor.day.windows[window], floor.at)["services"]
        own = [service for service in plan.services if window in plan.windows_for[service.code]]
        assert sorted(named) == sorted(service.short_name or service.name for service in own)
        by_name = {service.short_name or service.name: len(plan.windows_for[service.code]) for service in own}
        assert [by_name[name] for name in named] == sorted(by_name[name] for name in named)


def test_a_substitute_is_named_while_the_window_is_left_and_no_longer() -> None:
    floor = Floor(opened=(ALL, SOCIAL))
    floor.do(c.StepAway(SOCIAL, "用餐", ALL))
    told = sign_form(floor.day, floor.day.windows[SOCIAL], floor.at)
    assert (told["notice"], told["substitute"]) == ("用餐", floor.day.plan.window_by_id[ALL].label)
    floor.do(c.ComeBack(SOCIAL))
    told = sign_form(floor.day, floor.day.windows[SOCIAL], floor.at)
    assert (told["notice"], told["substitute"], told["until"]) == (None, None, None)


def test_nobody_who_is_served_is_shown() -> None:
    floor = Floor(opened=(ALL,))
    ticket = floor.issue()
    assert floor.call(ALL) == ticket
    told = sign_form(floor.day, floor.day.windows[ALL], floor.at)
    assert floor.ticket(ticket).number not in str(told)
    assert ticket not in str(told)
