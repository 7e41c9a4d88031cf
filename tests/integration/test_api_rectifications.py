"""Bad reviews over HTTP: what opens, who may work it, how a citizen is called, and what is left of it."""

import csv
import io
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from api.case_desk import CALENDAR
from api.contact_seal import KEY_FILE, ContactSeal, ContactUnreadable, ContactWord
from api.rectifier import Rectifier
from controller.runtime.accounts import Role
from controller.runtime.errors import LogUnavailable
from controller.runtime.journal import Row
from controller.runtime.rectification_tables import review_contact
from controller.runtime.tables import audit
from tests.support.api_hall import ApiHall, api_hall
from tests.support.engines import HALL, PENSION, HandClock
from tests.support.hall_client import HallClient, Problem
from tests.support.mosquitto import until

CLERK, SUBJECT, SECOND = "张强", "王芳", "赵主任"
PHONE = "138 0000 0001"
VERIFIED: dict[str, Any] = {"reached": "no_contact", "handling": "simple", "words": "情况属实"}
DAY_S = 24 * 3600


@asynccontextmanager
async def hall_with(folder: Path, *, clock: HandClock | None = None) -> AsyncIterator[ApiHall]:
    async with api_hall(folder, clock=clock) as hall:
        await hall.client.ask("POST", "/windows/1/open", {"clerk": SUBJECT})
        yield hall


async def served(hall: ApiHall) -> str:
    """Serve somebody at window 1; return the ticket."""
    ticket: str = (await hall.client.ticket(PENSION))["ticket"]
    await hall.client.at_window("1", "next")
    await hall.client.at_window("1", "finish")
    return ticket


async def rated(hall: ApiHall, level: int = 1, **more: Any) -> dict[str, Any]:
    body = {"ticket": await served(hall), "level": level, "text": "跑了三次", **more}
    review: dict[str, Any] = await hall.client.ask("POST", "/reviews", body)
    await hall.parts.rectifier.look()
    return review


@asynccontextmanager
async def somebody(hall: ApiHall, name: str, role: Role) -> AsyncIterator[HallClient]:
    token = await hall.parts.sign_in.add_token(name, role, None, "tests")
    async with HallClient(hall.url, HALL, token) as client:
        yield client


async def step(hall: ApiHall, rectification: str, action: str, **body: Any) -> dict[str, Any]:
    form: dict[str, Any] = await hall.client.ask("POST", f"/rectifications/{rectification}/{action}", body)
    return form


async def refused(
    client: HallClient, method: str, path: str, body: object = None, *, at: str = "rectifications"
) -> tuple[int, str]:
    """Ask for what must be refused; return status and code."""
    with pytest.raises(Problem) as caught:
        await client.ask(method, f"/{at}{path}", body)
    return caught.value.status, caught.value.code


def metric(hall: ApiHall, name: str, **labels: str) -> float:
    return hall.metrics.registry.get_sample_value(f"yichuang_{name}", {"hall": HALL, **labels}) or 0.0


async def test_every_bad_review_opens_one_and_no_other_does(tmp_path: Path) -> None:
    async with hall_with(tmp_path) as hall:
        await rated(hall, 3)
        bad = await rated(hall, 2, tags=["213"])
        (found,) = await hall.client.ask("GET", "/rectifications")
        assert found["rectification"] == bad["review"]
        assert (found["state"], found["level"], found["tags"], found["text"]) == ("opened", 2, ["213"], "跑了三次")
        assert (found["clerk"], found["window_label"], found["services"]) == (SUBJECT, "1号窗口", ["养老待遇资格认证"])
        assert (found["due"], found["promised"], found["overdue"]) == ("2026-03-03", "2026-03-09", False)
        assert (found["contact"], found["contact_readable"], found["actions"]) == ("none", False, ["verify"])
        assert metric(hall, "rectifications", state="opened") == 1


