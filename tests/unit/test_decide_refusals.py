"""Every reason to refuse is met by some command, is stable in public, and can be said in every language."""

import re
import string
from collections.abc import Callable
from dataclasses import replace
from datetime import time, timedelta

import pytest

from controller import commands as c
from controller import refusals as r
from controller.help_events import HelpId
from controller.model import JobId, TicketId, TicketState
from controller.opening import ExceptionalDay, Opening
from controller.plan import Hall, HallId, Hours, ServiceCode, WindowId, ZoneId
from controller.runtime.catalogue import languages, messages, text
from tests.support.core_floor import ALL, MACHINE, MORNING, PENSION, SERVICES, SOCIAL, Floor, floor_plan, floor_with

NIGHT = Hall(HallId("demo"), "示例镇便民服务中心", hours=Hours(time(18, 0), time(20, 0)))
FOREVER_SHUT = Opening(days=tuple(ExceptionalDay(MORNING.date() + timedelta(days=offset)) for offset in range(40)))
OTHER = Hall(HallId("other"), "示例镇便民服务中心")
Case = Callable[[], tuple[Floor, c.Command, str | None]]


def on(state: TicketState, command: c.Command) -> Case:
    return lambda: (floor_with(state)[0], command, None)


def at_closed(command: c.Command) -> Case:
    return lambda: (Floor(), command, None)


def id_reused() -> tuple[Floor, c.Command, str | None]:
    floor = Floor()
    floor.do(c.OpenWindow(ALL), "k-1")
    return floor, c.CallNext(ALL), "k-1"


def day_over() -> tuple[Floor, c.Command, str | None]:
    floor = Floor()
    floor.do(c.CloseDay())
    return floor, c.CallNext(ALL), None


def returned_too_often() -> tuple[Floor, c.Command, str | None]:
    floor, ticket = floor_with(TicketState.NO_SHOW)
    floor.do(c.ReturnTicket(ticket))
    floor.call()
    floor.do(c.PassTicket(ALL))
    return floor, c.ReturnTicket(ticket), None


def reviewed() -> tuple[Floor, c.Command, str | None]:
    floor, ticket = floor_with(TicketState.FINISHED)
    floor.do(c.SubmitReview(5, ticket=ticket))
    return floor, c.SubmitReview(5, ticket=ticket), None


def quota_full() -> tuple[Floor, c.Command, str | None]:
    services = tuple(replace(service, quota=1) if service.code == PENSION else service for service in SERVICES)
    floor = Floor(floor_plan(services=services))
    floor.issue(PENSION)
    return floor, c.IssueTicket((PENSION,)), None


def called(**policies: int | bool) -> Floor:
    """Return a floor where a ticket has been called under these policies, and one waits."""
    floor = Floor(floor_plan(**policies))
    for _ in range(2):
        floor.issue()
    floor.do(c.OpenWindow(ALL))
    if not policies.get("auto_call"):
        floor.call()
    return floor


