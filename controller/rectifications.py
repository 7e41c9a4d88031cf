"""The rules of a rectification: which step may follow which, as a table; who may take it; what it needs to say.

The steps are those of the field (GB/T 39734-2020 §9, 国办发〔2019〕51号): verify at once, with the citizen where one
offered to be called; assign, correct, tell the citizen, close with the reason. A review that was given by mistake or in
malice is left out of the figures when a second person agrees. Nobody handles a review of their own work.

Pure: the day and who asks come in with the command.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias, assert_never

from controller import rectification_model as m
from controller import rectification_refusals as r
from controller.cases import WorkingDays
from controller.decide import BAD_LEVEL_MAX
from controller.model import HallDay, Review
from controller.policies import Policies
from controller.rectification_model import (
    BadReview,
    Contact,
    Deadlines,
    Handling,
    Reached,
    Rectification,
    RectificationEvent,
    RectificationId,
    RectificationOpened,
    RectificationRecorded,
    RectificationState,
)
from controller.rectification_model import RectificationState as S
from controller.refusals import Refusal
from controller.values import changed

RECTIFICATION: Mapping[tuple[RectificationState, type], RectificationState] = {
    (S.OPENED, m.ContactOffered): S.OPENED,
    (S.OPENED, m.ReviewVerified): S.VERIFIED,
    (S.VERIFIED, m.RectificationAssigned): S.ASSIGNED,
    (S.VERIFIED, m.RectificationClosed): S.CLOSED,
    (S.VERIFIED, m.ReviewAppealed): S.APPEALED,
    (S.ASSIGNED, m.RectificationAssigned): S.ASSIGNED,
    (S.ASSIGNED, m.CorrectionReported): S.CORRECTED,
    (S.ASSIGNED, m.ReviewAppealed): S.APPEALED,
    (S.CORRECTED, m.CorrectionReturned): S.ASSIGNED,
    (S.CORRECTED, m.CitizenCalledBack): S.CALLED_BACK,
    (S.CORRECTED, m.RectificationClosed): S.CLOSED,
    (S.CALLED_BACK, m.CorrectionReturned): S.ASSIGNED,
    (S.CALLED_BACK, m.CitizenCalledBack): S.CALLED_BACK,
    (S.CALLED_BACK, m.RectificationClosed): S.CLOSED,
    (S.APPEALED, m.AppealUpheld): S.EXCLUDED,
    (S.APPEALED, m.AppealRejected): S.VERIFIED,
    **{(state, m.ContactErased): state for state in S},
}
"""Next state of a rectification; a pair that is not here is refused."""

ENDED = frozenset({S.CLOSED, S.EXCLUDED})
"""States from which nothing follows but the end of what is still kept."""


# -- what may be asked -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verify:
    """Tell what was found out, and how it is dealt with."""

    reached: Reached
    handling: Handling
    findings: str


@dataclass(frozen=True, slots=True)
class Assign:
    """Have somebody put it right."""

    to: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Correct:
    """Tell what was done."""

    measures: str


@dataclass(frozen=True, slots=True)
class ReturnCorrection:
    """Tell why that was not enough."""

    reason: str


@dataclass(frozen=True, slots=True)
class CallBack:
    """Tell what the citizen thinks of the correction."""

    answer: m.Answer
    note: str = ""


@dataclass(frozen=True, slots=True)
class Appeal:
    """Ask that the review should not count."""

    claim: m.Claim
    reason: str


@dataclass(frozen=True, slots=True)
class DecideAppeal:
    """Say whether it counts."""

    upheld: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Close:
    """End it, with what came of it."""

    result: str


RectificationCommand: TypeAlias = (
    Verify | Assign | Correct | ReturnCorrection | CallBack | Appeal | DecideAppeal | Close
)

EVENTS_OF: Mapping[type, tuple[type, ...]] = {
    Verify: (m.ReviewVerified,),
    Assign: (m.RectificationAssigned,),
    Correct: (m.CorrectionReported,),
    ReturnCorrection: (m.CorrectionReturned,),
    CallBack: (m.CitizenCalledBack,),
    Appeal: (m.ReviewAppealed,),
    DecideAppeal: (m.AppealUpheld, m.AppealRejected),
    Close: (m.RectificationClosed,),
}
"""What each command may bring about."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and when.

    Attributes:
        today: in the hall.
        name: of the person or the program.
        is_manager: whether it may take every step; a clerk reports what was assigned, and appeals.
    """

    today: date
    name: str
    is_manager: bool = True


# -- the beginning -----------------------------------------------------------------------------------------------------


def deadlines(given_on: date, policies: Policies, calendar: WorkingDays) -> Deadlines:
    """Return the last days of a rectification, counted in working days from the review's."""
    contact, simple, complex_ = (
        calendar.after(given_on, days)
        for days in (policies.rectify_contact_days, policies.rectify_simple_days, policies.rectify_complex_days)
    )
    return Deadlines(contact, simple, complex_)


