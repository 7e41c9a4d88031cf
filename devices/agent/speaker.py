"""The hall's loudspeaker: plays announcements one after another, each once, none that is too old."""

import asyncio
import shlex
import tempfile
from collections import OrderedDict
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from controller.device_orders import OrderResult
from devices.agent.files import replace_file
from devices.agent.link import Link
from devices.agent.program import LaterError, Program, Tell, UnknownCommandError, say_nothing
from devices.agent.wire import Command, MalformedCommandError
from devices.clips import chime, wav_of

log = structlog.get_logger(__name__)

PLAY_S_MAX = 60.0
"""A player that takes longer for one announcement hangs, and is ended."""

ANNOUNCEMENT_S_MAX = 60.0
"""How long an announcement without an end of its own is worth saying."""

WAITING_MAX = 64
REMEMBERED_MAX = 1024
REPEAT_MAX = 5
NO_PLAYER = "no_player"
"""Why nothing is heard of a speaker that has no program to play with."""

WAV_BYTES_MAX = 8_000_000
CHIME_S = 2
"""A device that makes itself known chimes about so often."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """Something to say.

    Attributes:
        id: said once, however often it comes.
        text: for people who read along.
        wav: the sound, empty if there is none.
        repeat: how many times it is played.
        expires_at: when it is too old.
        command: what asked for it, answered when it has been played.
    """

    id: str
    text: str
    wav: bytes
    repeat: int
    expires_at: datetime
    command: Command


class Speaker(Program):
    """A loudspeaker."""

    def __init__(self, link: Link, *, player: str = "", out: Path | None = None, tell: Tell = say_nothing) -> None:
        """Make a speaker.

        Args:
            link: the device's line.
            player: command that plays a WAV file whose path is added to it, e.g. ``aplay -q``; "" plays nothing.
            out: folder that gets each announcement played, as ``ID.wav``.
            tell: where announcements are told.

        Raises:
            ValueError: the player's quotes don't match.
            OSError: the folder can't be made.
        """
        super().__init__(link, tell=tell)
        self._player = shlex.split(player)
        self._out = out
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._waiting: asyncio.Queue[Announcement] = asyncio.Queue(WAITING_MAX)

    def duties(self) -> dict[str, Coroutine[Any, Any, None]]:
        """Return the playing."""
        return {"player": self._play_all()}

    async def carry_out(self, command: Command) -> None:
        """Take an announcement.

        Raises:
            LaterError: always; it is answered when it has been played.
            MalformedCommandError: it has no id, or no sound that can be played.
            UnknownCommandError: another command.
        """
        if command.type != "play":
            raise UnknownCommandError
        self._take(_announcement(command))
        raise LaterError

    async def identify(self, command: Command, seconds: int) -> None:
        """Chime, after what is being said.

        Raises:
            LaterError: always; it is answered when it has chimed.
            MalformedCommandError: it has no id.
        """
        sound = await asyncio.to_thread(lambda: wav_of(chime()))
        until, repeat = datetime.now(UTC) + timedelta(seconds=seconds), min(REPEAT_MAX, 1 + seconds // CHIME_S)
        self._take(Announcement(f"identify-{command.text('id')}", "", sound, repeat, until, command))
        self.tell({"identify": seconds})
        raise LaterError

    def _take(self, announcement: Announcement) -> None:
        if announcement.id in self._seen:
            return
        try:
            self._waiting.put_nowait(announcement)
        except asyncio.QueueFull:
            self._drop(announcement, "queue_full")
            return
        self._seen[announcement.id] = None
        if len(self._seen) > REMEMBERED_MAX:
            self._seen.popitem(last=False)

    async def _play_all(self) -> None:
        while True:
            announcement = await self._waiting.get()
            if announcement.expires_at <= datetime.now(UTC):
                self._drop(announcement, "expired")
            elif await self._play(announcement):
                self.tell({"played": announcement.id, "text": announcement.text})
                self._answer_for(announcement.command)

    def _answer_for(self, command: Command) -> None:
        if self._player or self._out is not None:
            self.answer(command, OrderResult.OK)
        else:
            self.answer(command, OrderResult.REFUSED, NO_PLAYER)

    def _drop(self, announcement: Announcement, reason: str) -> None:
        log.warning("announcement_dropped", device=self.link.device, id=announcement.id, reason=reason)
        self.tell({"dropped": announcement.id, "reason": reason})
        self.answer(announcement.command, OrderResult.REFUSED, reason)

    async def _play(self, announcement: Announcement) -> bool:
        """Play an announcement; a sound that fails is told and the next one is tried."""
        if not announcement.wav:
            return True
        try:
            with tempfile.TemporaryDirectory(prefix="yichuang-speaker-") as folder:
                path = Path(folder) / "announcement.wav"
                await asyncio.to_thread(path.write_bytes, announcement.wav)
                for _ in range(announcement.repeat if self._player else 0):
                    await self._run_player(path)
            if self._out is not None:
                await asyncio.to_thread(replace_file, self._out / f"{announcement.id}.wav", announcement.wav)
        except (OSError, TimeoutError, PlayerFailedError) as error:
            log.warning("player_failed", device=self.link.device, id=announcement.id, error=str(error))
            self.tell({"not_played": announcement.id, "reason": str(error)})
            self.answer(announcement.command, OrderResult.REFUSED, "player_failed")
            return False
        return True

    async def _run_player(self, path: Path) -> None:
        process = await asyncio.create_subprocess_exec(
            *self._player, str(path), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL
        )
        try:
            status = await asyncio.wait_for(process.wait(), PLAY_S_MAX)
        except TimeoutError as error:
            raise TimeoutError(f"{self._player[0]} didn't end within {PLAY_S_MAX:g} s") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if status != 0:
            raise PlayerFailedError(f"{self._player[0]} ended with status {status}")


class PlayerFailedError(Exception):
    """The player couldn't play."""


def _announcement(command: Command) -> Announcement:
    wav = command.data("wav") if command.body.get("wav") is not None else b""
    announcement_id, repeat = command.text("id"), command.whole("repeat", 1, REPEAT_MAX, default=1)
    if not announcement_id.replace("-", "").replace("_", "").isalnum():
        raise MalformedCommandError("play: an id has letters, digits, hyphens and underscores only")
    if len(wav) > WAV_BYTES_MAX:
        raise MalformedCommandError(f"play: wav has at most {WAV_BYTES_MAX} bytes")
    expires_at = command.time("expires_at") or datetime.now(UTC) + timedelta(seconds=ANNOUNCEMENT_S_MAX)
    return Announcement(announcement_id, str(command.body.get("text") or ""), wav, repeat, expires_at, command)
