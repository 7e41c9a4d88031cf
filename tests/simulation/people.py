"""Who comes to a simulated hall and what they ask: mostly what makes sense just then, at times what doesn't."""

from random import Random

from controller import commands as c
from controller.model import HallDay, JobId, TicketId, TicketState, WindowState, WindowStatus
from controller.plan import DeviceId, Lane, WindowId
from tests.support.engines import INSURANCE, PENSION, SUBSIDY

NONSENSE = 0.1
WINDOWS = ("1", "2", "3", "4")
KIOSK = DeviceId("kiosk-1")


class People:
    """Citizens, clerks and devices of one hall."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._arrivals = random.uniform(0.2, 0.6)

    def next_command(self, day: HallDay | None) -> c.Command:
        """Return what somebody asks next, having seen the day as it is."""
        roll = self._random.random()
        if day is None or roll < self._arrivals:
            return self._arrive()
        if roll > 1 - NONSENSE:
            return self._blunder(day)
        if self._random.random() < 0.2:
            return self._after(day)
        return self._clerk(self._random.choice(list(day.windows.values())), day)

    def _arrive(self) -> c.Command:
        services = self._random.sample([PENSION, INSURANCE, SUBSIDY], self._random.choice([1, 1, 1, 2]))
        lane = self._random.choice([Lane.NORMAL, Lane.NORMAL, Lane.GREEN])
        return c.IssueTicket(tuple(services), lane, device=self._random.choice([KIOSK, None]))

    def _clerk(self, window: WindowState, day: HallDay) -> c.Command:
        key = window.id
        open_others = [w.id for w in day.windows.values() if w.id != key and w.status is WindowStatus.OPEN]
        other = self._random.choice(open_others) if open_others else None
        choices: list[c.Command]
        if window.status is WindowStatus.CLOSED:
            choices = [c.OpenWindow(key, f"clerk-{key}")]
        elif window.status is WindowStatus.AWAY:
            choices = [c.ComeBack(key), c.CloseWindow(key)]
        elif window.stage is TicketState.CALLED:
            choices = [c.StartService(key), c.FinishService(key), c.Recall(key), c.PassTicket(key), c.HoldTicket(key)]
        elif window.stage is TicketState.SERVING:
            choices = [c.FinishService(key), c.CallNext(key), c.HoldTicket(key), c.TransferTicket(key, other)]
        else:
            choices = [*[c.CallNext(key)] * 6, c.ResumeTicket(key), c.StepAway(key, "lunch", other), c.CloseWindow(key)]
        return self._random.choice(choices)

    def _after(self, day: HallDay) -> c.Command:
        tickets, jobs = list(day.tickets), list(day.pending_receipts)
        choices: list[c.Command] = [self._arrive()]
        if tickets:
            ticket = self._random.choice(tickets)
            choices += [c.CancelTicket(ticket), c.ReturnTicket(ticket), c.SubmitReview(5, ticket=ticket)]
            choices.append(c.ReprintReceipt(ticket, KIOSK))
        if jobs:
            job = self._random.choice(jobs)
            choices += [c.ConfirmReceipt(job), c.ConfirmReceipt(job), c.FailReceipt(job, "no paper")]
        return self._random.choice(choices)

    def _blunder(self, day: HallDay) -> c.Command:
        window = WindowId(self._random.choice(WINDOWS))
        ticket = self._random.choice([*day.tickets, TicketId("none")])
        job = self._random.choice([*day.receipts, JobId("none")])
        blunders: list[c.Command] = [
            c.CallNext(window),
            c.FinishService(window),
            c.PassTicket(window),
            c.ResumeTicket(window, ticket),
            c.TransferTicket(window, WindowId(self._random.choice(WINDOWS))),
            c.OpenWindow(window),
            c.SubmitReview(9, ticket=ticket),
            c.CancelTicket(ticket),
            c.ConfirmReceipt(job),
            c.IssueTicket(()),
        ]
        return self._random.choice(blunders)


def to_the_end(day: HallDay, window: WindowState) -> c.Command | None:
    """Return what a clerk does next at a window so that everybody is served in the end; ``None``: nothing is left."""
    key = window.id
    if window.status is WindowStatus.CLOSED:
        return c.OpenWindow(key, "clerk")
    if window.status is WindowStatus.AWAY:
        return c.ComeBack(key)
    if window.ticket is not None:
        return c.FinishService(key)
    if day.held:
        return c.ResumeTicket(key, day.held[0])
    return c.CallNext(key) if day.waiting else None
