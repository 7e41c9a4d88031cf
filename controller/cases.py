"""The rules of a case: which step may follow which, as a table; what each needs; and how it stands against its promise.

Pure: the day, the calendar and who asks come in with the command.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeAlias, assert_never

from controller import case_model as m
from controller import case_refusals as r
from controller.case_model import Case, CaseEvent, CaseId, CaseRecorded, CaseState, Pace
from controller.case_model import CaseState as S
from controller.ids import HallId, WindowId
from controller.refusals import Refusal
from controller.services import Service
from controller.values import changed

CASE: Mapping[tuple[CaseState, type], CaseState] = {
    (S.CONSULTING, m.CaseReceived): S.RECEIVED,
    (S.CONSULTING, m.CaseWithdrawn): S.WITHDRAWN,
    (S.RECEIVED, m.NoticeIssued): S.NOTIFIED,
    (S.RECEIVED, m.CaseAccepted): S.ACCEPTED,
    (S.RECEIVED, m.CaseWithdrawn): S.WITHDRAWN,
    (S.NOTIFIED, m.NoticeIssued): S.NOTIFIED,
    (S.NOTIFIED, m.CaseAccepted): S.ACCEPTED,
    (S.NOTIFIED, m.CaseWithdrawn): S.WITHDRAWN,
    (S.ACCEPTED, m.MaterialSupplied): S.ACCEPTED,
    (S.ACCEPTED, m.CaseCompleted): S.COMPLETED,
    (S.ACCEPTED, m.CaseWithdrawn): S.WITHDRAWN,
    (S.COMPLETED, m.OutputCalled): S.OUTPUT_CALLED,
    (S.COMPLETED, m.CasePickedUp): S.PICKED_UP,
    (S.COMPLETED, m.CaseSent): S.SENT,
    (S.OUTPUT_CALLED, m.OutputCalled): S.OUTPUT_CALLED,
    (S.OUTPUT_CALLED, m.CasePickedUp): S.PICKED_UP,
    (S.OUTPUT_CALLED, m.CaseSent): S.SENT,
    (S.SENT, m.CaseSent): S.SENT,
    (S.SENT, m.CaseDelivered): S.DELIVERED,
    (S.SENT, m.CasePickedUp): S.PICKED_UP,
}
"""Next state of a case; a pair that is not here is refused. What came back by post is sent again or picked up."""

CLOSED = frozenset({S.PICKED_UP, S.DELIVERED, S.WITHDRAWN})
"""States from which nothing follows."""


class WorkingDays(Protocol):
    """Knows which days are working days, 调休 and all."""

    def after(self, day: date, days: int, /) -> date:
        """Return the working day that is so many working days after a day; with 0 the day itself."""
        ...


# -- what may be asked -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReceiveCase:
    """Take the papers in."""


@dataclass(frozen=True, slots=True)
class IssueNotice:
    """Tell what is missing; ``present`` and ``missing`` together are all that the guide asks for."""

    missing: tuple[str, ...]
    present: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AcceptCase:
    """Accept the matter; what is ``deferred`` will be supplied until ``due``."""

    deferred: tuple[str, ...] = ()
    due: date | None = None


@dataclass(frozen=True, slots=True)
class SupplyMaterial:
    """Note that a material is there now."""

    material: str


@dataclass(frozen=True, slots=True)
class CompleteCase:
    """The back office is done."""


@dataclass(frozen=True, slots=True)
class CallOutput:
    """The result is ready; ``ticket`` calls the citizen to the output window."""

    ticket: str | None = None


@dataclass(frozen=True, slots=True)
class PickUp:
    """Hand the result out."""


@dataclass(frozen=True, slots=True)
class SendResult:
    """Give the result to a courier."""

    courier: str
    tracking: str


@dataclass(frozen=True, slots=True)
class ConfirmDelivery:
    """The result has arrived."""


@dataclass(frozen=True, slots=True)
class WithdrawCase:
    """The citizen wants it no more."""

    reason: str = ""


CaseCommand: TypeAlias = (
    ReceiveCase
    | IssueNotice
    | AcceptCase
    | SupplyMaterial
    | CompleteCase
    | CallOutput
    | PickUp
    | SendResult
    | ConfirmDelivery
    | WithdrawCase
)

EVENT_OF: Mapping[type, type] = {
    ReceiveCase: m.CaseReceived,
    IssueNotice: m.NoticeIssued,
    AcceptCase: m.CaseAccepted,
    SupplyMaterial: m.MaterialSupplied,
    CompleteCase: m.CaseCompleted,
    CallOutput: m.OutputCalled,
    PickUp: m.CasePickedUp,
    SendResult: m.CaseSent,
    ConfirmDelivery: m.CaseDelivered,
    WithdrawCase: m.CaseWithdrawn,
}
"""What each command brings about."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What a decision needs to know of the world.

    Attributes:
        today: in the hall.
        clerk: who asks.
        calendar: its working days.
        allows_deferred: whether the hall accepts with secondary materials missing (policy ``deferred_materials``).
    """

    today: date
    clerk: str
    calendar: WorkingDays
    allows_deferred: bool = False


# -- decisions ---------------------------------------------------------------------------------------------------------


def open_case(
    case: CaseId,
    service: Service,
    *,
    hall: HallId,
    window: WindowId,
    clerk: str,
    ticket: str | None = None,
    received: bool = False,
) -> m.CaseOpened:
    """Return the first event of a case, with the service's terms as they are now."""
    terms = m.Terms(
        service=service.code,
        name=service.name,
        department=service.department,
        materials=service.materials,
        promised_days=service.promised_days,
        legal_days=service.legal_days,
        guide_version=service.guide.version if service.guide is not None else "",
    )
    return m.CaseOpened(case, hall, terms, window, clerk, ticket, received)


