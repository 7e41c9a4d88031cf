"""Who may do what: one table of every address and every role, and the check that each request of it goes through.

Rules of this file. An address that isn't in the table doesn't come to be. What the table leaves open to everybody costs
a request nothing. A cookie counts for a write only where the request shows that one of our own pages makes it: by a
header that no foreign page can set, and by where the browser says that it comes from.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any
from urllib.parse import urlsplit

from fastapi.routing import APIRoute
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from api.identities import Principal
from api.parts import client_host, parts_of
from api.problems import Problem
from controller.runtime.accounts import Role

PREFIX = "/api/v1"
COOKIE = "yichuang_session"
READING = frozenset({"GET", "HEAD", "OPTIONS"})
PRINCIPAL_KEY = "yichuang.principal"


class Public(Enum):
    """What those may do who bring neither a session nor a token."""

    NO = auto()
    YES = auto()
    TICKET_TOKEN = auto()
    """With the token of the ticket; the address itself compares it."""
    THIS_MACHINE = auto()


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may use an address.

    Attributes:
        roles: who may.
        public: what everybody may.
        before_change: whether somebody may who must change the password first.
    """

    roles: frozenset[Role]
    public: Public = Public.NO
    before_change: bool = False


ALL = frozenset(Role)
READERS = frozenset({Role.MANAGER, Role.COUNTY, Role.CITY, Role.OPERATIONS})
DESK = frozenset({Role.CLERK, Role.MANAGER})
MANAGERS = frozenset({Role.MANAGER})

ANYBODY = Rule(ALL, Public.YES)
HIMSELF = Rule(ALL, before_change=True)

_HALL = f"{PREFIX}/halls/{{hall}}"
_WINDOW = f"{_HALL}/windows/{{window}}"
_SIGN = f"{_HALL}/signs/{{window}}"
_TICKET = f"{_HALL}/tickets/{{ticket}}"

