"""Phones that follow their tickets, over real WebSockets: at once, when called, as places change, and to the end."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from api import phones
from controller import commands as c
from controller.model import HallDay, Ticket
from controller.plan import WindowId
from displays.session import Gone
from tests.support.api_hall import ApiHall, api_hall, api_parts
from tests.support.display_port import DisplayPort
from tests.support.engines import HALL, PENSION, call_next, open_window, small_plan
from tests.support.mosquitto import until


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[ApiHall]:
    async with api_hall(tmp_path) as running:
        yield running


class Phone:
    """A phone that reads everything; ``got`` without heartbeats, ``code`` of its end."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.beats = 0
        self.code: int | None = None

    async def read(self, connection: Any) -> None:
        try:
            while True:
                message = json.loads(await connection.recv())
                if message["type"] == "heartbeat":
                    self.beats += 1
                else:
                    self.got.append(message)
        except ConnectionClosed:
            self.code = connection.close_code

    @property
    def last(self) -> dict[str, Any]:
        return self.got[-1]


@asynccontextmanager
async def phone(hall: ApiHall, token: str) -> AsyncIterator[Phone]:
    """Let a phone connect and read meanwhile."""
    address = hall.url.replace("http", "ws", 1)
    async with connect(f"{address}/ws/v1/tickets/{token}", proxy=None, ping_interval=None) as connection:
        it = Phone()
        reading = asyncio.create_task(it.read(connection))
        try:
            yield it
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


async def test_a_phone_gets_its_whole_ticket_at_once(hall: ApiHall) -> None:
    issued = await hall.client.ticket(PENSION)
    async with phone(hall, issued["token"]) as it:
        await until(lambda: it.got, "it has its ticket")
        seen = (await hall.client.http.get(f"/api/v1/tickets/{issued['token']}")).json()
        assert it.got == [{"type": "ticket", **seen}]
        assert (seen["state"], seen["number"], seen["ahead"]) == ("waiting", "A001", 0)


async def test_it_hears_of_its_call_and_of_all_that_follows(hall: ApiHall) -> None:
    await hall.client.open_windows("2")
    issued = await hall.client.ticket(PENSION)
    async with phone(hall, issued["token"]) as it:
        await until(lambda: it.got, "it has its ticket")
        for action, state in (("next", "called"), ("start", "serving"), ("finish", "finished")):
            await hall.client.at_window("2", action)
            await until(lambda state=state: it.last["state"] == state, state)
            assert it.last["call"] == ("2号窗口" if state == "called" else None)
    states = [message["state"] for message in it.got]
    assert states == ["waiting", "called", "serving", "finished"]


async def test_it_hears_of_its_place(hall: ApiHall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phones, "PLACES_S", 0.02)
    first, second = await hall.client.ticket(PENSION), await hall.client.ticket(PENSION)
    async with phone(hall, second["token"]) as it:
        await until(lambda: it.got and it.last["ahead"] == 1, "one is before it")
        await hall.client.ask("DELETE", f"/tickets/{first['ticket']}")
        await until(lambda: it.last["ahead"] == 0, "nobody is before it")
        seen = len(it.got)
        await hall.client.open_windows("3")
        await hall.client.at_window("3", "next")
    assert len(it.got) == seen, "what moves others' places is no news"


async def test_it_hears_something_in_silence(hall: ApiHall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phones, "HEARTBEAT_S", 0.02)
    issued = await hall.client.ticket(PENSION)
    async with phone(hall, issued["token"]) as it:
        await until(lambda: it.beats >= 3, "it hears heartbeats")
    assert len(it.got) == 1


@pytest.mark.parametrize("token", ["demo.nonesuch", "nonesuch", "nowhere.x", "%00"])
async def test_a_token_that_isnt_one(hall: ApiHall, token: str) -> None:
    async with phone(hall, token) as it:
        await until(lambda: it.code is not None, "it is closed")
    assert (it.code, it.got) == (4404, [])


async def test_phones_come_back_when_the_controller_stops(tmp_path: Path) -> None:
    async with api_hall(tmp_path) as hall:
        issued = await hall.client.ticket(PENSION)
        async with phone(hall, issued["token"]) as it, phone(hall, issued["token"]) as other:
            await until(lambda: it.got and other.got, "they have their tickets")
            hall.phones.stop()
            await until(lambda: it.code is not None and other.code is not None, "they are let go")
            assert (it.code, other.code) == (1012, 1012)
            async with phone(hall, issued["token"]) as late:
                await until(lambda: late.code is not None, "it is let go")
                assert (late.code, late.got) == (1012, [])
        assert hall.phones._count == 0
        assert not hall.phones._phones[HALL]


