"""The check of a request by the table: who is let in from where, and what a browser says of the page that asks."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from fastapi import APIRouter
from starlette.requests import HTTPConnection

from api.access import ACCESS, Guarded, GuardedApi, admitted, is_loopback, is_same_origin
from api.app import make_app
from api.identities import Principal
from api.problems import Problem
from controller.runtime.accounts import Role

METRICS = ACCESS["GET", "/metrics"]


class Known:
    """Finds callers whose secret is the name of their role."""

    async def of_token(self, token: str) -> Principal | None:
        return Principal("token", token, Role(token), None) if token in set(Role) else None

    async def of_session(self, secret: str) -> Principal | None:
        return Principal("account", secret, Role(secret), None) if secret in set(Role) else None


def connection(method: str = "GET", address: str = "192.0.2.7", **headers: str) -> HTTPConnection:
    parts = SimpleNamespace(
        sign_in=SimpleNamespace(identities=Known()), paper=SimpleNamespace(public_url="https://hall.example/x")
    )
    app = SimpleNamespace(state=SimpleNamespace(parts=parts))
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    scope: dict[str, Any] = {"type": "http", "method": method, "headers": raw, "client": (address, 1), "app": app}
    return HTTPConnection(scope | {"query_string": b"", "path_params": {}})


async def refusal(given: HTTPConnection, rule: Any) -> tuple[int, str]:
    with pytest.raises(Problem) as caught:
        await admitted(given, rule)
    return caught.value.status, caught.value.code


async def test_metrics_are_for_this_machine_and_those_who_may_from_elsewhere() -> None:
    for host in ("127.0.0.1", "::1", "::ffff:127.0.0.1", "127.9.9.9"):
        assert await admitted(connection(address=host), METRICS) is None
        assert is_loopback(host)
    for host in ("192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1", "", "unix"):
        assert await refusal(connection(address=host), METRICS) == (401, "sign_in_needed")
    for role in Role:
        given = connection(authorization=f"Bearer {role}")
        if role in {Role.SCRAPE, Role.OPERATIONS}:
            found = await admitted(given, METRICS)
            assert found is not None
            assert found.role is role
        else:
            assert await refusal(given, METRICS) == (403, "role_forbidden")
        assert await admitted(connection(address="127.0.0.1", authorization=f"Bearer {role}"), METRICS)


async def test_a_wrong_token_is_told_of_even_where_none_is_needed() -> None:
    given = connection("POST", "127.0.0.1", authorization="Bearer nonesuch")
    assert await refusal(given, ACCESS["POST", "/api/v1/halls/{hall}/tickets"]) == (401, "bearer_unknown")


@pytest.mark.parametrize(
    ("headers", "is_ours"),
    [
        ({"origin": "http://desk:8000", "host": "desk:8000"}, True),
        ({"origin": "https://desk:8000", "host": "desk:8000"}, True),
        ({"origin": "https://hall.example", "host": "10.0.0.1"}, True),
        ({"origin": "http://desk:9000", "host": "desk:8000"}, False),
        ({"origin": "http://desk", "host": "desk:8000"}, False),
        ({"origin": "null", "host": "desk:8000"}, False),
        ({"origin": "null", "host": ""}, False),
        ({"origin": "", "host": ""}, False),
        ({"sec_fetch_site": "same-origin"}, True),
        ({"sec_fetch_site": "same-site", "origin": "http://desk", "host": "desk"}, False),
        ({"sec_fetch_site": "none"}, False),
    ],
)
def test_where_a_write_comes_from(headers: dict[str, str], is_ours: bool) -> None:
    assert is_same_origin(connection("POST", **headers), unsaid=not is_ours) is is_ours


def test_what_nothing_is_said_of_is_left_to_who_asks() -> None:
    assert is_same_origin(connection("POST", host="desk"), unsaid=True)
    assert not is_same_origin(connection("POST", host="desk"), unsaid=False)


def test_an_address_that_is_not_in_the_table_does_not_come_to_be() -> None:
    async def answer() -> None:
        """Answer nothing."""

    for kind in (Guarded, GuardedApi):
        router = APIRouter(route_class=kind)
        with pytest.raises(KeyError):
            router.add_api_route("/nonesuch", answer)
    APIRouter(prefix="/halls", route_class=GuardedApi).add_api_route("", answer, methods=["GET"])


def test_openapi_says_who_may() -> None:
    nothing = cast("Any", SimpleNamespace(journal=None))
    paths = make_app(nothing, nothing, lambda: None).openapi()["paths"]
    by_caller = [{"bearer": []}, {"session": []}]
    plan = paths["/api/v1/halls/{hall}/plan"]
    assert "security" not in plan["get"]
    assert plan["put"]["security"] == by_caller
    assert plan["put"]["description"].endswith("Roles: manager.")
    assert {"401", "403"} <= set(plan["put"]["responses"])
    ticket = paths["/api/v1/halls/{hall}/tickets/{ticket}"]["delete"]
    assert ticket["security"] == [{}, *by_caller], "by the ticket's token too"
    told = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert told <= set(ACCESS)
