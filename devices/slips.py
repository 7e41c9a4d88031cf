"""Papers of a case, as the bytes that a Chinese ESC/POS printer understands: what receipts are made of, under them.

A one-time notice, a receipt of acceptance with the promised day, a commitment to sign, a record of a delivery. All say
the case's number and who is answerable; none says who the citizen is.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from controller.case_model import Case, Delivery, Notice
from controller.case_refusals import SlipNotDue
from controller.plan import Hall
from controller.runtime.catalogue import text
from devices.look import Look, set_paper
from devices.roll import Roll

JOB_PREFIX = "slip-"
"""What the ids of these print jobs begin with: they are no jobs of the day's stream."""

SIGNATURE_LINES = 2
"""Empty lines above the line to sign on."""


class Slip(StrEnum):
    """A paper of a case."""

    NOTICE = "notice"
    ACCEPTANCE = "acceptance"
    COMMITMENT = "commitment"
    DELIVERY = "delivery"


def slips_due(case: Case) -> tuple[Slip, ...]:
    """Return the papers that a case can give now."""
    due = {
        Slip.NOTICE: bool(case.notices),
        Slip.ACCEPTANCE: case.accepted_on is not None,
        Slip.COMMITMENT: bool(case.pledges),
        Slip.DELIVERY: case.delivery is not None,
    }
    return tuple(slip for slip, is_due in due.items() if is_due)


def render_slip(slip: Slip, case: Case, hall: Hall, at: datetime, look: Look) -> bytes | SlipNotDue:
    """Return a paper of a case as ESC/POS, in the hall's language, or that the case has none such.

    Args:
        slip: which one.
        case: it speaks of.
        hall: whose paper it is.
        at: the time now, aware.
        look: how it is set.

    Raises:
        KeyError: no such paper width.
    """
    if slip not in slips_due(case):
        return SlipNotDue(case.id)
    language, zone = hall.language, ZoneInfo(hall.timezone)
    roll = Roll(look.paper_mm)
    printed_at = at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    title, service = text(f"slip.title_{slip}", language), text("slip.service", language, name=case.terms.name)
    parts = {
        "hall": lambda: roll.line(hall.name, align="center", bold=True),
        "title": lambda: roll.line(title, align="center", bold=True, tall=True),
        "case": lambda: roll.pair(text("slip.case", language), case.id),
        "service": lambda: roll.line(service, bold=True),
        "body": lambda: _body(slip, roll, case, zone, language),
        "printed_at": lambda: roll.pair(text("slip.printed_at", language), printed_at),
    }
    if case.first_asked:
        parts["first_asked"] = lambda: roll.pair(text("slip.first_asked", language), case.first_asked)
    words = {"hall": hall.name, "number": case.id, "service": case.terms.name, "date": printed_at[:10]}
    return set_paper(look, parts, roll, words)


def _body(slip: Slip, roll: Roll, case: Case, zone: ZoneInfo, language: str) -> None:
    match slip:
        case Slip.NOTICE:
            _notice(roll, case.notices[-1], language)
        case Slip.ACCEPTANCE:
            _acceptance(roll, case, language)
        case Slip.COMMITMENT:
            _commitment(roll, case, language)
        case Slip.DELIVERY if case.delivery is not None:
            _delivery(roll, case.delivery, zone, language)


def _notice(roll: Roll, notice: Notice, language: str) -> None:
    roll.line(text("slip.missing", language))
    _list(roll, notice.missing)
    if notice.reason:
        roll.line(text("slip.reason", language, reason=notice.reason))
    roll.line(text("slip.notice_advice", language))


def _acceptance(roll: Roll, case: Case, language: str) -> None:
    roll.pair(text("slip.accepted_on", language), f"{case.accepted_on}")
    roll.line(text("slip.promised", language, date=f"{case.promised}"), bold=True, tall=True)
    if case.legal is not None:
        roll.pair(text("slip.legal", language), f"{case.legal}")
    if case.pledges:
        roll.line(text("slip.owed", language))
        _list(roll, (f"{pledge.material} {pledge.due}" for pledge in case.pledges))
    roll.line(text("slip.acceptance_advice", language))


def _commitment(roll: Roll, case: Case, language: str) -> None:
    roll.line(text("slip.owed", language))
    _list(roll, (f"{pledge.material} {pledge.due}" for pledge in case.pledges))
    roll.line(text("slip.commitment_text", language))
    for _ in range(SIGNATURE_LINES):
        roll.blank()
    roll.line(text("slip.signature", language))


def _delivery(roll: Roll, delivery: Delivery, zone: ZoneInfo, language: str) -> None:
    roll.pair(text("slip.courier", language), delivery.courier)
    roll.pair(text("slip.tracking", language), delivery.tracking)
    roll.pair(text("slip.sent_at", language), delivery.sent_at.astimezone(zone).strftime("%Y-%m-%d %H:%M"))
    roll.line(text("slip.delivery_advice", language))


def _list(roll: Roll, entries: Iterable[str]) -> None:
    for number, entry in enumerate(entries, start=1):
        roll.line(f"{number}. {entry}", bold=True)
