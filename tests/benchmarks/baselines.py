"""The least that could answer a kiosk: a FastAPI route with no floor behind it, an MQTT echo, both on loopback."""

import asyncio
import itertools
import json
import multiprocessing
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Annotated, Any

import aiomqtt
import uvicorn
import uvloop
from fastapi import FastAPI, Header
from pydantic import BaseModel

from devices.broker import ManagedBroker
from devices.connection import RECEIVE_MAX
from tests.support.ports import free_port

HOST = "127.0.0.1"
START_S_MAX = 60.0
ANSWER = {
    "ticket": "0123456789abcdef",
    "ahead": 4,
    "wait": {"p50_s": 540, "p90_s": 900},
    "token": "hall-0.0123456789abcdef0123456789abcdef",
    "services": ["pension"],
    "lane": "normal",
    "receipt": "none",
    "issued_at": "2026-03-02T09:30:00.000+08:00",
}


class TicketWanted(BaseModel):
    """What a kiosk sends."""

    services: list[str]
    lane: str = "normal"
    channel: str = "kiosk"


def trivial_app() -> FastAPI:
    """Return an application that answers a ticket's request with a count."""
    app = FastAPI()
    numbers = itertools.count(1)

    @app.post("/api/v1/halls/{hall}/tickets", status_code=201)
    async def issue(
        hall: str, wanted: TicketWanted, idempotency_key: Annotated[str | None, Header()] = None
    ) -> dict[str, Any]:
        return {**ANSWER, "number": f"A{next(numbers):03}"}

    return app


@asynccontextmanager
async def trivial_http() -> AsyncIterator[str]:
    """Run the FastAPI route in a process of its own; gives its address."""
    async with _process(_serve_http) as port:
        yield f"http://{HOST}:{port}"


@asynccontextmanager
async def mqtt_echo(folder: Path) -> AsyncIterator[str]:
    """Run a broker with the product's settings, and an echo in a process of its own; gives the broker's address."""
    async with ManagedBroker(folder, HOST, free_port()) as broker, _process(_serve_echo, broker.port):
        yield f"mqtt://{HOST}:{broker.port}"


def _serve_http(pipe: Connection) -> None:
    config = uvicorn.Config(
        trivial_app(), host=HOST, port=0, loop="uvloop", http="httptools", access_log=False, log_level="warning"
    )
    listener = config.bind_socket()
    pipe.send(listener.getsockname()[1])
    uvicorn.Server(config).run([listener])


def _serve_echo(pipe: Connection, port: int) -> None:
    uvloop.run(_echo(pipe, port))


async def _echo(pipe: Connection, port: int) -> None:
    numbers = itertools.count(1)
    no_delay = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or each answer waits 40 ms for the broker's system
    async with aiomqtt.Client(
        HOST, port, protocol=aiomqtt.ProtocolVersion.V5, socket_options=[no_delay], max_inflight_messages=RECEIVE_MAX
    ) as client:
        client.pending_calls_threshold = RECEIVE_MAX
        await client.subscribe("yichuang/+/+/event", qos=1)
        pipe.send(port)
        answers: set[asyncio.Task[None]] = set()
        async for message in client.messages:
            event = json.loads(message.payload)
            reply = {"event": event["id"], "ok": True, "number": f"A{next(numbers):03}", **ANSWER}
            topic = message.topic.value.removesuffix("event") + "reply"
            task = asyncio.create_task(client.publish(topic, json.dumps(reply), qos=1))
            answers.add(task)
            task.add_done_callback(answers.discard)


@asynccontextmanager
async def _process(target: Any, *args: Any) -> AsyncIterator[Any]:
    """Run a server until this is left; gives what it sends first."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=target, args=(theirs, *args), daemon=True)
    process.start()
    theirs.close()
    try:
        if not await asyncio.to_thread(ours.poll, START_S_MAX):
            raise TimeoutError(f"{target.__name__} did not start")
        yield ours.recv()
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()
