"""The edge itself: bounds, statuses, what is readable and what is not, the description, pages and their policies."""

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import async_playwright
from structlog.testing import capture_logs

from api import pages
from api.access import is_loopback
from api.body_limit import BODY_BYTES_MAX, PLAN_BYTES_MAX
from tests.support.api_hall import ApiHall, api_hall
from tests.support.engines import HALL, PENSION
from tests.support.hall_client import PREFIX
from tests.support.page_host import browser_path

TICKETS = f"{PREFIX}/halls/{HALL}/tickets"
PLAN = f"{PREFIX}/halls/{HALL}/plan"
JSON = {"Content-Type": "application/json"}
PAGES = (
    *("/", "/kiosk/demo", "/clerk/demo/1", "/pad/demo/1", "/t/demo.x", "/tv/demo", "/led/demo", "/led/demo/1", "/docs"),
    "/docs/mqtt",
    "/sign/demo/1",
)
INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[ApiHall]:
    (tmp_path / "recordings").mkdir()
    async with api_hall(tmp_path) as running:
        yield running


@pytest.fixture
def http(hall: ApiHall) -> httpx.AsyncClient:
    return hall.client.http


# -- bounds ------------------------------------------------------------------------------------------------------------


async def in_pieces(content: bytes, size: int = 16_384) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize(
    ("method", "path", "bytes_max"),
    [("POST", TICKETS, BODY_BYTES_MAX), ("PUT", PLAN, PLAN_BYTES_MAX), ("POST", "/nowhere", BODY_BYTES_MAX)],
)
async def test_a_body_has_a_bound(http: httpx.AsyncClient, told: bool, method: str, path: str, bytes_max: int) -> None:
    def padded(size: int) -> bytes:
        return json.dumps({"services": [PENSION]}).encode().ljust(size)

    for size, too_large in ((bytes_max, False), (bytes_max + 1, True)):
        content = padded(size)
        answer = await http.request(method, path, content=content if told else in_pieces(content), headers=JSON)
        assert (answer.status_code == 413) is too_large, answer.text
        if too_large:
            problem = answer.json()
            assert (problem["code"], problem["status"]) == ("request_too_large", 413)
            assert str(bytes_max) in problem["detail"]
    assert (await http.get("/healthz")).status_code == 200


async def test_a_body_in_pieces_is_read_whole(http: httpx.AsyncClient) -> None:
    content = json.dumps({"services": [PENSION]}).encode()
    answer = await http.post(TICKETS, content=in_pieces(content, 3), headers=JSON)
    assert (answer.status_code, answer.json()["number"]) == (201, "A001")


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "9" * 30, "+5"])
async def test_a_length_that_is_none_is_refused(hall: ApiHall, length: str) -> None:
    host, port = hall.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"POST {TICKETS} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
    status = (await asyncio.wait_for(reader.readline(), 30)).split()[1]
    writer.close()
    await writer.wait_closed()
    assert status in {b"400", b"413"}
    assert await hall.client.events("TicketIssued") == []


async def test_faults_of_a_form_are_listed_up_to_a_bound(http: httpx.AsyncClient) -> None:
    body = {"services": [PENSION], **{f"wish-{number}": 1 for number in range(1000)}}
    answer = await http.post(TICKETS, json=body)
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == 64
    assert len(answer.content) < 20_000


# -- statuses ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("PATCH", TICKETS, 405, "method_not_allowed"),
        ("POST", "/healthz", 405, "method_not_allowed"),
        ("POST", "/", 405, "method_not_allowed"),
        ("POST", "/static/base/theme.css", 405, "method_not_allowed"),
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", f"{PREFIX}/nowhere", 404, "not_found"),
        ("GET", "/kiosk", 404, "not_found"),
    ],
)
async def test_what_isnt_there_is_a_problem_too(
    http: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await http.request(method, path)
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == f"urn:yichuang:problem:{code}"


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        (PLAN, "GET, PUT"),
        (f"{TICKETS}/t", "GET, DELETE"),
        (TICKETS, "POST"),
        ("/healthz", "GET"),
        ("/", "GET, HEAD"),
        ("/static/base/theme.css", "GET, HEAD"),
    ],
)
async def test_an_address_says_all_that_it_takes(http: httpx.AsyncClient, path: str, methods: str) -> None:
    answer = await http.options(path)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == methods


