"""The announcer on virtual time: who speaks when, who doesn't, and what a player is told."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from devices.announcer import (
    IDS_REMEMBERED_MAX,
    PLAY_MARGIN_S,
    QUEUE_MAX,
    REPEAT_GAP_S,
    REPEAT_MAX,
    SILENT_SLOT_S,
    Announcement,
    Announcer,
)
from devices.manner import PLAIN, Manner
from devices.voice import Clip, VoiceUnavailable
from tests.support.virtual_clock import VirtualClock

CLIP_S = 4.0
ONCE_S = CLIP_S + PLAY_MARGIN_S
TWICE_S = 2 * CLIP_S + REPEAT_GAP_S + PLAY_MARGIN_S


@dataclass
class Recordings:
    """A voice whose recordings all take `CLIP_S`, and some time to make."""

    clock: VirtualClock
    making_s: float = 0.0
    error: Exception | None = None
    asked: list[tuple[float, str, str]] = field(default_factory=list)
    manners: list[Manner] = field(default_factory=list)

    async def clip(self, text: str, language: str = "zh-CN", manner: Manner = PLAIN) -> Clip:
        self.asked.append((self.clock.elapsed_s, text, language))
        self.manners.append(manner)
        if self.making_s:
            await self.clock.sleep(self.making_s)
        if self.error is not None:
            raise self.error
        return Clip(Path(f"/audio/{text}.wav"), f"{text}.wav", CLIP_S)


class Floor:
    """An announcer with all that it touches."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.voice = Recordings(self.clock)
        self.played: list[tuple[float, Announcement]] = []
        self.play_error: Exception | None = None
        self.callback_error: Exception | None = None
        self.released: list[tuple[str, float]] = []
        self.dropped: list[tuple[str, str]] = []
        self.announcer = Announcer(
            self.voice,
            self._play,
            clock=self.clock,
            on_released=self._on_released,
            on_dropped=lambda hall, reason: self.dropped.append((hall, reason)),
        )

    async def _play(self, announcement: Announcement) -> None:
        if self.play_error is not None:
            raise self.play_error
        self.played.append((self.clock.elapsed_s, announcement))

    def _on_released(self, hall: str, lag_s: float) -> None:
        self.released.append((hall, lag_s))
        if self.callback_error is not None:
            raise self.callback_error

    def announce(
        self,
        announcement_id: str,
        *,
        zone: str = "main",
        hall: str = "demo",
        text: str | None = None,
        live_s: float = 900,
        repeat: int = 1,
        language: str = "zh-CN",
        since: datetime | None = None,
        manner: Manner | None = PLAIN,
        urgent: bool = False,
    ) -> None:
        self.announcer.announce(
            hall,
            zone,
            announcement_id,
            seq=7,
            text=text or f"text of {announcement_id}",
            expires_at=self.clock.at(self.clock.elapsed_s + live_s),
            repeat=repeat,
            since=since,
            language=language,
            manner=manner,
            urgent=urgent,
        )

    @property
    def times(self) -> list[tuple[float, str]]:
        return [(at_s, announcement.id) for at_s, announcement in self.played]


@pytest.fixture
async def floor() -> AsyncIterator[Floor]:
    made = Floor()
    yield made
    await made.announcer.close()


async def test_announcements_of_a_zone_follow_each_other_and_none_is_cut_off(floor: Floor) -> None:
    for name in ("a", "b", "c"):
        floor.announce(name, repeat=2)
    assert floor.played == []
    await floor.clock.run_out()
    assert floor.times == [(0.0, "a"), (TWICE_S, "b"), (2 * TWICE_S, "c")]
    assert floor.dropped == []


async def test_the_next_is_not_released_a_moment_before_the_last_word(floor: Floor) -> None:
    floor.announce("a", repeat=2)
    floor.announce("b")
    await floor.clock.advance(TWICE_S - 0.001)
    assert floor.times == [(0.0, "a")]
    await floor.clock.advance(0.001)
    assert floor.times == [(0.0, "a"), (TWICE_S, "b")]


async def test_an_announcement_that_comes_in_the_middle_of_another_waits_for_its_end(floor: Floor) -> None:
    floor.announce("a")
    await floor.clock.advance(1.5)
    floor.announce("b")
    await floor.clock.run_out()
    assert floor.times == [(0.0, "a"), (ONCE_S, "b")]


async def test_zones_and_halls_speak_at_the_same_time(floor: Floor) -> None:
    floor.announce("a", zone="east")
    floor.announce("b", zone="west")
    floor.announce("a", hall="other", zone="east")
    await floor.clock.settle()
    assert [(entry.hall, entry.zone, entry.id) for _, entry in floor.played] == [
        ("demo", "east", "a"),
        ("demo", "west", "b"),
        ("other", "east", "a"),
    ]


