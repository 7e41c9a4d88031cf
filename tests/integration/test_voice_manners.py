"""The real engine, told how to speak: loudness, pace, chime, words of the plan and a second language."""

import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from devices.clips import (
    LOUDNESS_LUFS,
    SAMPLE_RATE_HZ,
    TAIL_PAUSE_S,
    chime_s,
    read_samples,
    write_samples,
)
from devices.loudness import loudness_lufs
from devices.manner import RATE_WPM, Manner, Second
from devices.second_line import SecondLines
from devices.speech import call_out
from devices.voice import Voice
from tests.support.sound import heard_of

TEXT = call_out("A003", 2)
CHIME_SAMPLES = round(chime_s() * SAMPLE_RATE_HZ)


@pytest.fixture
async def voice(tmp_path: Path) -> AsyncIterator[Voice]:
    async with Voice(tmp_path / "audio", second_lines=SecondLines(tmp_path / "voices")) as made:
        yield made


@pytest.mark.parametrize("volume_lu", [0, -12])
async def test_every_sentence_and_the_chime_are_equally_loud(voice: Voice, volume_lu: int) -> None:
    sentences = [call_out("A003", 2), call_out("W777", 30), "请注意：今天下午三点停电。"]
    for rate_wpm, text in itertools.product((120, RATE_WPM), sentences):
        clip = await voice.clip(text, manner=Manner(rate_wpm=rate_wpm, volume_lu=volume_lu))
        samples = read_samples(clip.path)
        for part in (samples, samples[:CHIME_SAMPLES], samples[CHIME_SAMPLES:]):
            assert loudness_lufs(part, SAMPLE_RATE_HZ) == pytest.approx(LOUDNESS_LUFS + volume_lu, abs=1.0), text


async def test_a_slower_manner_takes_longer(voice: Voice) -> None:
    clips = [await voice.clip(TEXT, manner=Manner(rate_wpm=rate_wpm)) for rate_wpm in (RATE_WPM, 120)]
    usual_s, slow_s = [(await heard_of(clip.path, chime_s())).duration_s for clip in clips]
    assert 1.1 * usual_s < slow_s < 1.4 * usual_s


async def test_the_chime_alone_needs_no_engine_and_no_text(tmp_path: Path) -> None:
    async with Voice(tmp_path / "audio", driver="nonesuch") as voice:
        one, other = [await voice.clip(text, manner=Manner(words=False)) for text in (TEXT, "请等候")]
    assert one == other
    heard = await heard_of(one.path)
    assert heard.duration_s == pytest.approx(chime_s(), abs=0.001)
    assert heard.rms > 0.03


async def test_without_a_chime_the_sentence_begins_at_once(voice: Voice) -> None:
    with_chime, without = await voice.clip(TEXT), await voice.clip(TEXT, manner=Manner(chime=False))
    assert with_chime.duration_s - without.duration_s == pytest.approx(chime_s(), abs=0.05)


async def test_a_word_of_the_plan_is_another_recording_and_only_where_it_is_said(voice: Voice) -> None:
    named = Manner(pronunciations=(("六安", "lu4 an1"),))
    greeting = "请六安的朋友到窗口"
    assert (await voice.clip(greeting, manner=named)).name != (await voice.clip(greeting)).name
    assert (await voice.clip(TEXT, manner=named)).name == (await voice.clip(TEXT)).name


async def test_a_second_language_follows_from_the_halls_own_recordings(voice: Voice, tmp_path: Path) -> None:
    folder = tmp_path / "voices" / "demo" / "wu"
    folder.mkdir(parents=True)
    alone = await voice.clip(TEXT)
    for name in ("A", "0", "3", "window-2"):
        write_samples(read_samples(alone.path)[:CHIME_SAMPLES], folder / f"{name}.wav")
    manner = Manner(second=Second("demo", "wu", ("{number}", "{window}"), "A003", 2))
    both = await voice.clip(TEXT, manner=manner)
    assert both.duration_s - alone.duration_s == pytest.approx(5 * chime_s() + TAIL_PAUSE_S, abs=0.3)
    (folder / "3.wav").unlink()
    assert await voice.clip(TEXT, manner=manner) == alone
    assert voice.available
