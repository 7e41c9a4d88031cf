"""One display: what it is sent in which order, what it may say, and how it ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson
import pytest

from displays import session as sessions
from displays.board import DisplayKind, SpeakerRank, View
from displays.session import CLOSE_CODES, Announcement, Ending, Session, Sight, close, done_order, shown_seq
from tests.support.display_port import DisplayPort
from tests.support.mosquitto import until

LATER = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


@dataclass
class Seat:
    """A session under test with its display; ``glass`` holds (behind, seq) of what was reported."""

    session: Session
    port: DisplayPort
    glass: list[tuple[int, int]] = field(default_factory=list)
    malformed: int = 0
    ending: Ending | None = None

    def show(self, seq: int, behind: int | None = None) -> None:
        text = orjson.dumps({"type": "board", "seq": seq}).decode()
        self.session.show(text, seq, seq - 1 if behind is None else behind)
        self.session.wake()

    def tell(self, name: str, *, speak: bool = False) -> Announcement:
        announcement = Announcement({"type": "announcement", "id": name}, None, 1, LATER)
        self.session.tell(announcement, speak=speak)
        self.session.wake()
        return announcement

    async def sent(self, count: int) -> None:
        await until(lambda: len(self.port.sent) >= count, f"{count} messages, not {self.port.sent}")


@asynccontextmanager
async def seated() -> AsyncIterator[Seat]:
    """Run a session meanwhile; leaving the block the display leaves, if nothing ended it before."""
    port = DisplayPort()
    sight = Sight(
        shown=lambda behind, seq, _at: seat.glass.append((behind, seq)),
        malformed=lambda: setattr(seat, "malformed", seat.malformed + 1),
    )
    view = View(DisplayKind.TV)
    seat = Seat(Session(port, display="tv-1", number=1, view=view, rank=SpeakerRank.PLANNED, sight=sight), port)
    running = asyncio.create_task(seat.session.run())
    try:
        yield seat
    finally:
        port.reads.set()
        port.leave()
        seat.ending = await asyncio.wait_for(running, 30)


@pytest.mark.parametrize(
    ("text", "seq"),
    [
        ('{"type":"shown","seq":7}', 7),
        ('{"seq":0,"type":"shown","more":[]}', 0),
        ('{"type":"shown","seq":-1}', None),
        ('{"type":"shown","seq":true}', None),
        ('{"type":"shown","seq":7.0}', None),
        ('{"type":"shown","seq":"7"}', None),
        ('{"type":"shown","seq":18446744073709551616}', None),
        ('{"type":"shown"}', None),
        ('{"type":"board","seq":7}', None),
        ("[7]", None),
        ("null", None),
        ("{", None),
        ("", None),
        ("\ud800", None),
        ('{"type":"shown","seq":7}' + " " * 1_024, None),
    ],
)
def test_what_a_display_says(text: str, seq: int | None) -> None:
    assert shown_seq(text) == seq


async def test_of_boards_that_wait_the_newest_is_sent() -> None:
    async with seated() as seat:
        seat.port.reads.clear()
        seat.show(1)
        await until(lambda: seat.session._sending_since is not None, "the first is on its way")
        for seq in range(2, 50):
            seat.show(seq)
        seat.port.reads.set()
        await seat.sent(2)
        seat.show(50)
        await seat.sent(3)
    assert [board["seq"] for board in seat.port.boards] == [1, 49, 50]
    assert seat.ending is Ending.LEFT
    assert seat.port.closed is None


async def test_the_board_goes_before_what_is_said_about_it_and_that_in_order() -> None:
    async with seated() as seat:
        first, second = seat.tell("c1", speak=True), seat.tell("c2")
        seat.show(1)
        await seat.sent(3)
    assert [message["type"] for message in seat.port.sent] == ["board", "announcement", "announcement"]
    assert seat.port.heard == [("c1", True), ("c2", False)]
    assert first.told == second.told == {"tv-1"}


async def test_too_many_announcements_for_a_display_that_does_not_read_end_it() -> None:
    async with seated() as seat:
        seat.port.reads.clear()
        seat.show(1)
        await until(lambda: seat.session._sending_since is not None, "it is on its way")
        for number in range(sessions.ANNOUNCEMENTS_MAX):
            seat.tell(f"c{number}")
        assert not seat.session.ended
        seat.tell("one too many")
        assert seat.session.ended
    assert seat.ending is Ending.SLOW
    assert seat.port.closed == 1013


async def test_a_display_behind_its_time_is_ended_and_one_in_silence_gets_a_heartbeat() -> None:
    async with seated() as seat:
        seat.show(1)
        await seat.sent(1)
        sent_at = seat.session._sent_at
        assert not seat.session.look_after(sent_at + 4.9, 5.0)
        assert seat.session.look_after(sent_at + 5.0, 5.0)
        seat.session.wake()
        await seat.sent(2)
        assert seat.port.sent[1] == {"type": "heartbeat"}
        seat.port.reads.clear()
        seat.show(2)
        await until(lambda: seat.session._sending_since is not None, "it is on its way")
        since = seat.session._sending_since
        assert since is not None
        assert not seat.session.look_after(since + sessions.SEND_S_MAX, 1.0)
        assert not seat.session.ended
        assert not seat.session.look_after(since + sessions.SEND_S_MAX + 0.001, 1.0)
        assert seat.session.ended
    assert seat.ending is Ending.SLOW


async def test_each_board_is_on_the_glass_once_and_those_that_it_replaced_with_it() -> None:
    async with seated() as seat:
        for seq in (1, 2, 3):
            seat.show(seq)
            await seat.sent(seq)
        seat.port.shown(2)
        seat.port.shown(2)
        seat.port.shown(1)
        seat.port.shown(99)
        seat.port.say("so far")
        await until(lambda: seat.malformed == 1, "all so far is heard")
        assert seat.glass == [(0, 1), (1, 2)]
        seat.port.shown(3)
        await until(lambda: len(seat.glass) >= 3, "all are reported")
    assert seat.glass == [(0, 1), (1, 2), (2, 3)]
    assert seat.session.reports


async def test_a_board_replaced_before_it_was_sent_leaves_no_gap_behind() -> None:
    async with seated() as seat:
        seat.port.reads.clear()
        seat.show(1)
        await until(lambda: seat.session._sending_since is not None, "the first is on its way")
        seat.show(5, behind=3)
        seat.show(8, behind=6)
        seat.port.reads.set()
        await seat.sent(2)
        seat.port.shown(8)
        await until(lambda: len(seat.glass) == 2, "reported")
    assert seat.glass == [(0, 1), (3, 8)]


async def test_nonsense_is_counted_and_survived() -> None:
    async with seated() as seat:
        for text in ("", "{", '{"type":"shown"}', "hello"):
            seat.port.say(text)
        await until(lambda: seat.malformed == 4, "all are counted")
        assert not seat.session.reports
        seat.show(1)
        await seat.sent(1)
        seat.port.shown(1)
        await until(lambda: seat.glass == [(0, 1)], "sense is still understood")
    assert seat.ending is Ending.LEFT


async def test_a_display_that_talks_too_much_is_ended() -> None:
    async with seated() as seat:
        for _ in range(sessions.MESSAGES_MAX + 1):
            seat.port.say("{")
        await until(lambda: seat.session.ended, "it is ended")
    assert seat.ending is Ending.FLOODING
    assert seat.port.closed == 1008
    assert seat.malformed == sessions.MESSAGES_MAX


async def test_a_display_may_talk_on_and_on_at_a_bearable_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MESSAGES_S", 0.0)  # each message is in a time of its own
    async with seated() as seat:
        for _ in range(2 * sessions.MESSAGES_MAX):
            seat.port.say("{")
        await until(lambda: seat.malformed == 2 * sessions.MESSAGES_MAX, "all is heard")
    assert seat.ending is Ending.LEFT


async def test_a_connection_found_gone_is_a_display_that_left() -> None:
    async with seated() as seat:
        seat.port.tear()
        seat.show(1)
        await until(lambda: seat.session.ended, "it is noticed")
    assert seat.ending is Ending.LEFT


async def test_a_fault_in_sending_ends_this_display_alone_and_loudly(capsys: pytest.CaptureFixture[str]) -> None:
    async with seated() as seat:
        seat.port.broken = ZeroDivisionError("a bug")
        seat.show(1)
        await until(lambda: seat.session.ended, "it is noticed")
    assert seat.ending is Ending.FAILED
    assert seat.port.closed == 1011
    assert "display.send_failed" in capsys.readouterr().out


async def test_the_first_reason_stands() -> None:
    async with seated() as seat:
        seat.session.end(Ending.STOPPING)
        seat.session.end(Ending.SLOW)
    assert seat.ending is Ending.STOPPING
    assert seat.port.closed == 1012


@pytest.mark.parametrize("ending", list(Ending))
async def test_every_ending_but_leaving_has_a_code(ending: Ending) -> None:
    port = DisplayPort()
    await close(port, ending)
    assert port.closed == CLOSE_CODES.get(ending)
    assert (port.closed is None) == (ending is Ending.LEFT)


async def test_closing_does_not_wait_for_ever_for_one_that_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "CLOSE_S_MAX", 0.05)
    port = DisplayPort()
    port.reads.clear()
    await asyncio.wait_for(close(port, Ending.SLOW), 30)
    assert port.closed is None


def test_an_announcement_is_encoded_once_for_those_who_speak_and_once_for_the_others() -> None:
    announcement = Announcement({"type": "announcement", "id": "c1", "speak": False}, None, 1, LATER)
    assert orjson.loads(announcement.text(speak=True)) == {"type": "announcement", "id": "c1", "speak": True}
    assert announcement.text(speak=True) is announcement.text(speak=True)
    assert orjson.loads(announcement.text(speak=False))["speak"] is False


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ('{"type":"done","id":"o-1"}', "o-1"),
        ('{"type":"done","id":""}', None),
        ('{"type":"done","id":7}', None),
        ('{"type":"done"}', None),
        ('{"type":"shown","id":"o-1"}', None),
        (f'{{"type":"done","id":"{"x" * 65}"}}', None),
        ("[", None),
    ],
)
def test_what_is_done_has_an_id(text: str, order: str | None) -> None:
    assert done_order(text) == order


async def test_what_a_display_is_told_to_do_is_sent_after_its_board_and_answered() -> None:
    async with seated() as seat:
        seat.session.order('{"type":"identify","id":"old"}')
        seat.session.order('{"type":"identify","id":"o-1"}')
        seat.session.wake()
        await seat.sent(1)
        assert seat.port.sent == [{"type": "identify", "id": "o-1"}], "the newest, for now or never"