async def test_one_whose_turn_comes_too_late_is_not_said(floor: Floor) -> None:
    floor.announce("a", repeat=2)
    floor.announce("late", live_s=TWICE_S - 1)
    floor.announce("b", live_s=TWICE_S)
    await floor.clock.run_out()
    assert floor.times == [(0.0, "a"), (TWICE_S, "b")]
    assert floor.dropped == [("demo", "expired")]


async def test_one_that_expires_while_its_recording_is_made_is_not_said(floor: Floor) -> None:
    floor.voice.making_s = 10
    floor.announce("a", live_s=9)
    await floor.clock.run_out()
    assert floor.played == []
    assert floor.dropped == [("demo", "expired")]


async def test_one_that_has_begun_in_time_is_said_to_its_end(floor: Floor) -> None:
    floor.announce("a", repeat=2, live_s=1)
    floor.announce("b")
    await floor.clock.run_out()
    assert floor.times == [(0.0, "a"), (TWICE_S, "b")]


async def test_the_next_recording_is_made_while_the_present_one_sounds(floor: Floor) -> None:
    floor.voice.making_s = 3
    for name in ("a", "b", "c"):
        floor.announce(name)
    await floor.clock.run_out()
    assert floor.times == [(3.0, "a"), (3.0 + ONCE_S, "b"), (3.0 + 2 * ONCE_S, "c")]
    assert [text for _, text, _ in floor.voice.asked] == ["text of a", "text of b", "text of c"]
    assert floor.voice.asked[2][0] == 3.0 + ONCE_S  # and no earlier: what waits may yet expire or be superseded


async def test_a_full_queue_loses_its_oldest(floor: Floor) -> None:
    floor.announce("playing")
    await floor.clock.settle()
    for number in range(QUEUE_MAX + 1):
        floor.announce(f"n{number}")
    assert floor.dropped == [("demo", "overflow")]
    await floor.clock.run_out()
    assert [name for _, name in floor.times] == ["playing", *(f"n{number}" for number in range(1, QUEUE_MAX + 1))]


async def test_a_full_queue_loses_an_expired_one_before_its_oldest(floor: Floor) -> None:
    floor.announce("playing")
    await floor.clock.settle()
    for number in range(QUEUE_MAX):
        floor.announce(f"n{number}", live_s=1 if number == 5 else 900)
    await floor.clock.advance(2)
    floor.announce("new")
    assert floor.dropped == [("demo", "expired")]
    await floor.clock.run_out()
    assert [name for _, name in floor.times] == [
        "playing",
        *(f"n{number}" for number in range(QUEUE_MAX) if number != 5),
        "new",
    ]


async def test_the_same_sentence_asked_for_again_takes_the_place_of_the_waiting_one(floor: Floor) -> None:
    floor.announce("playing")
    await floor.clock.settle()
    floor.announce("c5-1", text="请A零零三号到二号窗口")
    floor.announce("other")
    floor.announce("c5-2", text="请A零零三号到二号窗口")
    await floor.clock.run_out()
    assert [name for _, name in floor.times] == ["playing", "c5-2", "other"]
    assert floor.dropped == [("demo", "superseded")]
    assert [text for _, text, _ in floor.voice.asked].count("请A零零三号到二号窗口") == 1


async def test_each_sentence_is_recorded_in_its_own_language(floor: Floor) -> None:
    floor.announce("a", text="A", zone="east")
    floor.announce("b", text="A", zone="west", language="en")
    await floor.clock.run_out()
    assert floor.voice.asked == [(0.0, "A", "zh-CN"), (0.0, "A", "en")]


async def test_a_recall_of_what_is_being_said_is_said_after_it(floor: Floor) -> None:
    floor.announce("c5-1", text="请A零零三号到二号窗口")
    await floor.clock.advance(1)
    floor.announce("c5-2", text="请A零零三号到二号窗口")
    await floor.clock.run_out()
    assert floor.times == [(0.0, "c5-1"), (ONCE_S, "c5-2")]


async def test_an_id_given_twice_is_said_once(floor: Floor) -> None:
    floor.announce("a")
    floor.announce("a")
    await floor.clock.run_out()
    floor.announce("a")
    await floor.clock.run_out()
    assert floor.times == [(0.0, "a")]
    assert floor.dropped == []


