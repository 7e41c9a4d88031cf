"""Who may do what, cell by cell: every address of the running program × every role, and nobody at all."""

import asyncio
import itertools
import subprocess
import sys
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount, WebSocketRoute
from websockets.asyncio.client import connect

from api.access import ACCESS
from api.app import make_app
from api.settings import database_in
from api.sign_in import SignIn
from api.user_commands import on_database
from controller.runtime.accounts import Role
from tests.support.access import bearer
from tests.support.controller_process import ROOT, ControllerProcess
from tests.support.hall_client import ANSWER_S_MAX, HallClient, Problem
from tests.support.hall_plan import HALL, PENSION
from tests.support.mosquitto import POLL_S, WITHIN_S

CALLERS = ("nobody", *Role)
GRID = """
                                                                 nobody clerk manager county city operations scrape
GET    /api/v1/halls                                             +      +     +       +      +    +          +
GET    /api/v1/halls/{hall}                                      +      +     +       +      +    +          +
GET    /api/v1/halls/{hall}/plan                                 +      +     +       +      +    +          +
PUT    /api/v1/halls/{hall}/plan                                 -      -     +       -      -    -          -
GET    /api/v1/halls/{hall}/stream                               -      -     +       +      +    +          -
POST   /api/v1/halls/{hall}/tickets                              +      +     +       +      +    +          +
GET    /api/v1/halls/{hall}/tickets/{ticket}                     +      +     +       +      +    +          +
DELETE /api/v1/halls/{hall}/tickets/{ticket}                     -      +     +       -      -    -          -
POST   /api/v1/halls/{hall}/tickets/{ticket}/return              -      +     +       -      -    -          -
POST   /api/v1/halls/{hall}/tickets/{ticket}/reprint             -      +     +       -      -    -          -
GET    /api/v1/tickets/{token}                                   +      +     +       +      +    +          +
GET    /api/v1/halls/{hall}/signs/{window}                       +      +     +       +      +    +          +
GET    /api/v1/halls/{hall}/signs/{window}/review.svg            +      +     +       +      +    +          +
GET    /api/v1/halls/{hall}/signs/{window}/reviews               +      +     +       +      +    +          +
GET    /api/v1/halls/{hall}/signs/{window}/photo                 +      +     +       +      +    +          +
GET    /api/v1/tickets/{token}/qr.svg                            +      +     +       +      +    +          +
GET    /api/v1/tickets/{token}/cases                             +      +     +       +      +    +          +
GET    /api/v1/halls/{hall}/windows/{window}                     -      +     +       +      +    +          -
POST   /api/v1/halls/{hall}/windows/{window}/{action}            -      +     +       -      -    -          -
POST   /t/{token}/plain                                          +      +     +       +      +    +          +
POST   /api/v1/halls/{hall}/reviews                              +      +     +       +      +    +          +
POST   /api/v1/halls/{hall}/paper-reviews                        -      +     +       -      -    -          -
GET    /api/v1/halls/{hall}/paper-reviews                        -      +     +       +      +    +          -
GET    /api/v1/halls/{hall}/paper-reviews/{batch}                -      +     +       +      +    +          -
POST   /api/v1/halls/{hall}/paper-reviews/{batch}/entries        -      +     +       -      -    -          -
POST   /api/v1/halls/{hall}/paper-reviews/{batch}/settlement     -      +     +       -      -    -          -
GET    /api/v1/halls/{hall}/rectifications                       -      +     +       +      +    +          -
GET    /api/v1/halls/{hall}/rectifications/summary               -      -     +       +      +    +          -
GET    /api/v1/halls/{hall}/rectifications/{rectification}       -      +     +       +      +    +          -
GET    /api/v1/halls/{hall}/rectification-contacts/{rectification} -    +     +       -      -    -          -
POST   /api/v1/halls/{hall}/rectifications/{rectification}/{action} -   +     +       -      -    -          -
POST   /api/v1/halls/{hall}/papers/{paper}/preview               -      -     +       -      -    -          -
POST   /api/v1/halls/{hall}/papers/closing/print                 -      +     +       -      -    -          -
GET    /api/v1/halls/{hall}/papers/jobs                          -      +     +       +      +    +          -
POST   /api/v1/halls/{hall}/papers/jobs/{job}/reprint            -      +     +       -      -    -          -
POST   /api/v1/halls/{hall}/notices                              -      -     +       -      -    -          -
POST   /api/v1/halls/{hall}/help-calls/{help_call}/answer        -      +     +       -      -    -          -
POST   /api/v1/session                                           +      +     +       +      +    +          +
GET    /api/v1/session                                           -      +     +       +      +    +          +
DELETE /api/v1/session                                           -      +     +       +      +    +          +
POST   /api/v1/session/password                                  -      +     +       +      +    +          +
GET    /api/v1/accounts                                          -      -     +       -      -    -          -
POST   /api/v1/accounts                                          -      -     +       -      -    -          -
POST   /api/v1/accounts/{name}/password                          -      -     +       -      -    -          -
PUT    /api/v1/accounts/{name}/enabled                           -      -     +       -      -    -          -
GET    /metrics                                                  +      +     +       +      +    +          +
POST   /api/v1/halls/{hall}/tickets/{ticket}/transfer            -      +     +       -      -    -          -
GET    /api/v1/halls/{hall}/tickets/{ticket}/explain             +      +     +       +      +    +          +
POST   /api/v1/halls/{hall}/tickets/{ticket}/clerk               -      +     +       -      -    -          -
POST   /api/v1/halls/{hall}/appointments                         +      +     +       +      +    +          +
GET    /api/v1/halls/{hall}/appointments                         -      +     +       +      +    +          -
GET    /api/v1/halls/{hall}/appointment-places                   +      +     +       +      +    +          +
GET    /api/v1/halls/{hall}/services                             +      +     +       +      +    +          +
GET    /api/v1/halls/{hall}/sentences/{sentence}                 +      +     +       +      +    +          +
GET    /api/v1/halls/{hall}/appointments/{appointment}           +      +     +       +      +    +          +
DELETE /api/v1/halls/{hall}/appointments/{appointment}           +      +     +       +      +    +          +
POST   /api/v1/halls/{hall}/appointments/{appointment}/check-in  +      +     +       +      +    +          +
POST   /api/v1/halls/{hall}/windows/{window}/cases               -      +     +       -      -    -          -
GET    /api/v1/halls/{hall}/cases                                -      +     +       +      +    +          -
GET    /api/v1/halls/{hall}/cases/{case}                         -      +     +       +      +    +          -
POST   /api/v1/halls/{hall}/cases/{case}/slips/{slip}            -      +     +       -      -    -          -
POST   /api/v1/halls/{hall}/cases/{case}/{action}                -      +     +       -      -    -          -
GET    /api/v1/halls/{hall}/closing                              -      +     +       +      +    +          -
GET    /api/v1/halls/{hall}/floor                                -      -     +       +      +    +          -
GET    /api/v1/halls/{hall}/report                               -      -     +       +      +    +          -
GET    /api/v1/halls/{hall}/report/week                          -      -     +       +      +    +          -
GET    /api/v1/halls/{hall}/plan/text                            -      -     +       +      +    +          -
POST   /api/v1/halls/{hall}/plan/text                            -      -     +       -      -    -          -
GET    /api/v1/halls/{hall}/aids                                 -      +     +       +      +    +          -
PUT    /api/v1/halls/{hall}/aids/{aid}                           -      -     +       -      -    -          -
POST   /api/v1/halls/{hall}/aids/{aid}/loans                     -      +     +       -      -    -          -
POST   /api/v1/halls/{hall}/aids/loans/{loan}/return             -      +     +       -      -    -          -
GET    /api/v1/halls/{hall}/health                               -      -     +       +      +    +          -
GET    /api/v1/halls/{hall}/health/inspection                    -      -     +       +      +    +          -
GET    /api/v1/halls/{hall}/devices                              -      -     +       +      +    +          -
POST   /api/v1/halls/{hall}/devices                              -      -     +       -      -    -          -
DELETE /api/v1/halls/{hall}/devices/{device}                     -      -     +       -      -    -          -
POST   /api/v1/halls/{hall}/devices/{device}/sheet               -      -     +       -      -    -          -
GET    /api/v1/halls/{hall}/devices/{device}/firmware            -      -     +       -      -    -          -
GET    /api/v1/halls/{hall}/devices/{device}/commands            -      -     +       +      +    +          -
POST   /api/v1/halls/{hall}/devices/{device}/commands            -      -     +       -      -    -          -
"""
"""Written by hand, so that the table in the code is compared with something. The tests speak from this machine, where
the metrics are open to everybody; ``test_access`` of the unit tests has the other machines."""

