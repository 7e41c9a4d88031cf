"""The real engine in its real worker process: heard by sox, killed, stopped, and taken away."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from devices import voice as voices
from devices.clips import (
    CHIME_HZ,
    CHIME_TONE_S,
    PEAK,
    TAIL_S,
    chime_s,
)
from devices.manner import Manner
from devices.reading import espeak_voice, reading
from devices.speech import TEXT_CHARACTERS_MAX, call_out
from devices.voice import RATE_WPM, REST_S_MAX, REST_S_MIN, Voice, VoiceUnavailable
from tests.support.sound import espeak_s, heard_of

TEXT = call_out("A003", 2)
WAIT_S_MAX = 30.0
POLL_S = 0.02


class Hand:
    """A clock that only the test moves."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class Hall:
    """Makes voices that share a folder, a clock and a list of failures."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = Hand()
        self.failures: list[str] = []
        self.voices: list[Voice] = []

    def voice(self, **settings: object) -> Voice:
        made = Voice(self.folder, on_failure=self.failures.append, clock=self.clock, **settings)  # type: ignore[arg-type]
        self.voices.append(made)
        return made

    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    made = Hall(tmp_path / "audio")
    yield made
    for voice in made.voices:
        await voice.close()


async def until(condition: Callable[[], bool], what: str) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + WAIT_S_MAX
    while not condition():
        assert loop.time() < deadline, f"not within {WAIT_S_MAX:g} s: {what}"
        await asyncio.sleep(POLL_S)


def runs(pid: int) -> bool:
    """Tell whether a process is there and not a zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


async def stopped_worker(voice: Voice) -> int:
    """Start the voice's worker and stop it, as a hang would."""
    assert await voice.warm_up()
    pid = voice.worker_pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    return pid


async def refusal(voice: Voice, text: str, language: str = "zh-CN") -> VoiceUnavailable:
    with pytest.raises(VoiceUnavailable) as caught:
        await voice.clip(text, language)
    assert "\n" not in str(caught.value)
    return caught.value


async def test_a_call_out_is_heard_for_as_long_as_its_words_take(hall: Hall) -> None:
    clip = await hall.voice().clip(TEXT)
    whole, speech = await heard_of(clip.path), await heard_of(clip.path, chime_s())
    assert clip.path == hall.folder / clip.name
    assert whole.duration_s == pytest.approx(clip.duration_s, abs=0.001)
    assert 3.0 < speech.duration_s < 5.0
    assert 0.06 < speech.rms < 0.3
    assert 0.5 < whole.peak <= PEAK + 0.001


async def test_a_chime_of_two_tones_comes_first(hall: Hall) -> None:
    clip = await hall.voice().clip(TEXT)
    for place, hertz in enumerate(CHIME_HZ):
        tone = await heard_of(clip.path, place * CHIME_TONE_S, CHIME_TONE_S)
        assert tone.hertz == pytest.approx(hertz, rel=0.03)
        assert tone.rms > 0.05
    pause = await heard_of(clip.path, chime_s() - 0.1, 0.1)
    assert pause.peak < 0.001


@pytest.mark.parametrize("rate_wpm", [100, RATE_WPM, 300])
async def test_voice_and_rate_take_effect_at_once_and_for_good(hall: Hall, rate_wpm: int) -> None:
    """Against espeak-ng's own program: pyttsx3 loses settings, see devices/voice_worker.py."""
    voice = hall.voice()
    for number in range(12):
        language = "en" if number % 3 == 2 else "zh-CN"
        text = call_out(f"A{number:03d}", 2, language=language)
        clip = await voice.clip(text, language, Manner(rate_wpm=rate_wpm))
        own_s = await espeak_s(reading(text, language), espeak_voice(language), rate_wpm, hall.folder)
        assert own_s - 0.05 < clip.duration_s - chime_s() < own_s + 2 * TAIL_S + 0.05, number


async def test_different_numbers_give_different_clips_and_the_same_one_the_same(hall: Hall) -> None:
    voice = hall.voice()
    clips = [await voice.clip(call_out(number, 2)) for number in ("A003", "A004", "B003")]
    assert len({clip.name for clip in clips}) == len({clip.path.read_bytes() for clip in clips}) == 3
    made_at = clips[0].path.stat().st_ino
    assert await voice.clip(TEXT) == clips[0]
    assert clips[0].path.stat().st_ino == made_at


async def test_a_clip_from_an_earlier_run_needs_no_engine(hall: Hall) -> None:
    clip = await hall.voice().clip(TEXT)
    silent = hall.voice(driver="nonesuch")
    assert await silent.clip(TEXT) == clip
    assert silent.worker_pid is None
    assert hall.failures == []