async def test_ids_are_remembered_within_bounds(floor: Floor) -> None:
    for number in range(IDS_REMEMBERED_MAX + 1):
        floor.announce(f"n{number}", zone=f"zone {number}")
    await floor.clock.run_out()
    floor.announce("n0", zone="zone 0")
    floor.announce("n1", zone="zone 1")
    await floor.clock.run_out()
    assert len(floor.played) == IDS_REMEMBERED_MAX + 3  # n0 was forgotten, and made it forget n1
    assert len(floor.announcer._accepted) == IDS_REMEMBERED_MAX


async def test_without_a_voice_the_screens_still_show_it_for_a_moment_each(floor: Floor) -> None:
    floor.voice.error = VoiceUnavailable("engine_missing", "apt-get install espeak-ng")
    floor.announce("a", repeat=2)
    floor.announce("b", repeat=2)
    await floor.clock.run_out()
    assert floor.times == [(0.0, "a"), (SILENT_SLOT_S, "b")]
    assert [entry.to_message(speak=True)["audio"] for _, entry in floor.played] == [None, None]
    assert floor.dropped == []


async def test_an_error_in_the_voice_silences_no_screen(floor: Floor) -> None:
    floor.voice.error = RuntimeError("a bug")
    floor.announce("a")
    await floor.clock.run_out()
    floor.voice.error = None
    floor.announce("b")
    await floor.clock.run_out()
    assert [(entry.id, entry.clip is None) for _, entry in floor.played] == [("a", True), ("b", False)]


async def test_an_announcement_that_cannot_be_played_holds_nobody_up(floor: Floor) -> None:
    floor.play_error = ConnectionError("no display")
    floor.announce("a")
    await floor.clock.settle()
    floor.play_error = None
    floor.announce("b")
    await floor.clock.settle()
    assert floor.times == [(0.0, "b")]
    assert floor.dropped == [("demo", "play_failed")]
    assert [hall for hall, _ in floor.released] == ["demo"]


async def test_a_zone_whose_task_broke_goes_on(floor: Floor) -> None:
    floor.callback_error = RuntimeError("a bug in a metric")
    floor.announce("a")
    floor.announce("b")
    await floor.clock.settle()
    floor.callback_error = None
    floor.announce("c")
    await floor.clock.run_out()
    assert [name for _, name in floor.times] == ["a", "b", "c"]
    assert floor.announcer.zones_speaking == 0


async def test_the_lag_runs_from_the_event_to_the_release(floor: Floor) -> None:
    await floor.clock.advance(2)
    floor.announce("a", since=floor.clock.at(1.5))
    floor.announce("b")
    await floor.clock.run_out()
    assert floor.released == [("demo", 0.5), ("demo", ONCE_S)]


async def test_nothing_is_left_of_a_zone_that_has_said_everything(floor: Floor) -> None:
    floor.announce("a")
    await floor.clock.settle()
    assert floor.announcer.zones_speaking == 1
    assert "announcer[demo/main]" in {task.get_name() for task in asyncio.all_tasks()}
    await floor.clock.run_out()
    assert floor.announcer.zones_speaking == 0
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("announcer")]
    floor.announce("b")
    await floor.clock.run_out()
    assert [name for _, name in floor.times] == ["a", "b"]


async def test_closing_drops_what_waits_and_takes_no_more(floor: Floor) -> None:
    for name in ("a", "b", "c"):
        floor.announce(name)
    await floor.clock.settle()
    await floor.announcer.close()
    floor.announce("d")
    await floor.clock.run_out()
    assert floor.times == [(0.0, "a")]
    assert floor.dropped == [("demo", "closed")] * 3
    assert floor.announcer.zones_speaking == 0


async def test_repetitions_stay_within_what_players_take(floor: Floor) -> None:
    floor.announce("never", repeat=0)
    floor.announce("for ever", repeat=1000)
    await floor.clock.run_out()
    assert [entry.repeat for _, entry in floor.played] == [1, REPEAT_MAX]


async def test_the_message_is_that_of_the_contract(floor: Floor) -> None:
    floor.announce("c5-1", text="请A零零三号到二号窗口", live_s=90, repeat=2)
    await floor.clock.settle()
    announcement = floor.played[0][1]
    assert announcement.to_message(speak=True) == {
        "type": "announcement",
        "id": "c5-1",
        "seq": 7,
        "text": "请A零零三号到二号窗口",
        "audio": "/audio/请A零零三号到二号窗口.wav",
        "repeat": 2,
        "gap_s": REPEAT_GAP_S,
        "expires_at": "2026-03-02T01:01:30+00:00",
        "speak": True,
    }
    assert announcement.to_message(speak=False)["speak"] is False
