"""Whatever is announced when, with whatever voice: one at a time in a zone, none too late, each accounted for."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from devices.announcer import QUEUE_MAX, Announcement, Announcer
from devices.manner import PLAIN, Manner
from devices.voice import Clip, VoiceUnavailable
from tests.support.virtual_clock import VirtualClock

SENTENCES = st.sampled_from([f"sentence {number}" for number in range(6)])


@dataclass(frozen=True)
class Asked:
    pause_s: float
    zone: str
    text: str
    live_s: float
    repeat: int


ASKED = st.builds(
    Asked,
    pause_s=st.sampled_from([0.0, 0.0, 0.0, 0.3, 2.0, 15.0]),
    zone=st.sampled_from(["east", "west"]),
    text=SENTENCES,
    live_s=st.sampled_from([0.0, 5.0, 30.0, 90.0]),
    repeat=st.integers(1, 3),
)


@dataclass
class Voice:
    clock: VirtualClock
    outcomes: list[tuple[float, float | None]]
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def clip(self, text: str, language: str = "zh-CN", manner: Manner = PLAIN) -> Clip:
        making_s, duration_s = self.outcomes[len(self.asked) % len(self.outcomes)]
        assert manner == PLAIN
        self.asked.append((text, language))
        await self.clock.sleep(making_s)
        if duration_s is None:
            raise VoiceUnavailable("timed_out", "the engine didn't finish")
        return Clip(Path("/x.wav"), "x.wav", duration_s)


OUTCOMES = st.lists(
    st.tuples(st.sampled_from([0.0, 0.05, 10.0]), st.sampled_from([None, 0.5, 4.0, 20.0])), min_size=1, max_size=4
)


@settings(max_examples=200, deadline=None)
@given(asked=st.lists(ASKED, max_size=60), outcomes=OUTCOMES)
def test_a_zone_says_one_thing_at_a_time_in_order_and_in_time(
    asked: list[Asked], outcomes: list[tuple[float, float | None]]
) -> None:
    asyncio.run(_check(asked, outcomes))


async def _check(asked: list[Asked], outcomes: list[tuple[float, float | None]]) -> None:
    clock = VirtualClock()
    played: list[tuple[float, Announcement]] = []
    dropped: list[str] = []
    lags: list[float] = []

    async def play(announcement: Announcement) -> None:
        played.append((clock.elapsed_s, announcement))

    async with Announcer(
        Voice(clock, outcomes),
        play,
        clock=clock,
        on_released=lambda _, lag_s: lags.append(lag_s),
        on_dropped=lambda _, reason: dropped.append(reason),
    ) as announcer:
        for number, entry in enumerate(asked):
            await clock.advance(entry.pause_s)
            expires_at = clock.at(clock.elapsed_s + entry.live_s)
            announcer.announce(
                "demo",
                entry.zone,
                f"n{number}",
                seq=number,
                text=entry.text,
                expires_at=expires_at,
                repeat=entry.repeat,
            )
            assert all(len(line.waiting) <= QUEUE_MAX for line in announcer._lines.values())
        await clock.run_out()
        assert announcer.zones_speaking == 0

    assert len(played) + len(dropped) == len(asked)
    assert len({announcement.id for _, announcement in played}) == len(played) == len(lags)
    assert set(dropped) <= {"expired", "overflow", "superseded"}
    for zone in ("east", "west"):
        free_at_s = 0.0
        for at_s, announcement in (entry for entry in played if entry[1].zone == zone):
            assert at_s >= free_at_s - 1e-6
            assert clock.at(at_s) <= announcement.expires_at
            free_at_s = at_s + announcement.occupies_s
    assert all(lag_s >= 0 for lag_s in lags)
