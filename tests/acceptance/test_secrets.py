"""No secret of a whole run, logged at its most talkative, stands in the log or among the metrics."""

import asyncio
import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path

import httpx

from api.certificates import TlsFiles, make_authority, make_server
from api.settings import database_in
from api.user_commands import on_database
from controller.runtime.accounts import Role
from devices.agent.link import Link, NoReplyError
from devices.agent.wire import Broker, new_event
from devices.members import PAYLOAD_BYTES_MAX
from tests.acceptance.test_devices import yichuang
from tests.support.access import bearer
from tests.support.controller_process import ControllerProcess, controller_process
from tests.support.mosquitto import until

LETTERS_MIN = 16
"""What is shorter might stand somewhere by chance."""


async def test_no_secret_is_logged_or_measured(tmp_path: Path) -> None:
    files = TlsFiles.of(tmp_path / "data")
    make_authority(files, datetime.now(UTC))
    make_server(files, ("127.0.0.1",), datetime.now(UTC))
    async with controller_process(tmp_path, environment={"YICHUANG_LOG_LEVEL": "debug"}) as controller:
        secrets = await used(controller)
        async with httpx.AsyncClient(base_url=controller.http, timeout=30) as anybody:
            metrics = (await anybody.get("/metrics")).text
    secrets |= {
        "the authority's key": files.ca_key.read_text("ascii").splitlines()[1],
        "the certificate's key": files.key.read_text("ascii").splitlines()[1],
    }
    log = await asyncio.to_thread(controller.log.read_text, "utf-8", "replace")
    assert '"level": "debug"' in log, "it says all it can"
    for what, secret in secrets.items():
        assert len(secret) >= LETTERS_MIN, what
        assert secret not in log, what
        assert secret not in metrics, what


async def used(controller: ControllerProcess) -> dict[str, str]:
    """Let every kind of secret be made and used, rightly and wrongly; return them by what they are."""
    made = json.loads(await yichuang(controller, "add", "pad-1", "--kind", "review_pad", "--hall", "demo"))
    account = Broker.parse(made["broker"], username="pad-1", password=made["password"])
    await until(lambda: "broker_closed_to_strangers" in controller.log.read_text("utf-8"), "the door is closed")
    async with Link("demo", "pad-1", account) as link:
        await link.request(new_event("review_submitted", level=5, window="1"))
        with contextlib.suppress(NoReplyError):  # it is too large for its id to be read
            await link.request(new_event("telemetry", note="x" * PAYLOAD_BYTES_MAX), within_s=2)
        broker = controller.broker()
        assert broker is not None
        await asyncio.to_thread(broker.kill)
        await link.request(new_event("telemetry", after="the broker died"), within_s=60)
    database = database_in(controller.data)
    password = await on_database(database, lambda users: users.add("李娜", Role.MANAGER, None, "tests"))
    token = await on_database(database, lambda users: users.add_token("programme", Role.CITY, None, "tests"))
    async with httpx.AsyncClient(base_url=controller.http, timeout=30) as page:
        await page.get("/api/v1/halls/demo/stream", headers=bearer(token))
        await page.get("/api/v1/halls/demo/stream", headers=bearer(token + "x"))
        await page.post("/api/v1/session", json={"name": "李娜", "password": password + "x"})
        answer = await page.post("/api/v1/session", json={"name": "李娜", "password": password})
        assert answer.status_code == 200, answer.text
        (cookie,) = page.cookies.values()
        await page.get("/api/v1/session")
        hashes = (controller.data / "broker" / "passwords").read_text("utf-8")
    return {
        "a device's password": made["password"],
        "a bearer token": token,
        "a session's cookie": cookie,
        "the tests' own token": controller.token,
        "the password of an account": password,
        "the first manager's password": (controller.data / "first-password").read_text("ascii").strip(),
        "the hash of a password": hashes.splitlines()[0].rpartition("$")[2],
    }
