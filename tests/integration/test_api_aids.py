"""The register of lent aids over HTTP."""

from pathlib import Path

import pytest

from tests.support.api_hall import api_hall
from tests.support.hall_client import Problem


async def test_an_aid_is_entered_lent_and_given_back(tmp_path: Path) -> None:
    async with api_hall(tmp_path) as hall:
        ask = hall.client.ask
        assert await ask("GET", "/aids") == {"aids": [], "loans": []}
        assert await ask("PUT", "/aids/轮椅", {"count": 1}) == {"name": "轮椅", "count": 1, "lent": 0}
        loan = await ask("POST", "/aids/轮椅/loans", {"borrower": " A001 "}, key="once")
        assert (loan["aid"], loan["borrower"], loan["returned_at"]) == ("轮椅", "A001", None)
        assert await ask("POST", "/aids/轮椅/loans", {"borrower": "A001"}, key="once") == loan
        register = await ask("GET", "/aids")
        assert register == {"aids": [{"name": "轮椅", "count": 1, "lent": 1}], "loans": [loan]}
        back = await ask("POST", f"/aids/loans/{loan['loan']}/return")
        assert back["returned_at"] == loan["lent_at"], "the clock of the test stands"
        assert (await ask("GET", "/aids"))["aids"][0]["lent"] == 0


@pytest.mark.parametrize(
    ("method", "path", "body", "told"),
    [
        ("POST", "/aids/老花镜/loans", {"borrower": "A001"}, (404, "aid_unknown")),
        ("POST", "/aids/轮椅/loans", {"borrower": "A002"}, (409, "aids_all_lent")),
        ("PUT", "/aids/轮椅", {"count": 0}, (409, "aids_still_lent")),
        ("POST", "/aids/loans/nothing/return", None, (404, "loan_unknown")),
        ("POST", "/aids/轮椅/loans", {"borrower": " "}, (422, "request_invalid")),
        ("PUT", "/aids/轮椅", {"count": -1}, (422, "request_invalid")),
    ],
)
async def test_what_is_refused_changes_nothing(
    tmp_path: Path, method: str, path: str, body: object, told: tuple[int, str]
) -> None:
    async with api_hall(tmp_path) as hall:
        await hall.client.ask("PUT", "/aids/轮椅", {"count": 1})
        await hall.client.ask("POST", "/aids/轮椅/loans", {"borrower": "A001"})
        before = await hall.client.ask("GET", "/aids")
        with pytest.raises(Problem) as caught:
            await hall.client.ask(method, path, body)
        assert (caught.value.status, caught.value.code) == told
        assert await hall.client.ask("GET", "/aids") == before
