"""Cases as they go out over HTTP."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from api.case_schemas import CaseAction
from controller import cases as c
from controller.case_codec import case_event_to_json
from controller.case_model import Case, CaseRecorded
from controller.cases import WorkingDays, allowed, pace, reminders
from controller.codec import to_json
from devices.slips import slips_due

Form = dict[str, Any]

ACTION_OF: Mapping[type, CaseAction] = {
    c.ReceiveCase: CaseAction.RECEIVE,
    c.IssueNotice: CaseAction.NOTICE,
    c.AcceptCase: CaseAction.ACCEPT,
    c.SupplyMaterial: CaseAction.SUPPLY,
    c.CompleteCase: CaseAction.COMPLETE,
    c.CallOutput: CaseAction.CALL_OUTPUT,
    c.PickUp: CaseAction.PICK_UP,
    c.SendResult: CaseAction.SEND,
    c.ConfirmDelivery: CaseAction.DELIVER,
    c.WithdrawCase: CaseAction.WITHDRAW,
}


def case_form(case: Case, now: datetime, calendar: WorkingDays) -> Form:
    """Return a case with its clock.

    Args:
        case: it.
        now: in the hall's zone.
        calendar: of the hall.
    """
    zone, today = now.tzinfo, now.date()
    supply = bool(case.owed)
    return {
        "case": case.id,
        "hall": case.hall,
        "service": case.terms.service,
        "service_name": case.terms.name,
        "department": case.terms.department,
        "guide_version": case.terms.guide_version,
        "state": case.state,
        "version": case.version,
        "window": case.window,
        "ticket": case.ticket,
        "first_asked": case.first_asked,
        "opened_at": case.opened_at.astimezone(zone).isoformat(),
        "changed_at": case.changed_at.astimezone(zone).isoformat(),
        "materials": to_json(case.terms.materials),
        "notices": to_json(case.notices),
        "deferred": to_json(case.pledges),
        "reminders": to_json(reminders(case, today, calendar)),
        "accepted_on": to_json(case.accepted_on),
        "promised": to_json(case.promised),
        "legal": to_json(case.legal),
        "due": to_json(case.due),
        "pace": pace(case, today, calendar),
        "completed_on": to_json(case.completed_on),
        "output_ticket": case.output_ticket,
        "delivery": to_json(case.delivery) if case.delivery is not None else None,
        "actions": [ACTION_OF[kind] for kind in allowed(case) if supply or kind is not c.SupplyMaterial],
        "slips": list(slips_due(case)),
    }


def history_form(history: tuple[CaseRecorded, ...], zone: ZoneInfo) -> list[Form]:
    """Return a case's history."""
    forms = []
    for recorded in history:
        name, version, data = case_event_to_json(recorded.event)
        at = recorded.at.astimezone(zone).isoformat()
        forms.append(
            {"seq": recorded.seq, "type": name, "version": version, "at": at, "actor": recorded.actor, "data": data}
        )
    return forms
