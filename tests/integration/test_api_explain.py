"""Why a ticket stands where it stands, and whose it is, over HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from api.routers.explain import ExplanationForm
from tests.support.api_hall import ApiHall, api_hall
from tests.support.engines import HALL, PENSION, SUBSIDY
from tests.support.hall_client import PREFIX, Problem


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[ApiHall]:
    async with api_hall(tmp_path) as running:
        yield running


async def explained(hall: ApiHall, ticket: str, language: str = "en") -> dict[str, Any]:
    answer = await hall.client.http.get(
        f"{PREFIX}/halls/{HALL}/tickets/{ticket}/explain", headers={"Accept-Language": language}
    )
    assert answer.status_code == 200
    form: dict[str, Any] = answer.json()
    ExplanationForm.model_validate(form)
    return form


async def test_a_place_is_explained_in_the_language_asked_for(hall: ApiHall) -> None:
    await hall.client.open_windows("1", "2")
    normal = await hall.client.ticket(PENSION)
    hall.clock.advance(300)
    green = await hall.client.ticket(PENSION, lane="green")
    hall.clock.advance(400)
    told = await explained(hall, normal["ticket"])
    assert (told["lane"], told["rate"], told["waited_s"], told["points"]) == ("normal", 1.0, 700, 700)
    assert (told["overtaken"], told["overtakes_max"], told["excess_wait_s_max"], told["due"]) == (0, 5, 1800, False)
    assert [reason["code"] for reason in told["reasons"]] == ["lane_normal", "points"]
    assert told["reasons"][1] == {
        "code": "points",
        "params": {"minutes": 12, "points": 700},
        "text": "Waiting for 12 min, that makes 700 points; the most points are called first",
    }
    assert [(place["window"], place["status"], place["place"]) for place in told["windows"]] == [
        ("1", "open", 2),
        ("2", "open", 2),
    ]
    (first,) = told["windows"][0]["ahead"]
    assert (first["ticket"], first["number"], first["lane"]) == (green["ticket"], green["number"], "green")
    assert first["reasons"][0]["params"] == {"theirs": 800, "mine": 700}
    chinese = await explained(hall, normal["ticket"], "zh-CN")
    assert chinese["reasons"][1]["text"] == "已等 12 分钟，积 700 分；积分最高的先叫"
    assert chinese["reasons"][1]["code"] == "points"


async def test_of_who_waits_no_more_it_says_only_that(hall: ApiHall) -> None:
    await hall.client.open_windows("1")
    ticket = await hall.client.ticket(PENSION)
    await hall.client.at_window("1", "next")
    told = await explained(hall, ticket["ticket"])
    assert ([reason["code"] for reason in told["reasons"]], told["windows"]) == (["state_called"], [])


async def test_a_ticket_is_given_to_a_clerk_and_to_nobody_in_particular(hall: ApiHall) -> None:
    await hall.client.open_windows("1", "2")
    ticket = await hall.client.ticket(PENSION)
    path = f"/tickets/{ticket['ticket']}/clerk"
    await hall.client.ask("POST", path, {"clerk": "clerk 2"}, key="k-1")
    await hall.client.ask("POST", path, {"clerk": "clerk 2"}, key="k-1")
    assert len(await hall.client.events("ClerkAssigned")) == 1
    told = await explained(hall, ticket["ticket"])
    assert (told["clerk"], [place["window"] for place in told["windows"]]) == ("clerk 2", ["2"])
    assert told["reasons"][-1]["text"] == "Waits for clerk 2, who first took the matter"
    assert (await hall.client.at_window("1", "next"))["ticket"] is None
    await hall.client.ask("POST", path, {})
    assert (await hall.client.at_window("1", "next"))["ticket"] == ticket["ticket"]


async def test_a_ticket_is_taken_for_a_clerk_and_sent_on_to_another(hall: ApiHall) -> None:
    await hall.client.open_windows("1", "2")
    ticket = await hall.client.ticket(PENSION, clerk="clerk 1")
    assert (await hall.client.at_window("2", "next"))["ticket"] is None
    assert (await hall.client.at_window("1", "next"))["ticket"] == ticket["ticket"]
    await hall.client.at_window("1", "transfer", {"to_clerk": "clerk 2"})
    assert (await hall.client.at_window("1", "next"))["ticket"] is None
    assert (await hall.client.at_window("2", "next"))["ticket"] == ticket["ticket"]


async def test_what_is_not_there_or_is_over_is_refused(hall: ApiHall) -> None:
    ticket = await hall.client.ticket(SUBSIDY)
    await hall.client.ask("DELETE", f"/tickets/{ticket['ticket']}")
    before = await hall.client.stream()
    for method, path, expected in (
        ("GET", "/tickets/nobody/explain", (404, "ticket_unknown")),
        ("POST", "/tickets/nobody/clerk", (404, "ticket_unknown")),
        ("POST", f"/tickets/{ticket['ticket']}/clerk", (409, "ticket_not_in_state")),
    ):
        with pytest.raises(Problem) as caught:
            await hall.client.ask(method, path, {"clerk": "clerk 1"} if method == "POST" else None)
        assert (caught.value.status, caught.value.code) == expected
    assert await hall.client.stream() == before
