"""The two wastes: people wait for windows, windows wait for people."""

from controller import commands as c
from controller.indices import people_waiting_for_windows, windows_waiting_for_people
from tests.support.core_floor import ALL, GRIEVANCE, PENSION, POLICE, RESIDENCE, RURAL, SOCIAL, UNRESOLVED, Floor


def test_people_wait_where_a_window_that_could_serve_them_is_not_manned() -> None:
    floor = Floor(opened=(ALL, SOCIAL))
    for service in (PENSION, PENSION, RESIDENCE):
        floor.issue(service)
    assert people_waiting_for_windows(floor.day) == 1
    floor.do(c.StepAway(SOCIAL, "开会"))
    assert people_waiting_for_windows(floor.day) == 3
    floor.do(c.ComeBack(SOCIAL))
    floor.do(c.OpenWindow(POLICE))
    assert people_waiting_for_windows(floor.day) == 0


def test_nobody_waits_for_a_window_when_nobody_waits() -> None:
    floor = Floor()
    assert people_waiting_for_windows(floor.day) == 0
    ticket = floor.issue(GRIEVANCE)
    assert people_waiting_for_windows(floor.day) == 1
    floor.do(c.CancelTicket(ticket))
    assert people_waiting_for_windows(floor.day) == 0


def test_windows_wait_that_are_open_with_nobody_to_call() -> None:
    floor = Floor(opened=(ALL, SOCIAL, RURAL, UNRESOLVED))
    assert windows_waiting_for_people(floor.day) == (ALL, SOCIAL, RURAL, UNRESOLVED)
    floor.issue(PENSION)
    assert windows_waiting_for_people(floor.day) == (RURAL, UNRESOLVED)
    floor.call(ALL)
    assert windows_waiting_for_people(floor.day) == (SOCIAL, RURAL, UNRESOLVED)
    floor.do(c.StepAway(SOCIAL, "开会"))
    floor.do(c.CloseWindow(RURAL))
    assert windows_waiting_for_people(floor.day) == (UNRESOLVED,)


def test_a_substitute_with_somebody_elses_people_does_not_wait() -> None:
    floor = Floor(opened=(POLICE, RURAL))
    floor.issue(RESIDENCE)
    assert windows_waiting_for_people(floor.day) == (RURAL,)
    floor.do(c.StepAway(POLICE, "开会", RURAL))
    assert windows_waiting_for_people(floor.day) == ()