def opened_by(day: HallDay, review: Review, calendar: WorkingDays) -> RectificationOpened | None:
    """Return what a review of the floor opens; nothing for one of 3 and better."""
    if review.level > BAD_LEVEL_MAX:
        return None
    ticket = day.tickets[review.ticket]
    visit = next((visit for visit in ticket.visits if visit.review == review.id), None)
    window = day.plan.window_by_id.get(review.window) if review.window is not None else None
    names = {service.code: service.name for service in day.plan.services}
    codes = visit.services if visit is not None else ticket.services
    found = BadReview(
        level=review.level,
        tags=review.tags,
        text=review.text,
        given_at=review.at,
        window=review.window,
        window_label=window.label if window is not None else "",
        clerk=visit.clerk if visit is not None else None,
        number=ticket.number,
        services=tuple(names.get(code, code) for code in codes),
    )
    return RectificationOpened(
        RectificationId(review.id), day.hall, found, deadlines(day.day, day.plan.policies, calendar)
    )


# -- decisions ---------------------------------------------------------------------------------------------------------


def decide_rectification(
    now: Rectification, command: RectificationCommand, asker: Asker
) -> RectificationEvent | Refusal:
    """Return what a command brings about, or why it is refused."""
    refusal = _may(now, command, asker)
    if refusal is not None:
        return refusal
    if not any((now.state, event) in RECTIFICATION for event in EVENTS_OF[type(command)]):
        return r.RectificationNotInState(now.id, now.state)
    if not _words(command):
        return r.ReasonMissing()
    match command:
        case Verify(reached, handling, findings):
            if (reached is Reached.NO_CONTACT) != (now.contact is Contact.NONE):
                return r.ContactNotOffered() if now.contact is Contact.NONE else r.ContactWasOffered()
            return m.ReviewVerified(reached, handling, findings.strip())
        case Assign(to, note):
            return _assigned(now, to.strip(), note.strip())
        case Correct(measures):
            return m.CorrectionReported(measures.strip())
        case ReturnCorrection(reason):
            return m.CorrectionReturned(reason.strip())
        case CallBack(answer, note):
            offered = now.contact is not Contact.NONE
            return m.CitizenCalledBack(answer, note.strip()) if offered else r.ContactNotOffered()
        case Appeal(claim, reason):
            return m.ReviewAppealed(asker.name, claim, reason.strip())
        case DecideAppeal(upheld, reason):
            if asker.name == now.appellant:
                return r.SecondPersonNeeded(asker.name)
            return m.AppealUpheld(reason.strip(), asker.today) if upheld else m.AppealRejected(reason.strip())
        case Close(result):
            return _closed(now, result.strip(), asker.today)
        case _:
            assert_never(command)


def allowed(now: Rectification, asker: Asker) -> tuple[type, ...]:
    """Return the commands that somebody may give now, in the order of a rectification's life."""
    return tuple(
        command
        for command, events in EVENTS_OF.items()
        if any((now.state, event) in RECTIFICATION for event in events)
        and _may_kind(now, command, asker) is None
        and not (command is DecideAppeal and asker.name == now.appellant)
        and not (command is CallBack and now.contact is Contact.NONE)
        and not (command is Close and _unready(now) is not None)
    )


def may_see(now: Rectification, asker: Asker) -> bool:
    """Whether somebody may look at a rectification: a clerk at what was assigned to them and at what is about them."""
    return asker.is_manager or asker.name in {now.assignee, now.review.clerk}


def may_see_contact(now: Rectification, asker: Asker) -> bool:
    """Whether somebody handles a rectification, and so may call the citizen; never who it is about."""
    return asker.name != now.review.clerk and (asker.is_manager or asker.name == now.assignee)