async def test_without_its_log_it_says_come_again(hall: ApiHall, http: httpx.AsyncClient) -> None:
    issued = await hall.client.ticket(PENSION)
    actor = hall.engine._actor(HALL)
    assert actor is not None
    with capture_logs() as said:
        async with hall.log_away():
            actor.days.today = None
            for method, path, body in (
                ("POST", TICKETS, {"services": [PENSION]}),
                ("GET", f"{PREFIX}/halls/{HALL}", None),
                ("GET", f"{PREFIX}/halls", None),
                ("GET", f"{PREFIX}/halls/{HALL}/stream", None),
                ("GET", f"{PREFIX}/tickets/{issued['token']}", None),
                ("GET", f"{PREFIX}/tickets/{issued['token']}/qr.svg", None),
                ("POST", f"{PREFIX}/halls/{HALL}/windows/1/open", {}),
            ):
                answer = await http.request(method, path, json=body, headers={"Accept-Language": "en"})
                assert (answer.status_code, answer.json()["code"]) == (503, "log_unavailable"), path
                assert answer.headers["retry-after"] == "1"
            assert (await http.get("/healthz")).status_code == 200
            ready = await http.get("/readyz")
            assert (ready.status_code, ready.json()["status"]) == (503, "unavailable")
            assert ready.json()["parts"]["log"] != "ok"
    assert issued["token"] not in repr(said), "a token opens its page to whoever reads the log"
    assert [line["address"] for line in said if "{token}" in line.get("address", "")]
    assert (await http.get("/readyz")).json() == {"status": "ok", "parts": {"log": "ok", "broker": "ok"}}
    assert (await hall.client.ticket(PENSION))["number"] == "A002"


async def test_without_its_broker_it_isnt_ready(hall: ApiHall, http: httpx.AsyncClient) -> None:
    hall.gateway.has_broker = False
    ready = await http.get("/readyz")
    assert (ready.status_code, ready.json()["parts"]) == (503, {"log": "ok", "broker": "not connected"})


async def test_a_bug_of_ours_is_a_problem_that_tells_nothing(
    hall: ApiHall, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = await hall.client.ticket(PENSION)

    def broken(*_: Any) -> Any:
        raise ValueError("the secret of the house")

    monkeypatch.setattr("api.routers.tickets.phone_form", broken)
    with capture_logs() as said:
        answer = await http.get(f"{PREFIX}/tickets/{issued['token']}")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "secret" not in answer.text
    (line,) = [line for line in said if line["event"] == "request_failed"]
    assert line["address"] == f"{PREFIX}/tickets/{{token}}"


# -- who may read the metrics ------------------------------------------------------------------------------------------


async def test_metrics_are_for_this_machine(hall: ApiHall, http: httpx.AsyncClient) -> None:
    answer = await http.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert "# HELP yichuang_" in answer.text
    async with httpx.AsyncClient(base_url=hall.url) as anybody:
        through_a_proxy = await anybody.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})
    assert (through_a_proxy.status_code, through_a_proxy.json()["code"]) == (401, "sign_in_needed")


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        *(("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("::ffff:127.0.0.1", True)),
        *(("10.0.0.1", False), ("::ffff:10.0.0.1", False), ("", False), ("localhost", False), ("unix:", False)),
    ],
)
def test_what_this_machine_is(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


# -- pages and files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_allows_its_one_inline_script(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    scripts = [found for found in INLINE_SCRIPT.findall(answer.text) if found.strip()]
    digests = {base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts}
    assert digests == set(re.findall(r"'sha256-([^']+)'", policy))
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert ("unsafe-inline" in policy) is (path == "/docs")
    assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (await http.head(path)).content == b""


async def test_files_of_pages(http: httpx.AsyncClient) -> None:
    for path, kind in (
        ("/static/docs/docs.js", "text/javascript"),
        ("/vendor/lit/index.js", "text/javascript"),
        ("/vendor/swagger-ui-dist/swagger-ui.css", "text/css"),
        ("/display-static/tv/tv.js", "text/javascript"),
    ):
        answer = await http.get(path)
        assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, kind), path
        assert answer.headers["cache-control"] == "no-cache"
        again = await http.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "/static/node_modules/lit/index.js",
        "/static/./node_modules/lit/index.js",
        "/static/base/../node_modules/lit/index.js",
        "/static//node_modules/lit/index.js",
        "/static/%6eode_modules/lit/index.js",
        "/static/node_modules%2flit/index.js",
        "/static/..%2fapp.py",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%5capp.py",
        "/static/%2fetc/passwd",
        "/static/base/%00",
        "/static/" + "x" * 5000,
        "/static/",
        "/static/base/",
        "/vendor/typescript/package.json",
        "/vendor/lit/../typescript/package.json",
        "/vendor/@lit/../typescript/package.json",
        "/vendor/",
        "/display-static/..%2f..%2fpyproject.toml",
        "/audio/..%2flog.db",
        "/audio/%2e%2e%2flog.db",
        "/audio/" + "0" * 40,
        "/audio/" + "0" * 40 + ".wav",
        "/audio/" + "A" * 40 + ".wav",
        "/audio/" + "0" * 39 + "%0a.wav",
        "/audio/" + "0" * 40 + ".wav%0a",
        "/audio/x/" + "0" * 40 + ".wav",
    ],
)
async def test_nothing_else_is_given_out(hall: ApiHall, path: str) -> None:
    host, port = hall.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))  # no client that tidies the path up
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.read(), 30)
    writer.close()
    await writer.wait_closed()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split()[1] == b"404", head
    assert json.loads(body)["code"] in {"not_found", "recording_unknown"}


