"""``yichuang serve`` that can't start says why in one line; one that is told to stop does, under load too."""

import asyncio
import json
import logging
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import psutil
import pytest
from typer.testing import CliRunner

from api import logs
from api.main import app
from controller.codec import to_json
from tests.support.controller_process import ROOT, ControllerProcess, controller_process
from tests.support.engines import small_plan
from tests.support.hall_client import HallClient, Problem
from tests.support.hall_plan import INSURANCE, hall_plan, write_plan
from tests.support.mosquitto import until
from tests.support.ports import free_port

END_S_MAX = 90.0
RUN = "from api.main import run; run()"
WITHOUT_MOSQUITTO = f"import devices.broker; devices.broker._PLACES = ''; {RUN}"
SECRET = "s3cret-w0rd"  # noqa: S105 - nobody's


@dataclass(frozen=True)
class End:
    """How a program ended."""

    status: int
    out: str
    err: str

    @property
    def reason(self) -> str:
        """The last line that it said, which must be for people."""
        assert "Traceback" not in self.err, self.err
        assert self.out == "", "it isn't ready"
        return self.err.strip().splitlines()[-1]


async def ended(*arguments: str, program: str = RUN, environment: Mapping[str, str] | None = None) -> End:
    """Run the command line to its end; nothing that it started may be left."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, *arguments),
        cwd=ROOT,
        env=os.environ | (environment or {}),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), END_S_MAX)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return End(process.returncode, out.decode(), err.decode())


@pytest.fixture(autouse=True)
def own_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the logs of the tests as they are."""
    monkeypatch.setattr(logs, "configure", lambda level: logging.getLevelNamesMapping()[level.upper()])


def ended_here(*arguments: str) -> End:
    """Run the command line to its end in this process, which is as good where it fails before it has begun."""
    result = CliRunner().invoke(app, list(arguments))
    assert isinstance(result.exception, SystemExit), result.exception
    return End(result.exit_code, result.stdout, result.stderr)


def brokers_of(folder: Path) -> list[psutil.Process]:
    """Return the brokers that run on a folder."""

    def serves(process: psutil.Process) -> bool:
        try:
            return process.name() == "mosquitto" and str(folder) in " ".join(process.cmdline())
        except psutil.NoSuchProcess:
            return False

    return [process for process in psutil.process_iter() if serves(process)]


def where(folder: Path, **more: str) -> tuple[str, ...]:
    """Return the arguments of a controller on free ports."""
    given = {"data": str(folder / "data"), "http": "127.0.0.1:0", "mqtt": f"127.0.0.1:{free_port()}", **more}
    return ("serve", *(part for name, value in given.items() for part in (f"--{name}", value)))


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens at."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        yield listener.getsockname()[1]


async def test_a_taken_http_port(tmp_path: Path, taken: int) -> None:
    end = await ended(*where(tmp_path, http=f"127.0.0.1:{taken}"))
    assert end.status == 1
    assert end.reason.startswith(f"yichuang: 127.0.0.1:{taken} can't be listened at (Address already in use)")
    assert "--http HOST:PORT" in end.reason


async def test_a_taken_mqtt_port(tmp_path: Path, taken: int) -> None:
    end = await ended(*where(tmp_path, mqtt=f"127.0.0.1:{taken}"))
    assert end.status == 1
    assert end.reason.startswith(f"yichuang: port {taken} on 127.0.0.1 can't be used (Address already in use)")
    assert "--mqtt HOST:PORT" in end.reason
    assert brokers_of(tmp_path) == []


def test_an_address_on_the_network_without_certificates(tmp_path: Path) -> None:
    end = ended_here(*where(tmp_path, mqtt="192.0.2.1:8883"))
    assert end.status == 1
    assert end.reason.startswith("yichuang: 192.0.2.1:8883 is open to the network, and ")
    assert f"yichuang tls init --data {tmp_path / 'data'} --host NAME" in end.reason
    assert "--mqtt-plain-on-network" in end.reason


async def test_without_mosquitto(tmp_path: Path) -> None:
    end = await ended(*where(tmp_path), program=WITHOUT_MOSQUITTO, environment={"PATH": str(tmp_path)})
    assert end.status == 1
    assert "is not installed: run 'apt-get install " in end.reason


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("nothing.yaml", None, "No such file or directory"),
        ("folder", "", "Is a directory"),
        ("bad.yaml", "hall: [", "/: "),
        ("bad.yaml", "hall: {id: a}", "/hall/name: "),
    ],
)
def test_a_plan_that_cant_be_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, content: str | None, said: str
) -> None:
    path = tmp_path / name
    if name == "folder":
        path.mkdir()
    elif content is not None:
        path.write_text(content, "utf-8")
    end = ended_here(*where(tmp_path), "--plan", str(path))
    assert end.status == 1
    assert said in end.reason
    assert str(path) in end.err
    assert not (tmp_path / "data" / "yichuang.sqlite3").exists(), "nothing was begun"


