"""A bound on what a request may bring: nothing that is sent to a hall's controller is larger than a plan."""

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.plan_file import FILE_BYTES_MAX
from api.problems import Problem, problem_response

PLAN_BYTES_MAX = FILE_BYTES_MAX
BODY_BYTES_MAX = 64 * 1024
"""Of everything that isn't a plan: a ticket's request has a hundredth of it."""
DIGITS_MAX = 18
DRAINED_BYTES_MAX = 4 * PLAN_BYTES_MAX
"""So much of a body that is refused is still taken, and dropped at once: a sender that is cut off while it sends sees a
broken connection instead of the answer."""


PLAN_ADDRESSES = (("PUT", "/plan"), ("POST", "/plan/check"), ("POST", "/plan/text"))


class BodyLimit:
    """ASGI middleware that refuses a body beyond the bound, told or not, before more than that is held in memory."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        bytes_max = PLAN_BYTES_MAX if _brings_a_plan(scope) else BODY_BYTES_MAX
        told = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not told.isdigit() or len(told) > DIGITS_MAX or int(told) > bytes_max:
            await _refuse(scope, receive, send, bytes_max)
            return
        if told == b"0" and any(name == b"transfer-encoding" for name, _ in scope["headers"]):
            await self._serve_unmeasured(scope, receive, send, bytes_max)
            return
        await self._app(scope, receive, send)  # the server holds a sender to the length that it told

    async def _serve_unmeasured(self, scope: Scope, receive: Receive, send: Send, bytes_max: int) -> None:
        """Gather a body whose length nobody told, then serve the request with it."""
        body = bytearray()
        is_whole = False
        while not is_whole:
            message = await receive()
            if message["type"] != "http.request":
                return  # its sender has left
            body += message.get("body", b"")
            is_whole = not message.get("more_body", False)
            if len(body) > bytes_max:
                await _refuse(scope, receive, send, bytes_max, is_whole=is_whole)
                return
        gathered: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def again() -> Message:
            return gathered.pop() if gathered else await receive()

        await self._app(scope, again, send)


async def _refuse(scope: Scope, receive: Receive, send: Send, bytes_max: int, *, is_whole: bool = False) -> None:
    drained = 0
    while not is_whole and drained <= DRAINED_BYTES_MAX:
        message = await receive()
        if message["type"] != "http.request":
            return  # its sender has left
        drained += len(message.get("body", b""))
        is_whole = not message.get("more_body", False)
    problem = Problem(413, "request_too_large", {"size_max": bytes_max})
    await problem_response(Request(scope), problem, {"Connection": "close"})(scope, receive, send)


def _brings_a_plan(scope: Scope) -> bool:
    return any(scope["method"] == method and scope["path"].endswith(path) for method, path in PLAN_ADDRESSES)
