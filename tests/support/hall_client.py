"""A hall's HTTP interface as another program uses it, and its metrics by name."""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.support.access import access_headers, bearer
from tests.support.hall_plan import HALL
from tests.support.mosquitto import POLL_S, WITHIN_S

PREFIX = "/api/v1"
ANSWER_S_MAX = 30.0
PROBLEM = "application/problem+json"


@dataclass
class Problem(Exception):
    """The controller said no; every such answer must be a problem document with a code."""

    status: int
    code: str
    document: Mapping[str, Any]


class HallClient(AbstractAsyncContextManager["HallClient"]):
    """One hall by HTTP.

    Attributes:
        http: the client itself, for everything that isn't below ``/api/v1/halls/{hall}``.
    """

    def __init__(self, address: str, hall: str = HALL, token: str | None = None) -> None:
        """Prepare a client.

        Args:
            address: of the controller.
            hall: which one.
            token: by which it asks; ``""``: as anybody, ``None``: by the manager's that the tests have.
        """
        self.hall = hall
        headers = access_headers(address) if token is None else bearer(token)
        self.http = httpx.AsyncClient(base_url=address, timeout=ANSWER_S_MAX, headers=headers)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.aclose()

    async def ask(self, method: str, path: str = "", body: object = None, *, key: str | None = None) -> Any:
        """Ask for something of the hall and return the answer's document.

        Args:
            method: of HTTP.
            path: behind ``/api/v1/halls/{hall}``.
            body: the request's document.
            key: the ``Idempotency-Key``; a write gets one of its own without.

        Raises:
            Problem: the controller says no.
            httpx.TransportError: there was no answer.
        """
        headers = {} if method == "GET" else {"Idempotency-Key": key or uuid4().hex}
        answer = await self.http.request(
            method, f"{PREFIX}/halls/{self.hall}{path}", headers=headers, json=body if body is not None else None
        )
        return document_of(answer)

    async def state(self) -> dict[str, Any]:
        """Return the hall's live state."""
        state: dict[str, Any] = await self.ask("GET")
        return state

    async def stream(self, after: int = 0) -> list[dict[str, Any]]:
        """Return today's events."""
        rows: list[dict[str, Any]] = await self.ask("GET", f"/stream?after={after}")
        return rows

    async def events(self, type_: str) -> list[dict[str, Any]]:
        """Return what today's events of a type say."""
        return [row["data"] for row in await self.stream() if row["type"] == type_]

    async def ticket(self, *services: str, key: str | None = None, **members: object) -> dict[str, Any]:
        """Take a ticket."""
        issued: dict[str, Any] = await self.ask("POST", "/tickets", {"services": list(services), **members}, key=key)
        return issued

    async def at_window(
        self, window: str, action: str, body: object = None, *, key: str | None = None
    ) -> dict[str, Any]:
        """Do something at a window."""
        form: dict[str, Any] = await self.ask("POST", f"/windows/{window}/{action}", body or {}, key=key)
        return form

    async def open_windows(self, *windows: str) -> None:
        """Open windows, each under a clerk's name."""
        for window in windows:
            await self.at_window(window, "open", {"clerk": f"clerk {window}"})

    async def metric(self, name: str, **labels: str) -> float:
        """Return the sum of a metric's samples that bear some labels."""
        answer = await self.http.get("/metrics")
        assert answer.status_code == httpx.codes.OK
        samples = [
            sample
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
            if sample.name == f"yichuang_{name}" and labels.items() <= sample.labels.items()
        ]
        return sum(sample.value for sample in samples)

    async def until_metric(self, name: str, least: float, **labels: str) -> None:
        """Wait until a metric has grown to a value."""
        await self._until(lambda value: value >= least, name, f"at least {least:g}", labels)

    async def until_metric_is(self, name: str, value: float, *, within_s: float = WITHIN_S, **labels: str) -> None:
        """Wait until a metric has a value."""
        await self._until(lambda seen: seen == value, name, f"{value:g}", labels, within_s)

    async def _until(
        self, right: Any, name: str, wanted: str, labels: Mapping[str, str], within_s: float = WITHIN_S
    ) -> None:
        deadline = asyncio.get_running_loop().time() + within_s
        while not right(seen := await self.metric(name, **labels)):
            assert asyncio.get_running_loop().time() < deadline, f"{name}{labels} is {seen:g}, not {wanted}"
            await asyncio.sleep(POLL_S)

    async def until_event(self, type_: str, count: int = 1, **members: object) -> list[dict[str, Any]]:
        """Wait until the stream holds so many events of a type with some members; return them."""
        deadline = asyncio.get_running_loop().time() + WITHIN_S
        while True:
            found = [data for data in await self.events(type_) if members.items() <= data.items()]
            if len(found) >= count:
                return found
            assert asyncio.get_running_loop().time() < deadline, f"{len(found)} of {count} {type_} {members}"
            await asyncio.sleep(POLL_S)

    async def is_ready(self) -> bool:
        """Whether the controller says that it is ready to serve."""
        return (await self.http.get("/readyz")).status_code == httpx.codes.OK

    async def until_ready(self, *, ready: bool = True) -> None:
        """Wait until the controller is ready, or isn't."""
        deadline = asyncio.get_running_loop().time() + WITHIN_S
        while await self.is_ready() is not ready:
            answer = await self.http.get("/readyz")
            assert asyncio.get_running_loop().time() < deadline, f"{answer.status_code} {answer.text}"
            await asyncio.sleep(POLL_S)


def document_of(answer: httpx.Response) -> Any:
    """Return an answer's document.

    Raises:
        Problem: it is a refusal; one that isn't a problem document with a code fails the test.
    """
    if answer.is_success:
        return answer.json() if answer.content else None
    assert answer.headers["content-type"].partition(";")[0] == PROBLEM, f"{answer.status_code} {answer.text[:500]}"
    document = answer.json()
    assert isinstance(document.get("code"), str), document
    assert document["code"], document
    assert document.get("status", answer.status_code) == answer.status_code, document
    raise Problem(answer.status_code, document["code"], document)
