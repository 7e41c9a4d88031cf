"""Paper reviews over HTTP: two people type, nobody sees the other's, and what counts is counted and looked into."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from controller.runtime.accounts import Role
from tests.support.api_hall import ApiHall, api_hall
from tests.support.engines import HALL
from tests.support.hall_client import HallClient, Problem

ONE, TWO, SUBJECT = "张强", "陈静", "王芳"
GOOD: dict[str, Any] = {"level": 5}
BAD: dict[str, Any] = {"level": 1, "tags": ["113"], "text": "跑了三次", "number": "A003"}
UNRATED: dict[str, Any] = {"level": None}


@dataclass
class Desk:
    """A hall, with the clients of two clerks and of who the sheets are about."""

    hall: ApiHall
    one: HallClient
    two: HallClient
    subject: HallClient

    async def batch(self, count: int = 3) -> str:
        body = {"count": count, "window": "1", "clerk": SUBJECT}
        batch: str = (await self.one.ask("POST", "/paper-reviews", body))["batch"]
        return batch

    def count(self, level: int) -> float:
        labels = {"hall": HALL, "level": str(level)}
        return self.hall.metrics.registry.get_sample_value("yichuang_reviews_total", labels) or 0.0


@asynccontextmanager
async def client_of(hall: ApiHall, name: str) -> AsyncIterator[HallClient]:
    token = await hall.parts.sign_in.add_token(name, Role.CLERK, None, "tests")
    async with HallClient(hall.url, HALL, token) as client:
        yield client


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with (
        api_hall(tmp_path) as hall,
        client_of(hall, ONE) as one,
        client_of(hall, TWO) as two,
        client_of(hall, SUBJECT) as subject,
    ):
        yield Desk(hall, one, two, subject)


async def enter(client: HallClient, batch: str, *sheets: dict[str, Any]) -> dict[str, Any]:
    form: dict[str, Any] = await client.ask("POST", f"/paper-reviews/{batch}/entries", {"sheets": list(sheets)})
    return form


async def refused(client: HallClient, path: str, body: object) -> tuple[int, str]:
    with pytest.raises(Problem) as caught:
        await client.ask("POST", f"/paper-reviews{path}", body)
    return caught.value.status, caught.value.code


async def test_two_entries_alike_count_and_open_what_is_to_be_looked_into(desk: Desk) -> None:
    batch = await desk.batch()
    first = await enter(desk.one, batch, GOOD, BAD, UNRATED)
    assert (first["state"], first["levels"], first["may_enter"]) == ("entered", {}, False)
    assert desk.count(5) == 0
    assert await refused(desk.one, f"/{batch}/entries", {"sheets": [GOOD, GOOD, GOOD]}) == (409, "same_person_twice")
    assert await refused(desk.subject, f"/{batch}/entries", {"sheets": [GOOD, GOOD, GOOD]}) == (409, "own_sheets")
    seen = await desk.two.ask("GET", f"/paper-reviews/{batch}")
    assert seen["may_enter"] is True
    assert "跑了三次" not in json.dumps(seen, ensure_ascii=False)
    both = await enter(desk.two, batch, GOOD, BAD, UNRATED)
    assert (both["state"], both["levels"], both["entered_by"]) == (
        "settled",
        {"1": 1, "5": 1, "unrated": 1},
        [ONE, TWO],
    )
    assert (desk.count(5), desk.count(1), desk.count(3)) == (1, 1, 0)
    again = await enter(desk.two, batch, GOOD, BAD, UNRATED)
    assert (again["state"], desk.count(5)) == ("settled", 1)
    (opened,) = await desk.hall.client.ask("GET", "/rectifications")
    assert (opened["rectification"], opened["channel"], opened["clerk"]) == (f"{batch}-2", "paper", SUBJECT)
    report = await desk.hall.client.ask("GET", "/report")
    assert report["paper"] == {"levels": {"1": 1, "5": 1}, "unrated": 1}
    assert (report["rectifications"]["open"], report["rectifications"]["rate"]) == (1, 0.0)
    assert (opened["text"], opened["number"], opened["window_label"]) == ("跑了三次", "A003", "1号窗口")


async def test_what_differs_is_shown_and_settled_by_a_third(desk: Desk) -> None:
    batch = await desk.batch()
    await enter(desk.one, batch, GOOD, BAD, UNRATED)
    differing = await enter(desk.two, batch, GOOD, BAD, {"level": 3})
    assert (differing["state"], differing["may_settle"]) == ("differs", True)
    assert [(one["sheet"], one["first"]["level"], one["second"]["level"]) for one in differing["differences"]] == [
        (3, None, 3)
    ]
    assert await desk.hall.client.ask("GET", "/rectifications") == []
    wrong = {"sheets": {"2": GOOD}}
    assert await refused(desk.hall.client, f"/{batch}/settlement", wrong) == (422, "differences_left")
    settled = await desk.hall.client.ask("POST", f"/paper-reviews/{batch}/settlement", {"sheets": {"3": UNRATED}})
    assert (settled["state"], settled["levels"]["unrated"], settled["settled_by"]) == ("settled", 1, "tests")
    assert desk.count(3) == 0


async def test_the_two_settle_together(desk: Desk) -> None:
    batch = await desk.batch(1)
    await enter(desk.one, batch, GOOD)
    await enter(desk.two, batch, {"level": 4})
    right = {"sheets": {"1": {"level": 4}}}
    proposed = await desk.two.ask("POST", f"/paper-reviews/{batch}/settlement", right)
    assert (proposed["state"], proposed["proposed_by"], proposed["may_settle"]) == ("differs", TWO, False)
    assert proposed["differences"][0]["proposed"]["level"] == 4
    agreed = await desk.one.ask("POST", f"/paper-reviews/{batch}/settlement", right)
    assert (agreed["state"], agreed["levels"]) == ("settled", {"4": 1})


async def test_a_batch_is_opened_once_and_says_what_is_wrong(desk: Desk) -> None:
    twice = [await desk.one.ask("POST", "/paper-reviews", {"count": 2}, key="k") for _ in range(2)]
    assert twice[0] == twice[1]
    assert [one["batch"] for one in await desk.two.ask("GET", "/paper-reviews?open=true")] == [twice[0]["batch"]]
    assert await desk.two.ask("GET", "/paper-reviews?open=false") == []
    assert await refused(desk.one, "", {"count": 2, "window": "99"}) == (404, "window_unknown")
    assert await refused(desk.one, "", {"count": 2, "day": "2026-03-03"}) == (422, "day_to_come")
    assert await refused(desk.one, "", {"count": 0}) == (422, "request_invalid")
    assert await refused(desk.one, "/nonesuch/entries", {"sheets": [GOOD]}) == (404, "batch_unknown")
    sheets = {"sheets": [GOOD]}
    assert await refused(desk.one, f"/{twice[0]['batch']}/entries", sheets) == (422, "sheet_count_wrong")
