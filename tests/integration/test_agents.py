"""Device programs against a real Mosquitto, a scripted controller and a real TCP printer."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from devices.agent import call_pad
from devices.agent import link as links
from devices.agent import speaker as speakers
from devices.agent import ticket_machine as machines
from devices.agent.call_pad import CallPad
from devices.agent.led import LedSign
from devices.agent.link import Link, NoReplyError
from devices.agent.memory import JobState, Memory
from devices.agent.program import Program
from devices.agent.review_pad import ReviewPad
from devices.agent.speaker import Speaker
from devices.agent.ticket_machine import TicketMachine
from devices.agent.wire import Broker, new_event
from devices.printer import Printer, open_printer
from devices.receipts import TicketReceipt, render_ticket
from tests.support.printer9100 import TcpPrinter
from tests.support.scripted_controller import HALL, Controller, LoopbackBroker, controller, until

DEVICE = "ticket-machine-1"


def paper_of(number: str) -> bytes:
    return render_ticket(
        TicketReceipt(
            hall_name="示例镇便民服务中心",
            number=number,
            services=("养老待遇资格认证",),
            ahead=4,
            wait_p50_s=540,
            wait_p90_s=900,
            issued_at=datetime(2026, 3, 2, 1, 5, tzinfo=UTC),
            zone="",
            ticket_url=f"http://127.0.0.1:8000/t/demo.{number}",
            reprint=False,
        ),
        58,
        "zh-CN",
    )


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[LoopbackBroker]:
    started = LoopbackBroker(tmp_path)
    await started.start()
    yield started
    await started.stop()


@pytest.fixture
async def floor(broker: LoopbackBroker) -> AsyncIterator[Controller]:
    async with controller(broker) as side:
        yield side


@pytest.fixture
async def paper() -> AsyncIterator[TcpPrinter]:
    printer = TcpPrinter()
    printer.switch_on()
    yield printer
    await asyncio.to_thread(printer.switch_off)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the pauses: what they are for doesn't change with their length."""
    for module, name, seconds in (
        (links, "REPEAT_S_MIN", 0.1),
        (links, "REPEAT_S_MAX", 0.4),
        (links, "RECONNECT_S_MIN", 0.05),
        (links, "RECONNECT_S_MAX", 0.4),
        (machines, "RETRY_S_MIN", 0.05),
        (machines, "RETRY_S_MAX", 0.2),
    ):
        monkeypatch.setattr(module, name, seconds)


def line(broker: LoopbackBroker, device: str = DEVICE, memory: Memory | None = None) -> Link:
    return Link(HALL, device, Broker.parse(broker.url), memory=memory)


def machine(broker: LoopbackBroker, paper: TcpPrinter, memory: Memory | None = None) -> TicketMachine:
    return TicketMachine(line(broker, memory=memory), open_printer(paper.address))


# --- the line -------------------------------------------------------------------------------------------------------


async def test_a_device_says_online_and_leaves_with_offline(broker: LoopbackBroker, floor: Controller) -> None:
    async with line(broker):
        await floor.online(DEVICE)
    await until(lambda: floor.statuses[DEVICE][-1] == "offline", "offline")


async def test_an_event_is_repeated_with_the_same_id_until_it_is_answered(
    broker: LoopbackBroker, floor: Controller
) -> None:
    floor.answer = lambda device, event: {"ok": True, "number": "A003"} if len(floor.events) >= 4 else None
    async with line(broker) as link:
        reply = await link.request(new_event("ticket_requested", services=["pension"]))
    assert (reply.ok, reply.body["number"]) == (True, "A003")
    assert len(floor.events) >= 4
    assert len({event["id"] for _, event in floor.events}) == 1
    at = datetime.fromisoformat(floor.events[0][1]["at"])
    assert at.tzinfo is not None


async def test_a_log_that_cannot_be_written_is_no_answer(broker: LoopbackBroker, floor: Controller) -> None:
    def answer(device: str, event: dict[str, Any]) -> dict[str, Any]:
        if len(floor.events) < 3:
            return {"ok": False, "code": "log_unavailable", "message": "…"}
        return {"ok": True}

    floor.answer = answer
    async with line(broker) as link:
        assert (await link.request(new_event("call_pressed", action="next"))).ok