OPEN = {
    *(("GET", path) for path in ("/", "/docs", "/signin", "/healthz", "/readyz", "/openapi.json")),
    *(("GET", path) for path in ("/audio/{name}", "/media/{name}")),
    *(("GET", path) for path in ("/asyncapi.json", "/schemas/{name}.json", "/docs/mqtt")),
    *(("GET", path) for path in ("/kiosk/{hall}", "/manager/{hall}", "/tv/{hall}", "/led/{hall}", "/t/{token}")),
    ("GET", "/t/{token}/plain"),
    *(("GET", f"/{page}/{{hall}}/{{window}}") for page in ("clerk", "led", "pad", "sign")),
    *(
        ("GET", path)
        for path in ("/kiosk/{hall}", "/manager/{hall}", "/paper-reviews/{hall}", "/tv/{hall}", "/t/{token}")
    ),
    *(("GET", f"/{page}/{{hall}}/{{window}}") for page in ("clerk", "led", "pad", "review", "sign")),
    *(
        ("GET", path)
        for path in ("/static", "/display-static", "/vendor/lit", "/vendor/lit-html", "/vendor/lit-element")
    ),
    *(("GET", path) for path in ("/vendor/@lit/reactive-element", "/vendor/swagger-ui-dist")),
    *(("GET", path) for path in ("/vendor/uplot", "/vendor/lucide")),
    *(("WS", f"/ws/v1/halls/{{hall}}/{kind}/{{name}}") for kind in ("boards", "leds")),
    ("WS", "/ws/v1/tickets/{token}"),
}
"""What is open to everybody; pages and live connections."""

