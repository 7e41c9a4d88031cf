"""The announcer on virtual time: what goes before others, and what is said in another manner or not at all."""

import pytest

from devices.announcer import QUEUE_MAX, SILENT_SLOT_S
from devices.manner import Manner
from tests.unit.test_announcer import ONCE_S, TWICE_S, Floor, floor

__all__ = ["floor"]


async def test_an_urgent_one_goes_before_all_that_wait_and_never_into_one(floor: Floor) -> None:
    floor.announce("a", repeat=2)
    floor.announce("b")
    await floor.clock.advance(1.0)
    floor.announce("urgent", urgent=True)
    floor.announce("urgent too", urgent=True)
    await floor.clock.advance(60)
    assert [name for _, name in floor.times] == ["a", "urgent", "urgent too", "b"]
    assert floor.times[1][0] == pytest.approx(TWICE_S)


async def test_an_urgent_one_is_the_last_to_give_way_to_a_full_queue(floor: Floor) -> None:
    floor.announce("sounding")
    await floor.clock.advance(0.1)
    floor.announce("urgent", urgent=True)
    for number in range(QUEUE_MAX):
        floor.announce(f"n{number}")
    assert [reason for _, reason in floor.dropped] == ["overflow"]
    await floor.clock.advance(ONCE_S + 1)
    assert floor.times[1][1] == "urgent"


async def test_what_was_waiting_is_urgent_when_it_is_asked_for_so(floor: Floor) -> None:
    floor.announce("sounding")
    await floor.clock.advance(0.1)
    for name in ("b", "c"):
        floor.announce(name)
    floor.announce("again", text="text of c", urgent=True)
    await floor.clock.advance(60)
    assert [name for _, name in floor.times] == ["sounding", "again", "b", "c"]


async def test_a_silent_one_is_for_the_screens_and_asks_for_no_recording(floor: Floor) -> None:
    floor.announce("a", manner=None)
    await floor.clock.advance(SILENT_SLOT_S + 1)
    assert floor.played[0][1].to_message(speak=True)["audio"] is None
    assert floor.voice.asked == []


async def test_each_is_recorded_in_its_own_manner(floor: Floor) -> None:
    slow = Manner(rate_wpm=120)
    floor.announce("a", text="same")
    await floor.clock.advance(0.1)
    floor.announce("b", text="other")
    floor.announce("c", text="other", manner=slow)
    await floor.clock.advance(60)
    assert [name for _, name in floor.times] == ["a", "c"]
    assert floor.voice.manners[-1] == slow