def decide_case(case: Case, command: CaseCommand, now: Situation) -> CaseEvent | Refusal:
    """Return what a command brings about, or why it is refused."""
    if (case.state, EVENT_OF[type(command)]) not in CASE:
        return r.CaseNotInState(case.id, case.state)
    match command:
        case ReceiveCase():
            return m.CaseReceived(now.clerk)
        case IssueNotice():
            return _notice(case, command, now)
        case AcceptCase():
            return _accept(case, command, now)
        case SupplyMaterial(material):
            owed = material in {pledge.material for pledge in case.owed}
            return m.MaterialSupplied(now.clerk, material) if owed else r.MaterialNotOwed(material)
        case CompleteCase():
            owed_names = [pledge.material for pledge in case.owed]
            return r.MaterialsOwed(", ".join(owed_names)) if owed_names else m.CaseCompleted(now.clerk, now.today)
        case CallOutput(ticket):
            return m.OutputCalled(now.clerk, ticket)
        case PickUp():
            return m.CasePickedUp(now.clerk)
        case SendResult(courier, tracking):
            is_known = courier.strip() and tracking.strip()
            return m.CaseSent(now.clerk, courier.strip(), tracking.strip()) if is_known else r.TrackingMissing()
        case ConfirmDelivery():
            return m.CaseDelivered(now.clerk)
        case WithdrawCase(reason):
            return m.CaseWithdrawn(now.clerk, reason)
        case _:
            assert_never(command)


def allowed(case: Case) -> tuple[type, ...]:
    """Return the commands that the state of a case allows, in the order of its life."""
    return tuple(command for command, event in EVENT_OF.items() if (case.state, event) in CASE)


def _notice(case: Case, command: IssueNotice, now: Situation) -> CaseEvent | Refusal:
    missing = tuple(dict.fromkeys(name.strip() for name in command.missing if name.strip()))
    if not missing:
        return r.NothingMissing()
    asked = {material.name for material in case.terms.materials}
    if asked:  # without a list in the plan the clerk's own words must do
        for name in (*missing, *command.present):
            if name not in asked:
                return r.MaterialNotAsked(name)
        unjudged = [
            material.name for material in case.terms.materials if material.name not in {*missing, *command.present}
        ]
        if unjudged:
            return r.NoticeNotComplete(", ".join(unjudged))
    reason = command.reason.strip()
    if case.notices and not reason:
        return r.NoticeNeedsReason(case.id)
    return m.NoticeIssued(now.clerk, missing, reason)


