"""The demo's side of the HTTP contract: what phones and clerks' computers ask, as any other program would."""

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self, TypeAlias
from urllib.parse import quote
from uuid import uuid4

import httpx

Form: TypeAlias = dict[str, Any]

ANSWER_S_MAX = 10.0
"""Longest wait for an answer; people try again later."""

CONNECTIONS_MAX = 32


class Refused(Exception):
    """The controller said no; that is normal life.

    Attributes:
        code: stable name of the refusal.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


class Unavailable(Exception):
    """The controller can't answer now, or isn't there."""


class Contract:
    """A connection to one controller, for one hall; use it as an async context manager."""

    def __init__(self, http: str, hall: str = "", token: str = "") -> None:
        """Prepare a connection.

        Args:
            http: address of the controller, e.g. ``http://127.0.0.1:8000``.
            hall: id of the hall; may be set later.
            token: by which it acts.
        """
        self.hall = hall
        limits = httpx.Limits(max_connections=CONNECTIONS_MAX)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = httpx.AsyncClient(
            base_url=http, timeout=ANSWER_S_MAX, limits=limits, trust_env=False, headers=headers
        )

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def halls(self) -> list[Form]:
        """Return the halls that the controller serves."""
        halls: list[Form] = await self._ask("GET", "/api/v1/halls")
        return halls

    async def plan(self) -> Form:
        """Return the hall's plan."""
        return await self._of_hall("GET", "/plan")

    async def put_plan(self, plan: Form) -> None:
        """Put a plan in force."""
        await self._of_hall("PUT", "/plan", plan)

    async def hall_now(self) -> Form:
        """Return the hall's live state."""
        return await self._of_hall("GET", "")

    async def window(self, window: str) -> Form:
        """Return what a clerk sees at a window."""
        return await self._of_hall("GET", f"/windows/{quote(window, safe='')}")

    async def press(self, window: str, action: str, details: Form) -> None:
        """Do something at a window."""
        await self._of_hall("POST", f"/windows/{quote(window, safe='')}/{action}", details)

    async def take_ticket(self, services: Sequence[str], lane: str, channel: str) -> Form:
        """Take a ticket without paper."""
        wanted = {"services": list(services), "lane": lane, "channel": channel}
        return await self._of_hall("POST", "/tickets", wanted)

    async def give_back(self, ticket: str, token: str) -> None:
        """Give a ticket back."""
        await self._of_hall("DELETE", f"/tickets/{quote(ticket, safe='')}?token={quote(token, safe='')}")

    async def review(self, token: str, level: int, tags: Sequence[str], text: str) -> None:
        """Rate a service on the ticket's page."""
        review = {"token": token, "level": level, "tags": list(tags), "text": text}
        await self._of_hall("POST", "/reviews", review)

    async def metrics(self) -> str:
        """Return the controller's metrics in Prometheus' text form."""
        response = await self._send("GET", "/metrics")
        return response.text

    async def _of_hall(self, method: str, path: str, body: Form | None = None) -> Form:
        form: Form = await self._ask(method, f"/api/v1/halls/{quote(self.hall, safe='')}{path}", body)
        return form

    async def _ask(self, method: str, path: str, body: Form | None = None) -> Any:
        response = await self._send(method, path, body)
        return response.json() if response.content else None

    async def _send(self, method: str, path: str, body: Form | None = None) -> httpx.Response:
        """Send a request.

        Raises:
            Refused: the controller said no.
            Unavailable: it can't answer.
        """
        headers = {} if method == "GET" else {"Idempotency-Key": uuid4().hex}
        try:
            response = await self._client.request(method, path, json=body, headers=headers)
        except httpx.TransportError as error:
            raise Unavailable(f"{method} {path}: {error!r}") from error
        if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise Unavailable(f"{method} {path}: {response.status_code} {response.text}")
        if not response.is_success:
            problem = response.json()
            raise Refused(str(problem.get("code", response.status_code)), str(problem.get("detail", "")))
        return response