async def test_a_refusal_is_an_answer(broker: LoopbackBroker, floor: Controller) -> None:
    floor.answer = lambda device, event: {"ok": False, "code": "window_not_open", "message": "先开窗"}
    async with line(broker) as link:
        reply = await link.request(new_event("call_pressed", action="next"))
    assert (reply.ok, reply.code, reply.message) == (False, "window_not_open", "先开窗")


async def test_nobody_waits_for_ever_and_the_broker_drops_the_event_then(
    broker: LoopbackBroker, floor: Controller
) -> None:
    floor.answer = lambda device, event: None
    async with line(broker) as link:
        event = new_event("call_pressed", action="next")
        with pytest.raises(NoReplyError, match=f"{event['id']} within 1 s"):
            await link.request(event, within_s=1)
    assert floor.expiry_s[event["id"]] == 1


async def test_no_broker_at_all_is_no_reply(tmp_path: Path) -> None:
    async with line(LoopbackBroker(tmp_path)) as link:
        with pytest.raises(NoReplyError):
            await link.request(new_event("call_pressed", action="next"), within_s=0.5)


async def test_an_event_survives_the_broker(broker: LoopbackBroker, floor: Controller) -> None:
    floor.answer = lambda device, event: None
    async with line(broker) as link:
        asked = asyncio.create_task(link.request(new_event("ticket_requested", services=["pension"]), within_s=60))
        await until(lambda: floor.events, "the event arrives")
        await broker.stop()
        await broker.start()
        async with controller(broker) as again:
            assert (await asked).ok
            assert again.events[0][1]["id"] == floor.events[0][1]["id"]


async def test_a_device_without_a_broker_comes_up_when_there_is_one(tmp_path: Path) -> None:
    late = LoopbackBroker(tmp_path)
    async with line(late) as link:
        asked = asyncio.create_task(link.request(new_event("call_pressed", action="next"), within_s=60))
        await asyncio.sleep(0)
        await late.start()
        async with controller(late):
            assert (await asked).ok
    await late.stop()


async def test_answers_find_their_events_among_many(broker: LoopbackBroker, floor: Controller) -> None:
    floor.answer = lambda device, event: {"ok": True, "echo": event["action"]}
    async with line(broker) as link:
        events = [new_event("call_pressed", action=str(number)) for number in range(200)]
        replies = await asyncio.gather(*(link.request(event, within_s=60) for event in events))
    assert [reply.body["echo"] for reply in replies] == [str(number) for number in range(200)]


@pytest.mark.parametrize("garbage", [b"", b"{", b"\xff\xfe", b"[1]", b'"text"', b"null", b'{"event": 7, "ok": 1}'])
async def test_garbage_is_survived(
    garbage: bytes, broker: LoopbackBroker, floor: Controller, paper: TcpPrinter
) -> None:
    async with machine(broker, paper) as program:
        await floor.online(DEVICE)
        for name in ("reply", "command", "state"):
            await floor.publish(DEVICE, name, garbage)
        assert (await program.take_ticket(["pension"])).ok


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"job": 7, "escpos": ""},
        {"job": "r1", "escpos": "not base64!"},
        {"job": "r1", "escpos": ""},
        {"job": "", "escpos": "aGk="},
        {"job": "r1", "escpos": "aGk=", "expires_at": "soon"},
        {"job": "r1", "escpos": "aGk=", "expires_at": "2026-03-02T09:00:00"},
    ],
)
async def test_a_malformed_job_is_dropped_and_the_next_one_printed(
    members: dict[str, object], broker: LoopbackBroker, floor: Controller, paper: TcpPrinter
) -> None:
    async with machine(broker, paper):
        await floor.online(DEVICE)
        await floor.command(DEVICE, "print", **members)
        await floor.command(DEVICE, "dance")
        await floor.print_job(DEVICE, "r2", paper_of("A002"))
        await until(lambda: floor.confirmed() == ["r2"], "the sound job is printed")
    assert paper.jobs == [paper_of("A002")]


