"""Somebody who has never added a device adds a review pad, by the three commands of the documents, letter by letter."""

import asyncio
import json
import re
import shlex
import sys
from pathlib import Path

from tests.support.controller_process import ROOT, controller_process
from tests.support.hall_client import HallClient

DOCUMENT = ROOT / "docs" / "agents.md"
WINDOW, PAD = "1", "review-pad-1"
WITHIN_S = 90.0


def three_commands() -> list[str]:
    section = DOCUMENT.read_text("utf-8").partition("## Three commands")[2]
    block = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert block is not None
    commands = block[1].strip().splitlines()
    assert len(commands) == 3
    assert all(command.startswith("yichuang device ") for command in commands)
    return commands


async def typed(command: str, folder: Path, text: str = "") -> str:
    """Type a command where the newcomer stands, and lines into it; return what it prints."""
    program = shlex.join([sys.executable, "-c", "from api.main import run; run()"])
    process = await asyncio.create_subprocess_shell(
        command.replace("yichuang", f"PYTHONPATH={shlex.quote(str(ROOT))} {program}", 1),
        cwd=folder,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    printed, complaint = await asyncio.wait_for(process.communicate(text.encode()), WITHIN_S)
    assert process.returncode == 0, complaint.decode()
    return printed.decode()


async def test_a_newcomer_adds_a_review_pad_by_three_commands_and_sees_its_review(tmp_path: Path) -> None:
    add, configure, run = three_commands()
    async with (
        controller_process(tmp_path, None) as controller,
        HallClient(controller.http) as hall,
    ):
        assert controller.data == tmp_path / "data", "the commands name the folder where serve keeps its data"
        await hall.open_windows(WINDOW)
        ticket = await hall.ticket("pension_certification")
        for action in ("next", "start", "finish"):
            await hall.at_window(WINDOW, action)
        await typed(add, tmp_path)
        await typed(configure, tmp_path)
        said = await typed(f"{run} --until-eof", tmp_path, "5\n")
        assert [json.loads(line)["ok"] for line in said.splitlines() if '"ok"' in line] == [True]
        (row,) = [row for row in await hall.stream() if row["type"] == "ReviewGiven"]
        assert (row["actor"], row["data"]["ticket"], row["data"]["level"]) == (f"device:{PAD}", ticket["ticket"], 5)
