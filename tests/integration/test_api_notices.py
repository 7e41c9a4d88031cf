"""A manager's notice over HTTP: once in the stream, and on its way to the loudspeakers."""

from pathlib import Path

import pytest

from tests.support.api_hall import api_hall
from tests.support.hall_client import Problem

NOTICE = {"text": "请注意：今天下午三点停电", "zone": "main", "urgent": True}


async def test_a_notice_is_said_once_and_stands_in_the_stream(tmp_path: Path) -> None:
    async with api_hall(tmp_path) as hall:
        assert await hall.client.ask("POST", "/notices", NOTICE, key="once") == NOTICE
        assert await hall.client.ask("POST", "/notices", NOTICE, key="once") == NOTICE
        (said,) = hall.announcer.said
        assert (said["text"], said["zone"], said["urgent"]) == (NOTICE["text"], "main", True)
        rows = await hall.client.ask("GET", "/stream")
        assert [row["data"]["text"] for row in rows if row["type"] == "NoticeMade"] == [NOTICE["text"]]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"text": "请等候", "zone": "attic"}, "zone_unknown"),
        ({"text": "  "}, "request_invalid"),
        ({"text": "请" * 121}, "request_invalid"),
        ({"text": "请\n等"}, "request_invalid"),
    ],
)
async def test_what_is_refused_is_not_said(tmp_path: Path, body: dict[str, object], code: str) -> None:
    async with api_hall(tmp_path) as hall:
        with pytest.raises(Problem) as caught:
            await hall.client.ask("POST", "/notices", body)
        assert (caught.value.status, caught.value.code) == (422, code)
        assert hall.announcer.said == []
