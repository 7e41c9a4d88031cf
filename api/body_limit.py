"""A bound on what a request may bring: nothing that is sent to a hall's controller is larger than a plan."""

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.plan_file import FILE_BYTES_MAX
from api.problems import Problem, problem_response

BODY_BYTES_MAX = FILE_BYTES_MAX


class BodyLimit:
    """ASGI middleware that refuses a body beyond the bound, told or not, before it is held in memory."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not told.isdigit() or int(told) > BODY_BYTES_MAX:
            await _refuse(scope, receive, send)
            return
        if told != b"0":  # the server holds a sender to the length that it told
            await self._app(scope, receive, send)
            return
        await _Counted(self._app, receive, send).serve(scope)


class _Counted:
    """A request whose length nobody told: counted as it comes."""

    def __init__(self, app: ASGIApp, receive: Receive, send: Send) -> None:
        self._app = app
        self._receive = receive
        self._send = send
        self._bytes = 0

    async def serve(self, scope: Scope) -> None:
        try:
            await self._app(scope, self._count, self._send)
        except _TooLargeError:
            await _refuse(scope, self._receive, self._send)

    async def _count(self) -> Message:
        message = await self._receive()
        self._bytes += len(message.get("body", b""))
        if self._bytes > BODY_BYTES_MAX:
            raise _TooLargeError
        return message


class _TooLargeError(Exception):
    """The body goes beyond the bound."""


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    problem = Problem(413, "request_too_large", {"size_max": BODY_BYTES_MAX})
    await problem_response(Request(scope), problem, {"Connection": "close"})(scope, receive, send)
