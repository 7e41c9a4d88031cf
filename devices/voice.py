"""Text in, verified recording out: the voice of the hall.

The engine runs in a worker process (`devices.voice_worker`), because it blocks, is not thread-safe and hangs at times;
one utterance at a time, each within a time limit. A recording is kept by its content, so a sentence that was said
before costs a look at the disk. A file gets its name only after it was measured and holds speech of plausible length.

When the voice fails, the hall goes on without it: `Voice.clip` raises `VoiceUnavailable` at once, and the engine is
tried again after a rest that doubles with each failure, not on each call.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from controller.runtime.catalogue import DEFAULT_LANGUAGE
from devices.clip_cache import BYTES_MAX, CLIPS_MAX, SUFFIX, Clip, ClipCache
from devices.clips import TAIL_PAUSE_S, BadClip, Sound, chime_alone, chime_s, measure, write_samples
from devices.manner import PLAIN, RATE_WPM, Manner
from devices.second_line import SecondLines
from devices.speech import TEXT_CHARACTERS_MAX, duration_bounds_s, normalised
from devices.voice_process import VoiceUnavailable, WorkerProcess

__all__ = ["RATE_WPM", "Clip", "Voice", "VoiceUnavailable"]

EDITION = 2
"""Goes up when readings, chime or loudness change, so that recordings of an older edition are made anew."""

UTTERANCE_S_MAX = 10.0
"""Longest time for one recording: 15 ms as a rule, 0.2 s for the longest text, seconds on a machine that swaps."""

REST_S_MIN = 5.0
REST_S_MAX = 300.0
"""Rests after failures: 5, 10, 20 … 300 s."""

IN_HAND_MAX = 256
"""Most recordings asked for at a time; a zone asks for two, so this serves the zones of a whole county."""

ATTEMPTS_MAX = 2
"""A worker that died under an utterance is started again once before that counts as a failure."""

WORKER_IDLE_S = 600.0

_NOT_THE_ENGINES_FAULT = frozenset({"text", "busy", "closed"})

log = structlog.get_logger(__name__)


class Voice:
    """Makes recordings. Use it as a context manager, or call `close` at the end; it may be used from one loop only.

    Args:
        cache_dir: folder of the recordings, made when first needed.
        on_failure: told the reason of each failure of the engine, for a metric; not told while it rests.
        utterance_s_max: time limit of one recording.
        rest_s_min: first rest after a failure; each further one doubles it, up to `REST_S_MAX`.
        second_lines: the recordings of halls that speak a second language.
        clips_max: bound of the cache.
        bytes_max: bound of the cache.
        driver: pyttsx3's driver; another than espeak is not supported.
        worker_idle_s: time after which an idle worker ends.
        clock: seconds that never run back.
    """

    def __init__(
        self,
        cache_dir: Path,
        *,
        on_failure: Callable[[str], None] | None = None,
        utterance_s_max: float = UTTERANCE_S_MAX,
        rest_s_min: float = REST_S_MIN,
        second_lines: SecondLines | None = None,
        clips_max: int = CLIPS_MAX,
        bytes_max: int = BYTES_MAX,
        driver: str = "espeak",
        worker_idle_s: float = WORKER_IDLE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cache = ClipCache(cache_dir, clips_max=clips_max, bytes_max=bytes_max)
        self._worker = WorkerProcess(driver=driver, idle_s=worker_idle_s)
        self._on_failure = on_failure
        self._utterance_s_max = utterance_s_max
        self._rest_s_min = rest_s_min
        self._second_lines = second_lines
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self._in_hand: dict[str, asyncio.Task[Clip]] = {}
        self._failure: VoiceUnavailable | None = None
        self._rest_s = 0.0
        self._rests_until = 0.0
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def available(self) -> bool:
        """False from a failure of the engine until it works again."""
        return self._failure is None

    @property
    def failure(self) -> VoiceUnavailable | None:
        """What is wrong while the voice is not available."""
        return self._failure

    @property
    def worker_pid(self) -> int | None:
        """Process id of the running worker; None when there is none."""
        return self._worker.pid

    async def warm_up(self) -> bool:
        """Start the engine, so that the first call needn't wait for it; tell whether it works.

        A voice that doesn't is not an error here: it is told to ``on_failure``, logged, and tried again later.
        """
        async with self._one_at_a_time:
            try:
                self._refuse_while_resting()
                await self._worker.start()
            except VoiceUnavailable as error:
                self._failed(error)
                return False
            return True

    async def clip(self, text: str, language: str = DEFAULT_LANGUAGE, manner: Manner = PLAIN) -> Clip:
        """Return the recording of a text; make it first where there is none.

        A caller that is cancelled leaves the work to go on: the recording is there for the next one.

        Args:
            text: what is said, up to `TEXT_CHARACTERS_MAX` characters.
            language: BCP 47 tag of its language.
            manner: how it is said.

        Raises:
            VoiceUnavailable: there is none, and why.
        """
        if self._closed:
            raise VoiceUnavailable("closed", "the voice is closed")
        said = normalised(text)
        if not said or len(said) > TEXT_CHARACTERS_MAX:
            raise VoiceUnavailable("text", f"a text of {len(said)} characters is not spoken")
        if manner.second is not None and self._second_lines is not None:
            manner = replace(manner, tail=await asyncio.to_thread(self._second_lines.tail, manner.second))
        name = _name(said, language, manner)
        task = self._in_hand.get(name)
        if task is None:
            if len(self._in_hand) >= IN_HAND_MAX:
                raise VoiceUnavailable("busy", f"{IN_HAND_MAX} recordings are being waited for")
            task = asyncio.create_task(self._find_or_make(name, said, language, manner), name=f"voice[{said}]")
            self._in_hand[name] = task
            task.add_done_callback(lambda done: self._done(name, done))
        return await asyncio.shield(task)

    async def close(self) -> None:
        """End the worker; recordings that are being made are given up."""
        self._closed = True
        tasks = tuple(self._in_hand.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        async with self._one_at_a_time:
            await self._worker.close()

    def _done(self, name: str, task: asyncio.Task[Clip]) -> None:
        del self._in_hand[name]
        if not task.cancelled():
            task.exception()  # seen, though every caller may have been cancelled

    async def _find_or_make(self, name: str, said: str, language: str, manner: Manner) -> Clip:
        try:
            await asyncio.to_thread(self._cache.open)
            found = await asyncio.to_thread(self._cache.find, name)
            if found is None and not manner.words:
                return await asyncio.to_thread(self._keep_chime, name, manner)
        except OSError as error:
            failure = VoiceUnavailable("disk", f"the recordings' folder: {error}")
            self._failed(failure)
            raise failure from error
        if found is not None:
            return found
        async with self._one_at_a_time:
            self._refuse_while_resting()
            try:
                clip = await self._make(name, said, language, manner)
            except VoiceUnavailable as error:
                self._failed(error)
                raise
            finally:
                await asyncio.to_thread(self._cache.discard, name)
            self._works()
            return clip

    def _keep_chime(self, name: str, manner: Manner) -> Clip:
        """Write the chime alone; it needs no engine."""
        write_samples(chime_alone(manner.volume_lu), self._cache.unfinished(name))
        return self._cache.keep(name, chime_s())

    async def _make(self, name: str, said: str, language: str, manner: Manner) -> Clip:
        path = self._cache.unfinished(name)
        for attempt in range(1, ATTEMPTS_MAX + 1):
            try:
                await self._worker.make_clip(said, language, manner, path, self._utterance_s_max)
                break
            except VoiceUnavailable as error:
                if error.reason != "worker_died" or attempt == ATTEMPTS_MAX:
                    raise
        try:
            sound = await asyncio.to_thread(_verified, path, manner, duration_bounds_s(said, manner.rate_wpm, language))
            return await asyncio.to_thread(self._cache.keep, name, sound.duration_s)
        except BadClip as error:
            raise VoiceUnavailable("no_sound", str(error)) from error
        except OSError as error:
            raise VoiceUnavailable("disk", f"the recording cannot be kept: {error}") from error

    def _refuse_while_resting(self) -> None:
        if self._failure is not None and self._rests():
            raise VoiceUnavailable(self._failure.reason, str(self._failure)) from self._failure

    def _rests(self) -> bool:
        return self._clock() < self._rests_until

    def _failed(self, error: VoiceUnavailable) -> None:
        """Take note of a failure, unless it repeats one within its rest, or only the text is at fault."""
        if error.reason in _NOT_THE_ENGINES_FAULT or self._rests():
            return
        self._rest_s = min(max(self._rest_s * 2, self._rest_s_min), REST_S_MAX)
        self._rests_until = self._clock() + self._rest_s
        self._failure = error
        log.warning(
            "voice unavailable", action="voice_failed", reason=error.reason, detail=str(error), rest_s=self._rest_s
        )
        if self._on_failure is not None:
            self._on_failure(error.reason)

    def _works(self) -> None:
        if self._failure is not None:
            log.info("voice available again", action="voice_restored")
        self._failure = None
        self._rest_s = 0.0
        self._rests_until = 0.0


def _name(said: str, language: str, manner: Manner) -> str:
    """Return the name of a recording: another one for whatever is heard of it otherwise."""
    content: list[object] = [EDITION, manner.volume_lu]
    if manner.words:
        content += [language, manner.rate_wpm, manner.chime, manner.readings_of(said)]
        content += [manner.tail.edition if manner.tail is not None else "", said]
    return hashlib.sha256(repr(content).encode()).hexdigest()[:40] + SUFFIX


def _verified(path: Path, manner: Manner, bounds_s: tuple[float, float]) -> Sound:
    """Measure a new clip; raise `BadClip` where its speech is too quiet, too short or too long for its text."""
    sound = measure(path, with_chime=manner.chime)
    shortest, longest = bounds_s
    if manner.tail is not None:
        longest += TAIL_PAUSE_S + manner.tail.duration_s
    if not shortest <= sound.speech_s <= longest:
        raise BadClip(f"{sound.speech_s:.2f} s of speech where {shortest:.2f} to {longest:.2f} s are plausible")
    return sound
