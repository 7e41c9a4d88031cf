"""Live connections: boards of TVs and LED signs, and the ticket on a citizen's phone."""

import structlog
from starlette.requests import HTTPConnection
from starlette.routing import WebSocketRoute
from starlette.types import Receive, Scope, Send

from api.parts import parts_of
from api.phones import Phones
from displays.board import DisplayKind
from displays.session import Gone
from displays.transport import AsgiPort

log = structlog.get_logger(__name__)

SEQ_DIGITS_MAX = 10


class BoardSocket:
    """``/ws/v1/halls/{hall}/boards/{display}`` and ``…/leds/{window}``, as bare ASGI: see `displays.transport`."""

    def __init__(self, kind: DisplayKind) -> None:
        self._kind = kind

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a display until it leaves."""
        connection = HTTPConnection(scope)
        hall, name = scope["path_params"]["hall"], scope["path_params"]["name"]
        port = AsgiPort(receive, send)
        try:
            await port.accept()
        except Gone:
            return
        window = name if self._kind is DisplayKind.LED else None
        hub = parts_of(connection).hub
        await hub.serve(hall, name, self._kind, port, window=window, after=_after(connection))


class TicketSocket:
    """``/ws/v1/tickets/{token}``: a ticket, whole, at once and after each change of its place."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a phone until it leaves."""
        connection = HTTPConnection(scope)
        port = AsgiPort(receive, send)
        phones: Phones = connection.app.state.phones
        try:
            await port.accept()
            await phones.serve(scope["path_params"]["token"], port)
        except Gone:
            return


def routes() -> list[WebSocketRoute]:
    """Return the routes of everything live."""
    return [
        WebSocketRoute("/ws/v1/halls/{hall}/boards/{name}", BoardSocket(DisplayKind.TV)),
        WebSocketRoute("/ws/v1/halls/{hall}/leds/{name}", BoardSocket(DisplayKind.LED)),
        WebSocketRoute("/ws/v1/tickets/{token}", TicketSocket()),
    ]


def _after(connection: HTTPConnection) -> int | None:
    given = connection.query_params.get("after", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) <= SEQ_DIGITS_MAX else None
