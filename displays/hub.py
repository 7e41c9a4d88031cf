"""The displays of all halls: who is connected, what each must be told.

``publish`` and ``announce`` only leave news behind and return: the work is done in later turns of the event loop, a
few displays at a time, so that a hall with a thousand screens delays neither the next call nor another hall. A board
is made and encoded once a view and change, whatever the number of displays that look at it. News that come faster
than they can be sent are not queued: the latest board wins.
"""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeAlias

import orjson
import structlog

from controller.plan import Plan
from displays.board import DisplayKind, SpeakerRank, View, board_for, glass, speaker_rank, view_of, zone_of
from displays.hearers import hears, is_meant
from displays.hearers import speaker as speaker_of
from displays.latency import Latency
from displays.session import Announcement, Ending, Port, Session, Sight, close

log = structlog.get_logger(__name__)

Form: TypeAlias = dict[str, Any]

SESSIONS_MAX = 5_000
"""Displays of one hall; the next one is asked to come later."""
RECENT_MAX = 16
"""Announcements of a hall that a display which was away may still be told."""
FIND_S_MAX = 10.0
"""How long a display may wait for a hall to be read from the log."""
WAKES_AT_ONCE = 64
"""Displays that are sent to in one turn of the event loop, some two milliseconds of work."""
LOOK_S = 1.0
"""How often the hub looks for displays that can't keep up."""
SILENCE_S_MAX = 6.0
"""A display hears something at least this often; pages give a connection up that is silent for 15 s."""
STAGGER = 4
"""Heartbeats of a hall are spread over so many looks."""


class NoBoardYet(Exception):
    """The hall exists but its state can't be had now (the log is away): the display is asked to come later."""


