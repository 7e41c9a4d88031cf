"""``yichuang serve`` as a hall starts it, by the installed command, with the benchmarks' hall."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from tests.benchmarks.halls import write_plan
from tests.support.controller_process import ControllerProcess


def controller(folder: Path, name: str = "serve") -> ControllerProcess:
    """Return a controller, not yet started, whose log of events is ``NAME.db`` in the folder."""
    return ControllerProcess(
        folder / name,
        write_plan(folder / "hall.json"),
        log=folder / f"{name}.log",
        environment={"YICHUANG_DATABASE": f"sqlite:///{folder / name}.db", "YICHUANG_DEVICE_RATE": "0"},
        by_command=True,
    )


@contextlib.asynccontextmanager
async def running_controller(folder: Path) -> AsyncIterator[ControllerProcess]:
    """Run a controller meanwhile."""
    running = controller(folder)
    await running.start()
    try:
        yield running
    finally:
        await running.stop()