ACCESS: Mapping[tuple[str, str], Rule] = {
    ("GET", f"{PREFIX}/halls"): ANYBODY,
    ("GET", _HALL): ANYBODY,
    ("GET", f"{_HALL}/plan"): ANYBODY,
    ("PUT", f"{_HALL}/plan"): Rule(MANAGERS),
    ("GET", f"{_HALL}/stream"): Rule(READERS),
    ("POST", f"{_HALL}/tickets"): ANYBODY,
    ("GET", _TICKET): ANYBODY,
    ("DELETE", _TICKET): Rule(DESK, Public.TICKET_TOKEN),
    ("POST", f"{_TICKET}/return"): Rule(DESK),
    ("POST", f"{_TICKET}/reprint"): Rule(DESK),
    ("POST", f"{_TICKET}/transfer"): Rule(DESK),
    ("GET", f"{_TICKET}/explain"): ANYBODY,
    ("POST", f"{_TICKET}/clerk"): Rule(DESK),
    ("GET", f"{PREFIX}/tickets/{{token}}"): ANYBODY,
    ("GET", f"{PREFIX}/tickets/{{token}}/qr.svg"): ANYBODY,
    ("GET", f"{PREFIX}/tickets/{{token}}/cases"): ANYBODY,
    ("GET", _WINDOW): Rule(READERS | DESK),
    ("POST", f"{_WINDOW}/{{action}}"): Rule(DESK),
    ("GET", _SIGN): ANYBODY,
    ("GET", f"{_SIGN}/photo"): ANYBODY,
    ("GET", f"{_SIGN}/review.svg"): ANYBODY,
    ("GET", f"{_SIGN}/reviews"): ANYBODY,
    ("POST", f"{_HALL}/reviews"): ANYBODY,
    ("POST", f"{_HALL}/paper-reviews"): Rule(DESK),
    ("GET", f"{_HALL}/paper-reviews"): Rule(READERS | DESK),
    ("GET", f"{_HALL}/paper-reviews/{{batch}}"): Rule(READERS | DESK),
    ("POST", f"{_HALL}/paper-reviews/{{batch}}/entries"): Rule(DESK),
    ("POST", f"{_HALL}/paper-reviews/{{batch}}/settlement"): Rule(DESK),
    ("GET", f"{_HALL}/rectifications"): Rule(READERS | DESK),
    ("GET", f"{_HALL}/rectifications/summary"): Rule(READERS),
    ("GET", f"{_HALL}/rectifications/{{rectification}}"): Rule(READERS | DESK),
    ("GET", f"{_HALL}/rectification-contacts/{{rectification}}"): Rule(DESK),
    ("POST", f"{_HALL}/rectifications/{{rectification}}/{{action}}"): Rule(DESK),
    ("POST", f"{_HALL}/appointments"): ANYBODY,
    ("GET", f"{_HALL}/appointments"): Rule(READERS | DESK),
    ("GET", f"{_HALL}/appointment-places"): ANYBODY,
    ("GET", f"{_HALL}/services"): ANYBODY,
    ("GET", f"{_HALL}/sentences/{{sentence}}"): ANYBODY,
    ("GET", f"{_HALL}/appointments/{{appointment}}"): ANYBODY,
    ("DELETE", f"{_HALL}/appointments/{{appointment}}"): ANYBODY,
    ("POST", f"{_HALL}/appointments/{{appointment}}/check-in"): ANYBODY,
    ("POST", f"{_WINDOW}/cases"): Rule(DESK),
    ("GET", f"{_HALL}/cases"): Rule(READERS | DESK),
    ("GET", f"{_HALL}/cases/{{case}}"): Rule(READERS | DESK),
    ("POST", f"{_HALL}/cases/{{case}}/slips/{{slip}}"): Rule(DESK),
    ("POST", f"{_HALL}/cases/{{case}}/{{action}}"): Rule(DESK),
    ("GET", f"{_HALL}/closing"): Rule(READERS | DESK),
    ("GET", f"{_HALL}/floor"): Rule(READERS),
    ("GET", f"{_HALL}/report"): Rule(READERS),
    ("GET", f"{_HALL}/report/week"): Rule(READERS),
    ("GET", f"{_HALL}/plan/text"): Rule(READERS),
    ("POST", f"{_HALL}/plan/text"): Rule(MANAGERS),
    ("GET", f"{_HALL}/aids"): Rule(READERS | DESK),
    ("PUT", f"{_HALL}/aids/{{aid}}"): Rule(MANAGERS),
    ("POST", f"{_HALL}/aids/{{aid}}/loans"): Rule(DESK),
    ("POST", f"{_HALL}/aids/loans/{{loan}}/return"): Rule(DESK),
    ("POST", f"{_HALL}/notices"): Rule(MANAGERS),
    ("POST", f"{_HALL}/help-calls/{{help_call}}/answer"): Rule(DESK),
    ("GET", f"{_HALL}/health"): Rule(READERS),
    ("GET", f"{_HALL}/health/inspection"): Rule(READERS),
    ("GET", f"{_HALL}/devices"): Rule(READERS),
    ("POST", f"{_HALL}/devices"): Rule(MANAGERS),
    ("DELETE", f"{_HALL}/devices/{{device}}"): Rule(MANAGERS),
    ("POST", f"{_HALL}/devices/{{device}}/sheet"): Rule(MANAGERS),
    ("GET", f"{_HALL}/devices/{{device}}/firmware"): Rule(MANAGERS),
    ("GET", f"{_HALL}/devices/{{device}}/commands"): Rule(READERS),
    ("POST", f"{_HALL}/devices/{{device}}/commands"): Rule(MANAGERS),
    ("POST", f"{_HALL}/papers/{{paper}}/preview"): Rule(MANAGERS),
    ("POST", f"{_HALL}/papers/closing/print"): Rule(DESK),
    ("GET", f"{_HALL}/papers/jobs"): Rule(READERS | DESK),
    ("POST", f"{_HALL}/papers/jobs/{{job}}/reprint"): Rule(DESK),
    ("POST", f"{PREFIX}/session"): ANYBODY,
    ("GET", f"{PREFIX}/session"): HIMSELF,
    ("DELETE", f"{PREFIX}/session"): HIMSELF,
    ("POST", f"{PREFIX}/session/password"): HIMSELF,
    ("GET", f"{PREFIX}/accounts"): Rule(MANAGERS),
    ("POST", f"{PREFIX}/accounts"): Rule(MANAGERS),
    ("POST", f"{PREFIX}/accounts/{{name}}/password"): Rule(MANAGERS),
    ("PUT", f"{PREFIX}/accounts/{{name}}/enabled"): Rule(MANAGERS),
    ("GET", "/healthz"): ANYBODY,
    ("GET", "/readyz"): ANYBODY,
    ("GET", "/metrics"): Rule(frozenset({Role.SCRAPE, Role.OPERATIONS}), Public.THIS_MACHINE),
    ("GET", "/openapi.json"): ANYBODY,
    ("GET", "/asyncapi.json"): ANYBODY,
    ("GET", "/schemas/{name}.json"): ANYBODY,
    ("GET", "/audio/{name}"): ANYBODY,
    ("GET", "/media/{name}"): ANYBODY,
    ("GET", "/"): ANYBODY,
    ("GET", "/signin"): ANYBODY,
    ("GET", "/kiosk/{hall}"): ANYBODY,
    ("GET", "/clerk/{hall}/{window}"): ANYBODY,
    ("GET", "/manager/{hall}"): ANYBODY,
    ("GET", "/paper-reviews/{hall}"): ANYBODY,
    ("GET", "/pad/{hall}/{window}"): ANYBODY,
    ("GET", "/review/{hall}/{window}"): ANYBODY,
    ("GET", "/t/{token}"): ANYBODY,
    ("GET", "/t/{token}/plain"): ANYBODY,
    ("POST", "/t/{token}/plain"): ANYBODY,
    ("GET", "/docs"): ANYBODY,
    ("GET", "/docs/mqtt"): ANYBODY,
    ("GET", "/tv/{hall}"): ANYBODY,
    ("GET", "/led/{hall}"): ANYBODY,
    ("GET", "/led/{hall}/{window}"): ANYBODY,
    ("GET", "/sign/{hall}/{window}"): ANYBODY,
    ("GET", "/static"): ANYBODY,
    ("GET", "/display-static"): ANYBODY,
    ("GET", "/vendor/lit"): ANYBODY,
    ("GET", "/vendor/lit-html"): ANYBODY,
    ("GET", "/vendor/lit-element"): ANYBODY,
    ("GET", "/vendor/@lit/reactive-element"): ANYBODY,
    ("GET", "/vendor/swagger-ui-dist"): ANYBODY,
    ("GET", "/vendor/uplot"): ANYBODY,
    ("GET", "/vendor/lucide"): ANYBODY,
    ("WS", "/ws/v1/halls/{hall}/boards/{name}"): ANYBODY,
    ("WS", "/ws/v1/halls/{hall}/leds/{name}"): ANYBODY,
    ("WS", "/ws/v1/tickets/{token}"): ANYBODY,
}
"""Every address of the program. Pages are open, for what they show they ask for; what they ask for is not."""