async def test_one_worker_makes_what_many_ask_for_at_once_and_each_sentence_once(hall: Hall) -> None:
    voice = hall.voice()
    texts = [call_out(f"A{number:03d}", number) for number in range(1, 11)] * 3
    clips = await asyncio.gather(*(voice.clip(text) for text in texts))
    assert len({clip.name for clip in clips}) == 10
    assert hall.files() == sorted({clip.name for clip in clips})
    for clip in clips[:10]:
        assert (await heard_of(clip.path, chime_s())).rms > 0.06


async def test_a_caller_that_goes_away_leaves_the_recording_to_the_next(hall: Hall) -> None:
    voice = hall.voice()
    await voice.warm_up()
    pid = voice.worker_pid
    caller = asyncio.create_task(voice.clip(TEXT))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert (await voice.clip(TEXT)).duration_s > 3
    assert voice.worker_pid == pid
    assert hall.failures == []


async def test_a_worker_killed_between_two_sentences_is_not_missed(hall: Hall) -> None:
    voice = hall.voice()
    await voice.clip(TEXT)
    pid = voice.worker_pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert (await voice.clip(call_out("A004", 2))).duration_s > 3
    assert voice.worker_pid != pid
    assert (voice.available, hall.failures) == (True, [])


async def test_a_worker_killed_in_the_middle_of_a_sentence_is_replaced(hall: Hall) -> None:
    voice = hall.voice()
    pid = await stopped_worker(voice)
    clip = asyncio.create_task(voice.clip(TEXT))
    await until(lambda: voice._worker._asked == 1, "the stopped worker has been asked")
    os.kill(pid, signal.SIGKILL)
    assert (await clip).duration_s > 3
    assert (voice.available, hall.failures) == (True, [])


async def test_a_hung_worker_is_killed_rests_and_works_again(hall: Hall) -> None:
    voice = hall.voice(utterance_s_max=0.2)
    cached = await voice.clip(call_out("A001", 1))
    pid = await stopped_worker(voice)
    assert (await refusal(voice, TEXT)).reason == "timed_out"
    assert not runs(pid)
    assert (voice.available, hall.failures) == (False, ["timed_out"])
    assert voice.failure is not None

    assert (await refusal(voice, TEXT)).reason == "timed_out"
    assert voice.worker_pid is None  # at once, without another try
    assert await voice.clip(call_out("A001", 1)) == cached
    assert hall.failures == ["timed_out"]

    hall.clock.now_s += REST_S_MIN
    assert (await voice.clip(TEXT)).duration_s > 3
    assert voice.available
    assert voice.failure is None
    assert hall.files() == sorted([cached.name, (await voice.clip(TEXT)).name])


