"""Problem documents: the caller's language, stable codes with texts, and nothing said that must stay unsaid."""

import ast
import json
import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

import api
from api.problems import PROBLEM_JSON, Problem, language_of, problem_response, refused
from controller import refusals
from controller.appointments import AppointmentNotInState, AppointmentState
from controller.case_model import CaseState
from controller.case_refusals import CaseNotInState
from controller.model import ReceiptState, TicketState, WindowStatus
from controller.runtime.catalogue import STATES, languages, messages

ROOT = Path(api.__file__).parent
CODE = re.compile(r"[a-z][a-z_]*[a-z]")


def request(path: str = "/api/v1/halls/demo", **headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": raw})


# -- language ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("", "zh-CN"),
        ("en", "en"),
        ("EN-gb", "en"),
        ("en-US,en;q=0.9", "en"),
        ("zh", "zh-CN"),
        ("zh-Hant-TW", "zh-CN"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("en;q=0.8, zh-CN", "zh-CN"),
        ("en;q=0.5,zh;q=0.7", "zh-CN"),
        ("zh;q=0.5 , en ; q=0.7", "en"),
        ("de-DE,de;q=0.9,en;q=0.3", "en"),
        ("de, fr;q=0.7", "zh-CN"),
        ("zh;q=0,en;q=0.1", "en"),
        ("en;q=0", "zh-CN"),
        ("*", "zh-CN"),
        ("en;q=0.2,*;q=0.1", "en"),
        ("de,*;q=0.5,en;q=0.4", "zh-CN"),
        ("zh;q=0,*", "en"),
        ("en;q=0.7,zh;q=0.7", "en"),
        (",,;q=1,-,en;q=x", "zh-CN"),
        ("en;q=nan", "zh-CN"),
        ("en;q=1e999,zh;q=0.1", "zh-CN"),
        ("en;level=1;q=0.9", "en"),
        ("\xe9\xff;q=1", "zh-CN"),
        ("a," * 5000 + "en", "zh-CN"),
    ],
)
def test_the_language_that_is_liked_best(asked: str, language: str) -> None:
    assert language_of(request(accept_language=asked)) == language


def test_without_the_header_it_is_chinese() -> None:
    assert language_of(request()) == "zh-CN"


# -- the document ------------------------------------------------------------------------------------------------------


def document(problem: Problem, asked: Request) -> dict[str, Any]:
    response = problem_response(asked, problem)
    assert response.media_type == PROBLEM_JSON
    assert response.status_code == problem.status
    assert response.headers["cache-control"] == "no-store"
    loaded: dict[str, Any] = json.loads(bytes(response.body))
    return loaded


def test_a_refusal_is_a_document() -> None:
    problem = refused(refusals.WindowBusy("2", "A003"))
    assert document(problem, request("/api/v1/halls/demo/windows/2/next", accept_language="en")) == {
        "type": "urn:yichuang:problem:window_busy",
        "title": "window busy",
        "status": 409,
        "code": "window_busy",
        "detail": messages("en")["refusal.window_busy"].format(number="A003", window="2"),
        "instance": "/api/v1/halls/demo/windows/2/next",
        "params": {"window": "2", "number": "A003"},
    }


def test_what_a_caller_sent_comes_back_as_text_whatever_it_was() -> None:
    problem = Problem(422, "request_invalid", {"what": "\ud800 {x} \x00"}, {"errors": [{"path": "/\udfff"}]})
    told = document(problem, request())
    assert told["errors"] == [{"path": "/?"}]
    assert "{x}" in told["detail"]


# -- codes -------------------------------------------------------------------------------------------------------------


def all_refusals() -> list[type[refusals.Refusal]]:
    """Return every reason of the floor's."""
    kinds = [each for each in vars(refusals).values() if isinstance(each, type) and issubclass(each, refusals.Refusal)]
    return [each for each in kinds if each is not refusals.Refusal]


def problem_codes() -> set[str]:
    """Return the codes of every `Problem` that api/ makes, read from its source."""
    codes = set()
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem":
                _, code, *_ = node.args
                if isinstance(code, ast.Constant):
                    codes.add(code.value)
    return codes


def test_every_code_of_ours_has_its_text() -> None:
    codes = problem_codes() | {"overloaded", "log_unavailable", "http_error", "not_found", "method_not_allowed"}
    assert codes >= {
        "token_wrong",
        "token_unknown",
        "hall_mismatch",
        "key_invalid",
        "request_too_large",
        "plan_invalid",
    }
    for code in codes:
        assert CODE.fullmatch(code)
        for language in languages():
            assert messages(language)[f"refusal.{code}"].strip()


@pytest.mark.parametrize("kind", all_refusals(), ids=lambda kind: kind.code)
def test_every_refusal_is_a_problem_in_every_language(kind: type[refusals.Refusal]) -> None:
    refusal = kind(*(7 if field.type is int else "X1" for field in fields(kind)))
    for language in languages():
        told = document(refused(refusal), request(accept_language=language))
        assert told["code"] == kind.code
        assert told["status"] in {404, 409, 422}
        assert "{" not in told["detail"]


def test_codes_are_told_apart() -> None:
    codes = [kind.code for kind in all_refusals()]
    assert len(codes) == len(set(codes)) > 20
    assert not set(codes) & (problem_codes() - {"hall_unknown"})


def test_both_catalogues_have_the_same_refusals() -> None:
    chinese, english = (
        {key: set(re.findall(r"{(\w+)}", said)) for key, said in messages(language).items() if "refusal." in key}
        for language in ("zh-CN", "en")
    )
    assert chinese == english


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(
    ("refusal", "states"),
    [
        (refusals.TicketNotInState("A003", ""), [*TicketState, ReceiptState.PRINTED]),
        (refusals.WindowNotOpen("1", ""), [*WindowStatus]),
        (CaseNotInState("20260302-1", ""), [*CaseState]),
        (AppointmentNotInState("12345678", ""), [*AppointmentState]),
    ],
)
def test_a_state_is_said_in_the_language_of_the_text_and_named_for_programs(
    refusal: refusals.Refusal, states: list[str], language: str
) -> None:
    (name,) = (entry.name for entry in fields(refusal) if entry.name in ("state", "status"))
    for state in states:
        told = document(refused(replace(refusal, **{name: state})), request(accept_language=language))
        assert told["params"][name] == state
        assert messages(language)[f"state.{STATES[refusal.code][1]}.{state}"] in told["detail"]
        assert language == "en" or not re.search(r"[a-z]", told["detail"])