async def test_what_is_kept_is_sent_by_the_next_run(broker: LoopbackBroker, tmp_path: Path) -> None:
    path = tmp_path / "memory.sqlite3"
    with Memory(path) as memory:
        async with line(broker, memory=memory) as link:
            with pytest.raises(NoReplyError):
                await link.request(new_event("review_submitted", level=5), within_s=0.3, keep=True)
    async with controller(broker) as floor:
        with Memory(path) as memory:
            async with line(broker, memory=memory):
                await until(lambda: not memory.unanswered(), "the review is answered")
    assert [event["level"] for event in floor.of_type("review_submitted")][0] == 5


async def test_a_kept_event_that_is_refused_is_not_sent_for_ever(broker: LoopbackBroker, floor: Controller) -> None:
    floor.answer = lambda device, event: {"ok": False, "code": "receipt_unknown", "message": "…"}
    async with line(broker) as link:
        link.memory.keep("e1", b'{"id":"e1","type":"receipt_printed","job":"r0"}')
        link.send_kept()
        await until(lambda: not link.memory.unanswered(), "the refusal ends it")
    assert len(floor.events) >= 1


# --- the ticket machine -----------------------------------------------------------------------------------------------


async def test_a_ticket_and_its_paper(broker: LoopbackBroker, floor: Controller, paper: TcpPrinter) -> None:
    floor.answer = lambda device, event: {"ok": True, "number": "A003"}
    async with machine(broker, paper) as program:
        reply = await program.take_ticket(["pension", "medical"], "green")
        assert reply.body["number"] == "A003"
        await floor.print_job(DEVICE, "r1", paper_of("A003"))
        await asyncio.wait_for(program.idle(), 30)
        await until(lambda: floor.confirmed() == ["r1"], "the paper is confirmed")
    (asked,) = {(event["type"], tuple(event["services"]), event["lane"]) for event in floor.of_type("ticket_requested")}
    assert asked == ("ticket_requested", ("pension", "medical"), "green")
    (receipt,) = paper.receipts
    assert "A003" in receipt.text
    assert receipt.qr_texts(32) == ["http://127.0.0.1:8000/t/demo.A003"]
    assert floor.failed() == []


async def test_a_job_offered_again_is_confirmed_not_printed_again(
    broker: LoopbackBroker, floor: Controller, paper: TcpPrinter
) -> None:
    async with machine(broker, paper):
        await floor.online(DEVICE)
        for _ in range(5):
            await floor.print_job(DEVICE, "r1", paper_of("A001"))
        await until(lambda: floor.confirmed() == ["r1"], "the paper is confirmed")
        confirmations = len(floor.of_type("receipt_printed"))
        await floor.print_job(DEVICE, "r1", paper_of("A001"))
        await until(lambda: len(floor.of_type("receipt_printed")) > confirmations, "it is confirmed once more")
        await floor.print_job(DEVICE, "r2", paper_of("A002"))
        await until(lambda: floor.confirmed() == ["r1", "r2"], "the next one is printed")
    assert paper.jobs == [paper_of("A001"), paper_of("A002")]
    assert len({event["id"] for event in floor.of_type("receipt_printed")}) == 2


async def test_a_printer_gone_and_back(broker: LoopbackBroker, floor: Controller, paper: TcpPrinter) -> None:
    await asyncio.to_thread(paper.switch_off)
    async with machine(broker, paper):
        await floor.online(DEVICE)
        for number in (1, 2, 3):
            await floor.print_job(DEVICE, f"r{number}", paper_of(f"A00{number}"))
        await until(lambda: len(floor.failed()) == 3, "the floor knows of every job")
        assert {reason for _, reason in floor.failed()} == {"unreachable"}
        assert floor.confirmed() == []
        paper.switch_on()
        await until(lambda: len(floor.confirmed()) == 3, "the paper comes when the printer is back")
    assert paper.jobs == [paper_of(f"A00{number}") for number in (1, 2, 3)]
    assert len(floor.failed()) == 3