class _Refused(Exception):
    """A display can't be served."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending)
        self.ending = ending


class HallNow(NamedTuple):
    """A hall's board, in the contract's form, and the plan that it was made under."""

    board: Form
    plan: Plan


Find: TypeAlias = Callable[[str], Awaitable[HallNow | None]]
"""Returns the state of a hall that the hub hasn't been told of yet, ``None`` where there is no such hall; may raise
:class:`NoBoardYet`."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Where the hub's figures and words of displays go.

    Attributes:
        connected: displays, by hall.
        dropped: why the hub ended a session.
        malformed: a display of a hall says something senseless.
        done: id of what a display says that it has done.
    """

    connected: Callable[[str, int], None]
    dropped: Callable[[str], None]
    malformed: Callable[[str], None]
    done: Callable[[str], None] = lambda _order: None


@dataclass(eq=False, slots=True)
class _Seen:
    """What the displays of one view see. ``right_until`` is the seq up to which ``glass`` was still right."""

    view: View
    sessions: dict[Session, None] = field(default_factory=dict)
    glass: Form | None = None
    right_until: int = 0


@dataclass(eq=False, slots=True)
class _Hall:
    id: str
    now: HallNow
    planned: Plan
    sessions: dict[Session, None] = field(default_factory=dict)
    views: dict[View, _Seen] = field(default_factory=dict)
    recent: deque[Announcement] = field(default_factory=lambda: deque(maxlen=RECENT_MAX))
    flushing: bool = False


class Hub:
    """Keeps every connected display at its hall's latest board. :meth:`run` must run beside it."""

    def __init__(
        self,
        find: Find,
        latency: Latency,
        counts: Counts,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Start without a display.

        Args:
            find: asked for a hall that was not published yet.
            latency: told what displays show.
            counts: where figures go.
            now: the time, aware; announcements that are over are not repeated.
        """
        self._find = find
        self._latency = latency
        self._counts = counts
        self._now = now
        self._halls: dict[str, _Hall] = {}
        self._numbers = itertools.count(1)
        self._to_wake: deque[Session] = deque()
        self._waking = False
        self._stopped = False

    # -- news of the controller ---------------------------------------------------------------------------------

    def publish(self, hall: str, board: Form, plan: Plan) -> None:
        """Take a hall's new board: the contract's ``board`` of the whole hall, after a commit. Returns at once."""
        state = self._halls.get(hall)
        if state is None:
            state = self._halls[hall] = _Hall(hall, HallNow(board, plan), planned=plan)
        state.now = HallNow(board, plan)
        if state.sessions and not state.flushing:
            state.flushing = True
            asyncio.get_running_loop().call_soon(self._flush, state)

    def announce(self, hall: str, zone: str | None, message: Mapping[str, Any]) -> None:
        """Send an announcement to every display of a zone (``None``: of the hall). Returns at once.

        Exactly one of them, where any can, is told to speak.

        Args:
            hall: the hall's id.
            zone: the zone's id.
            message: the contract's ``announcement``: at least ``id``, ``seq`` and ``expires_at``.
        """
        state = self._halls.get(hall)
        if state is None:
            return  # never published, so no display is there
        expires_at = datetime.fromisoformat(message["expires_at"])
        announcement = Announcement(dict(message), zone, message["seq"], expires_at)
        hearers = [session for session in state.sessions if hears(session, zone)]
        speaker = speaker_of(hearers)
        announcement.speaker = speaker.display if speaker else None
        for session in hearers:
            session.tell(announcement, speak=session is speaker)
        state.recent.append(announcement)
        self._wake(hearers)

    def order(self, hall: str, displays: frozenset[str], window: str | None, message: Mapping[str, Any]) -> None:
        """Tell displays by their ids, and the signs of a window, to do something now. Returns at once."""
        state = self._halls.get(hall)
        meant = [one for one in state.sessions if is_meant(one, displays, window)] if state else []
        for session in meant:
            session.order(orjson.dumps(message).decode())
        self._wake(meant)

    # -- displays -----------------------------------------------------------------------------------------------

    async def serve(
        self,
        hall: str,
        display: str,
        kind: DisplayKind,
        port: Port,
        *,
        window: str | None = None,
        after: int | None = None,
    ) -> Ending:
        """Serve a display until it leaves or is ended: its whole board at once, then after each change it can see.

        Args:
            hall: the hall's id.
            display: the display's id; one that the plan doesn't name is a TV of the whole hall.
            kind: a TV, or the sign of a window.
            port: its connection, accepted.
            window: the window of a sign.
            after: the seq that it shows already; it then also hears the announcements that it has missed.

        Returns:
            Why it ended; the connection has been told.
        """
        try:
            state = await self._hall(hall)
            view = _admit(state, kind, display, window)
        except _Refused as refused:
            self._counts.dropped(refused.ending)
            await close(port, refused.ending)
            return refused.ending
        session = Session(
            port,
            display=display,
            number=next(self._numbers),
            view=view,
            rank=speaker_rank(state.now.plan, kind, display),
            sight=Sight(
                shown=lambda behind, seq, at: self._latency.shown(hall, behind, seq, at),
                malformed=lambda: self._counts.malformed(hall),
                done=self._counts.done,
            ),
        )
        try:
            self._join(state, session, after)
            ended = await session.run()
        finally:
            self._leave(state, session)
        if ended is not Ending.LEFT:
            self._counts.dropped(ended)
        return ended

    def displays(self, hall: str) -> tuple[str, ...]:
        """Return the ids of the displays that a hall has now; one for each connection."""
        state = self._halls.get(hall)
        return tuple(session.display for session in state.sessions) if state else ()

    def stop(self) -> None:
        """End every session and let no new one in: the controller stops, displays come to the next one."""
        self._stopped = True
        for state in self._halls.values():
            for session in state.sessions:
                session.end(Ending.STOPPING)

    async def run(self) -> None:
        """Look after the sessions until cancelled: close those that can't keep up, break silences."""
        while True:
            await asyncio.sleep(LOOK_S)
            now = time.monotonic()
            for state in self._halls.values():
                self._wake(
                    session
                    for session in state.sessions
                    if session.look_after(now, SILENCE_S_MAX - session.number % STAGGER * LOOK_S)
                )

    # -- the hub's own ------------------------------------------------------------------------------------------

    async def _hall(self, hall: str) -> _Hall:
        if hall not in self._halls:
            try:
                async with asyncio.timeout(FIND_S_MAX):
                    found = await self._find(hall)
            except (NoBoardYet, TimeoutError):
                raise _Refused(Ending.NOT_READY) from None
            if found is None:
                raise _Refused(Ending.UNKNOWN)
            if hall not in self._halls:  # a commit may have published it meanwhile, and that is newer
                self.publish(hall, found.board, found.plan)
        if self._stopped:
            raise _Refused(Ending.STOPPING)
        return self._halls[hall]

    def _join(self, state: _Hall, session: Session, after: int | None) -> None:
        state.sessions[session] = None
        seen = self._look_at(state, session, session.view)
        self._counts.connected(state.id, len(state.sessions))
        board, plan = state.now
        form = board_for(board, plan, session.view)
        if form is None:
            session.end(Ending.UNKNOWN)
            return
        if seen.glass is None:
            seen.glass, seen.right_until = glass(form), form["seq"]
        session.show(_encode(form), form["seq"], form["seq"])
        if after is not None:
            self._repeat(state, session, after)
        session.wake()

    def _look_at(self, state: _Hall, session: Session, view: View) -> _Seen:
        """Let a session see a view from now on."""
        session.view = view
        session.zone = zone_of(state.now.plan, view)
        seen = state.views.get(view)
        if seen is None:
            seen = state.views[view] = _Seen(view)
        seen.sessions[session] = None
        return seen

    def _leave(self, state: _Hall, session: Session) -> None:
        del state.sessions[session]
        seen = state.views[session.view]
        del seen.sessions[session]
        if not seen.sessions:
            del state.views[session.view]
        self._counts.connected(state.id, len(state.sessions))

    def _repeat(self, state: _Hall, session: Session, after: int) -> None:
        """Tell a display that was away what is still being said; what it was sent before is not sent again."""
        now = self._now()
        for entry in state.recent:
            missed = entry.seq >= after and session.display not in entry.told and entry.expires_at > now
            if not missed or not hears(session, entry.zone):
                continue
            if entry.speaker is None and session.rank is not SpeakerRank.SILENT:
                entry.speaker = session.display
            session.tell(entry, speak=entry.speaker == session.display)

    def _flush(self, state: _Hall) -> None:
        """Hand every view its board where it has changed."""
        state.flushing = False
        if state.planned is not state.now.plan:
            self._replan(state)
        for seen in list(state.views.values()):
            try:
                self._flush_view(state, seen)
            except Exception:  # one view that can't be drawn must not keep the others' boards back
                log.exception("display.board_failed", hall=state.id, view=str(seen.view))

    def _flush_view(self, state: _Hall, seen: _Seen) -> None:
        board, plan = state.now
        form = board_for(board, plan, seen.view)
        if form is None:
            for session in seen.sessions:
                session.end(Ending.UNKNOWN)
            return
        behind, seen.right_until = seen.right_until, form["seq"]
        visible = glass(form)
        if visible == seen.glass:
            return
        seen.glass = visible
        text = _encode(form)
        for session in seen.sessions:
            session.show(text, form["seq"], behind)
        self._wake(seen.sessions)

    def _replan(self, state: _Hall) -> None:
        """Give every session the place that a new plan gives its display."""
        old, state.planned = state.planned, state.now.plan
        if old == state.planned:
            return
        for session in state.sessions:
            view = view_of(state.planned, session.view.kind, session.display, session.view.window)
            if view is None:
                session.end(Ending.UNKNOWN)
                continue
            session.rank = speaker_rank(state.planned, view.kind, session.display)
            seen = state.views[session.view]
            del seen.sessions[session]
            if not seen.sessions:
                del state.views[session.view]
            self._look_at(state, session, view)

    def _wake(self, sessions: Iterable[Session]) -> None:
        for session in sessions:
            if not session.queued:
                session.queued = True
                self._to_wake.append(session)
        if self._to_wake and not self._waking:
            self._waking = True
            self._wake_some()

    def _wake_some(self) -> None:
        """Wake a few sessions, and the next few once these have sent and others have had their turn."""
        for _ in range(min(WAKES_AT_ONCE, len(self._to_wake))):
            session = self._to_wake.popleft()
            session.queued = False
            session.wake()
        if self._to_wake:
            asyncio.get_running_loop().call_soon(self._wake_some)
        else:
            self._waking = False


def _admit(state: _Hall, kind: DisplayKind, display: str, window: str | None) -> View:
    view = view_of(state.now.plan, kind, display, window)
    if view is None:
        raise _Refused(Ending.UNKNOWN)
    if len(state.sessions) >= SESSIONS_MAX:
        raise _Refused(Ending.FULL)
    return view


def _encode(form: Form) -> str:
    return orjson.dumps(form).decode()