async def test_it_goes_its_whole_way_and_is_counted(tmp_path: Path) -> None:
    async with hall_with(tmp_path) as hall:
        key = (await rated(hall))["review"]
        await step(hall, key, "verify", **VERIFIED)
        await step(hall, key, "assign", to=CLERK)
        async with somebody(hall, CLERK, Role.CLERK) as clerk:
            assert [one["actions"] for one in await clerk.ask("GET", "/rectifications")] == [["correct"]]
            await clerk.ask("POST", f"/rectifications/{key}/correct", {"words": "已道歉并调整窗口"})
        assert (await step(hall, key, "return", words="还要公示"))["returns"] == 1
        await step(hall, key, "correct", words="已公示")
        closed = await step(hall, key, "close", words="已整改并公示")
        assert (closed["state"], closed["ended_on"], closed["due"], closed["actions"]) == (
            "closed",
            "2026-03-02",
            None,
            [],
        )
        told = await hall.client.ask("GET", f"/rectifications/{key}")
        assert [event["type"] for event in told["history"]] == [
            "RectificationOpened",
            "ReviewVerified",
            "RectificationAssigned",
            "CorrectionReported",
            "CorrectionReturned",
            "CorrectionReported",
            "RectificationClosed",
        ]
        assert [event["actor"] for event in told["history"][:4]] == [
            "system",
            "token:tests",
            "token:tests",
            f"token:{CLERK}",
        ]
        await rated(hall)
        summary = await hall.client.ask("GET", "/rectifications/summary")
        assert (summary["counted"], summary["open"], summary["ended"], summary["rate"]) == (2, 1, 1, 0.5)
        assert metric(hall, "rectification_steps_total", step="CorrectionReported") == 2
        assert metric(hall, "rectifications", state="closed") == 1


async def test_a_clerk_sees_what_is_theirs_and_handles_nothing_about_themselves(tmp_path: Path) -> None:
    async with hall_with(tmp_path) as hall:
        key = (await rated(hall))["review"]
        async with AsyncExitStack() as stack:
            other = await stack.enter_async_context(somebody(hall, CLERK, Role.CLERK))
            subject = await stack.enter_async_context(somebody(hall, SUBJECT, Role.MANAGER))
            second = await stack.enter_async_context(somebody(hall, SECOND, Role.MANAGER))
            assert await other.ask("GET", "/rectifications") == []
            assert await refused(other, "GET", f"/{key}") == (404, "rectification_unknown")
            assert await refused(other, "POST", f"/{key}/verify", VERIFIED) == (404, "rectification_unknown")
            assert await refused(subject, "POST", f"/{key}/verify", VERIFIED) == (409, "self_handled")
            await step(hall, key, "verify", **VERIFIED)
            appeal = {"claim": "mistaken", "words": "群众点错了"}
            await subject.ask("POST", f"/rectifications/{key}/appeal", appeal)
            decided = {"upheld": True, "words": "本人确认点错"}
            assert await refused(subject, "POST", f"/{key}/decide-appeal", decided) == (409, "self_handled")
            done = await second.ask("POST", f"/rectifications/{key}/decide-appeal", decided)
            assert (done["state"], done["overdue"]) == ("excluded", False)
        summary = await hall.client.ask("GET", "/rectifications/summary")
        assert (summary["counted"], summary["excluded"], summary["rate"]) == (0, 1, None)


async def test_who_only_reads_is_offered_nothing_to_do(tmp_path: Path) -> None:
    async with hall_with(tmp_path) as hall:
        await rated(hall, contact={"phone": PHONE})
        async with somebody(hall, "county", Role.COUNTY) as county:
            (seen,) = await county.ask("GET", "/rectifications")
        assert (seen["contact"], seen["contact_readable"], seen["actions"]) == ("offered", False, [])


async def test_a_step_says_what_it_lacks(tmp_path: Path) -> None:
    async with hall_with(tmp_path) as hall:
        key = (await rated(hall))["review"]
        before = await hall.client.ask("GET", f"/rectifications/{key}")
        for action, body, why in (
            ("verify", {}, (422, "member_missing")),
            ("verify", {**VERIFIED, "words": ""}, (422, "reason_missing")),
            ("verify", {**VERIFIED, "reached": "reached"}, (409, "contact_not_offered")),
            ("verify", {**VERIFIED, "version": 7}, (409, "rectification_changed")),
            ("close", {"words": "好"}, (409, "rectification_not_in_state")),
            ("praise", {}, (422, "request_invalid")),
        ):
            assert await refused(hall.client, "POST", f"/{key}/{action}", body) == why
        assert await hall.client.ask("GET", f"/rectifications/{key}") == before


