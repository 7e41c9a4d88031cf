"""A device's line to the controller, on a real Mosquitto that comes and goes."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from devices.agent.lifetimes import DAY_S, UNNAMED_REVIEW
from devices.agent.link import NoReplyError
from devices.agent.memory import Memory
from devices.agent.wire import new_event
from tests.support.mosquitto import Mosquitto, mosquitto, until
from tests.support.scripted_controller import Controller, always, controller, line, shorten_pauses, silence, worth

DEVICE = "ticket-machine-1"


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    async with mosquitto(tmp_path / "broker") as started:
        yield started


@pytest.fixture
async def floor(broker: Mosquitto) -> AsyncIterator[Controller]:
    async with controller(broker) as side:
        yield side


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_pauses(monkeypatch)


async def test_a_device_says_online_and_leaves_with_offline(broker: Mosquitto, floor: Controller) -> None:
    async with line(broker, DEVICE):
        await floor.online(DEVICE)
    await until(lambda: floor.statuses[DEVICE][-1] == "offline", "offline")


async def test_an_event_is_repeated_with_the_same_id_until_it_is_answered(broker: Mosquitto, floor: Controller) -> None:
    def answer(device: str, event: dict[str, Any]) -> dict[str, Any] | None:
        return {"ok": True, "number": "A003"} if len(floor.events) >= 4 else None

    floor.answer = answer
    async with line(broker, DEVICE) as link:
        reply = await link.request(new_event("ticket_requested", services=["pension"]))
    assert (reply.ok, reply.body["number"]) == (True, "A003")
    assert len(floor.events) >= 4
    assert len({event["id"] for _, event in floor.events}) == 1
    at = datetime.fromisoformat(floor.events[0][1]["at"])
    assert at.tzinfo is not None


async def test_a_log_that_cannot_be_written_is_no_answer(broker: Mosquitto, floor: Controller) -> None:
    def answer(device: str, event: dict[str, Any]) -> dict[str, Any]:
        if len(floor.events) < 3:
            return {"ok": False, "code": "log_unavailable", "message": "…"}
        return {"ok": True}

    floor.answer = answer
    async with line(broker, DEVICE) as link:
        assert (await link.request(new_event("call_pressed", action="next"))).ok


async def test_a_refusal_is_an_answer(broker: Mosquitto, floor: Controller) -> None:
    floor.answer = always(ok=False, code="window_not_open", message="先开窗")
    async with line(broker, DEVICE) as link:
        reply = await link.request(new_event("call_pressed", action="next"))
    assert (reply.ok, reply.code, reply.message) == (False, "window_not_open", "先开窗")


async def test_nobody_waits_for_ever_and_the_broker_drops_the_event_then(broker: Mosquitto, floor: Controller) -> None:
    floor.answer = silence
    async with line(broker, DEVICE) as link:
        event = new_event("call_pressed", action="next")
        with pytest.raises(NoReplyError, match=f"{event['id']} within 1 s"):
            await link.request(event, within_s=1)
    assert floor.expiry_s[event["id"]] == 1


async def test_no_broker_at_all_is_no_reply(tmp_path: Path) -> None:
    async with line(Mosquitto(tmp_path), DEVICE) as link:
        with pytest.raises(NoReplyError):
            await link.request(new_event("call_pressed", action="next"), within_s=0.5)


async def test_an_event_survives_the_broker(broker: Mosquitto, floor: Controller) -> None:
    floor.answer = silence
    async with line(broker, DEVICE) as link:
        asked = asyncio.create_task(link.request(new_event("ticket_requested", services=["pension"]), within_s=60))
        await until(lambda: floor.events, "the event arrives")
        await broker.stop()
        await broker.start()
        async with controller(broker) as again:
            assert (await asked).ok
            assert again.events[0][1]["id"] == floor.events[0][1]["id"]


async def test_a_device_without_a_broker_comes_up_when_there_is_one(tmp_path: Path) -> None:
    late = Mosquitto(tmp_path)
    async with line(late, DEVICE) as link:
        asked = asyncio.create_task(link.request(new_event("call_pressed", action="next"), within_s=60))
        try:
            await late.start()
            async with controller(late):
                assert (await asked).ok
        finally:
            await late.stop()


async def test_answers_find_their_events_among_many(broker: Mosquitto, floor: Controller) -> None:
    def answer(device: str, event: dict[str, Any]) -> dict[str, Any]:
        return {"ok": True, "echo": event["action"]}

    floor.answer = answer
    async with line(broker, DEVICE) as link:
        events = [new_event("call_pressed", action=str(number)) for number in range(200)]
        replies = await asyncio.gather(*(link.request(event, within_s=60) for event in events))
    assert [reply.body["echo"] for reply in replies] == [str(number) for number in range(200)]


async def test_what_is_kept_is_sent_by_the_next_run(broker: Mosquitto, tmp_path: Path) -> None:
    path = tmp_path / "memory.sqlite3"
    with Memory(path) as memory:
        async with line(broker, DEVICE, memory) as link:
            with pytest.raises(NoReplyError):
                await link.request(new_event("review_submitted", level=5), within_s=0.3)
    async with controller(broker) as floor:
        with Memory(path) as memory:
            async with line(broker, DEVICE, memory):
                await until(lambda: not memory.unanswered(), "the review is answered")
    assert {event["level"] for event in floor.of_type("review_submitted")} == {5}


async def test_a_kept_event_that_is_refused_is_not_sent_for_ever(broker: Mosquitto, floor: Controller) -> None:
    floor.answer = always(ok=False, code="receipt_unknown", message="…")
    async with line(broker, DEVICE) as link:
        link.memory.keep("e1", b'{"id":"e1","type":"receipt_printed","job":"r0"}', 60)
        link.send_kept()
        await until(lambda: not link.memory.unanswered(), "the refusal ends it")
    assert len(floor.events) >= 1


async def test_an_event_is_told_later_with_its_own_time_and_a_meaningless_one_is_dropped(
    broker: Mosquitto, floor: Controller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worth(monkeypatch, UNNAMED_REVIEW, 0.2)
    async with line(Mosquitto(tmp_path / "nowhere"), DEVICE) as link:
        events = [new_event("review_submitted", level=1), new_event("review_submitted", level=5, ticket="t1")]
        for event in events:
            with pytest.raises(NoReplyError):
                await link.request(event, within_s=0.3)
        assert [kept.id for kept in link.memory.unanswered()] == [event["id"] for event in events]
        memory = link.memory
    async with line(broker, DEVICE, memory):
        await until(lambda: not memory.unanswered(), "both are dealt with")
    assert [event for _, event in floor.events] == [events[1]]
    assert 0 < floor.expiry_s[events[1]["id"]] <= 7 * DAY_S