async def test_a_job_torn_by_a_pulled_cable_is_printed_whole(
    broker: LoopbackBroker, floor: Controller, paper: TcpPrinter
) -> None:
    paper.drop_after_bytes = 1
    async with machine(broker, paper):
        await floor.online(DEVICE)
        await floor.print_job(DEVICE, "r1", paper_of("A001"))
        await until(lambda: floor.failed(), "the floor knows")
        paper.drop_after_bytes = None
        await until(lambda: floor.confirmed() == ["r1"], "printed")
    assert paper.jobs == [paper_of("A001")]
    assert floor.failed()[0][0] == "r1"


async def test_a_job_too_old_is_not_printed_and_reported_once(
    broker: LoopbackBroker, floor: Controller, paper: TcpPrinter
) -> None:
    async with machine(broker, paper):
        await floor.online(DEVICE)
        await floor.print_job(DEVICE, "old", paper_of("A001"), lives_s=-1)
        await until(lambda: floor.failed() == [("old", "expired")], "the floor knows")
        await floor.print_job(DEVICE, "new", paper_of("A002"))
        await until(lambda: floor.confirmed() == ["new"], "the new one is printed")
    assert paper.jobs == [paper_of("A002")]


async def test_a_job_grows_too_old_while_the_printer_is_away(
    broker: LoopbackBroker, floor: Controller, paper: TcpPrinter
) -> None:
    await asyncio.to_thread(paper.switch_off)
    async with machine(broker, paper) as program:
        await floor.online(DEVICE)
        await floor.print_job(DEVICE, "r1", paper_of("A001"), lives_s=1)
        await until(lambda: floor.failed() == [("r1", "unreachable")], "the floor knows")
        await asyncio.wait_for(program.idle(), 30)
        paper.switch_on()
        await floor.print_job(DEVICE, "r2", paper_of("A002"))
        await until(lambda: floor.confirmed() == ["r2"], "the next one is printed")
    assert paper.jobs == [paper_of("A002")]
    assert floor.failed() == [("r1", "unreachable")]


async def test_too_many_jobs_are_not_hoarded(
    broker: LoopbackBroker, floor: Controller, paper: TcpPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machines, "WAITING_MAX", 3)
    await asyncio.to_thread(paper.switch_off)
    async with machine(broker, paper):
        await floor.online(DEVICE)
        for number in range(6):
            await floor.print_job(DEVICE, f"r{number}", paper_of(f"A00{number}"))
        await until(lambda: len(floor.failed()) == 3, "the first ones are known")
        paper.switch_on()
        await until(lambda: len(floor.confirmed()) == 3, "and printed")
        await floor.print_job(DEVICE, "r5", paper_of("A005"))
        await until(lambda: len(floor.confirmed()) == 4, "one offered again is taken then")
    assert floor.confirmed() == ["r0", "r1", "r2", "r5"]


