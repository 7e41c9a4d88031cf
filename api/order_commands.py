"""``yichuang device command``: tells a device to do something, and waits for what it says of it."""

import asyncio
from pathlib import Path
from typing import Annotated

import orjson
import typer

from api.device_commands import Data, Database, Id, on_registry
from api.joining import Joining
from api.orders import Orders
from controller.device_orders import ANSWER_S, LIVES_S, Order, OrderResult, OrderType
from controller.plan import Device, DeviceKind
from controller.runtime.clock import SystemClock
from controller.runtime.metrics import Metrics
from controller.runtime.order_store import OrderStore

POLL_S = 0.2
"""How often it is looked what the device has said."""


def command(
    device: Id,
    order: Annotated[OrderType, typer.Argument(help="What to do.", metavar="COMMAND")],
    *,
    amount: Annotated[
        int | None, typer.Option("--amount", help="Seconds of identify, percent of set_brightness.", min=0)
    ] = None,
    wait: Annotated[bool, typer.Option(help="Wait for the device's word; without, only hand it over.")] = True,
    data: Data = Path("data"),
    database: Database = "",
) -> None:
    """Tell a registered device to do something: identify, reboot, test_print, test_voice, set_brightness, new_roll.

    A running controller sends it. Prints what became of it as one line of JSON; the exit status is 0 for ``ok``.
    """

    async def work(joining: Joining, by: str) -> tuple[Order, str]:
        clock = SystemClock()
        orders = Orders(OrderStore(joining.store.journal, clock), Metrics(), clock)
        one = await joining.device(device)
        told = Device(one.id, DeviceKind(one.kind), one.zone, one.window)
        given = await orders.give(one.hall, told, order, amount, by)
        async with asyncio.timeout(LIVES_S[order] + 2 * ANSWER_S):
            while wait and orders.state(given) == "sent":
                await asyncio.sleep(POLL_S)
                given = await orders.store.order(given.id) or given
        return given, orders.state(given)

    given, state = on_registry(data, database, "", work)
    told = {"command": given.id, "device": given.device, "type": given.type, "state": state, "reason": given.reason}
    typer.echo(orjson.dumps(told).decode())
    if wait and state != OrderResult.OK:
        raise typer.Exit(1)
