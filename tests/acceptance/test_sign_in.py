"""Signing in, in a browser and by its requests: the first start, the sign-in page, sessions, foreign pages."""

import asyncio
import re
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Page, expect

from api.settings import database_in
from api.sign_in import SignIn
from api.user_commands import on_database
from controller.runtime.accounts import Role
from tests.support.controller_process import ControllerProcess
from tests.support.hall_browser import HALL_NAME, hall_browser
from tests.support.hall_client import ANSWER_S_MAX, HallClient
from tests.support.hall_plan import HALL, PENSION
from tests.support.mosquitto import POLL_S, WITHIN_S

FIRST = re.compile(r"^首次启动：.* manager .*文件 (\S+) 中.* · First start: .* manager .* in (\S+), ", re.MULTILINE)
WRONG = "wrong words"
NEW = "correct horse battery"
WINDOW = f"/api/v1/halls/{HALL}/windows/1"
COOKIE = "yichuang_session"


def first_password(controller: ControllerProcess) -> str:
    """Return the one-time password from the file that a first start named, once and in both languages."""
    (found,) = FIRST.findall(controller.complaint)
    assert found[0] == found[1]
    path = Path(found[0])
    assert path == controller.data.resolve() / "first-password"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    return path.read_text("ascii").removesuffix("\n")


@pytest.fixture
async def browser(controller: ControllerProcess) -> AsyncIterator[httpx.AsyncClient]:
    """What a browser sends, without the browser."""
    async with httpx.AsyncClient(base_url=controller.http, timeout=ANSWER_S_MAX) as client:
        yield client


async def sign_in(browser: httpx.AsyncClient, name: str, password: str, **headers: str) -> httpx.Response:
    return await browser.post("/api/v1/session", json={"name": name, "password": password}, headers=headers)


def own_page(browser: httpx.AsyncClient) -> dict[str, str]:
    """Return the headers of a write by a page of ours."""
    return {"Origin": str(browser.base_url).rstrip("/"), "Idempotency-Key": uuid4().hex}


async def clerk_of(controller: ControllerProcess, name: str = "王芳") -> str:
    """Make a clerk and return the password, which need not be changed."""

    async def make(users: SignIn) -> str:
        return await users.guest(name, Role.CLERK, "tests")

    return await on_database(database_in(controller.data), make)


async def fill(page: Page, **fields: str) -> None:
    """Type into a form by the keyboard and send it."""
    for name, value in fields.items():
        await expect(page.locator(f"input[name={name}]")).to_be_focused()
        await page.keyboard.type(value)
        await page.keyboard.press("Enter" if name == list(fields)[-1] else "Tab")


@pytest.mark.browser
async def test_the_first_manager_chooses_a_password_and_comes_where_he_wanted(controller: ControllerProcess) -> None:
    password = first_password(controller)
    async with hall_browser(controller.http, has_token=False) as hall:
        page = await hall.open(f"/clerk/{HALL}/1?x=1")
        await page.wait_for_url("**/signin?next=*")
        await expect(page.locator("h2")).to_have_text("登录")
        await fill(page, name="manager", password=WRONG)
        await expect(page.locator(".alert")).to_have_text("账号或密码不正确")
        await page.locator("input[name=name]").fill("")
        await page.locator("input[name=password]").fill("")
        await page.locator("input[name=name]").focus()
        await fill(page, name="manager", password=password)
        await expect(page.locator("h2")).to_have_text("manager，请设置新密码")
        await fill(page, current=password, chosen=NEW, repeated=NEW + "x")
        await expect(page.locator(".alert")).to_have_text("两次输入的新密码不一致")
        await page.locator("input[name=repeated]").fill(NEW)
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**/clerk/{HALL}/1?x=1")
        await expect(page.locator(".signed-in a")).to_have_text("manager")
        await expect(page.locator(".console")).to_be_visible()
        await page.locator("input[name=clerk]").fill("李娜")
        await page.keyboard.press("Enter")
        await expect(page.locator(".who")).to_have_text("李娜")
        await page.locator(".sign-out").click()
        await page.wait_for_url("**/signin?next=*")
        assert await page.context.cookies() == []
    assert NEW not in controller.complaint
    assert password not in controller.complaint