async def test_a_contact_is_for_who_handles_it_and_ends_with_it(tmp_path: Path) -> None:
    async with hall_with(tmp_path) as hall:
        with capture_logs() as logs:
            review = await rated(hall, contact={"name": "刘阿姨", "phone": PHONE})
            assert review["contact"] is True
            key = review["review"]
            async with somebody(hall, SUBJECT, Role.MANAGER) as subject, somebody(hall, CLERK, Role.CLERK) as other:
                assert await refused(subject, "GET", key, at="rectification-contacts/") == (403, "contact_forbidden")
                assert await refused(other, "GET", key, at="rectification-contacts/") == (404, "rectification_unknown")
            word = await hall.client.ask("GET", f"/rectification-contacts/{key}")
            assert word == {"name": "刘阿姨", "phone": PHONE}
            assert await refused(hall.client, "POST", f"/{key}/verify", VERIFIED) == (409, "contact_was_offered")
            await step(hall, key, "verify", **{**VERIFIED, "reached": "reached", "handling": "explain"})
            closed = await step(hall, key, "close", words="没有依据，已解释")
        assert closed["contact"] == "erased"
        steps = ("RectificationOpened", "ContactOffered", "ReviewVerified", "RectificationClosed", "ContactErased")
        assert [metric(hall, "rectification_steps_total", step=one) for one in steps] == [1] * len(steps)
        assert await refused(hall.client, "GET", key, at="rectification-contacts/") == (409, "contact_not_offered")
        seen = await hall.journal.look(
            lambda connection: connection.execute(
                select(audit.c.actor, audit.c.subject).where(audit.c.action == "contact_read")
            ).all()
        )
        assert [tuple(row) for row in seen] == [("token:tests", f"rectification:{HALL}/{key}")]
        told = json.dumps([await hall.client.stream(), await hall.client.ask("GET", f"/rectifications/{key}")])
        for secret in (PHONE, "0000", "刘阿姨"):
            assert secret not in told
            assert secret not in str(logs)


async def test_a_contact_comes_with_a_bad_review_alone_and_once(tmp_path: Path) -> None:
    async with hall_with(tmp_path) as hall:
        contact = {"phone": PHONE}
        ticket = await served(hall)
        good = {"ticket": ticket, "level": 4, "contact": contact}
        with pytest.raises(Problem) as caught:
            await hall.client.ask("POST", "/reviews", good)
        assert (caught.value.status, caught.value.code) == (422, "contact_not_needed")
        assert await hall.client.events("ReviewGiven") == []
        bad = {"ticket": ticket, "level": 1, "text": "慢", "contact": contact}
        twice = [await hall.client.ask("POST", "/reviews", bad, key="k") for _ in range(2)]
        assert twice[0] == twice[1]
        assert twice[0]["contact"] is True
        with pytest.raises(Problem) as wrong:
            await hall.client.ask("POST", "/reviews", {**bad, "contact": {"phone": "call me"}})
        assert wrong.value.status == 422


async def test_a_contact_is_kept_for_so_long_and_sealed_by_a_key_elsewhere(tmp_path: Path) -> None:
    clock = HandClock()
    async with hall_with(tmp_path, clock=clock) as hall:
        key = (await rated(hall, contact={"phone": PHONE}))["review"]
        rows = await hall.journal.look(lambda connection: connection.execute(select(review_contact)).all())
        assert PHONE.encode() not in rows[0].sealed
        assert rows[0].erase_on == clock.at.date() + timedelta(days=30)
        assert (tmp_path / KEY_FILE).stat().st_mode & 0o077 == 0
        (tmp_path / "elsewhere").mkdir()
        stranger = ContactSeal(tmp_path / "elsewhere")
        stranger.seal(ContactWord("", "1"))
        with pytest.raises(ContactUnreadable):
            stranger.unseal(rows[0].sealed)
        clock.advance(30 * DAY_S)
        await hall.parts.rectifier.look()
        form = await hall.client.ask("GET", f"/rectifications/{key}")
        assert (form["contact"], form["contact_readable"], form["overdue"]) == ("erased", False, True)
        assert metric(hall, "rectifications_overdue") == 1
        assert [one["rectification"] for one in await hall.client.ask("GET", "/rectifications?overdue=true")] == [key]


