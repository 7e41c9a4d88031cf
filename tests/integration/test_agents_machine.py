"""A machine by its file: configured, checked and run as an installer does it, over a broker with accounts."""

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.device_program import ROOT, DeviceProgram
from tests.support.mosquitto import Mosquitto, free_port, mosquitto
from tests.support.printer9100 import TcpPrinter
from tests.support.scripted_controller import HALL, controller, paper_of

PROGRAM = (sys.executable, "-c", "from devices.agent.cli import app; app()")


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    async with mosquitto(tmp_path / "broker") as started:
        yield started


async def typed(*words: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(
        subprocess.run,
        [*PROGRAM, *words],
        cwd=ROOT,
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextlib.asynccontextmanager
async def running(file: Path) -> AsyncIterator[DeviceProgram]:
    process = await asyncio.create_subprocess_exec(
        *(*PROGRAM, "run", "--config", str(file)),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    program = DeviceProgram(process)
    listening = asyncio.create_task(program.listen())
    try:
        yield program
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 30) == 0
    finally:
        if process.returncode is None:
            process.kill()
        await listening


def written(folder: Path, broker: Mosquitto, printer: TcpPrinter) -> Path:
    path = folder / "machine.toml"
    path.write_text(
        f'broker = "mqtt://127.0.0.1:{broker.port}"\nhall = "{HALL}"\nstate = "memory"\n'
        '[[parts]]\nkind = "review-pad"\ndevice = "review-pad-1"\n'
        '[[parts]]\nkind = "call-pad"\ndevice = "call-pad-1"\n'
        f'[[parts]]\nkind = "printer"\ndevice = "printer-1"\nprinter = "{printer.address}"\n'
        '[[parts]]\nkind = "led"\ndevice = "led-1"\nout = "/dev/null/sign"\n',
        "utf-8",
    )
    return path


async def test_a_machine_of_several_parts_is_run_by_its_file(broker: Mosquitto, tmp_path: Path) -> None:
    printer = TcpPrinter()
    printer.switch_on()
    try:
        async with controller(broker) as floor, running(written(tmp_path, broker, printer)) as machine:
            for device in ("review-pad-1", "call-pad-1", "printer-1", "led-1"):
                await floor.online(device)
            assert (await machine.type("call-pad-1 away reason='开 会'"))["ok"]
            assert (await machine.type("review-pad-1 5"))["ok"]
            assert (await machine.type("next"))["error"]["code"] == "bad_line"
            await floor.print_job("printer-1", "r1", paper_of("A001"))
            await machine.happening("printed")
            assert floor.of_type("call_pressed")[0]["reason"] == "开 会"
            assert floor.events[1][0] == "review-pad-1"
        assert printer.jobs == [paper_of("A001")]
        assert (tmp_path / "memory" / "device-printer-1.sqlite3").exists()
    finally:
        await asyncio.to_thread(printer.switch_off)


async def test_what_device_add_prints_becomes_a_file_that_runs(broker: Mosquitto, tmp_path: Path) -> None:
    address = f"mqtt://127.0.0.1:{broker.port}"
    line = json.dumps({"device": "pad-9", "username": "pad-9", "password": 'a"\\b', "broker": address})
    file = tmp_path / "pad.toml"
    options = ("configure", "-", "--kind", "review_pad", "--hall", HALL, "--out", str(file))
    done = await typed(*options, text=line)
    assert done.returncode == 0, done.stderr
    assert file.stat().st_mode & 0o777 == 0o600
    checked = await typed("check", "--online", str(file))
    assert (checked.returncode, checked.stdout) == (0, "pad-9: the broker 127.0.0.1 lets it in\n")
    again = await typed(*options, text=line)
    assert again.returncode == 2
    assert "exists already" in again.stderr


async def test_a_line_of_something_else_makes_no_file(tmp_path: Path) -> None:
    file = tmp_path / "pad.toml"
    for text in ("", "[]", '{"device": "pad-9"}'):
        done = await typed("configure", "-", "--kind", "review_pad", "--hall", HALL, "--out", str(file), text=text)
        assert done.returncode == 2
        assert not file.exists()
    line = json.dumps({"device": "p", "username": "p", "password": "p", "broker": "mqtt://127.0.0.1"})
    done = await typed("configure", "-", "--kind", "printer", "--hall", HALL, "--out", str(file), text=line)
    assert done.returncode == 2
    assert "printer: it is missing; write printer" in done.stderr
    assert not file.exists()


async def test_check_tells_an_account_that_the_broker_does_not_know(tmp_path: Path) -> None:
    file = tmp_path / "pad.toml"
    accounts = tmp_path / "accounts"
    await asyncio.to_thread(subprocess.run, ["mosquitto_passwd", "-b", "-c", accounts, "pad-9", "right"], check=True)
    async with mosquitto(tmp_path / "guarded", settings=f"password_file {accounts}") as guarded:
        text = f'broker = "mqtt://127.0.0.1:{guarded.port}"\nhall = "demo"\ndevice = "pad-9"\nusername = "pad-9"\n'
        file.write_text(f'{text}password = "wrong"\n[[parts]]\nkind = "review-pad"\n', "utf-8")
        told = await typed("check", "--online", str(file))
        assert told.returncode == 1
        assert "doesn't know this account or password; write what" in told.stdout
        assert "wrong" not in told.stdout + told.stderr
    file.write_text(
        f'broker = "mqtt://127.0.0.1:{free_port()}"\nhall = "demo"\ndevice = "p"\n[[parts]]\nkind = "led"\n'
    )
    told = await typed("check", "--online", str(file))
    assert told.returncode == 1
    assert "is the controller running" in told.stdout
    assert (await typed("check", str(file))).stdout == "p: well described\n"


async def test_a_file_with_faults_ends_with_a_status_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "machine.toml"
    file.write_text('hall = "demo"\n', "utf-8")
    for command in (("check", str(file)), ("run", "--config", str(file))):
        told = await typed(*command)
        assert told.returncode == 2
        assert f"{file}: broker: it is missing; write broker" in told.stderr
        assert "Traceback" not in told.stderr


async def test_a_second_program_of_one_machine_is_refused_and_may_try_again(broker: Mosquitto, tmp_path: Path) -> None:
    printer = TcpPrinter()
    file = written(tmp_path, broker, printer)
    async with controller(broker) as floor, running(file):
        await floor.online("printer-1")
        second = await typed("run", "--config", str(file))
        assert second.returncode == 1
        assert "is in use" in second.stderr