def _accept(case: Case, command: AcceptCase, now: Situation) -> CaseEvent | Refusal:
    promised = now.calendar.after(now.today, case.terms.promised_days)
    legal = None if case.terms.legal_days is None else now.calendar.after(now.today, case.terms.legal_days)
    deferred = tuple(dict.fromkeys(command.deferred))
    if not deferred:
        return m.CaseAccepted(now.clerk, now.today, promised, legal)
    if not now.allows_deferred:
        return r.DeferredNotAllowed()
    secondary = {material.name for material in case.terms.materials if material.secondary}
    for name in deferred:
        if name not in secondary:
            return r.MaterialNotSecondary(name)
    if command.due is None or command.due <= now.today:
        return r.DueDayMissing()
    pledges = tuple(m.Pledge(name, command.due) for name in deferred)
    # Nothing can be completed before the citizen has supplied what is owed, so nobody promises it for before.
    return m.CaseAccepted(now.clerk, now.today, max(promised, command.due), legal, pledges)


# -- what follows from events ------------------------------------------------------------------------------------------


def evolve_case(case: Case | None, recorded: CaseRecorded) -> Case:
    """Return a case after an event of its history.

    Raises:
        ValueError: the history doesn't begin with the case's opening, or opens it twice.
    """
    event = recorded.event
    if isinstance(event, m.CaseOpened) != (case is None):
        raise ValueError(f"{type(event).__name__} at seq {recorded.seq}")
    if isinstance(event, m.CaseOpened):
        state = S.RECEIVED if event.received else S.CONSULTING
        return Case(
            id=event.case,
            hall=event.hall,
            terms=event.terms,
            state=state,
            version=recorded.seq,
            opened_at=recorded.at,
            changed_at=recorded.at,
            window=event.window,
            first_asked=event.clerk,
            ticket=event.ticket,
        )
    assert case is not None  # noqa: S101 - said above, for the type checker
    moved = changed(case, state=CASE[case.state, type(event)], version=recorded.seq, changed_at=recorded.at)
    match event:
        case m.NoticeIssued():
            notice = m.Notice(recorded.at, event.missing, event.reason)
            return changed(moved, notices=(*case.notices, notice))
        case m.CaseAccepted():
            return changed(
                moved, accepted_on=event.on, promised=event.promised, legal=event.legal, pledges=event.pledges
            )
        case m.MaterialSupplied():
            pledges = tuple(
                changed(pledge, supplied_at=recorded.at) if pledge.material == event.material else pledge
                for pledge in case.pledges
            )
            return changed(moved, pledges=pledges)
        case m.CaseCompleted():
            return changed(moved, completed_on=event.on)
        case m.OutputCalled():
            return changed(moved, output_ticket=event.ticket)
        case m.CaseSent():
            return changed(moved, delivery=m.Delivery(event.courier, event.tracking, recorded.at))
        case m.CaseDelivered() if case.delivery is not None:
            return changed(moved, delivery=changed(case.delivery, received_at=recorded.at))
        case _:
            return moved


def fold_case(history: tuple[CaseRecorded, ...]) -> Case | None:
    """Return the case that a history makes; nothing for an empty one."""
    case = None
    for recorded in history:
        case = evolve_case(case, recorded)
    return case


def pace(case: Case, today: date, calendar: WorkingDays) -> Pace | None:
    """Return how a case stands, or stood when it was completed, against its promise; nothing where none is given."""
    if case.promised is None or case.state is S.WITHDRAWN:
        return None
    if (case.completed_on or today) > case.promised:
        return Pace.OVERDUE
    is_near = case.completed_on is None and calendar.after(today, 1) >= case.promised
    return Pace.WARNING if is_near else Pace.ON_TIME


def reminders(case: Case, today: date, calendar: WorkingDays) -> tuple[m.Pledge, ...]:
    """Return the promised materials of which the citizen should be reminded: due by the next working day, or late."""
    if case.state is not S.ACCEPTED:
        return ()
    return tuple(pledge for pledge in case.owed if pledge.due <= calendar.after(today, 1))