async def test_phones_have_an_end(hall: ApiHall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phones, "PHONES_MAX", 1)
    issued = await hall.client.ticket(PENSION)
    async with phone(hall, issued["token"]) as it:
        await until(lambda: it.got, "it has its ticket")
        async with phone(hall, issued["token"]) as other:
            await until(lambda: other.code is not None, "it is closed")
            assert other.code == 1013
    await until(lambda: hall.phones._count == 0, "it has left")
    async with phone(hall, issued["token"]) as again:
        await until(lambda: again.got, "it has its ticket")


async def test_a_phone_is_asked_to_come_again_where_the_log_is_away(tmp_path: Path) -> None:
    async with api_hall(tmp_path) as hall:
        issued = await hall.client.ticket(PENSION)
        actor = hall.engine._actor(HALL)
        assert actor is not None
        async with hall.log_away():
            actor.days.today = None
            async with phone(hall, issued["token"]) as it:
                await until(lambda: it.code is not None, "it is closed")
        assert it.code == 1013


# -- without a network -------------------------------------------------------------------------------------------------


async def seated(parts: ApiHall, token: str) -> tuple[DisplayPort, "asyncio.Task[None]"]:
    port = DisplayPort()
    serving = asyncio.create_task(parts.phones.serve(token, port))
    await until(lambda: port.sent, "it has its ticket")
    return port, serving


async def test_a_phone_that_reads_nothing_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phones, "SEND_S_MAX", 0.02)
    monkeypatch.setattr("displays.session.CLOSE_S_MAX", 0.02)
    async with api_parts(tmp_path) as parts:
        ticket = await parts.floors.ticket()
        slow, serving = await seated(parts, ticket.token)
        quick, other = await seated(parts, ticket.token)
        slow.reads.clear()
        await parts.floors.done(open_window())
        await parts.floors.window(call_next())
        await until(serving.done, "it is let go though it hears no goodbye")
        await until(lambda: quick.sent[-1]["state"] == "called", "the other is told")
        quick.leave()
        await other
        assert parts.phones._count == 0


async def test_a_phone_that_has_gone_is_forgotten(tmp_path: Path) -> None:
    async with api_parts(tmp_path) as parts:
        ticket = await parts.floors.ticket()
        port, serving = await seated(parts, ticket.token)
        port.broken = Gone()
        await parts.floors.done(c.CancelTicket(ticket.id))
        with pytest.raises(Gone):
            await serving
        assert parts.phones._count == 0


async def test_it_is_never_told_an_older_place_than_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phones, "AT_ONCE", 1)
    monkeypatch.setattr(phones, "PLACES_S", 0.01)
    async with api_parts(tmp_path) as parts:
        await parts.floors.done(open_window())
        tickets = [await parts.floors.ticket() for _ in range(3)]
        places = [await seated(parts, ticket.token) for ticket in tickets]
        older = await parts.floors.day()
        await parts.floors.window(call_next())
        await until(lambda: places[0][0].sent[-1]["state"] == "called", "it is called")
        await parts.phones._tell_places(older)  # a round that began before the call
        await parts.floors.ticket()
        async with parts.running(parts.phones.run()):
            await until(lambda: places[2][0].sent[-1]["ahead"] == 1, "places are told")
        assert [message["state"] for message in places[0][0].sent] == ["waiting", "called"]
        for port, serving in places:
            port.leave()
            await serving


async def test_one_halls_trouble_leaves_the_others_their_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phones, "PLACES_S", 0.01)
    good = phones.phone_form

    def form(day: HallDay, ticket: Ticket, now: Any) -> Any:
        if day.hall == "bad" and day.seq > 2:
            raise ValueError("no form")
        return good(day, ticket, now)

    monkeypatch.setattr(phones, "phone_form", form)
    bad = replace(small_plan(), hall=replace(small_plan().hall, id="bad"))
    async with api_parts(tmp_path, bad, small_plan()) as parts:
        broken = await parts.floors.ticket(hall="bad")
        first, second = await parts.floors.ticket(), await parts.floors.ticket()
        ports = [await seated(parts, ticket.token) for ticket in (broken, second)]
        async with parts.running(parts.phones.run()):
            await parts.floors.done(c.OpenWindow(WindowId("1")), hall="bad")
            await parts.floors.done(c.CancelTicket(first.id))
            await until(lambda: ports[1][0].sent[-1]["ahead"] == 0, "the place is told")
        for port, serving in ports:
            port.leave()
            await serving
