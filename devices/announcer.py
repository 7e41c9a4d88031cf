"""Who may speak when: in each zone of a hall one announcement after another, none cut off, none too late.

Announcements that are due at once wait in a queue of their zone. The next is released when the one before has had the
time to be played as often as it is repeated; its recording is made meanwhile. One that is too old when its turn comes
is not said. Without a voice, or where the hall wants silence, the announcement still goes out, without audio, for the
screens. An urgent one goes before all that wait, never into one that is being said.

The announcer knows nothing of displays and brokers: it hands each announcement to a port, `play`.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Protocol, Self

import structlog

from controller.runtime.catalogue import DEFAULT_LANGUAGE
from devices.clip_cache import Clip
from devices.manner import PLAIN, Manner
from devices.voice_process import VoiceUnavailable

QUEUE_MAX = 20
"""Most announcements that wait in a zone: three minutes of speech, and a call-out lives 90 s."""

REPEAT_MAX = 5

REPEAT_GAP_S = 0.8
"""Silence between two repetitions; told to players as ``gap_s``."""

PLAY_MARGIN_S = 0.7
"""What a player gets to fetch and start a recording, and the silence before the next announcement."""

SILENT_SLOT_S = 2.0
"""How long an announcement without audio holds the zone, so that a screen can show one after another."""

IDS_REMEMBERED_MAX = 1024
"""Ids of announcements that were accepted, so that the same one given twice is said once."""

log = structlog.get_logger(__name__)


class Clock(Protocol):
    """Tells the time and waits; a test moves it."""

    def now(self) -> datetime:
        """Return the time now, aware, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after so many seconds."""
        ...


class SystemClock:
    """The machine's clock and the event loop's."""

    def now(self) -> datetime:
        """Return the time now, aware, in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Return after so many seconds."""
        await asyncio.sleep(seconds)


class Recordings(Protocol):
    """What the announcer needs of `devices.voice.Voice`."""

    async def clip(self, text: str, language: str = ..., manner: Manner = ...) -> Clip:
        """Return the recording of a text, or raise `VoiceUnavailable`."""
        ...


@dataclass(frozen=True, slots=True)
class Announcement:
    """An announcement whose turn it is.

    Attributes:
        id: the same for every display, and for a repetition of the message.
        hall: where.
        zone: whose displays and speakers it is for.
        seq: of the event that caused it.
        text: what is said, as it is said.
        clip: its recording; None while the hall has no voice.
        repeat: how often it is said.
        expires_at: after this no player starts it.
    """

    id: str
    hall: str
    zone: str
    seq: int
    text: str
    clip: Clip | None
    repeat: int
    expires_at: datetime

    @property
    def occupies_s(self) -> float:
        """How long the zone is taken by it, in seconds."""
        if self.clip is None:
            return SILENT_SLOT_S
        return self.repeat * self.clip.duration_s + (self.repeat - 1) * REPEAT_GAP_S + PLAY_MARGIN_S

    def to_message(self, *, speak: bool) -> dict[str, Any]:
        """Return the message of the contract for one display.

        Args:
            speak: whether this display is the one that plays it.
        """
        return {
            "type": "announcement",
            "id": self.id,
            "seq": self.seq,
            "text": self.text,
            "audio": None if self.clip is None else f"/audio/{self.clip.name}",
            "repeat": self.repeat,
            "gap_s": REPEAT_GAP_S,
            "expires_at": self.expires_at.isoformat(),
            "speak": speak,
        }


@dataclass(slots=True, eq=False)
class _Waiting:
    announcement_id: str
    seq: int
    text: str
    language: str
    expires_at: datetime
    repeat: int
    since: datetime
    manner: Manner | None
    urgent: bool
    recording: asyncio.Task[Clip | None] | None = None


@dataclass(slots=True, eq=False)
class _Line:
    """The queue of one zone; it and its task are there only while it has something to say."""

    hall: str
    zone: str
    waiting: deque[_Waiting] = field(default_factory=deque)
    task: asyncio.Task[None] | None = None


class Announcer:
    """Releases announcements, zone by zone. For one event loop; use it as a context manager, or `close` it.

    Args:
        voice: where recordings come from.
        play: given each announcement when its turn comes; should return soon, it doesn't wait for the sound.
        clock: time.
        on_released: told hall and lag in seconds, from the event to the release.
        on_dropped: told hall and reason of an announcement that is not said: ``expired`` (its turn came too late),
            ``overflow`` (the queue was full), ``superseded`` (the same sentence was asked for again before its turn),
            ``play_failed`` (the port raised) or ``closed``.
    """

    def __init__(
        self,
        voice: Recordings,
        play: Callable[[Announcement], Awaitable[None]],
        *,
        clock: Clock | None = None,
        on_released: Callable[[str, float], None] | None = None,
        on_dropped: Callable[[str, str], None] | None = None,
    ) -> None:
        self._voice = voice
        self._play = play
        self._clock = clock or SystemClock()
        self._on_released = on_released
        self._on_dropped = on_dropped
        self._lines: dict[tuple[str, str], _Line] = {}
        self._recordings: set[asyncio.Task[Clip | None]] = set()
        self._accepted: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def zones_speaking(self) -> int:
        """Number of zones that have something to say just now."""
        return len(self._lines)

    def announce(
        self,
        hall: str,
        zone: str,
        announcement_id: str,
        *,
        seq: int,
        text: str,
        expires_at: datetime,
        repeat: int = 2,
        since: datetime | None = None,
        language: str = DEFAULT_LANGUAGE,
        manner: Manner | None = PLAIN,
        urgent: bool = False,
    ) -> None:
        """Put an announcement into its zone's queue; returns at once.

        An id that was given before is ignored. A waiting announcement of the same sentence gives its place to this
        one. A full queue loses its first expired announcement, or else its oldest, an urgent one last.

        Args:
            hall: where.
            zone: in which zone of it.
            announcement_id: unique in the hall.
            seq: of the event that caused it.
            text: what is said.
            expires_at: from then on its turn comes too late.
            repeat: how often it is said, 1 to `REPEAT_MAX`; what lies outside is brought to the nearer end.
            since: time of the event, for the lag; now when not given.
            language: BCP 47 tag of the text.
            manner: how it is said; ``None``: not at all, it is for the screens.
            urgent: it goes before all that wait but other urgent ones.
        """
        if self._closed:
            self._drop(hall, announcement_id, "closed")
            return
        if (hall, announcement_id) in self._accepted:
            return
        self._accepted[hall, announcement_id] = None
        if len(self._accepted) > IDS_REMEMBERED_MAX:
            self._accepted.popitem(last=False)
        times = min(max(repeat, 1), REPEAT_MAX)
        begun = since or self._clock.now()
        entry = _Waiting(announcement_id, seq, text, language, expires_at, times, begun, manner, urgent)
        line = self._lines.get((hall, zone))
        if line is None:
            line = self._lines[hall, zone] = _Line(hall, zone)
        self._enqueue(line, entry)
        self._record_next(line)
        if line.task is None:
            self._start(line)

    async def close(self) -> None:
        """Stop every zone; what waits is dropped."""
        self._closed = True
        tasks = [line.task for line in self._lines.values() if line.task is not None]
        tasks_all = [*tasks, *self._recordings]
        for task in tasks_all:
            task.cancel()
        await asyncio.gather(*tasks_all, return_exceptions=True)
        for line in self._lines.values():
            for entry in line.waiting:
                self._drop(line.hall, entry.announcement_id, "closed")
        self._lines.clear()

    def _start(self, line: _Line) -> None:
        line.task = asyncio.create_task(self._speak(line), name=f"announcer[{line.hall}/{line.zone}]")
        line.task.add_done_callback(lambda task: self._ended(line, task))

    def _ended(self, line: _Line, task: asyncio.Task[None]) -> None:
        """Take away a zone that has said everything; one whose task broke goes on with its next announcement."""
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            log.error("zone's task broke", action="announcer_broke", hall=line.hall, zone=line.zone, exc_info=error)
        if line.waiting and not self._closed:
            self._start(line)
        else:
            self._lines.pop((line.hall, line.zone), None)

    def _enqueue(self, line: _Line, entry: _Waiting) -> None:
        for place, other in enumerate(line.waiting):
            if (other.text, other.language) == (entry.text, entry.language) and other.urgent >= entry.urgent:
                line.waiting[place] = entry
                entry.urgent = other.urgent
                if other.manner == entry.manner:
                    entry.recording = other.recording
                self._drop(line.hall, other.announcement_id, "superseded")
                return
        if len(line.waiting) >= QUEUE_MAX:
            now = self._clock.now()
            victim = next((other for other in line.waiting if other.expires_at < now), None)
            if victim is None:
                victim = next((other for other in line.waiting if not other.urgent), line.waiting[0])
            line.waiting.remove(victim)
            self._drop(line.hall, victim.announcement_id, "expired" if victim.expires_at < now else "overflow")
        if entry.urgent:
            line.waiting.insert(sum(other.urgent for other in line.waiting), entry)
        else:
            line.waiting.append(entry)

    async def _speak(self, line: _Line) -> None:
        """Release a zone's announcements until none waits. Its queue is bounded, and each wait in it too."""
        while line.waiting:
            entry = line.waiting.popleft()
            if self._expired(line, entry):
                continue
            recording = self._record(line, entry)
            self._record_next(line)
            clip = await asyncio.shield(recording)
            if not self._expired(line, entry):
                await self._release(line, entry, clip)

    async def _release(self, line: _Line, entry: _Waiting, clip: Clip | None) -> None:
        announcement = Announcement(
            entry.announcement_id,
            line.hall,
            line.zone,
            entry.seq,
            entry.text,
            clip,
            entry.repeat,
            entry.expires_at,
        )
        lag_s = (self._clock.now() - entry.since).total_seconds()
        try:
            await self._play(announcement)
        except Exception:  # one display's trouble must not silence the zone
            log.exception("announcement not played", action="play_failed", hall=line.hall, id=entry.announcement_id)
            self._drop(line.hall, entry.announcement_id, "play_failed")
            return
        if self._on_released is not None:
            self._on_released(line.hall, max(lag_s, 0.0))
        await self._clock.sleep(announcement.occupies_s)

    def _expired(self, line: _Line, entry: _Waiting) -> bool:
        if self._clock.now() <= entry.expires_at:
            return False
        self._drop(line.hall, entry.announcement_id, "expired")
        return True

    def _record_next(self, line: _Line) -> None:
        """Have the recording made of the announcement whose turn is next, while the present one sounds."""
        if line.waiting and line.waiting[0].expires_at >= self._clock.now():
            self._record(line, line.waiting[0])

    def _record(self, line: _Line, entry: _Waiting) -> asyncio.Task[Clip | None]:
        if entry.recording is None:
            name = f"announcer[{line.hall}/{line.zone}] recording {entry.announcement_id}"
            entry.recording = asyncio.create_task(self._recorded(entry), name=name)
            self._recordings.add(entry.recording)
            entry.recording.add_done_callback(self._recordings.discard)
        return entry.recording

    async def _recorded(self, entry: _Waiting) -> Clip | None:
        if entry.manner is None:
            return None
        try:
            return await self._voice.clip(entry.text, entry.language, entry.manner)
        except VoiceUnavailable as error:
            log.info("announced without voice", action="announced_silently", reason=error.reason)
        except Exception:  # whatever is wrong with the voice, the screens show the call
            log.exception("recording failed", action="recording_failed", id=entry.announcement_id)
        return None

    def _drop(self, hall: str, announcement_id: str, reason: str) -> None:
        log.info("announcement dropped", action="announcement_dropped", hall=hall, id=announcement_id, reason=reason)
        if self._on_dropped is not None:
            self._on_dropped(hall, reason)