async def test_a_missing_engine_is_one_clear_line_and_found_again_when_installed(
    hall: Hall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("libespeak-ng.so.1", "libespeak.so.1"):  # no libraries, though of that name: the loader gives up
        (tmp_path / name).write_bytes(b"")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    voice = hall.voice()
    assert not await voice.warm_up()
    error = await refusal(voice, TEXT)
    assert error.reason == "engine_missing"
    assert "apt-get install espeak-ng" in str(error)
    assert hall.failures == ["engine_missing"]

    monkeypatch.delenv("LD_LIBRARY_PATH")
    hall.clock.now_s += REST_S_MIN
    assert (await voice.clip(TEXT)).duration_s > 3
    assert voice.available


async def test_a_missing_driver_is_told_too(hall: Hall) -> None:
    error = await refusal(hall.voice(driver="nonesuch"), TEXT)
    assert (error.reason, "nonesuch" in str(error)) == ("engine_missing", True)


async def test_rests_double_and_the_engine_is_not_tried_within_them(hall: Hall) -> None:
    voice = hall.voice(driver="nonesuch")
    rest_s = REST_S_MIN
    for tries in range(1, 9):
        assert (await refusal(voice, TEXT)).reason == "engine_missing"
        hall.clock.now_s += 0.98 * rest_s
        assert (await refusal(voice, TEXT)).reason == "engine_missing"
        assert hall.failures == ["engine_missing"] * tries
        hall.clock.now_s += 0.03 * rest_s
        rest_s = min(rest_s * 2, REST_S_MAX)


async def test_what_only_the_text_is_guilty_of_is_no_failure_of_the_voice(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    voice = hall.voice()
    for text in ("", "  ", "★★", "请" * (TEXT_CHARACTERS_MAX + 1)):
        assert (await refusal(voice, text)).reason == "text"
    monkeypatch.setattr(voices, "IN_HAND_MAX", 0)
    assert (await refusal(voice, TEXT)).reason == "busy"
    assert (voice.available, hall.failures) == (True, [])


async def test_the_longest_text_is_spoken_within_a_players_minute(hall: Hall) -> None:
    clip = await hall.voice().clip("请" * TEXT_CHARACTERS_MAX)
    assert 20 < (await heard_of(clip.path)).duration_s < 60


async def test_a_recording_that_does_not_fit_its_text_is_not_kept(hall: Hall) -> None:
    """The English voice spells hanzi out at great length, where no English words are."""
    voice = hall.voice()
    assert (await refusal(voice, "请请请请请请", "en")).reason == "no_sound"
    assert hall.failures == ["no_sound"]
    assert hall.files() == []


async def test_a_folder_that_cannot_be_is_a_failure_without_a_crash(hall: Hall) -> None:
    hall.folder.write_bytes(b"a file stands where the folder should be")
    voice = hall.voice()
    assert (await refusal(voice, TEXT)).reason == "disk"
    assert (await refusal(voice, TEXT)).reason == "disk"
    assert hall.failures == ["disk"]
    hall.folder.unlink()
    hall.clock.now_s += REST_S_MIN
    assert (await voice.clip(TEXT)).duration_s > 3


@pytest.mark.parametrize("damage", [b"", b"RIFF", b"half", b"silence"])
async def test_a_damaged_file_is_made_anew(hall: Hall, damage: bytes) -> None:
    clip = await hall.voice().clip(TEXT)
    sound = clip.path.read_bytes()
    damaged = {b"half": sound[: len(sound) // 2], b"silence": sound[:44] + bytes(len(sound) - 44)}
    clip.path.write_bytes(damaged.get(damage, damage))
    again = await hall.voice().clip(TEXT)
    assert again.name == clip.name
    assert (await heard_of(again.path)).duration_s == pytest.approx(clip.duration_s, abs=0.05)


async def test_a_file_that_was_taken_away_is_made_anew(hall: Hall) -> None:
    voice = hall.voice()
    clip = await voice.clip(TEXT)
    clip.path.unlink()
    assert (await voice.clip(TEXT)).path.stat().st_size > 100_000


async def test_the_folder_is_bounded_and_loses_what_was_unused_longest(hall: Hall) -> None:
    voice = hall.voice(clips_max=3)
    texts = [call_out(f"A{number:03d}", 1) for number in range(5)]
    names = [(await voice.clip(text)).name for text in texts[:3]]
    await voice.clip(texts[0])
    names += [(await voice.clip(text)).name for text in texts[3:]]
    assert hall.files() == sorted([names[0], names[3], names[4]])

    (hall.folder / "left.part").write_bytes(b"unfinished")
    bytes_max = max((hall.folder / name).stat().st_size for name in hall.files())
    small = hall.voice(bytes_max=bytes_max, driver="nonesuch")
    assert (await small.clip(texts[4])).name == names[4]
    assert hall.files() == [names[4]]


async def test_an_idle_worker_gives_its_memory_back(hall: Hall) -> None:
    voice = hall.voice(worker_idle_s=0.1)
    await voice.clip(TEXT)
    await until(lambda: voice.worker_pid is None, "the idle worker has ended")
    assert (await voice.clip(call_out("A004", 2))).duration_s > 3
    assert (voice.available, hall.failures) == (True, [])


async def test_closing_ends_the_worker_and_what_it_was_at(hall: Hall) -> None:
    voice = hall.voice()
    pid = await stopped_worker(voice)
    caller = asyncio.create_task(voice.clip(TEXT))
    await asyncio.sleep(0)
    await voice.close()
    assert not runs(pid)
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert (await refusal(voice, TEXT)).reason == "closed"


PARENT = """
import asyncio, sys
from pathlib import Path
from devices.voice import Voice

async def main():
    voice = Voice(Path(sys.argv[1]))
    await voice.clip("请")
    print(voice.worker_pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


async def test_a_worker_does_not_outlive_a_killed_controller(hall: Hall) -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, str(hall.folder)),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path(voices.__file__).parents[1])},
    )
    assert parent.stdout is not None
    try:
        pid = int(await asyncio.wait_for(parent.stdout.readline(), WAIT_S_MAX))
        assert runs(pid)
    finally:
        parent.kill()
        await parent.wait()
        await parent.stdout.read()
    await until(lambda: not runs(pid), "the worker of a killed controller has ended")
