"""Which board a display sees, and which of two boards look the same."""

from copy import deepcopy
from dataclasses import replace

import pytest

from controller import commands as c
from controller.plan import LedSize, WindowId
from displays.board import DisplayKind, SpeakerRank, View, board_for, glass, speaker_rank, view_of, zone_board, zone_of
from tests.support.display_floor import Floor, display_plan

PLAN = display_plan()
HALL = View(DisplayKind.TV)
MAIN, UPSTAIRS = View(DisplayKind.TV, zone="main"), View(DisplayKind.TV, zone="upstairs")


def sign(window: str) -> View:
    return View(DisplayKind.LED, window=window)


@pytest.mark.parametrize(
    ("kind", "display", "window", "view"),
    [
        (DisplayKind.TV, "tv-main", None, MAIN),
        (DisplayKind.TV, "tv-up", None, UPSTAIRS),
        (DisplayKind.TV, "tv-hall", None, HALL),
        (DisplayKind.TV, "nobody-knows-it", None, HALL),
        (DisplayKind.TV, "pad-1", None, HALL),
        (DisplayKind.LED, "2", "2", sign("2")),
        (DisplayKind.LED, "9", "9", None),
        (DisplayKind.LED, "2", None, None),
    ],
)
def test_the_plan_says_what_a_display_sees(
    kind: DisplayKind, display: str, window: str | None, view: View | None
) -> None:
    assert view_of(PLAN, kind, display, window) == view


@pytest.mark.parametrize(
    ("kind", "display", "rank"),
    [
        (DisplayKind.TV, "tv-loud", SpeakerRank.CHOSEN),
        (DisplayKind.TV, "tv-main", SpeakerRank.PLANNED),
        (DisplayKind.TV, "nobody-knows-it", SpeakerRank.UNPLANNED),
        (DisplayKind.TV, "pad-1", SpeakerRank.SILENT),
        (DisplayKind.LED, "tv-loud", SpeakerRank.SILENT),
        (DisplayKind.LED, "1", SpeakerRank.SILENT),
    ],
)
def test_how_fit_a_display_is_to_speak(kind: DisplayKind, display: str, rank: SpeakerRank) -> None:
    assert speaker_rank(PLAN, kind, display) is rank


@pytest.mark.parametrize(
    ("view", "zone"), [(HALL, None), (MAIN, "main"), (sign("1"), "main"), (sign("3"), "upstairs"), (sign("9"), None)]
)
def test_whose_announcements_a_view_hears(view: View, zone: str | None) -> None:
    assert zone_of(PLAN, view) == zone


def test_a_zone_sees_its_windows_and_calls_and_how_many_wait_in_the_hall() -> None:
    floor = Floor()
    for window in "1324":
        floor.call(window)
    floor.ticket()
    whole = floor.board()
    before = deepcopy(whole)
    board = zone_board(whole, "upstairs")
    assert board["zone"] == "upstairs"
    assert [form["window"] for form in board["windows"]] == ["3", "4"]
    assert [call["window"] for call in board["calls"]] == ["4", "3"]
    assert (board["waiting"], board["seq"]) == (1, whole["seq"])
    assert whole == before
    assert zone_board(whole, None) == whole


def test_what_belongs_to_no_zone_is_seen_in_all() -> None:
    floor = Floor()
    floor.call("1")
    notice, elsewhere = {"text": "一楼大门关闭"}, {"text": "二楼", "zone": "upstairs"}
    whole = {**floor.board(), "notices": [notice, elsewhere]}
    whole["windows"][0]["zone"] = None
    assert [form["window"] for form in zone_board(whole, "upstairs")["windows"]] == ["1", "3", "4"]
    assert zone_board(whole, "upstairs")["notices"] == [notice, elsewhere]
    assert zone_board(whole, "main")["notices"] == [notice]


@pytest.mark.parametrize(("window", "size"), [("1", (64, 16)), ("2", (128, 16)), ("3", (192, 32))])
def test_a_sign_gets_the_dots_of_its_own_size(window: str, size: tuple[int, int]) -> None:
    board = board_for(Floor().board(), PLAN, sign(window))
    assert board is not None
    assert (board["type"], board["window"], board["width"], board["height"]) == ("board", window, *size)
    assert board["bitmap"] is not None


def test_there_is_no_board_for_a_window_that_the_board_does_not_have() -> None:
    assert board_for(Floor().board(), PLAN, sign("9")) is None


def test_a_window_that_the_plan_dropped_while_it_served_keeps_a_sign() -> None:
    floor = Floor()
    number = floor.call("4")
    whole = floor.board()
    plan = replace(PLAN, windows=PLAN.windows[:3])
    board = board_for(whole, plan, sign("4"))
    assert board is not None
    assert (board["number"], board["width"], board["height"]) == (number, LedSize().width, LedSize().height)


def looks(floor: Floor, view: View) -> dict[str, object]:
    board = board_for(floor.board(), floor.plan, view)
    assert board is not None
    return glass(board)


def changed(floor: Floor, command: c.Command) -> set[View]:
    """Return the views that look different after a command."""
    views = [HALL, MAIN, UPSTAIRS, *(sign(window) for window in "1234")]
    before = {view: looks(floor, view) for view in views}
    seq = floor.seq
    floor.do(command)
    assert floor.seq > seq
    return {view for view in views if looks(floor, view) != before[view]}


def test_only_what_is_on_the_glass_makes_a_new_picture() -> None:
    floor = Floor()
    tvs = {HALL, MAIN, UPSTAIRS}
    assert changed(floor, c.IssueTicket((floor.plan.services[0].code,))) == tvs
    assert changed(floor, c.CallNext(WindowId("1"))) == {*tvs, sign("1")}
    assert changed(floor, c.Recall(WindowId("1"))) == {HALL, MAIN, sign("1")}
    assert changed(floor, c.StepAway(WindowId("3"), reason="开会")) == {HALL, UPSTAIRS, sign("3")}


def test_time_alone_changes_nothing() -> None:
    floor = Floor()
    board = floor.board()
    assert glass(board) == glass({**board, "seq": board["seq"] + 7, "at": "2026-03-02T18:00:00.000+08:00"})
    assert glass(board) != glass({**board, "waiting": board["waiting"] + 1})
