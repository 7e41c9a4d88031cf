"""Puts the demo together: a controller, the hall's devices, and the people."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import structlog

from api.demo.access import keys_for
from api.demo.chance import LOAD, Wish, arrival_rate_max, generator, wish
from api.demo.child import ControllerChild
from api.demo.clerk import Clerk, Office
from api.demo.console import figures, status_line, welcome
from api.demo.contract import Contract, Refused, Unavailable
from api.demo.crowd import Crowd
from api.demo.machines import Machines
from api.demo.roster import roster
from api.demo.tempo import Tempo
from api.demo.tray import tray_open
from controller.codec import from_json, to_json
from controller.plan import Plan
from devices.agent.wire import Broker

log = structlog.get_logger(__name__)

CONNECT_S_MAX = 20.0
"""Longest until the devices are connected before people come all the same; devices go on trying."""

STATUS_S = 5.0
"""Real time between two lines of figures."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the visitor asked for.

    Attributes:
        speed: simulated seconds in a real one.
        seed: of everything that chance decides.
        folder: of the data.
        is_alone: whether nobody else comes: no citizens, no clerks.
        arguments: of ``yichuang serve``.
        say: writes a line on the terminal.
        progress: writes the line of figures.
    """

    speed: float
    seed: int
    folder: Path
    is_alone: bool
    arguments: Sequence[str]
    say: Callable[[str], None]
    progress: Callable[[str], None]


async def run(wanted: Wanted) -> None:
    """Run the demo until it is told to stop, or its terminal is closed.

    Raises:
        ControllerFailed: the controller didn't start, or ended.
        OSError: the folder of the data can't be written.
    """
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    living = asyncio.create_task(_live(wanted), name="demo")
    stopping = asyncio.create_task(stopped.wait(), name="demo.stop")
    await asyncio.wait({living, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    living.cancel()
    (result,) = await asyncio.gather(living, return_exceptions=True)
    if isinstance(result, Exception):
        raise result


async def _live(wanted: Wanted) -> None:
    """Open the hall and let people live in it until cancelled."""
    keys = await keys_for(wanted.folder)
    async with (
        ControllerChild(wanted.arguments) as controller,
        Contract(controller.ready.http, token=keys.token) as contract,
    ):
        contract.hall = str((await contract.halls())[0]["hall"])
        form = await contract.plan()
        plan = from_json(Plan, {entry.name: form[entry.name] for entry in fields(Plan) if entry.name in form})
        plan = await _in_step(contract, plan, wanted.speed)
        async with (
            Machines(plan, Broker.parse(controller.ready.mqtt), wanted.folder) as machines,
            tray_open(plan, wanted.folder / "receipts", controller.ready.http) as tray,
        ):
            await _connected(machines)
            tempo = Tempo(wanted.speed)
            staffed, visitor = roster(plan)
            token = None
            if not wanted.is_alone:
                token = await _visitors_ticket(contract, wish(generator(wanted.seed, "visitor"), plan, staffed))
            for line in welcome(
                controller.ready.http,
                plan,
                token=token,
                visitor=None if wanted.is_alone else visitor,
                keys=keys,
                speed=wanted.speed,
                seed=wanted.seed,
                folder=str(wanted.folder),
                tray=tray,
                is_alone=wanted.is_alone,
            ):
                wanted.say(line)
            people: list[Coroutine[Any, Any, None]] = []
            if not wanted.is_alone:
                crowd = Crowd(plan, staffed, contract=contract, machines=machines, tempo=tempo, seed=wanted.seed)
                machines.on_invitation = crowd.served
                office = Office(plan, contract, machines, crowd, tempo, wanted.seed)
                people.append(crowd.come(LOAD * arrival_rate_max(plan, staffed)))
                people += (Clerk(window, office).work() for window in plan.windows if window.id in staffed)
            await _together(controller.ended(), _tell(wanted, contract, tempo), *people)


async def _in_step(contract: Contract, plan: Plan, speed: float) -> Plan:
    """Let the least time between two calls of a number run as fast as the people do; return the plan in force."""
    gap_s = int(plan.policies.recall_gap_s / speed)
    if gap_s == plan.policies.recall_gap_s:
        return plan
    plan = replace(plan, policies=replace(plan.policies, recall_gap_s=gap_s))
    await contract.put_plan(to_json(plan))
    return plan


async def _together(*duties: Coroutine[Any, Any, None]) -> None:
    """Do several things until one of them ends or fails; the others are called off then."""
    tasks = [asyncio.create_task(duty, name=f"demo[{number}]") for number, duty in enumerate(duties)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            await task
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _connected(machines: Machines) -> None:
    try:
        await asyncio.wait_for(machines.connected(), CONNECT_S_MAX)
    except TimeoutError:
        log.warning("devices_not_connected", after_s=CONNECT_S_MAX)


async def _visitors_ticket(contract: Contract, wanted: Wish) -> str | None:
    """Take the visitor a ticket, for the page on the phone; ``None`` where the hall is closed now."""
    try:
        issued = await contract.take_ticket(wanted.services, "normal", "phone")
    except (Refused, Unavailable) as error:
        log.warning("no_ticket_for_visitor", error=str(error))
        return None
    return str(issued["token"])


async def _tell(wanted: Wanted, contract: Contract, tempo: Tempo) -> None:
    """Tell how the hall is going."""
    while True:
        await asyncio.sleep(STATUS_S)
        try:
            now = figures(await contract.metrics(), contract.hall)
        except (Refused, Unavailable) as error:
            log.warning("no_figures", error=str(error))
        else:
            wanted.progress(status_line(tempo.now_s(), now))