class Guarded(APIRoute):
    """An address that the table allows to be used."""

    prefix = ""

    def __init__(self, path: str, *args: Any, **more: Any) -> None:
        super().__init__(path, *args, **more)
        # Some releases of FastAPI make a router's addresses anew, with their prefix, where it is included.
        whole = path if path.startswith(self.prefix) else self.prefix + path
        self._rules = {method: ACCESS[method, whole] for method in self.methods or ()}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, if its caller may have an answer."""
        method: str = scope["method"]
        rule = self._rules.get(method)
        if rule is not None and (rule.public is not Public.YES or method not in READING):
            scope[PRINCIPAL_KEY] = await admitted(HTTPConnection(scope), rule)
        await super().handle(scope, receive, send)


class GuardedApi(Guarded):
    """The same below ``/api/v1``."""

    prefix = PREFIX


def principal_of(connection: HTTPConnection) -> Principal | None:
    """Return who asks, where that was looked at."""
    found: Principal | None = connection.scope.get(PRINCIPAL_KEY)
    return found


def caller_of(connection: HTTPConnection) -> Principal:
    """Return who asks, at an address that isn't open to everybody."""
    found = principal_of(connection)
    if found is None:
        raise Problem(401, "sign_in_needed", headers=CHALLENGE)
    return found