async def test_an_address_with_nothing_is_a_page_for_browsers_and_a_problem_for_programs(
    http: httpx.AsyncClient,
) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    for path in ("/nowhere", "/kiosk"):
        page = await http.get(path, headers=browser)
        assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert "/static/missing/missing.js" in page.text
        assert page.headers["content-security-policy"].startswith("default-src 'self'")
        assert (await http.get(path)).json()["code"] == "not_found"
    assert (await http.get("/api/v1/nowhere", headers=browser)).json()["code"] == "not_found"
    assert (await http.post("/nowhere", headers=browser)).status_code in {404, 405}


async def test_a_recording_is_given_out_for_good(hall: ApiHall, http: httpx.AsyncClient) -> None:
    name = f"{hashlib.sha256(b'x').hexdigest()[:40]}.wav"
    (hall.parts.recordings / name).write_bytes(b"RIFF")
    answer = await http.get(f"/audio/{name}")
    assert (answer.status_code, answer.content) == (200, b"RIFF")
    assert answer.headers["content-type"] == "audio/wav"
    assert "immutable" in answer.headers["cache-control"]


def test_pages_load_the_libraries_that_are_given_out() -> None:
    imports = json.loads((pages.WEB / "base" / "importmap.json").read_text("utf-8"))["imports"]
    vendor = {path.removeprefix("/vendor/") for path in imports.values() if path.startswith("/vendor/")}
    assert all(any(path.startswith(f"{library}/") for library in pages.LIBRARIES) for path in vendor)


@pytest.mark.browser
async def test_the_documentation_loads_nothing_from_outside(hall: ApiHall) -> None:
    asked: list[str] = []
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        page = await browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        await page.goto(f"{hall.url}/docs")
        await page.get_by_text("/api/v1/halls/{hall}/tickets", exact=True).first.wait_for(timeout=30_000)
        assert await page.locator(".opblock").count() >= 12
        await browser.close()
    assert complaints == []
    assert asked
    outside = [url for url in asked if not url.startswith((hall.url, "data:", "blob:"))]
    assert outside == []


async def test_every_method_of_an_address_is_told_to_whoever_uses_another(http: httpx.AsyncClient) -> None:
    for path, methods in ((PLAN, {"GET", "PUT"}), (f"{TICKETS}/x", {"GET", "DELETE"}), ("/healthz", {"GET"})):
        answer = await http.patch(path)
        assert answer.status_code == httpx.codes.METHOD_NOT_ALLOWED
        assert set(answer.headers["allow"].split(", ")) - {"HEAD"} == methods


async def test_what_a_body_may_be_refused_for_is_described(http: httpx.AsyncClient) -> None:
    document = (await http.get("/openapi.json")).json()
    for path, ways in document["paths"].items():
        for method, operation in ways.items():
            described = {"400", "413"} & operation["responses"].keys()
            assert described == ({"400", "413"} if "requestBody" in operation else set()), f"{method} {path}"


async def test_a_halls_own_files_are_shown_and_nothing_else_of_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "media"
    folder.mkdir()
    (folder / "shuttle.mp4").write_bytes(bytes(range(100)))
    (tmp_path / "media" / "notes.txt").write_text("not for the screens")
    async with api_hall(tmp_path) as hall:
        whole = await hall.client.http.get("/media/shuttle.mp4")
        assert (whole.status_code, whole.headers["content-type"], len(whole.content)) == (200, "video/mp4", 100)
        part = await hall.client.http.get("/media/shuttle.mp4", headers={"Range": "bytes=10-19"})
        assert (part.status_code, part.content) == (206, bytes(range(10, 20)))
        for name in ("notes.txt", "gone.png", "..%2Flog.db", "log.db"):
            assert (await hall.client.http.get(f"/media/{name}")).status_code == 404, name