BODIES: dict[tuple[str, str], object] = {
    ("POST", "/api/v1/halls/{hall}/tickets"): {"services": ["nonesuch"]},
    ("POST", "/api/v1/halls/{hall}/reviews"): {"level": 5, "ticket": "nonesuch"},
    ("PUT", "/api/v1/halls/{hall}/plan"): {"hall": 7},
    ("POST", "/api/v1/session"): {},
}
FILLED = {
    "hall": "demo",
    "ticket": "nonesuch",
    "window": "1",
    "action": "finish",
    "token": "demo.x",
    "name": "nobody",
    "sentence": "welcome",
    **dict.fromkeys(("aid", "appointment", "batch", "case", "device", "help_call"), "nonesuch"),
    **dict.fromkeys(("job", "loan", "paper", "rectification", "slip"), "nonesuch"),
}
DENIED = {"nobody": (401, "sign_in_needed"), **dict.fromkeys(Role, (403, "role_forbidden"))}


def grid() -> dict[tuple[str, str], dict[str, bool]]:
    """Return the cells by address and caller."""
    head, *lines = GRID.strip().splitlines()
    assert tuple(head.split()) == CALLERS
    cells = {}
    for line in lines:
        method, path, *marks = line.split()
        cells[method, path] = {caller: mark == "+" for caller, mark in zip(CALLERS, marks, strict=True)}
    return cells


def addresses() -> set[tuple[str, str]]:
    """Return every address of the application, as it is put together."""
    nothing = cast("Any", SimpleNamespace(journal=None))
    found = set()
    for context in iter_route_contexts(make_app(nothing, nothing, lambda: None).routes):
        assert context.path is not None
        if isinstance(context.route, WebSocketRoute):
            found.add(("WS", context.path))
        elif isinstance(context.route, Mount):
            found.add(("GET", context.path))
        else:
            found |= {(method, context.path) for method in context.methods or () if method != "HEAD"}
    return found


@pytest.fixture
async def keys(controller: ControllerProcess) -> dict[str, str]:
    """A token for each role."""

    async def cut(users: SignIn) -> dict[str, str]:
        return {role: await users.add_token(role, role, None, "tests") for role in Role}

    return await on_database(database_in(controller.data), cut)