def actor_of(connection: HTTPConnection, otherwise: str) -> str:
    """Return how the stream names who asks."""
    found = principal_of(connection)
    return found.actor if found is not None else otherwise


CHALLENGE = {"WWW-Authenticate": 'Bearer realm="yichuang"'}


async def admitted(connection: HTTPConnection, rule: Rule) -> Principal | None:
    """Return who asks; ``None``: somebody from the public, who may.

    Raises:
        Problem: whoever it is may not.
        OperatingError: nobody can tell now.
    """
    is_open = _is_open(connection, rule)
    who = await _identified(connection, is_open=is_open)
    if who is None and not is_open:
        raise Problem(401, "sign_in_needed", headers=CHALLENGE)
    if who is None or is_open:
        return who
    if who.must_change and not rule.before_change:
        raise Problem(403, "password_change_needed")
    if who.role not in rule.roles:
        raise Problem(403, "role_forbidden", {"role": who.role.value})
    hall = connection.path_params.get("hall")
    if hall is not None and not who.may_act_in(hall):
        raise Problem(403, "hall_forbidden", {"hall": hall})
    return who


def _is_open(connection: HTTPConnection, rule: Rule) -> bool:
    match rule.public:
        case Public.YES:
            return True
        case Public.TICKET_TOKEN:
            return "token" in connection.query_params
        case Public.THIS_MACHINE:
            return is_loopback(client_host(connection))
        case Public.NO:
            return False


async def _identified(connection: HTTPConnection, *, is_open: bool) -> Principal | None:
    """Return who brings a token or a session. A token that isn't one is refused everywhere: it is a mistake."""
    identities = parts_of(connection).sign_in.identities
    given = connection.headers.get("authorization")
    if given is not None:
        scheme, _, token = given.partition(" ")
        who = await identities.of_token(token.strip()) if scheme.lower() == "bearer" else None
        if who is None:
            raise Problem(401, "bearer_unknown", headers=CHALLENGE)
        return who
    secret = connection.cookies.get(COOKIE)
    if not secret:
        return None
    if connection.scope["method"] not in READING and not _is_from_own_page(connection):
        if is_open:
            return None  # as anybody may ask it without the cookie
        raise Problem(403, "foreign_page")
    return await identities.of_session(secret)


def _is_from_own_page(connection: HTTPConnection) -> bool:
    return "idempotency-key" in connection.headers and is_same_origin(connection, unsaid=False)


def is_same_origin(connection: HTTPConnection, *, unsaid: bool) -> bool:
    """Whether the browser says that a page of ours asks; ``unsaid``: what it is when nothing says where it comes from.

    Browsers tell ``Sec-Fetch-Site`` over https and on the machine itself, and ``Origin`` of each write.
    """
    site = connection.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = connection.headers.get("origin")
    if origin is None:
        return unsaid
    ours = {connection.headers.get("host", ""), urlsplit(parts_of(connection).paper.public_url).netloc}
    return urlsplit(origin).netloc in ours - {""}


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    # A listener on every address of IPv6 sees this machine's IPv4 in IPv6's clothes.
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
