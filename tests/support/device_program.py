"""The devices' own programs, ``yichuang device …``, each in a process of its own as on a machine in the hall."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tests.support.hall_plan import HALL
from tests.support.mosquitto import until

ROOT = Path(__file__).parents[2]
STOP_S_MAX = 20.0


class DeviceProgram:
    """A running device program: lines in, happenings out.

    Attributes:
        said: what it has said, oldest first.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said: list[dict[str, Any]] = []

    async def listen(self) -> None:
        """Keep what the program says."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.said.append(json.loads(line))

    async def type(self, line: str) -> dict[str, Any]:
        """Type a line and return the answer to it."""
        assert self.process.stdin is not None
        before = len(self.said)
        self.process.stdin.write(f"{line}\n".encode())
        await self.process.stdin.drain()
        await until(lambda: self._answers(before), f"an answer to {line!r}, not {self.said[before:]}")
        return self._answers(before)[0]

    async def happening(self, member: str, count: int = 1) -> dict[str, Any]:
        """Wait until it has said so often that something happened, and return the latest."""
        await until(lambda: len(self._with(member)) >= count, f"{count} × {member!r}, not {self.said}")
        return self._with(member)[-1]

    def _with(self, member: str) -> list[dict[str, Any]]:
        return [each for each in self.said if member in each]

    def _answers(self, after: int) -> list[dict[str, Any]]:
        return [each for each in self.said[after:] if "ok" in each or "error" in each]


@contextlib.asynccontextmanager
async def device_program(
    kind: str, device: str, mqtt: str, *options: str, memory: Path | None = None
) -> AsyncIterator[DeviceProgram]:
    """Run a device's program meanwhile; it must end cleanly.

    Args:
        kind: e.g. ``ticket-machine``.
        device: its id.
        mqtt: address of the broker.
        options: of this kind of device.
        memory: where it remembers over a power cut.
    """
    kept = ("--memory", str(memory)) if memory else ()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from api.main import run; run()", "device", kind),
        *("--hall", HALL, "--id", device, "--broker", mqtt, *kept, *options),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    program = DeviceProgram(process)
    listening = asyncio.create_task(program.listen(), name=f"device[{device}]")
    try:
        yield program
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            status = await asyncio.wait_for(process.wait(), STOP_S_MAX)
        except TimeoutError:
            process.kill()
            await process.wait()
            raise
        finally:
            await listening
    assert status == 0, f"{kind} ended with status {status}"
