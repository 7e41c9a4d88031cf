"""Rectifications as they go out over HTTP: as forms, and as lists in the formats of spreadsheets and programs."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date, tzinfo
from typing import Any

from starlette.responses import Response

from api.answers import answer, encoded
from api.rectification_schemas import ListFormat, RectificationAction
from controller import rectifications as c
from controller.codec import to_json
from controller.rectification_codec import rectification_event_to_json
from controller.rectification_model import Contact, Rectification, RectificationRecorded, RectificationState
from controller.rectifications import Asker, allowed, is_overdue, may_see_contact

Form = dict[str, Any]

ACTION_OF: Mapping[type, RectificationAction] = {
    c.Verify: RectificationAction.VERIFY,
    c.Assign: RectificationAction.ASSIGN,
    c.Correct: RectificationAction.CORRECT,
    c.ReturnCorrection: RectificationAction.RETURN,
    c.CallBack: RectificationAction.CALL_BACK,
    c.Appeal: RectificationAction.APPEAL,
    c.DecideAppeal: RectificationAction.DECIDE_APPEAL,
    c.Close: RectificationAction.CLOSE,
}
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings that a spreadsheet takes for a formula; what a citizen wrote must not become one."""
RATE_DIGITS = 4
BOM = "\ufeff"
"""Without it Excel takes a table's Chinese for another encoding."""


def rectification_form(now: Rectification, asker: Asker, zone: tzinfo, *, may_act: bool) -> Form:
    """Return a rectification as somebody sees it; ``may_act``: who only reads is offered no step and no contact."""
    review = now.review
    return {
        "rectification": now.id,
        "hall": now.hall,
        "state": now.state,
        "version": now.version,
        "level": review.level,
        "tags": list(review.tags),
        "text": review.text,
        "channel": review.channel,
        "given_at": review.given_at.astimezone(zone).isoformat(timespec="seconds"),
        "window": review.window,
        "window_label": review.window_label,
        "clerk": review.clerk,
        "number": review.number,
        "services": list(review.services),
        "opened_at": now.opened_at.astimezone(zone).isoformat(timespec="seconds"),
        "changed_at": now.changed_at.astimezone(zone).isoformat(timespec="seconds"),
        "contact": now.contact,
        "contact_readable": may_act and now.contact is Contact.OFFERED and may_see_contact(now, asker),
        "reached": now.reached,
        "handling": now.handling,
        "findings": now.findings,
        "assignee": now.assignee,
        "measures": now.measures,
        "returns": now.returns,
        "answer": now.answer,
        "claim": now.claim,
        "appellant": now.appellant,
        "result": now.result,
        "due": to_json(now.due),
        "promised": to_json(now.promised),
        "ended_on": to_json(now.ended_on),
        "overdue": is_overdue(now, asker.today),
        "actions": [ACTION_OF[kind] for kind in allowed(now, asker)] if may_act else [],
    }


def history_form(history: Sequence[RectificationRecorded], zone: tzinfo) -> list[Form]:
    """Return a rectification's history."""
    forms = []
    for recorded in history:
        name, version, data = rectification_event_to_json(recorded.event)
        at = recorded.at.astimezone(zone).isoformat(timespec="seconds")
        forms.append(
            {"seq": recorded.seq, "type": name, "version": version, "at": at, "actor": recorded.actor, "data": data}
        )
    return forms


def summary_form(counts: Mapping[str, int], since: date | None, until: date | None) -> Form:
    """Return how rectifications stand, from their number by state."""
    states = {state.value: counts.get(state, 0) for state in RectificationState}
    ended, excluded = (states[state.value] for state in (RectificationState.CLOSED, RectificationState.EXCLUDED))
    counted = sum(states.values()) - excluded
    return {
        "since": to_json(since),
        "until": to_json(until),
        "states": states,
        "counted": counted,
        "open": counted - ended,
        "ended": ended,
        "excluded": excluded,
        "overdue": counts.get("overdue", 0),
        "rate": round(ended / counted, RATE_DIGITS) if counted else None,
    }


def list_answer(forms: Sequence[Form], wanted: ListFormat, name: str, columns: Sequence[str]) -> Response:
    """Return a list in a format.

    Args:
        forms: its entries.
        wanted: the format.
        name: of the file that a browser saves, without its ending.
        columns: members that a table has, also of an empty list.
    """
    if wanted is ListFormat.JSON:
        return answer(list(forms))
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}.{wanted}"'}
    if wanted is ListFormat.NDJSON:
        lines = b"".join(encoded(form) + b"\n" for form in forms)
        return Response(lines, media_type="application/x-ndjson", headers=headers)
    table = io.StringIO()
    writer = csv.DictWriter(table, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows({name: _cell(form[name]) for name in columns} for form in forms)
    return Response(BOM + table.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _cell(value: object) -> object:
    if isinstance(value, list):
        value = " ".join(map(str, value))
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value
