"""Runs a machine's programs until it is told to stop: what is typed goes to them, what happens to standard output."""

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

import structlog

from devices.agent.config import Config
from devices.agent.console import lines, say
from devices.agent.link import NoReplyError
from devices.agent.memory import MemoryInUseError
from devices.agent.parts import Act, BadLineError, Part, make_parts
from devices.agent.supervisor import Supervisor

REST_S_MAX = 60.0
"""How long the end of the input waits for receipts still to be printed."""


class CannotStartError(Exception):
    """A machine's programs can't start: what it remembers is in use, or its folder can't be written."""


def state_folder() -> Path:
    """Return where a user's programs keep what must last (XDG Base Directory Specification)."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "yichuang"


def run_machine(config: Config, *, until_eof: bool = False) -> int:
    """Run a machine's programs; return the exit status: whether every line typed was understood and answered.

    Args:
        config: what it is.
        until_eof: stop when the input ends.

    Raises:
        CannotStartError: they can't.
    """
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    with ExitStack() as stack:
        try:
            parts = make_parts(config, config.state or state_folder(), say, stack)
        except (MemoryInUseError, OSError, sqlite3.Error) as error:
            raise CannotStartError(str(error)) from error
        return asyncio.run(_run(parts, until_eof=until_eof))


async def _run(parts: Sequence[Part], *, until_eof: bool) -> int:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    supervisor = Supervisor.of(os.environ)
    async with AsyncExitStack() as running:
        for part in parts:
            await running.enter_async_context(part.program)
        ends = [asyncio.create_task(part.program.ended()) for part in parts]
        tasks = [*ends, asyncio.create_task(stopped.wait()), asyncio.create_task(supervisor.run(lambda: status(parts)))]
        typed = asyncio.create_task(_type(parts, until_eof=until_eof))
        try:
            await asyncio.wait({*tasks, typed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            supervisor.stopping()
            for task in (*tasks, typed):
                task.cancel()
            *faults, result = await asyncio.gather(*tasks, typed, return_exceptions=True)
    for fault in (*faults, result):
        if isinstance(fault, Exception):
            raise fault
    return result if isinstance(result, int) else 0


def status(parts: Sequence[Part]) -> str:
    """Return what a glance at a machine should see."""
    online = sum(part.program.link.online for part in parts)
    return f"{online} of {len(parts)} online"


async def _type(parts: Sequence[Part], *, until_eof: bool) -> int:
    """Carry out what is typed until the input ends, or for ever; return the exit status."""
    result = 0
    if any(part.act for part in parts):
        async for line in lines(sys.stdin):
            result |= await _carry_out(parts, line)
    if not until_eof:
        await asyncio.Event().wait()
    try:
        async with asyncio.timeout(REST_S_MAX):
            for part in parts:
                if part.rest is not None:
                    await part.rest()
    except TimeoutError:
        say(_error("no_paper", f"a receipt isn't printed after {REST_S_MAX:g} s"))
        result = 1
    return result


async def _carry_out(parts: Sequence[Part], line: str) -> int:
    """Do what a line says and write the answer; return 1 if there was none."""
    try:
        act, rest = _addressed(parts, line)
        reply = await act(rest)
    except BadLineError as error:
        say(_error("bad_line", f"{line!r} isn't of the form {error}"))
    except NoReplyError as error:
        say(_error("no_reply", str(error)))
    except sqlite3.Error as error:
        say(_error("memory_unavailable", str(error)))
    else:
        say(reply.body)
        return 0
    return 1


def _addressed(parts: Sequence[Part], line: str) -> tuple[Act, str]:
    """Return whom a line is for, and the rest of it: of several parts with keys, the one whose id it begins with.

    Raises:
        BadLineError: nobody.
    """
    acts = {part.program.link.device: part.act for part in parts if part.act is not None}
    if len(acts) == 1:
        return next(iter(acts.values())), line
    device, _, rest = line.partition(" ")
    if device not in acts:
        raise BadLineError(f"DEVICE …, with one of {', '.join(acts)}")
    return acts[device], rest.strip()


def _error(code: str, message: str) -> dict[str, dict[str, str]]:
    return {"error": {"code": code, "message": message}}