@pytest.mark.browser
async def test_a_clerk_opens_the_window_under_the_own_name_and_nobody_leads_astray(
    controller: ControllerProcess, hall: HallClient
) -> None:
    password = await clerk_of(controller)
    async with hall_browser(controller.http, has_token=False) as screens:
        page = await screens.open("/signin?lang=en&next=//elsewhere.example/clerk")
        await expect(page.locator("h2")).to_have_text("Sign in")
        await fill(page, name="王芳", password=password)
        await page.wait_for_url(controller.http + "/")
        page = await screens.open(f"/clerk/{HALL}/1?lang=en")
        await expect(page.locator(".console")).to_be_visible()
        await page.keyboard.press("o")
        await expect(page.locator(".who")).to_have_text("王芳")
        (cookie,) = await page.context.cookies()
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
        await on_database(
            database_in(controller.data), lambda users: users.set_enabled("王芳", enabled=False, by="tests")
        )
        deadline = asyncio.get_running_loop().time() + WITHIN_S
        while "/signin?next=" not in page.url:  # with each board the page reads its window anew; at last it is told
            assert asyncio.get_running_loop().time() < deadline, page.url
            await hall.ticket(PENSION)
            await asyncio.sleep(POLL_S)
    (opened,) = [row for row in await hall.stream() if row["type"] == "WindowOpened"]
    assert (opened["actor"], opened["data"]["clerk"]) == ("account:王芳", "王芳")


@pytest.mark.browser
async def test_a_page_in_the_hall_s_network_without_tls_may_write(controller: ControllerProcess) -> None:
    password = await clerk_of(controller)
    there = controller.http.replace("127.0.0.1", HALL_NAME)  # where browsers send no Sec-Fetch-Site, but an Origin
    async with hall_browser(there, has_token=False) as screens:
        page = await screens.open(f"/clerk/{HALL}/1")
        await page.wait_for_url("**/signin?next=*")
        await fill(page, name="王芳", password=password)
        await expect(page.locator(".console")).to_be_visible()
        async with page.expect_request("**/windows/1/open") as asked:
            await page.keyboard.press("o")
        headers = await (await asked.value).all_headers()
        assert (headers.get("sec-fetch-site"), headers["origin"]) == (None, there)
        await expect(page.locator(".who")).to_have_text("王芳")
        await page.locator(".sign-out").click()
        await page.wait_for_url("**/signin?next=*")


async def test_a_one_time_password_opens_nothing_else(
    controller: ControllerProcess, browser: httpx.AsyncClient
) -> None:
    password = first_password(controller)
    answer = await sign_in(browser, "manager", password)
    assert (answer.status_code, answer.json()["must_change_password"]) == (200, True)
    refused = await browser.get(f"/api/v1/halls/{HALL}/stream")
    assert (refused.status_code, refused.json()["code"]) == (403, "password_change_needed")
    for current, new, status, code in (
        (WRONG, NEW, 422, "password_wrong"),
        (password, "short", 422, "password_unfit"),
        (password, password, 422, "password_unfit"),
    ):
        answer = await browser.post(
            "/api/v1/session/password", json={"current": current, "new": new}, headers=own_page(browser)
        )
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    before = browser.cookies[COOKIE]
    answer = await browser.post(
        "/api/v1/session/password", json={"current": password, "new": NEW}, headers=own_page(browser)
    )
    assert answer.status_code == 200
    assert browser.cookies[COOKIE] != before
    assert (await browser.get(f"/api/v1/halls/{HALL}/stream")).status_code == 200
    assert (await browser.get("/api/v1/session", headers={"Cookie": f"{COOKIE}={before}"})).status_code == 401
    assert (await sign_in(browser, "manager", password)).status_code == 401
    assert (await sign_in(browser, "manager", NEW)).status_code == 200
    assert await controller.stop() == 0
    await controller.start()
    assert len(FIRST.findall(controller.complaint)) == 1, "a second start makes no account"
    assert (await browser.get("/api/v1/session")).json()["name"] == "manager"