class WritesRefused:
    """A memory whose disk refuses writes meanwhile."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def start(self) -> None:
        self.memory._connection.execute("PRAGMA query_only = ON")

    def end(self) -> None:
        self.memory._connection.execute("PRAGMA query_only = OFF")


async def test_a_machine_that_cannot_remember_does_not_print_until_it_can(
    broker: LoopbackBroker, floor: Controller, paper: TcpPrinter
) -> None:
    with Memory(None) as memory:
        async with machine(broker, paper, memory):
            refused = WritesRefused(memory)
            refused.start()
            await floor.online(DEVICE)
            await floor.print_job(DEVICE, "r1", paper_of("A001"))
            await until(lambda: floor.failed() == [("r1", "memory_unavailable")], "the floor knows")
            assert paper.jobs == []
            refused.end()
            await until(lambda: floor.confirmed() == ["r1"], "printed")
    assert paper.jobs == [paper_of("A001")]


async def test_paper_that_could_not_be_remembered_is_not_printed_again(
    broker: LoopbackBroker, floor: Controller, paper: TcpPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Memory(None) as memory:
        refused = WritesRefused(memory)
        sent = Printer.send

        async def send_and_fill_the_disk(self: Printer, data: bytes) -> None:
            await sent(self, data)
            refused.start()

        monkeypatch.setattr(Printer, "send", send_and_fill_the_disk)
        monkeypatch.setattr(machines, "RETRY_S_MAX", 0.05)
        async with machine(broker, paper, memory) as program:
            await floor.online(DEVICE)
            await floor.print_job(DEVICE, "r1", paper_of("A001"))
            await until(lambda: paper.jobs, "printed")
            await until(lambda: program._jobs and program._jobs["r1"].on_paper, "not remembered")
            await asyncio.to_thread(refused.end)
            await until(lambda: floor.confirmed() == ["r1"], "remembered when the disk is back")
            assert memory.state("r1") is JobState.PRINTED
    assert paper.jobs == [paper_of("A001")]
    assert floor.failed() == []


async def test_a_stopping_machine_finishes_the_job_at_the_printer(
    broker: LoopbackBroker, floor: Controller, paper: TcpPrinter, tmp_path: Path
) -> None:
    with Memory(tmp_path / "memory.sqlite3") as memory:
        paper.jam()
        async with machine(broker, paper, memory):
            await floor.online(DEVICE)
            await floor.print_job(DEVICE, "r1", paper_of("A001") * 20)
            await until(lambda: memory.state("r1") is JobState.PRINTING, "at the printer")
            paper.unjam()
        assert memory.state("r1") is JobState.PRINTED
        await until(lambda: floor.confirmed() == ["r1"], "confirmed before leaving")


async def test_a_ticket_can_be_returned_and_reprinted(
    broker: LoopbackBroker, floor: Controller, paper: TcpPrinter
) -> None:
    async with machine(broker, paper) as program:
        await program.return_ticket("0123456789abcdef")
        await program.reprint("0123456789abcdef")
    kinds = [(event["type"], event["ticket"]) for _, event in floor.events]
    assert kinds == [("return_requested", "0123456789abcdef"), ("reprint_requested", "0123456789abcdef")]


# --- pads, sign, speaker ------------------------------------------------------------------------------------------------


async def test_a_review_names_the_invited_ticket(broker: LoopbackBroker, floor: Controller) -> None:
    async with ReviewPad(line(broker, "review-pad-1")) as pad:
        await floor.online("review-pad-1")
        await floor.command("review-pad-1", "invite_review", ticket="t1", number="A003", window="1", seconds=60)
        invitation = await asyncio.wait_for(pad.invited(), 30)
        assert (invitation.ticket, invitation.number) == ("t1", "A003")
        assert (await pad.submit(2, ["213"], "等太久")).ok
        assert pad.invitation is None
        assert (await pad.submit(5)).ok
    first, second = floor.of_type("review_submitted")
    assert {name: first[name] for name in ("level", "tags", "text", "ticket")} == {
        "level": 2,
        "tags": ["213"],
        "text": "等太久",
        "ticket": "t1",
    }
    assert (second["level"], second["tags"], second.get("ticket"), second.get("text")) == (5, [], None, None)


@pytest.mark.parametrize("seconds", [0, -1, 3601, "60", None])
async def test_an_invitation_without_a_sensible_end_is_dropped(
    seconds: object, broker: LoopbackBroker, floor: Controller
) -> None:
    async with ReviewPad(line(broker, "review-pad-1")) as pad:
        await floor.online("review-pad-1")
        await floor.command("review-pad-1", "invite_review", ticket="wrong", seconds=seconds)
        await floor.command("review-pad-1", "invite_review", ticket="right", seconds=30)
        assert (await asyncio.wait_for(pad.invited(), 30)).ticket == "right"


async def test_a_press_and_its_answer(broker: LoopbackBroker, floor: Controller) -> None:
    floor.answer = lambda device, event: {"ok": True, "window": {"window": "1", "number": "A003"}}
    async with CallPad(line(broker, "call-pad-1")) as pad:
        reply = await pad.press("away", {"reason": "开会", "substitute": "2"})
    assert reply.body["window"]["number"] == "A003"
    (event,) = floor.of_type("call_pressed")
    assert (event["action"], event["reason"], event["substitute"]) == ("away", "开会", "2")


async def test_a_press_nobody_answers_ends_soon(
    broker: LoopbackBroker, floor: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_pad, "PRESS_S_MAX", 0.5)
    floor.answer = lambda device, event: None
    async with CallPad(line(broker, "call-pad-1")) as pad:
        with pytest.raises(NoReplyError):
            await pad.press("next")


async def test_a_sign_shows_the_retained_state_and_what_follows(
    broker: LoopbackBroker, floor: Controller, tmp_path: Path
) -> None:
    told: list[Any] = []
    out = tmp_path / "sign.txt"
    await floor.publish("led-1", "state", {"text": "请A003号到2号窗口", "seq": 7}, retain=True)
    async with LedSign(line(broker, "led-1"), out=out, tell=told.append) as sign:
        await until(lambda: sign.text == "请A003号到2号窗口", "the retained state")
        await until(out.exists, "its file")
        await floor.publish("led-1", "state", {"text": "", "number": None, "label": "2号窗口", "seq": 8}, retain=True)
        await until(lambda: sign.text == "2号窗口", "the next state")
        await floor.command("led-1", "show", text="测试")
        await until(lambda: sign.text == "测试", "a text shown by command")
    assert await asyncio.to_thread(out.read_text, "utf-8") == "测试\n"
    assert {"shown": "请A003号到2号窗口", "seq": 7} in told


async def test_a_sign_whose_file_cannot_be_written_goes_on(
    broker: LoopbackBroker, floor: Controller, tmp_path: Path
) -> None:
    async with LedSign(line(broker, "led-1"), out=tmp_path / "missing" / "sign.txt") as sign:
        await floor.publish("led-1", "state", {"text": "一"}, retain=True)
        await until(lambda: sign.text == "一", "the first text")
        await floor.publish("led-1", "state", {"text": "二"}, retain=True)
        await until(lambda: sign.text == "二", "the second text")


PLAYER = """#!/bin/sh
echo "begin $(wc -c < "$1")" >> "{log}"
sleep 0.05
echo end >> "{log}"
"""


def player(folder: Path, script: str = PLAYER) -> tuple[str, Path]:
    log, path = folder / "player.log", folder / "player.sh"
    path.write_text(script.replace("{log}", str(log)), encoding="utf-8")
    path.chmod(0o755)
    return str(path), log


def announcement(name: str, *, size: int = 10, lives_s: float = 60, repeat: int = 1) -> dict[str, object]:
    expires_at = datetime.fromtimestamp(datetime.now(UTC).timestamp() + lives_s, UTC).isoformat()
    wav = base64.b64encode(bytes(size)).decode()
    return {"id": name, "text": f"请{name}", "wav": wav, "repeat": repeat, "expires_at": expires_at}


async def say(floor: Controller, body: dict[str, object]) -> None:
    await floor.publish("speaker-1", "command", {"type": "play", **body})


async def test_announcements_are_played_once_each_one_after_another_never_late(
    broker: LoopbackBroker, floor: Controller, tmp_path: Path
) -> None:
    told: list[Any] = []
    command, log = player(tmp_path)
    link = line(broker, "speaker-1")
    async with Speaker(link, player=command, out=tmp_path / "wav", tell=told.append):
        await floor.online("speaker-1")
        await say(floor, announcement("c1-1", size=11, repeat=2))
        await say(floor, announcement("c1-1", size=11, repeat=2))
        await say(floor, announcement("late", size=12, lives_s=-1))
        await say(floor, announcement("c2-1", size=13))
        await until(lambda: any(one.get("played") == "c2-1" for one in told), "both are played")
    assert (await asyncio.to_thread(log.read_text)).split("\n") == [
        *["begin 11", "end"] * 2,
        "begin 13",
        "end",
        "",
    ]
    assert [next(iter(one.items())) for one in told] == [("played", "c1-1"), ("dropped", "late"), ("played", "c2-1")]
    assert (tmp_path / "wav" / "c1-1.wav").stat().st_size == 11


async def test_a_player_that_hangs_or_fails_does_not_stop_the_next_announcement(
    broker: LoopbackBroker, floor: Controller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speakers, "PLAY_S_MAX", 0.3)
    told: list[Any] = []
    command, _ = player(
        tmp_path, '#!/bin/sh\ncase $(wc -c < "$1") in 1) exec sleep 60;; 2) exit 3;; *) exit 0;; esac\n'
    )
    async with Speaker(line(broker, "speaker-1"), player=command, tell=told.append):
        await floor.online("speaker-1")
        for size in (1, 2, 3):
            await say(floor, announcement(f"c{size}", size=size))
        await until(lambda: len(told) == 3, "all three are dealt with")
    assert [next(iter(one.items())) for one in told] == [("not_played", "c1"), ("not_played", "c2"), ("played", "c3")]
    assert "didn't end within 0.3 s" in told[0]["reason"]
    assert "status 3" in told[1]["reason"]


@pytest.mark.parametrize(
    "change", [{"id": "../evil"}, {"id": None}, {"wav": "§"}, {"repeat": 0}, {"repeat": "2"}, {"expires_at": "soon"}]
)
async def test_a_malformed_announcement_is_dropped(
    change: dict[str, object], broker: LoopbackBroker, floor: Controller, tmp_path: Path
) -> None:
    told: list[Any] = []
    async with Speaker(line(broker, "speaker-1"), out=tmp_path, tell=told.append):
        await floor.online("speaker-1")
        await say(floor, {**announcement("c1"), **change})
        await say(floor, announcement("c2"))
        await until(lambda: told, "the sound one is played")
    assert [one["played"] for one in told] == ["c2"]


# --- every program --------------------------------------------------------------------------------------------------------


async def test_a_restart_wanted_ends_the_run(broker: LoopbackBroker, floor: Controller) -> None:
    program: Program = LedSign(line(broker, "led-1"))
    running = asyncio.create_task(program.run())
    await floor.online("led-1")
    await floor.command("led-1", "reboot")
    await asyncio.wait_for(running, 30)
    await until(lambda: floor.statuses["led-1"][-1] == "offline", "offline")


async def test_a_fault_of_its_own_ends_the_run_loudly(broker: LoopbackBroker, floor: Controller) -> None:
    class Broken(LedSign):
        async def show(self, state: object) -> None:
            raise ZeroDivisionError

    program = Broken(line(broker, "led-1"))
    running = asyncio.create_task(program.run())
    await floor.publish("led-1", "state", {"text": "x"}, retain=True)
    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(running, 30)


async def test_many_devices_share_a_process(broker: LoopbackBroker, floor: Controller) -> None:
    async with contextlib.AsyncExitStack() as stack:
        pads = [await stack.enter_async_context(CallPad(line(broker, f"call-pad-{n}"))) for n in range(20)]
        replies = await asyncio.gather(*(pad.press("next") for pad in pads))
    assert all(reply.ok for reply in replies)
    assert {device for device, _ in floor.events} == {f"call-pad-{n}" for n in range(20)}


@pytest.mark.parametrize(
    "url", ["127.0.0.1:1883", "http://127.0.0.1", "mqtt://", "mqtt://host:notaport", "mqtt://host/path"]
)
def test_a_broker_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"form|port"):
        Broker.parse(url)


def test_broker_addresses() -> None:
    assert Broker.parse("mqtt://127.0.0.1:1884") == Broker("127.0.0.1", 1884)
    assert Broker.parse("mqtts://hall.local").port == 8883
    inside = Broker.parse("mqtt://pad%2D1:p%40ss@h", ca_file="/ca.pem")
    assert (inside.username, inside.password, inside.ca_file) == ("pad-1", "p@ss", "/ca.pem")
    assert "p@ss" not in repr(inside)
    assert Broker.parse("mqtt://a:b@h", username="c", password="d").username == "c"
