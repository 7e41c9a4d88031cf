"""How a hall speaks, by its plan: at what hour, for whom, and what a plan may not say."""

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

import pytest

from api.speaking import manner_at, manner_of_call, repeats_of_call
from controller.effects import SpeakCallOut
from controller.model import Call, CallId, TicketId
from controller.plan import Lane, Plan, WindowId
from controller.plan_check import faults
from controller.speaking import Pronunciation, SecondLine, Sound, Speech, SpeechHours
from tests.support.core_floor import ZONE
from tests.support.engines import small_plan

NOON = time(12)
NIGHT = SpeechHours(time(22), time(7), Sound.SILENT)
MORNING = SpeechHours(time(7), time(9), rate_wpm=140, volume_lu=-6)


def spoken(**members: Any) -> Plan:
    return replace(small_plan(), speech=Speech(**members))


def call_out(lane: Lane = Lane.NORMAL) -> SpeakCallOut:
    at = datetime(2026, 1, 5, 12, tzinfo=UTC)
    call = Call(CallId("c"), TicketId("t"), "A003", WindowId("2"), "2号窗口", ZONE, lane, at, 1)
    return SpeakCallOut(call, 2, ZONE, 7, at)


@pytest.mark.parametrize(
    ("now", "heard"),
    [
        (time(6, 59), None),
        (time(7), (140, -6)),
        (time(8, 59), (140, -6)),
        (time(9), (150, 0)),
        (time(22), None),
        (time(0), None),
    ],
)
def test_the_hour_decides(now: time, heard: tuple[int, int] | None) -> None:
    manner = manner_at(spoken(hours=(NIGHT, MORNING)), now)
    assert heard == (None if manner is None else (manner.rate_wpm, manner.volume_lu))


def test_a_hall_of_silent_calls_is_silent_at_every_hour() -> None:
    plan = spoken(sound=Sound.SILENT, hours=(MORNING,))
    assert manner_at(plan, time(8)) is None
    assert manner_at(plan, NOON) is None


def test_a_chime_alone_has_no_words() -> None:
    manner = manner_at(spoken(sound=Sound.CHIME), NOON)
    assert manner is not None
    assert (manner.words, manner.chime) == (False, True)


def test_the_green_channel_is_called_slower_and_once_more() -> None:
    plan = spoken()
    normal, green = (manner_of_call(plan, call_out(lane), NOON) for lane in (Lane.NORMAL, Lane.GREEN))
    assert normal is not None
    assert green is not None
    assert (normal.rate_wpm, green.rate_wpm) == (150, 120)
    assert [repeats_of_call(plan, lane) for lane in (Lane.NORMAL, Lane.APPOINTMENT, Lane.GREEN)] == [2, 2, 3]


def test_the_green_channel_is_never_called_faster_than_others() -> None:
    green = manner_of_call(spoken(rate_wpm=100), call_out(Lane.GREEN), NOON)
    assert green is not None
    assert green.rate_wpm == 100


def test_a_call_is_said_in_the_second_language_too_and_a_notice_not() -> None:
    plan = spoken(second=SecondLine("wu", ("please", "{number}", "{window}")))
    call, notice = manner_of_call(plan, call_out(), NOON), manner_at(plan, NOON)
    assert call is not None
    assert notice is not None
    assert call.second is not None
    assert (call.second.number, call.second.window, call.second.folder) == ("A003", 2, "wu")
    assert notice.second is None


def test_a_rich_way_to_speak_has_no_faults() -> None:
    rich = spoken(
        hours=(NIGHT, MORNING),
        pronunciations=(Pronunciation("六安", "lu4 an1"), Pronunciation("歙县绿溪", "she4 xian4 lv4 xi1")),
        second=SecondLine("wu", ("please", "{number}", "to", "{window}")),
    )
    assert faults(rich) == ()


@pytest.mark.parametrize(
    ("members", "path", "code"),
    [
        ({"rate_wpm": 79}, "/speech/rate_wpm", "bad_rate_wpm"),
        ({"green_rate_wpm": 301}, "/speech/green_rate_wpm", "bad_rate_wpm"),
        ({"volume_lu": 1}, "/speech/volume_lu", "bad_volume_lu"),
        ({"green_repeat_more": -1}, "/speech/green_repeat_more", "bad_repeat_more"),
        ({"notice_repeat": 0}, "/speech/notice_repeat", "bad_repeat"),
        ({"notice_ttl_s": 0}, "/speech/notice_ttl_s", "bad_notice_ttl"),
        ({"hours": (SpeechHours(NOON, NOON),)}, "/speech/hours/0", "bad_speech_hours"),
        ({"hours": (replace(NIGHT, rate_wpm=5),)}, "/speech/hours/0/rate_wpm", "bad_rate_wpm"),
        ({"hours": (replace(NIGHT, volume_lu=-16),)}, "/speech/hours/0/volume_lu", "bad_volume_lu"),
        (
            {"pronunciations": (Pronunciation("A镇", "a4 zhen4"),)},
            "/speech/pronunciations/0/word",
            "bad_pronounced_word",
        ),
        ({"pronunciations": (Pronunciation("六安", "lu an1"),)}, "/speech/pronunciations/0/pinyin", "bad_pinyin"),
        ({"pronunciations": (Pronunciation("六安", "lu4 brn1"),)}, "/speech/pronunciations/0/pinyin", "bad_pinyin"),
        ({"pronunciations": (Pronunciation("六安", "lu4"),)}, "/speech/pronunciations/0/pinyin", "pinyin_count"),
        ({"pronunciations": (Pronunciation("六", "lu4"),) * 2}, "/speech/pronunciations", "twice"),
        ({"second": SecondLine("../wu", ("a",))}, "/speech/second/folder", "bad_id"),
        ({"second": SecondLine("wu", ())}, "/speech/second/parts", "bad_parts_count"),
        ({"second": SecondLine("wu", ("a/b",))}, "/speech/second/parts/0", "bad_recording_name"),
    ],
)
def test_what_a_plan_may_not_say(members: dict[str, Any], path: str, code: str) -> None:
    assert [(fault.path, fault.code) for fault in faults(spoken(**members))] == [(path, code)]
