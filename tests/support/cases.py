"""Cases for tests: a service with materials of both kinds, a calendar without holidays, and a case in any state."""

from datetime import UTC, date, datetime, timedelta

from controller import cases as c
from controller.case_model import Case, CaseEvent, CaseId, CaseRecorded, CaseState
from controller.cases import Situation, decide_case, evolve_case, open_case
from controller.ids import HallId, ServiceCode, WindowId
from controller.plan import Field, Guide, Material, Service
from controller.refusals import Refusal

TODAY = date(2026, 3, 2)
MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
FRIDAY = date(2026, 3, 6)
CARD, PHOTO, PROOF = "身份证", "照片", "收入证明"
RELIEF = Service(
    ServiceCode("temporary_relief"),
    "临时救助",
    Field.LIVELIHOOD,
    "民政",
    materials=(Material(CARD), Material(PHOTO, secondary=True), Material(PROOF, secondary=True)),
    legal_days=20,
    promised_days=4,
    guide=Guide("2026-1"),
)
WEEKEND = 5


class Weekdays:
    """A calendar of weeks alone."""

    def after(self, day: date, days: int, /) -> date:
        """Return the working day so many working days after a day; with 0 the day itself."""
        while days > 0:
            day += timedelta(days=1)
            days -= day.weekday() < WEEKEND
        return day


CALENDAR = Weekdays()


def situation(today: date = TODAY, *, deferred: bool = True, clerk: str = "王芳") -> Situation:
    """Return what a decision knows of the world."""
    return Situation(today, clerk, CALENDAR, deferred)


class Matter:
    """A case that moves by commands, a minute each."""

    def __init__(self, service: Service = RELIEF, *, received: bool = False, ticket: str | None = None) -> None:
        self.history: list[CaseRecorded] = []
        self.today = TODAY
        self._case: Case | None = None
        opened = open_case(
            CaseId("20260302-0001"),
            service,
            hall=HallId("demo"),
            window=WindowId("1"),
            clerk="王芳",
            ticket=ticket,
            received=received,
        )
        self.take(opened)

    @property
    def case(self) -> Case:
        assert self._case is not None
        return self._case

    def take(self, event: CaseEvent) -> None:
        """Let an event happen."""
        seq = len(self.history) + 1
        recorded = CaseRecorded(seq, MORNING + timedelta(minutes=seq), "window:1", f"command-{seq}", event)
        self._case = evolve_case(self._case, recorded)
        self.history.append(recorded)

    def ask(self, command: c.CaseCommand, *, deferred: bool = True) -> CaseEvent | Refusal:
        """Decide a command; take its event over if there is one."""
        decision = decide_case(self.case, command, situation(self.today, deferred=deferred))
        if not isinstance(decision, Refusal):
            self.take(decision)
        return decision

    def do(self, *commands: c.CaseCommand) -> Case:
        """Decide commands that must be accepted; return the case then."""
        for command in commands:
            decision = self.ask(command)
            assert not isinstance(decision, Refusal), decision
        return self.case

    def refused(self, command: c.CaseCommand, *, deferred: bool = True) -> Refusal:
        """Decide a command that must be refused and change nothing; return why."""
        before, events = self.case, len(self.history)
        decision = self.ask(command, deferred=deferred)
        assert isinstance(decision, Refusal), decision
        assert self.case is before
        assert len(self.history) == events
        return decision


NOTICE = c.IssueNotice(missing=(PHOTO,), present=(CARD, PROOF))
PATHS: dict[CaseState, tuple[c.CaseCommand, ...]] = {
    CaseState.CONSULTING: (),
    CaseState.RECEIVED: (c.ReceiveCase(),),
    CaseState.NOTIFIED: (c.ReceiveCase(), NOTICE),
    CaseState.ACCEPTED: (c.ReceiveCase(), c.AcceptCase()),
    CaseState.COMPLETED: (c.ReceiveCase(), c.AcceptCase(), c.CompleteCase()),
    CaseState.OUTPUT_CALLED: (c.ReceiveCase(), c.AcceptCase(), c.CompleteCase(), c.CallOutput()),
    CaseState.SENT: (c.ReceiveCase(), c.AcceptCase(), c.CompleteCase(), c.SendResult("邮政", "EMS1")),
    CaseState.PICKED_UP: (c.ReceiveCase(), c.AcceptCase(), c.CompleteCase(), c.PickUp()),
    CaseState.DELIVERED: (
        c.ReceiveCase(),
        c.AcceptCase(),
        c.CompleteCase(),
        c.SendResult("邮政", "EMS1"),
        c.ConfirmDelivery(),
    ),
    CaseState.WITHDRAWN: (c.WithdrawCase("不办了"),),
}


def matter_in(state: CaseState) -> Matter:
    """Return a case in a state, on its shortest way."""
    matter = Matter()
    matter.do(*PATHS[state])
    assert matter.case.state is state
    return matter
