"""The living hall, from outside: one command, people at work, and nothing left behind."""

import asyncio
import json
import re
import signal
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import expect

from api.settings import database_in
from api.user_commands import on_database
from controller.runtime.accounts import Role
from tests.support.demo_process import demo_process
from tests.support.hall_browser import hall_browser
from tests.support.hall_client import HallClient
from tests.support.mosquitto import until

LIVES_S_MAX = 180.0
"""At sixty times the speed of life people rate within seconds; a machine with other work to do takes longer."""

POLL_S = 0.2
FAST = ("--speed", "60", "--seed", "1")
NUMBER = re.compile(r"^[ABC]\d{3}$")


async def until_counted(hall: HallClient, **least: float) -> None:
    """Wait until metrics have grown to so much."""
    deadline = asyncio.get_running_loop().time() + LIVES_S_MAX
    while True:
        seen = {name: await hall.metric(name) for name in least}
        if all(seen[name] >= count for name, count in least.items()):
            return
        assert asyncio.get_running_loop().time() < deadline, f"{seen}, not {least}"
        await asyncio.sleep(POLL_S)


async def until_printed(hall: HallClient, least: float) -> None:
    """Wait until so many receipts are on paper, and the floor knows it."""
    deadline = asyncio.get_running_loop().time() + LIVES_S_MAX
    while (seen := await hall.metric("receipt_jobs", state="printed")) < least:
        assert asyncio.get_running_loop().time() < deadline, f"{seen} receipts"
        await asyncio.sleep(POLL_S)


def content(folder: Path, pattern: str = "*") -> list[Path]:
    """Return what is in a folder."""
    return list(folder.glob(pattern))


def failures(folder: Path) -> list[dict[str, Any]]:
    """Return what failed, by the demo's log; refusals are normal life and no failures."""
    lines = (folder / "demo.log").read_text("utf-8").splitlines()
    entries = [json.loads(line) for line in lines]
    said = [entry["line"] for entry in entries if entry["event"] == "controller_says"]
    ours = [entry for entry in entries if entry["level"] in {"error", "critical"} or "exception" in entry]
    theirs = [json.loads(line) for line in said if line.startswith("{")]
    return ours + [entry for entry in theirs if entry["level"] in {"error", "critical"}]


async def readers_token(folder: Path) -> str:
    """Return a token by which the streams of a running demo can be read."""
    return await on_database(database_in(folder), lambda users: users.add_token("tests", Role.CITY, None, "tests"))


@pytest.mark.browser
async def test_people_live_in_the_hall_and_nothing_is_left_of_it(tmp_path: Path) -> None:
    async with demo_process(tmp_path, *FAST) as demo:
        await demo.opened()
        async with httpx.AsyncClient() as phone:
            assert len(demo.addresses) > 20
            for address in demo.addresses:
                assert (await phone.get(address)).status_code == httpx.codes.OK, address
        (folder,) = content(tmp_path, "yichuang-demo-*")  # a browser keeps things beside it meanwhile
        async with HallClient(demo.http, token=await readers_token(folder)) as hall, hall_browser(demo.http) as browser:
            tv = await browser.open(next(address for address in demo.addresses if "/tv/" in address))
            await expect(tv.locator(".call-number").first).to_have_text(NUMBER, timeout=LIVES_S_MAX * 1000)
            shown = (await tv.locator(".call-number").first.inner_text()).strip()
            await until_counted(hall, tickets_total=6, calls_total=4, services_total=3, reviews_total=1)
            await until_printed(hall, 3)
            numbers = {event["number"] for event in await hall.events("TicketIssued")}
            assert shown in numbers
            assert {event["channel"] for event in await hall.events("TicketIssued")} >= {"kiosk", "phone"}
            online = await hall.metric("device_online")
            assert online >= 19, "every device of the sample hall that isn't a browser"
        papers = content(folder, "receipts/*/*.escpos")
        assert len(papers) >= 3
        assert all(paper.read_bytes().startswith(b"\x1b") for paper in papers)
        await until(lambda: any("等候" in line and "waiting" in line for line in demo.said), "a line of figures")
        found = failures(folder)
        family = demo.family()
        assert {process.name() for process in family} >= {"mosquitto"}
        assert await demo.stop(signal.SIGTERM) == 0
    assert found == []
    assert not folder.exists()
    assert demo.complaint == ""


async def test_a_day_that_is_kept_goes_on_at_the_next_start(tmp_path: Path) -> None:
    data = tmp_path / "kept"
    async with demo_process(tmp_path, *FAST, "--data", str(data)) as first:
        await first.opened()
        token = await readers_token(data)
        async with HallClient(first.http, token=token) as hall:
            await until_counted(hall, calls_total=2)
            before = len(await hall.events("TicketIssued"))
        assert await first.stop(signal.SIGHUP) == 0
    async with demo_process(tmp_path, *FAST, "--data", str(data)) as second:
        await second.opened()
        async with HallClient(second.http, token=token) as hall:
            await until_counted(hall, calls_total=1, services_total=1)
            issued = [event["number"] for event in await hall.events("TicketIssued")]
        assert len(issued) > before
        assert len(set(issued)) == len(issued)
        assert failures(data) == []


async def test_ctrl_c_while_it_opens_leaves_nothing(tmp_path: Path) -> None:
    async with demo_process(tmp_path, *FAST) as demo:
        await until(demo.family, "its controller", LIVES_S_MAX)
        assert await demo.stop(signal.SIGINT) == 0
    assert content(tmp_path) == []


async def test_a_controller_that_dies_ends_the_demo_and_is_told_of(tmp_path: Path) -> None:
    async with demo_process(tmp_path, *FAST) as demo:
        await demo.opened()
        demo.controller().kill()
        assert await demo.ended() == 1
    assert "演示大厅" in demo.complaint
    assert "Traceback" not in demo.complaint


async def test_an_address_that_somebody_has_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with demo_process(tmp_path, "--http", f"127.0.0.1:{port}") as demo:
            assert await demo.ended() == 2
    assert str(port) in demo.complaint
    assert "Traceback" not in demo.complaint