def test_two_plans_of_one_hall(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    end = ended_here(*where(tmp_path), "--plan", str(write_plan(first)), "--plan", str(write_plan(second)))
    assert end.status == 1
    assert end.reason.startswith("/hall/id: ")
    assert str(second) in end.err


def test_data_that_cant_be_kept(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file", "utf-8")
    end = ended_here(*where(tmp_path))
    assert end.status == 1
    assert end.reason.startswith("yichuang: ")
    assert str(tmp_path / "data") in end.reason


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
async def test_data_that_belong_to_somebody_else(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    become_nobody = f"import os; import api.main; os.setgid(65534); os.setuid(65534); {RUN}"
    end = await ended(*where(tmp_path), program=become_nobody)
    assert end.status == 1
    assert "ermission denied" in end.reason


@pytest.mark.parametrize("database", ["nonsense", "mysql://host/x", "sqlite://", "postgresql://127.0.0.1:1/x"])
def test_a_database_that_isnt_one(tmp_path: Path, database: str) -> None:
    end = ended_here(*where(tmp_path, database=database))
    assert end.status == 1
    assert end.reason.startswith("yichuang: ")


@pytest.mark.parametrize(
    "more",
    [
        {"http": "8000"},
        {"mqtt": "::1:1883"},
        {"broker": f"http://user:{SECRET}@host"},
        {"broker": f"mqtt://user:{SECRET}@host:port"},
        {"database": f"postgresql://user:{SECRET}@127.0.0.1:1/x"},
        {"database": f"oracle://user:{SECRET}@127.0.0.1:1/x"},
        {"database": f"postgresql//user:{SECRET}@127.0.0.1:1/x"},
        {"public-url": "hall.example"},
        {"log-level": "loud"},
    ],
    ids=str,
)
def test_what_is_said_wrong_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, more: dict[str, str]
) -> None:
    end = ended_here(*where(tmp_path, **more))
    assert end.status in {1, 2}
    assert end.reason
    assert SECRET not in end.out + end.err


async def test_a_second_controller_on_the_same_data(tmp_path: Path) -> None:
    async with controller_process(tmp_path, write_plan(tmp_path)) as first, HallClient(first.http) as hall:
        before = await hall.ask("GET", "/plan")
        other = replace(hall_plan(), hall=replace(hall_plan().hall, name="另一镇便民服务中心"))
        (tmp_path / "other").mkdir()
        end = await ended(*where(tmp_path), "--plan", str(write_plan(tmp_path / "other", other)))
        assert end.status == 1
        assert "another controller runs its broker in" in end.reason
        assert "--data" in end.reason
        assert (await hall.ask("GET", "/plan"), await hall.is_ready()) == (before, True)


async def test_it_stops_in_order_under_load(tmp_path: Path) -> None:
    answered: list[str] = []
    problems: list[int] = []
    async with controller_process(tmp_path, write_plan(tmp_path)) as controller:

        async def citizen(hall: HallClient) -> None:
            while True:
                try:
                    answered.append((await hall.ticket(INSURANCE))["ticket"])
                except Problem as problem:
                    problems.append(problem.status)
                except httpx.TransportError:
                    return

        async with HallClient(controller.http) as hall:
            citizens = [asyncio.create_task(citizen(hall)) for _ in range(8)]
            await until(lambda: len(answered) > 50, "they take tickets")
            assert await controller.stop() == 0
            await asyncio.gather(*citizens)
        assert brokers_of(tmp_path) == []
        assert "Traceback" not in controller.complaint
        await controller.start()
        async with HallClient(controller.http) as hall:
            issued = {data["ticket"] for data in await hall.events("TicketIssued")}
    assert issued >= set(answered)
    assert set(problems) <= {503}


async def test_it_stops_while_it_starts(tmp_path: Path) -> None:
    controller = ControllerProcess(tmp_path / "data", log=tmp_path / "controller.log")
    starting = asyncio.create_task(controller.start())
    await until(lambda: "broker_started" in controller.complaint or starting.done(), "it is on its way")
    assert await controller.stop() == 0, controller.complaint
    assert "Traceback" not in controller.complaint
    await asyncio.wait([starting])
    assert isinstance(starting.exception(), AssertionError | type(None)), "it ended before it was ready, or just after"
    assert brokers_of(tmp_path) == []


# -- which plan is in force --------------------------------------------------------------------------------------------


async def test_a_file_wins_only_where_it_has_changed(tmp_path: Path) -> None:
    plan = hall_plan()
    path = write_plan(tmp_path, plan)

    def named(name: str) -> object:
        return to_json(replace(plan, hall=replace(plan.hall, name=name)))

    async with controller_process(tmp_path, path) as controller:
        async with HallClient(controller.http) as hall:
            assert await hall.ask("GET", "/plan") == to_json(plan)
            await hall.ask("PUT", "/plan", named("甲镇便民服务中心"))
        assert await controller.stop() == 0
        await controller.start()
        async with HallClient(controller.http) as hall:
            assert (await hall.ask("GET", "/plan"))["hall"]["name"] == "甲镇便民服务中心", "the manager's plan stays"
            path.write_text(json.dumps(named("乙镇便民服务中心")), "utf-8")
        assert await controller.stop() == 0
        await controller.start()
        async with HallClient(controller.http) as hall:
            assert (await hall.ask("GET", "/plan"))["hall"]["name"] == "乙镇便民服务中心"


async def test_the_sample_hall_comes_only_where_there_is_none(tmp_path: Path) -> None:
    plan = small_plan("other")
    async with controller_process(tmp_path, write_plan(tmp_path, plan)) as controller:
        assert await halls(controller) == ["other"]
    async with controller_process(tmp_path) as controller:
        assert await halls(controller) == ["other"]


async def halls(controller: ControllerProcess) -> list[str]:
    """Return the ids of the halls that a controller serves."""
    async with HallClient(controller.http) as hall:
        return [form["hall"] for form in (await hall.http.get("/api/v1/halls")).json()]