def _may(now: Rectification, command: RectificationCommand, asker: Asker) -> Refusal | None:
    return _may_kind(now, type(command), asker)


def _may_kind(now: Rectification, command: type, asker: Asker) -> Refusal | None:
    """Return why somebody may not give a kind of command, whatever the state."""
    is_subject = now.review.clerk is not None and asker.name == now.review.clerk
    if command is Appeal:  # the one thing that who it is about may ask
        return None if asker.is_manager or is_subject else r.NotAssigned()
    if is_subject:
        return r.SelfHandled(asker.name)
    if asker.is_manager:
        return None
    return None if command is Correct and asker.name == now.assignee else r.NotAssigned()


def _words(command: RectificationCommand) -> bool:
    """Whether a command says what it has to say."""
    match command:
        case Verify(findings=text) | Correct(measures=text) | Close(result=text):
            return bool(text.strip())
        case ReturnCorrection(reason=text) | Appeal(reason=text) | DecideAppeal(reason=text):
            return bool(text.strip())
        case CallBack(answer, note):
            return answer is m.Answer.SATISFIED or bool(note.strip())
        case Assign():
            return True
        case _:
            assert_never(command)


def _assigned(now: Rectification, to: str, note: str) -> RectificationEvent | Refusal:
    if not to:
        return r.AssigneeMissing()
    return r.SelfHandled(to) if to == now.review.clerk else m.RectificationAssigned(to, note)


def _unready(now: Rectification) -> Refusal | None:
    """Return what is missing before a rectification may be closed."""
    if now.state is S.VERIFIED and now.handling is not Handling.EXPLAIN:
        return r.CorrectionMissing()
    if now.state is S.CORRECTED and now.contact is not Contact.NONE:
        return r.CallBackNeeded()
    return None


def _closed(now: Rectification, result: str, today: date) -> RectificationEvent | Refusal:
    return _unready(now) or m.RectificationClosed(result, today)


# -- what follows from events ------------------------------------------------------------------------------------------


def evolve_rectification(now: Rectification | None, recorded: RectificationRecorded) -> Rectification:
    """Return a rectification after an event of its history.

    Raises:
        ValueError: the history doesn't begin with its opening, or opens it twice.
    """
    event = recorded.event
    if isinstance(event, RectificationOpened) != (now is None):
        raise ValueError(f"{type(event).__name__} at seq {recorded.seq}")
    if isinstance(event, RectificationOpened):
        return Rectification(
            event.id, event.hall, event.review, event.deadlines, S.OPENED, recorded.seq, recorded.at, recorded.at
        )
    assert now is not None  # noqa: S101 - said above, for the type checker
    state = RECTIFICATION[now.state, type(event)]
    return changed(
        now, state=state, version=recorded.seq, changed_at=max(now.changed_at, recorded.at), **_changes(now, event)
    )


def _changes(now: Rectification, event: RectificationEvent) -> dict[str, object]:
    match event:
        case m.ContactOffered():
            return {"contact": Contact.OFFERED}
        case m.ContactErased():
            return {"contact": Contact.ERASED}
        case m.ReviewVerified():
            return {"reached": event.reached, "handling": event.handling, "findings": event.findings}
        case m.RectificationAssigned():
            return {"assignee": event.to}
        case m.CorrectionReported():
            return {"measures": event.measures}
        case m.CorrectionReturned():
            return {"returns": now.returns + 1, "answer": None}
        case m.CitizenCalledBack():
            return {"answer": event.answer}
        case m.ReviewAppealed():
            return {"claim": event.claim, "appellant": event.by}
        case m.AppealUpheld():
            return {"result": event.reason, "ended_on": event.on}
        case m.RectificationClosed():
            return {"result": event.result, "ended_on": event.on}
        case _:
            return {}


def fold_rectification(history: tuple[RectificationRecorded, ...]) -> Rectification | None:
    """Return the rectification that a history makes; nothing for an empty one."""
    now = None
    for recorded in history:
        now = evolve_rectification(now, recorded)
    return now


def is_overdue(now: Rectification, today: date) -> bool:
    """Whether it is late, or ended late; what does not count is never late."""
    if now.state is S.EXCLUDED:
        return False
    return now.ended_on > now.promised if now.ended_on is not None else now.due is not None and today > now.due