@pytest.fixture
async def anyone(controller: ControllerProcess) -> AsyncIterator[httpx.AsyncClient]:
    """A client that brings nothing of its own."""
    async with httpx.AsyncClient(base_url=controller.http, timeout=ANSWER_S_MAX) as client:
        yield client


def test_every_address_is_in_the_table_and_in_ours() -> None:
    assert addresses() == set(ACCESS)
    assert set(grid()) | OPEN == set(ACCESS)
    assert not set(grid()) & OPEN


async def test_every_cell(hall: HallClient, anyone: httpx.AsyncClient, keys: dict[str, str]) -> None:
    before = await hall.stream()
    wrong = []
    for (method, path), caller in itertools.product(grid(), CALLERS):
        answer = await ask(anyone, method, path, keys.get(caller))
        refused = (answer.status_code, answer.json()["code"]) if answer.status_code in {401, 403} else None
        if refused != (None if grid()[method, path][caller] else DENIED[caller]):
            wrong.append(f"{method} {path} by {caller}: {answer.status_code} {answer.text[:200]}")
    assert wrong == []
    assert await hall.stream() == before


async def test_what_is_open_is_open_to_everybody(anyone: httpx.AsyncClient, keys: dict[str, str]) -> None:
    for (method, path), caller in itertools.product(sorted(OPEN), CALLERS):
        key = keys.get(caller)
        if method == "WS":
            address = str(anyone.base_url).replace("http", "ws", 1).rstrip("/") + path.format(**FILLED)
            async with connect(address, additional_headers=bearer(key or "")):
                pass  # it was let in
        else:
            answer = await ask(anyone, method, path, key)
            assert answer.status_code in {200, 307, 404}, f"{path} by {caller}: {answer.status_code}"


async def ask(anyone: httpx.AsyncClient, method: str, path: str, key: str | None) -> httpx.Response:
    """Ask as somebody, for something that does no harm where it is allowed."""
    headers = {**bearer(key or ""), "Idempotency-Key": uuid4().hex}
    body = BODIES.get((method, path), {} if method in {"POST", "PUT"} else None)
    return await anyone.request(method, path.format(**FILLED), json=body, headers=headers)


async def test_a_hall_s_token_acts_in_that_hall_alone(controller: ControllerProcess, hall: HallClient) -> None:
    async def cut(users: SignIn) -> tuple[str, str]:
        own = await users.add_token("own", Role.MANAGER, HALL, "tests")
        return own, await users.add_token("other", Role.MANAGER, "elsewhere", "tests")

    own, other = await on_database(database_in(controller.data), cut)
    async with HallClient(controller.http, token=own) as mine, HallClient(controller.http, token=other) as theirs:
        assert (await mine.at_window("1", "open"))["status"] == "open"
        before = await hall.stream()
        for method, path, body in (
            ("POST", "/windows/1/close", {}),
            ("GET", "/windows/1", None),
            ("GET", "/stream", None),
            ("PUT", "/plan", {}),
        ):
            with pytest.raises(Problem) as caught:
                await theirs.ask(method, path, body)
            assert (caught.value.status, caught.value.code) == (403, "hall_forbidden"), path
        assert (await theirs.state())["hall"] == HALL  # what everybody may
        assert await hall.stream() == before


async def test_every_command_has_its_actor(controller: ControllerProcess, hall: HallClient) -> None:
    clerk = await on_database(database_in(controller.data), lambda users: users.add_token("prog", Role.CLERK, None, ""))
    async with HallClient(controller.http, token=clerk) as program, HallClient(controller.http, token="") as citizen:
        with pytest.raises(Problem) as caught:
            await program.at_window("1", "open")
        assert (caught.value.status, caught.value.code) == (422, "clerk_missing")
        await program.at_window("1", "open", {"clerk": "王芳"})
        first, second = [await citizen.ticket(PENSION) for _ in range(2)]
        await program.ticket(PENSION)
        await citizen.ask("DELETE", f"/tickets/{first['ticket']}?token={first['token']}")
        await program.ask("DELETE", f"/tickets/{second['ticket']}")
        await hall.at_window("1", "next")
        await hall.at_window("1", "finish")
        await hall.ask("PUT", "/plan", await hall.ask("GET", "/plan") | {"policies": {"return_after": 2}})
        rows = [(row["type"], row["actor"]) for row in await hall.stream()]
    assert [row for row in rows if row[0] in {"WindowOpened", "TicketIssued", "TicketCancelled"}] == [
        ("WindowOpened", "token:prog"),
        ("TicketIssued", "channel:kiosk"),
        ("TicketIssued", "channel:kiosk"),
        ("TicketIssued", "token:prog"),
        ("TicketCancelled", "citizen"),
        ("TicketCancelled", "token:prog"),
    ]
    assert ("TicketCalled", "token:tests") in rows
    assert ("PlanChanged", "token:tests") in rows


