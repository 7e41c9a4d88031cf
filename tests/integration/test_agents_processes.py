"""``yichuang device …`` as processes: lines in, JSON out, stopped, killed and started again."""

import asyncio
import contextlib
import json
import random
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from devices.agent.memory import Memory
from tests.support.mosquitto import Mosquitto, mosquitto, until
from tests.support.printer9100 import TcpPrinter
from tests.support.scripted_controller import HALL, Controller, always, controller, paper_of

ROOT = Path(__file__).parents[2]
MACHINE = "ticket-machine-1"
STOP_S_MAX = 30.0
KILLS = 8
JOBS_A_LIFE = 3


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    async with mosquitto(tmp_path / "broker") as started:
        yield started


@pytest.fixture
async def floor(broker: Mosquitto) -> AsyncIterator[Controller]:
    async with controller(broker) as side:
        yield side


@pytest.fixture
async def paper() -> AsyncIterator[TcpPrinter]:
    printer = TcpPrinter()
    printer.switch_on()
    yield printer
    await asyncio.to_thread(printer.switch_off)


class Run:
    """A device program in a process of its own.

    Attributes:
        said: what it said on standard output, oldest first.
        status: how it ended.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said: list[dict[str, Any]] = []
        self.errors = ""
        self.status: int | None = None

    async def listen(self) -> None:
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        errors = asyncio.create_task(self.process.stderr.read())
        async for line in self.process.stdout:
            self.said.append(json.loads(line))
        self.errors = (await errors).decode()
        self.status = await self.process.wait()

    def type(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())

    def end_of_input(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()

    async def ended(self) -> int:
        await until(lambda: self.status is not None, "the program ends", STOP_S_MAX)
        assert self.status is not None
        return self.status

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return await self.ended()


@contextlib.asynccontextmanager
async def running(kind: str, broker: Mosquitto, *options: str, device: str = MACHINE) -> AsyncIterator[Run]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from devices.agent.cli import app; app()", kind),
        *("--hall", HALL, "--id", device, "--broker", f"mqtt://127.0.0.1:{broker.port}", *options),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    run = Run(process)
    listening = asyncio.create_task(run.listen())
    try:
        yield run
    finally:
        if process.returncode is None:
            process.kill()
        await listening


def machine_options(paper: TcpPrinter, memory: Path) -> tuple[str, ...]:
    return ("--printer", f"{paper.address}?status=off", "--memory", str(memory))


async def test_lines_are_carried_out_and_answered_until_the_input_ends(
    broker: Mosquitto, floor: Controller, paper: TcpPrinter, tmp_path: Path
) -> None:
    floor.answer = always(number="A003")
    options = (*machine_options(paper, tmp_path / "memory.sqlite3"), "--until-eof")
    async with running("ticket-machine", broker, *options) as run:
        run.type("pension,medical green")
        await until(lambda: run.said, "an answer")
        run.type("return 0123456789abcdef")
        await until(lambda: len(run.said) == 2, "the next answer")
        run.end_of_input()
        await floor.print_job(MACHINE, "r1", paper_of("A003"))
        assert await run.ended() == 0, run.errors
    (asked,) = floor.of_type("ticket_requested")
    assert (asked["services"], asked["lane"]) == (["pension", "medical"], "green")
    assert [answer["ok"] for answer in run.said[:2]] == [True, True]
    assert run.said[2] == {"printed": "r1"}
    assert paper.jobs == [paper_of("A003")]
    assert floor.confirmed() == ["r1"]
    assert floor.statuses[MACHINE][-1] == "offline"


async def test_a_line_that_is_not_understood_is_said_and_changes_the_status(
    broker: Mosquitto, floor: Controller, tmp_path: Path
) -> None:
    kept = ("--memory", str(tmp_path / "memory.sqlite3"), "--until-eof")
    async with (
        running("review-pad", broker, *kept, device="review-pad-1") as review,
        running("call-pad", broker, "--until-eof", device="call-pad-1") as call,
    ):
        review.type("very good")
        review.type("2 213,214 等得 太久")
        call.type("away reason='开 会' substitute=2")
        call.type("away 开会")
        call.type("away 'open")
        review.end_of_input()
        call.end_of_input()
        assert (await review.ended(), await call.ended()) == (1, 1)
    assert [one.get("ok", one.get("error", {}).get("code")) for one in review.said] == ["bad_line", True]
    assert [one.get("ok", one.get("error", {}).get("code")) for one in call.said] == [True, "bad_line", "bad_line"]
    (reviewed,), (pressed,) = floor.of_type("review_submitted"), floor.of_type("call_pressed")
    assert (reviewed["level"], reviewed["tags"], reviewed["text"]) == (2, ["213", "214"], "等得 太久")
    assert (pressed["action"], pressed["reason"], pressed["substitute"]) == ("away", "开 会", "2")


async def test_a_program_told_to_stop_says_goodbye(broker: Mosquitto, floor: Controller, tmp_path: Path) -> None:
    sign, out = tmp_path / "sign.txt", tmp_path / "heard"
    await floor.publish("led-1", "state", {"text": "请A003号到2号窗口", "seq": 7}, retain=True)
    async with (
        running("led", broker, "--out", str(sign), device="led-1") as led,
        running("speaker", broker, "--out", str(out), device="speaker-1") as speaker,
    ):
        await until(lambda: led.said, "the sign shows its state")
        await floor.online("speaker-1")
        assert await led.stop() == 0
        assert await speaker.stop(signal.SIGINT) == 0
    assert led.said == [{"shown": "请A003号到2号窗口", "seq": 7}]
    assert await asyncio.to_thread(sign.read_text, "utf-8") == "请A003号到2号窗口\n"
    for device in ("led-1", "speaker-1"):
        await until(lambda device=device: floor.statuses[device][-1] == "offline", f"{device} is offline")


async def test_a_second_program_for_one_device_is_refused(
    broker: Mosquitto, floor: Controller, paper: TcpPrinter, tmp_path: Path
) -> None:
    options = machine_options(paper, tmp_path / "memory.sqlite3")
    async with running("ticket-machine", broker, *options) as first:
        await floor.online(MACHINE)
        async with running("ticket-machine", broker, *options) as second:
            assert await second.ended() == 2
        assert "is in use" in " ".join(second.errors.replace("│", " ").split())
        assert await first.stop() == 0


@pytest.mark.parametrize(
    ("kind", "options", "complaint"),
    [
        ("led", ("--broker", "http://127.0.0.1"), "mqtt"),
        ("ticket-machine", ("--printer", "lpt1"), "printer address"),
        ("speaker", ("--player", "'open"), "quotation"),
    ],
)
async def test_options_that_make_no_sense_are_named(
    kind: str, options: tuple[str, ...], complaint: str, broker: Mosquitto, tmp_path: Path
) -> None:
    kept = ("--memory", str(tmp_path / "memory.sqlite3")) if kind == "ticket-machine" else ()
    async with running(kind, broker, *options, *kept) as run:
        assert await run.ended() == 2
    assert complaint in run.errors
    assert "Traceback" not in run.errors


async def test_a_machine_killed_at_the_printer_says_so_and_does_not_print_again(
    broker: Mosquitto, floor: Controller, paper: TcpPrinter, tmp_path: Path
) -> None:
    memory = tmp_path / "memory.sqlite3"
    async with running("ticket-machine", broker, *machine_options(paper, memory)) as first:
        await floor.online(MACHINE)
        paper.jam()
        await floor.print_job(MACHINE, "r1", paper_of("A001") * 20)
        await until(lambda: paper.connections, "the job is at the printer")
        assert await first.stop(signal.SIGKILL) == -signal.SIGKILL
    paper.unjam()
    async with running("ticket-machine", broker, *machine_options(paper, memory)) as second:
        await until(lambda: floor.failed() == [("r1", "interrupted_by_restart")], "the floor knows")
        await floor.print_job(MACHINE, "r1", paper_of("A001") * 20)
        await floor.print_job(MACHINE, "r2", paper_of("A002"))
        await until(lambda: floor.confirmed() == ["r2"], "the next one is printed")
        assert await second.stop() == 0
    assert [job for job in paper.jobs if job != paper_of("A002")] in ([], [paper_of("A001") * 20])
    assert paper.connections == 2
    assert {"not_printed": "r1", "reason": "interrupted_by_restart"} in second.said


async def test_killed_again_and_again_no_job_is_printed_twice_and_none_is_forgotten(
    broker: Mosquitto, floor: Controller, paper: TcpPrinter, tmp_path: Path
) -> None:
    """The controller offers again what is not confirmed, as it does after `receipt_printed` failed to come."""
    chance = random.Random(20260302)
    memory, jobs = tmp_path / "memory.sqlite3", [f"r{number}" for number in range(KILLS * JOBS_A_LIFE)]

    def settled() -> set[str]:
        return {*floor.confirmed(), *(job for job, _ in floor.failed())}

    for life in range(KILLS):
        async with running("ticket-machine", broker, *machine_options(paper, memory)) as run:
            await until(lambda life=life: floor.statuses.get(MACHINE, []).count("online") > life, "it is online")
            enough = paper.connections + chance.randrange(JOBS_A_LIFE)
            for job in jobs[life * JOBS_A_LIFE : (life + 1) * JOBS_A_LIFE]:
                await floor.print_job(MACHINE, job, paper_of(job))
            await until(lambda enough=enough: paper.connections >= enough, "it prints")
            await run.stop(signal.SIGKILL)
    async with running("ticket-machine", broker, *machine_options(paper, memory)) as run:
        await until(lambda: floor.statuses[MACHINE].count("online") > KILLS, "it is online")
        for job in jobs:
            if job not in settled():
                await floor.print_job(MACHINE, job, paper_of(job))
        await until(lambda: settled() == set(jobs), "each job is printed, or known to be in doubt")
        assert await run.stop() == 0
    printed = [job for job in jobs for each in paper.jobs if each == paper_of(job)]
    assert len(printed) == len(set(printed))
    assert set(floor.confirmed()) <= set(printed)
    assert {reason for _, reason in floor.failed()} <= {"interrupted_by_restart"}
    with Memory(memory) as remembered:
        assert remembered.unanswered() == []
