"""What the acceptance tests share: a hall that runs, as the README's command runs it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.controller_process import ControllerProcess, controller_process
from tests.support.hall_client import HallClient
from tests.support.hall_plan import write_plan


@pytest.fixture
async def controller(tmp_path: Path) -> AsyncIterator[ControllerProcess]:
    """A controller with its managed broker."""
    async with controller_process(tmp_path, write_plan(tmp_path)) as running:
        yield running


@pytest.fixture
async def hall(controller: ControllerProcess) -> AsyncIterator[HallClient]:
    """Its hall, by HTTP."""
    async with HallClient(controller.http) as client:
        yield client