CASES: dict[type[r.Refusal], Case] = {
    r.CommandIdReused: id_reused,
    r.HallUnknown: at_closed(c.ChangePlan(floor_plan(hall=OTHER))),
    r.DayNotOpen: day_over,
    r.HelpNotAsked: at_closed(c.AnswerHelp(HelpId("nobody"))),
    r.HallNotOpen: lambda: (Floor(floor_plan(hall=NIGHT)), c.IssueTicket((PENSION,)), None),
    r.HallShut: lambda: (Floor(floor_plan(opening=FOREVER_SHUT)), c.IssueTicket((PENSION,)), None),
    r.ServiceUnknown: at_closed(c.IssueTicket((ServiceCode("unheard_of"),))),
    r.QuotaFull: quota_full,
    r.ZoneUnknown: at_closed(c.MakeNotice("请等候", ZoneId("attic"))),
    r.WindowUnknown: at_closed(c.CallNext(WindowId("9"))),
    r.TicketUnknown: at_closed(c.ReprintReceipt(TicketId("nobody"), MACHINE)),
    r.ReceiptUnknown: at_closed(c.ConfirmReceipt(JobId("nothing"))),
    r.WindowNotOpen: at_closed(c.CallNext(ALL)),
    r.WindowNotClosed: on(TicketState.WAITING, c.OpenWindow(ALL)),
    r.WindowNotAway: on(TicketState.WAITING, c.ComeBack(ALL)),
    r.ClerkElsewhere: lambda: (
        Floor(floor_plan(clerk_at_one_window=True), opened=(ALL,)),
        c.OpenWindow(SOCIAL, "clerk-1"),
        None,
    ),
    r.WindowBusy: on(TicketState.CALLED, c.CallNext(ALL)),
    r.NoTicketAtWindow: on(TicketState.WAITING, c.Recall(ALL)),
    r.SubstituteNotOpen: on(TicketState.WAITING, c.StepAway(SOCIAL, "x", SOCIAL)),
    r.TicketNotInState: on(TicketState.SERVING, c.PassTicket(ALL)),
    r.TicketReturnedTooOften: returned_too_often,
    r.RecallTooSoon: lambda: (called(recall_gap_s=20), c.Recall(ALL), None),
    r.CalledOftenEnough: lambda: (called(calls_max=1), c.Recall(ALL), None),
    r.PassTooSoon: lambda: (called(pass_after_calls=2), c.PassTicket(ALL), None),
    r.PressedTwice: lambda: (called(auto_call=True), c.FinishService(ALL), None),
    r.TransferNowhere: on(TicketState.SERVING, c.TransferTicket(ALL)),
    r.ServiceNotGiven: on(TicketState.WAITING, c.SubmitReview(5, window=ALL)),
    r.AlreadyReviewed: reviewed,
    r.LevelOutOfRange: on(TicketState.FINISHED, c.SubmitReview(7, window=ALL)),
    r.BadReviewNeedsReason: on(TicketState.FINISHED, c.SubmitReview(1, window=ALL)),
}


def test_every_reason_is_among_them() -> None:
    kinds = {kind for kind in vars(r).values() if isinstance(kind, type) and issubclass(kind, r.Refusal)}
    assert kinds - {r.Refusal} == CASES.keys()


@pytest.mark.parametrize("kind", CASES, ids=lambda kind: kind.code)
def test_refused_means_unchanged(kind: type[r.Refusal]) -> None:
    floor, command, command_id = CASES[kind]()
    count = len(floor.events)
    refusal = floor.refused(command, command_id)
    assert type(refusal) is kind
    assert len(floor.events) == count
    assert floor.request(command).id not in floor.day.answers


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("kind", CASES, ids=lambda kind: kind.code)
def test_a_reason_is_said_with_all_that_it_knows(kind: type[r.Refusal], language: str) -> None:
    floor, command, command_id = CASES[kind]()
    refusal = floor.refused(command, command_id)
    pattern = messages(language)[f"refusal.{kind.code}"]
    assert {name for _, name, _, _ in string.Formatter().parse(pattern) if name is not None} == refusal.params.keys()
    said = text(f"refusal.{kind.code}", language, **refusal.params)
    assert all(str(value) in said for value in refusal.params.values())


def test_codes_are_public_unique_and_named_like_their_class() -> None:
    codes = {kind.code: kind for kind in CASES}
    assert len(codes) == len(CASES)
    for code, kind in codes.items():
        assert re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower() == code


def test_a_hint_for_the_edge_tells_missing_wrong_and_forbidden_apart() -> None:
    by_status: dict[int, set[str]] = {}
    for kind in CASES:
        by_status.setdefault(kind.http_status, set()).add(kind.code)
    assert by_status[404] == {"hall_unknown", "window_unknown", "ticket_unknown", "receipt_unknown"}
    assert by_status[422] == {
        "command_id_reused",
        "service_unknown",
        "zone_unknown",
        "level_out_of_range",
        "bad_review_needs_reason",
    }
    assert by_status.keys() == {404, 409, 422}