async def test_a_foreign_page_can_do_nothing_with_a_session(
    controller: ControllerProcess, browser: httpx.AsyncClient, hall: HallClient
) -> None:
    await sign_in(browser, "王芳", await clerk_of(controller))
    ours = own_page(browser)
    key = {"Idempotency-Key": uuid4().hex}
    for headers in (
        {},
        key,
        {"Origin": ours["Origin"]},
        key | {"Origin": "https://elsewhere.example"},
        key | {"Origin": "null"},
        key | {"Origin": ours["Origin"], "Sec-Fetch-Site": "cross-site"},
        key | {"Origin": ours["Origin"], "Sec-Fetch-Site": "same-site"},
        key | {"Sec-Fetch-Site": "none"},
    ):
        answer = await browser.post(f"{WINDOW}/open", json={}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_page"), headers
    assert [row for row in await hall.stream() if row["type"] == "WindowOpened"] == []
    assert (await browser.post(f"{WINDOW}/open", json={}, headers=ours)).status_code == 200
    secure = key | {"Sec-Fetch-Site": "same-origin"}
    assert (
        await browser.post(f"{WINDOW}/close", json={}, headers=secure | {"Idempotency-Key": "2"})
    ).status_code == 200
    ticket = {"services": [PENSION]}
    taken = await browser.post(f"/api/v1/halls/{HALL}/tickets", json=ticket, headers=key | {"Origin": "http://x"})
    assert taken.status_code == 201, "what anybody may, a foreign page may; but in nobody's name"
    (issued,) = [row for row in await hall.stream() if row["type"] == "TicketIssued"]
    assert issued["actor"] == "channel:kiosk"
    answer = await sign_in(browser, "王芳", "whatever it is", Origin="https://elsewhere.example")
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_page")


async def test_a_cookie_is_for_https_alone_where_there_is_https(
    controller: ControllerProcess, browser: httpx.AsyncClient
) -> None:
    password = await clerk_of(controller)
    plain = (await sign_in(browser, "王芳", password)).headers["set-cookie"]
    assert "HttpOnly" in plain
    assert "SameSite=strict" in plain
    assert "Secure" not in plain
    behind_tls = {"X-Forwarded-Proto": "https"}
    assert "Secure" in (await sign_in(browser, "王芳", password, **behind_tls)).headers["set-cookie"]


async def test_guessing_is_slowed_down_and_tells_nothing(
    controller: ControllerProcess, browser: httpx.AsyncClient
) -> None:
    password = await clerk_of(controller)
    answers = [await sign_in(browser, name, "a wrong one") for name in ("王芳", "nobody")]
    assert [(each.status_code, each.json()["detail"]) for each in answers] == [(401, "账号或密码不正确")] * 2
    at_once = await asyncio.gather(*(sign_in(browser, "王芳", "a wrong one") for _ in range(8)))
    assert sorted(each.status_code for each in at_once) == [401] * 4 + [429] * 4
    stopped = await sign_in(browser, "王芳", password)
    assert (stopped.status_code, stopped.json()["code"]) == (429, "too_many_guesses")
    assert int(stopped.headers["retry-after"]) > 0
    assert (await sign_in(browser, "nobody", "a wrong one")).status_code == 401, "others are not slowed down"
    assert "a wrong one" not in controller.complaint


async def test_a_manager_administers_the_own_hall(controller: ControllerProcess, browser: httpx.AsyncClient) -> None:
    async def make(users: SignIn) -> str:
        await users.add("elsewhere", Role.CLERK, "elsewhere", "tests")
        return await users.add_token("prog", Role.MANAGER, HALL, "tests")

    token = await on_database(database_in(controller.data), make)
    async with HallClient(controller.http, token=token) as manager:

        async def ask(method: str, path: str = "", body: object = None) -> httpx.Response:
            return await manager.http.request(method, f"/api/v1/accounts{path}", json=body)

        made = await ask("POST", "", {"name": "王芳", "role": "clerk"})
        assert made.status_code == 201
        listed = (await ask("GET")).json()
        assert [(each["name"], each["role"], each["hall"]) for each in listed] == [("王芳", "clerk", HALL)]
        assert (await sign_in(browser, "王芳", made.json()["password"])).json()["hall"] == HALL
        again = (await ask("POST", "/王芳/password")).json()["password"]
        assert (await sign_in(browser, "王芳", again)).status_code == 200
        assert (await ask("PUT", "/王芳/enabled", {"enabled": False})).json()["enabled"] is False
        assert (await sign_in(browser, "王芳", again)).status_code == 401
        for method, path, body, status, code in (
            ("POST", "", {"name": "王芳", "role": "clerk"}, 409, "account_exists"),
            ("POST", "", {"name": "x", "role": "clerk", "hall": "elsewhere"}, 403, "hall_forbidden"),
            ("POST", "", {"name": "x", "role": "operations"}, 403, "role_not_yours_to_give"),
            ("POST", "", {"name": "x y", "role": "clerk"}, 422, "name_unfit"),
            ("POST", "/elsewhere/password", None, 404, "account_unknown"),
            ("PUT", "/王芳/enabled", {"enabled": 0}, 422, "request_invalid"),
            ("PUT", "/manager/enabled", {"enabled": False}, 404, "account_unknown"),
        ):
            answer = await ask(method, path, body)
            assert (answer.status_code, answer.json()["code"]) == (status, code), (path, body)
