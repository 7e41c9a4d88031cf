"""Papers with made-up contents in a plan's own words: a manager sees how they come out before anybody holds one."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from controller.case_model import Case, CaseId, CaseState, Delivery, Notice, Pledge, Terms
from controller.model import HallDay, Ticket, TicketId, TicketState, Token, Visit
from controller.papers import PaperKind
from controller.plan import Lane, Plan, Service, WindowId
from controller.runtime.catalogue import text
from controller.services import Material
from devices.closing_list import render_closing
from devices.look import Look
from devices.receipts import TicketReceipt, render_ticket
from devices.slips import Slip, render_slip

TICKETS = 12
"""Numbers on the sample of a day's list."""

STATES = (TicketState.FINISHED, TicketState.FINISHED, TicketState.NO_SHOW, TicketState.WAITING)

_SLIPS: Mapping[PaperKind, Slip] = {
    PaperKind.NOTICE: Slip.NOTICE,
    PaperKind.ACCEPTANCE: Slip.ACCEPTANCE,
    PaperKind.COMMITMENT: Slip.COMMITMENT,
    PaperKind.DELIVERY: Slip.DELIVERY,
}


def sample(plan: Plan, paper: PaperKind, look: Look, at: datetime, public_url: str) -> bytes:
    """Return a sample of a paper as ESC/POS.

    Args:
        plan: its words, its services and its language.
        paper: which one.
        look: how it is set.
        at: the time on it, aware.
        public_url: where its QR code leads.
    """
    language = plan.hall.language
    if paper is PaperKind.TICKET:
        return render_ticket(_receipt(plan, at, public_url), look, language)
    if paper is PaperKind.CLOSING:
        return render_closing(_day(plan, at), at, look)
    printed = render_slip(_SLIPS[paper], _case(plan, at), plan.hall, at, look)
    if not isinstance(printed, bytes):
        raise TypeError(f"the sample case has no paper {paper}")
    return printed


def _receipt(plan: Plan, at: datetime, public_url: str) -> TicketReceipt:
    service = plan.services[0]
    return TicketReceipt(
        hall_name=plan.hall.name,
        number=f"{service.number_prefix}003",
        services=(service.name,),
        ahead=4,
        wait_p50_s=540,
        wait_p90_s=900,
        issued_at=at,
        zone=plan.zones[0].name if len(plan.zones) > 1 else "",
        ticket_url=f"{public_url}/t/{'0' * 32}",
        reprint=False,
        timezone=plan.hall.timezone,
    )


def _case(plan: Plan, at: datetime) -> Case:
    service = max(plan.services, key=lambda one: len(one.materials))
    materials = service.materials or (Material(text("paper.sample_material", plan.hall.language)),)
    names = tuple(material.name for material in materials)
    today: date = at.date()
    promised = today + timedelta(days=max(service.promised_days, 1))
    return Case(
        id=CaseId(f"{today:%Y%m%d}-0001"),
        hall=plan.hall.id,
        terms=Terms(service.code, service.name, service.department, materials, service.promised_days),
        state=CaseState.ACCEPTED,
        version=1,
        opened_at=at,
        changed_at=at,
        window=plan.windows[0].id,
        first_asked=text("paper.sample_clerk", plan.hall.language),
        notices=(Notice(at, names),),
        accepted_on=today,
        promised=promised,
        pledges=(Pledge(names[-1], promised),),
        delivery=Delivery(text("paper.sample_courier", plan.hall.language), "EMS123456789CN", at),
    )


def _day(plan: Plan, at: datetime) -> HallDay:
    day = HallDay(hall=plan.hall.id, day=at.date(), plan=plan, at=at)
    tickets = day.tickets
    for place in range(TICKETS):
        service = plan.services[place % len(plan.services)]
        ticket = _ticket(service, place, plan.windows[place % len(plan.windows)].id, at)
        tickets = tickets.set(ticket.id, ticket)
    return day.changed(tickets=tickets)


def _ticket(service: Service, place: int, window: WindowId, at: datetime) -> Ticket:
    state = STATES[place % len(STATES)]
    return Ticket(
        id=TicketId(f"sample-{place}"),
        number=f"{service.number_prefix}{place + 1:03d}",
        services=(service.code,),
        lane=Lane.NORMAL,
        channel="kiosk",
        token=Token(f"sample-{place}"),
        state=state,
        arrived_at=at,
        ahead=0,
        wait_p50_s=0,
        wait_p90_s=0,
        visits=(Visit(window, (service.code,), at, 0.0),) if state is TicketState.FINISHED else (),
    )