async def test_a_token_that_isn_t_one_is_refused(hall: HallClient) -> None:
    for given in ("Bearer nonesuch", "Bearer", "Basic bWFuYWdlcjptYW5hZ2Vy", "", "Bearer \xe9"):
        headers = {"Authorization": given.encode("latin-1")}
        answer = await hall.http.get(f"/api/v1/halls/{HALL}/stream", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "bearer_unknown"), given
        assert answer.headers["www-authenticate"].startswith("Bearer")


def yichuang(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line."""
    command = [sys.executable, "-c", "from api.main import run; run()", "user", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


async def refused_at_last(client: httpx.AsyncClient) -> None:
    """Wait until a caller isn't known any more."""
    deadline = asyncio.get_running_loop().time() + WITHIN_S
    while (await client.get("/api/v1/session")).status_code != 401:
        assert asyncio.get_running_loop().time() < deadline, "it is still known"
        await asyncio.sleep(POLL_S)


@pytest.mark.timeout(900)  # a dozen programs, each of which takes seconds to begin on a busy machine
async def test_the_command_line_is_heeded_while_the_controller_runs(
    controller: ControllerProcess, hall: HallClient
) -> None:
    data = ("--data", str(controller.data))

    async def user(*arguments: str) -> str:
        done = await asyncio.to_thread(yichuang, *arguments, *data)
        assert done.returncode == 0, done.stderr
        return done.stdout

    token = (await user("token", "prog", "--role", "clerk", "--hall", HALL)).strip()
    assert len(token.split()) == 1
    async with HallClient(controller.http, token=token) as program:
        await program.at_window("1", "open", {"clerk": "王芳"})
        password = (await user("add", "李娜", "--role", "clerk", "--hall", HALL)).strip()
        listed = (await user("list")).splitlines()
        assert f"account\t李娜\tclerk\t{HALL}\tone-time password" in listed
        assert f"token\tprog\tclerk\t{HALL}\tvalid" in listed
        assert token not in str(listed)
        assert await user("revoke", "prog") == ""
        await refused_at_last(program.http)
    async with httpx.AsyncClient(base_url=controller.http) as page:
        assert (await page.post("/api/v1/session", json={"name": "李娜", "password": password})).status_code == 200
        assert (await page.get("/api/v1/session")).json()["name"] == "李娜"
        again = (await user("password", "李娜")).strip()
        assert again != password
        await refused_at_last(page)
        assert (await page.post("/api/v1/session", json={"name": "李娜", "password": again})).status_code == 200
        await user("disable", "李娜")
        await refused_at_last(page)
        answer = await page.post("/api/v1/session", json={"name": "李娜", "password": again})
        assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_failed")
        await user("enable", "李娜")
        assert (await page.post("/api/v1/session", json={"name": "李娜", "password": again})).status_code == 200
    for arguments, said in (
        (("add", "李娜", "--role", "clerk", *data), "already"),
        (("password", "nobody", *data), "no account"),
        (("disable", "nobody", *data), "no account"),
        (("revoke", "nobody", *data), "no token"),
        (("token", "a b", "--role", "clerk", *data), "letters, digits"),
        (("token", "a", "--role", "clerk", "--hall", "No Hall", *data), "hyphens"),
        (("add", "a", "--role", "scrape", *data), "role of tokens"),
        (("add", "a", "--role", "king", *data), "king"),
        (("list", "--data", str(controller.data / "nonesuch")), "no folder"),
        (("list", "--database", "mysql://x"), "postgresql://"),
    ):
        done = await asyncio.to_thread(yichuang, *arguments)
        assert done.returncode != 0
        assert done.stdout == ""
        assert said in done.stderr
        assert "Traceback" not in done.stderr
    assert token not in controller.complaint
    assert password not in controller.complaint