async def test_a_list_goes_into_a_spreadsheet_and_into_a_program(tmp_path: Path) -> None:
    async with hall_with(tmp_path) as hall:
        await rated(hall, text="=HYPERLINK(1)", tags=["113", "115"])
        address = f"/api/v1/halls/{HALL}/rectifications?format="
        table = await hall.client.http.get(address + "csv")
        assert table.headers["content-type"].startswith("text/csv")
        assert table.text.startswith("\ufeff")
        (row,) = csv.DictReader(io.StringIO(table.text.removeprefix("\ufeff")))
        assert (row["text"], row["tags"], row["state"]) == ("'=HYPERLINK(1)", "113 115", "opened")
        lines = await hall.client.http.get(address + "ndjson")
        assert [json.loads(line)["text"] for line in lines.text.splitlines()] == ["=HYPERLINK(1)"]
        assert lines.headers["content-disposition"].endswith('.ndjson"')


async def test_a_review_that_no_controller_saw_through_is_found_at_the_next_start(tmp_path: Path) -> None:
    async with hall_with(tmp_path) as hall:
        body = {"ticket": await served(hall), "level": 1, "text": "慢"}
        await hall.client.ask("POST", "/reviews", body)  # and this controller ends before it looks
        assert await hall.client.ask("GET", "/rectifications") == []
        next_one = Rectifier(hall.journal, hall.engine.plans, CALENDAR, hall.clock, hall.metrics)
        await next_one.look()
        assert [one["text"] for one in await hall.client.ask("GET", "/rectifications")] == ["慢"]
        await hall.parts.rectifier.look()
        assert len(await hall.client.ask("GET", "/rectifications")) == 1


async def test_a_stream_that_cannot_be_read_ends_nothing(tmp_path: Path) -> None:
    async with hall_with(tmp_path) as hall:
        await hall.client.ask("POST", "/reviews", {"ticket": await served(hall), "level": 1, "text": "慢"})
        stream = f"hall:{HALL}/2026-03-02"
        last = (await hall.journal.read(stream))[-1].seq
        await hall.journal.append(stream, [Row(last + 1, "OfTomorrow", 1, hall.clock.now(), "x", "x", "{}")])
        next_one = Rectifier(hall.journal, hall.engine.plans, CALENDAR, hall.clock, hall.metrics)
        with capture_logs() as logs:
            await next_one.look()
        assert [line["stream"] for line in logs if line["event"] == "reviews_unreadable"] == [stream]


async def test_what_waits_for_the_log_is_opened_when_it_is_back(tmp_path: Path) -> None:
    async with hall_with(tmp_path) as hall:
        rectifier = hall.parts.rectifier
        await rectifier.look()
        body = {"ticket": await served(hall), "level": 1, "text": "慢"}
        await hall.client.ask("POST", "/reviews", body)
        async with hall.log_away():
            with pytest.raises(LogUnavailable):
                await rectifier.look()
        await rectifier.look()
        assert len(await hall.client.ask("GET", "/rectifications")) == 1


async def test_it_runs_beside_the_floor(tmp_path: Path) -> None:
    async with hall_with(tmp_path) as hall, hall.running(hall.parts.rectifier.run()):
        body = {"ticket": await served(hall), "level": 2, "text": "慢"}
        await hall.client.ask("POST", "/reviews", body)
        await until(lambda: metric(hall, "rectifications", state="opened") == 1, "the rectification is open")
