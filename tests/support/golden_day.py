"""A whole day of a hall, scripted: who comes and what happens is data, how the floor goes on is decided by the core.

Ninety citizens of ``tests/data/golden_day/citizens.csv`` come to three windows. At ten a new plan is put in force, at
eleven the ticket machine's paper runs out, at noon the clerk of the third window leaves and the B post stands in, and
when the day is closed not everybody has been served. Clerks press a key when there is reason to.

What it comes to is kept in ``stream.jsonl``, one row of the log a line. Make it anew, on purpose only, with
``python -m tests.support.golden_day``, and look at the difference before it is committed.
"""

import csv
import heapq
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path

from controller import commands as c
from controller import events as e
from controller.assignment import eligible
from controller.model import JobId, ReceiptState, TicketId, TicketState, WindowStatus
from controller.plan import (
    Device,
    DeviceId,
    DeviceKind,
    Field,
    Guide,
    Hall,
    HallId,
    Hours,
    Lane,
    Package,
    Plan,
    Policies,
    Post,
    PostId,
    Selector,
    Service,
    ServiceCode,
    Window,
    WindowId,
    WindowKind,
)
from controller.runtime.journal import Row
from controller.runtime.stream_forms import from_row, to_row
from tests.support.core_floor import ZONE, Floor

FOLDER = Path(__file__).parents[1] / "data" / "golden_day"
CITIZENS, STREAM = FOLDER / "citizens.csv", FOLDER / "stream.jsonl"
DAY = datetime(2026, 3, 2, tzinfo=ZONE)
OPENS, CLOSES = time(8, 30), time(17, 30)
NEW_PLAN_AT, PAPER_OUT_AT, PAPER_IN_AT = time(10), time(11), time(11, 20)
LEAVES_AT, RETURNS_AT = time(12), time(13)
WALK_S, LATE_S, COPY_S, PRINT_S = 30, 600, 480, 3
"""How long people and the printer take: to the window, back after a passed number, to the copier; and a receipt."""

MACHINE = DeviceId("ticket-machine-1")
ALL, SOCIAL, RURAL = (WindowId(str(number)) for number in (1, 2, 3))
CLERKS = {window: f"{window}号窗口A岗" for window in (ALL, SOCIAL, RURAL)}
SUBSIDY, CARD, RESIDENCE = ServiceCode("grain_subsidy"), ServiceCode("subsidy_card"), ServiceCode("residence_permit")
NEW_GUIDE = Guide("2026-2", valid_from=DAY.date())


def plan() -> Plan:
    """Return the hall in the morning: a comprehensive window, and two by fields that stand in for each other."""
    social, livelihood, rural = Field.SOCIAL, Field.LIVELIHOOD, Field.RURAL
    service = partial(Service, guide=Guide("2026-1", valid_from=DAY.date().replace(month=1, day=1)))
    return Plan(
        hall=Hall(HallId("golden"), "示例镇便民服务中心", hours=Hours(OPENS, CLOSES)),
        services=(
            service(ServiceCode("pension_certification"), "养老待遇资格认证", social, "人社", minutes=6),
            service(ServiceCode("medical_insurance"), "城乡居民医保参保", social, "医保", minutes=8),
            service(ServiceCode("business_licence"), "个体工商户登记", social, "市场监管", prefix="S", minutes=15),
            service(RESIDENCE, "居住证申领", livelihood, "公安", minutes=9),
            service(ServiceCode("temporary_relief"), "临时救助申请", livelihood, "民政", minutes=15),
            service(CARD, "惠农补贴一卡通", rural, "财政", minutes=6),
            service(SUBSIDY, "种粮补贴", rural, "农业", minutes=8),
            service(
                ServiceCode("assisted_errand"), "帮办代办", livelihood, "中心", prefix="H", special=WindowKind.ASSISTED
            ),
        ),
        packages=(Package(ServiceCode("newborn"), "新生儿出生一件事", (RESIDENCE, ServiceCode("medical_insurance"))),),
        windows=(
            Window(ALL, "1号窗口", 1, WindowKind.COMPREHENSIVE, (Selector(code="*"),)),
            Window(SOCIAL, "2号窗口", 2, WindowKind.FIELD, (Selector(field=social),)),
            Window(RURAL, "3号窗口", 3, WindowKind.FIELD, (Selector(field=livelihood), Selector(field=rural))),
        ),
        posts=(
            Post(PostId("comprehensive"), ALL, CLERKS[ALL], (CLERKS[SOCIAL],)),
            Post(PostId("social"), SOCIAL, CLERKS[SOCIAL], (CLERKS[RURAL],)),
            Post(PostId("rural"), RURAL, CLERKS[RURAL], (CLERKS[SOCIAL],)),
        ),
        devices=(Device(MACHINE, DeviceKind.TICKET_MACHINE),),
        policies=Policies(overtakes_max=3, pass_after_calls=3, carry_over=True),
    )


def new_plan() -> Plan:
    """Return the plan of ten o'clock: a season is over, so its service is withdrawn; guides are of a new version."""
    before = plan()
    services = tuple(replace(one, guide=NEW_GUIDE) for one in before.services if one.code != SUBSIDY)
    return replace(before, services=services)


@dataclass(frozen=True)
class Citizen:
    """Who comes: when, for what, how, how many minutes it takes at each window, what is peculiar, and the review.

    ``story``: ``late`` comes ten minutes after the number was passed; ``never`` does not come at all; ``copy`` fetches
    a copy meanwhile (held); ``elsewhere`` turns out to have come for a residence permit (transferred); ``gives_back``
    leaves after a quarter of an hour if nobody called.
    """

    at: datetime
    services: tuple[ServiceCode, ...]
    lane: Lane
    channel: str
    booked_at: datetime | None
    minutes: int
    story: str
    level: int | None


def citizens() -> Iterator[Citizen]:
    """Yield who comes, in the order of their times."""
    with CITIZENS.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            yield Citizen(
                at=_at(time.fromisoformat(row["at"])),
                services=tuple(ServiceCode(code) for code in row["services"].split("+")),
                lane=Lane(row["lane"]),
                channel=row["channel"],
                booked_at=_at(time.fromisoformat(row["booked"])) if row["booked"] else None,
                minutes=int(row["minutes"]),
                story=row["story"],
                level=int(row["review"]) if row["review"] else None,
            )


def _at(clock: time) -> datetime:
    return datetime.combine(DAY, clock, ZONE)


class Script:
    """Plays the day. Whatever is asked must be accepted, so that the script itself can't go wrong unseen.

    Attributes:
        floor: the day, and its stream.
    """

    def __init__(self) -> None:
        """Open the day half an hour before the hall."""
        self.floor = Floor(plan(), at=_at(time(8)), step_s=0)
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._noted = 0
        self._who: dict[TicketId, Citizen] = {}
        self._has_paper = True
        self._leaves: set[WindowId] = set()
        for window, clerk in CLERKS.items():
            self._then(_at(time(8, 25)), partial(self._do, c.OpenWindow(window, clerk), clerk))
        for citizen in citizens():
            self._then(citizen.at, partial(self._comes, citizen))
        self._then(_at(NEW_PLAN_AT), self._new_plan)
        self._then(_at(PAPER_OUT_AT), partial(setattr, self, "_has_paper", False))
        self._then(_at(PAPER_IN_AT), self._paper_is_in)
        self._then(_at(LEAVES_AT), partial(self._leaves.add, RURAL))
        self._then(_at(LEAVES_AT), partial(self._look, RURAL))
        self._then(_at(RETURNS_AT), partial(self._do, c.ComeBack(RURAL), CLERKS[RURAL]))
        self._then(_at(time(17, 35)), partial(self._do, c.CloseDay(), "manager"))

    def play(self) -> Floor:
        """Let it all happen; return the floor at the end of the day."""
        while self._agenda and not self.floor.day.closed:
            self.floor.at, _, happens = heapq.heappop(self._agenda)
            happens()
            if not self.floor.day.closed:
                for window in CLERKS:
                    self._look(window)
        return self.floor

    def _then(self, at: datetime, happens: Callable[[], None]) -> None:
        self._noted += 1
        heapq.heappush(self._agenda, (at, self._noted, happens))

    def _in(self, seconds: float, happens: Callable[[], None]) -> None:
        self._then(self.floor.at + timedelta(seconds=seconds), happens)

    def _do(self, command: c.Command, actor: str) -> tuple[e.Event, ...]:
        self.floor.actor = actor
        events = self.floor.do(command)
        for event in events:
            if isinstance(event, e.ReceiptRequested):
                self._in(PRINT_S, partial(self._prints, event.job))
        return events

    # -- citizens and the printer ----------------------------------------------------------------------------------

    def _comes(self, citizen: Citizen) -> None:
        paper = MACHINE if citizen.channel == "kiosk" else None
        command = c.IssueTicket(
            citizen.services, citizen.lane, citizen.channel, device=paper, booked_at=citizen.booked_at
        )
        (issued, *_) = self._do(command, f"channel:{citizen.channel}")
        assert isinstance(issued, e.TicketIssued)
        self._who[issued.ticket] = citizen
        if citizen.story == "gives_back":
            self._in(900, partial(self._gives_back, issued.ticket))

    def _gives_back(self, ticket: TicketId) -> None:
        if self.floor.ticket(ticket).state is TicketState.WAITING:
            self._do(c.CancelTicket(ticket), "citizen")

    def _prints(self, job: JobId) -> None:
        done = c.ConfirmReceipt(job) if self._has_paper else c.FailReceipt(job, "paper_out")
        self._do(done, f"device:{MACHINE}")

    def _paper_is_in(self) -> None:
        """There is a new roll: whoever still waits without a receipt gets one."""
        self._has_paper = True
        for ticket in self.floor.day.waiting:
            if self.floor.ticket(ticket).receipt is ReceiptState.FAILED:
                self._do(c.ReprintReceipt(ticket, MACHINE), CLERKS[ALL])

    def _new_plan(self) -> None:
        """A service is withdrawn: who waits for it is asked, and some want another thing."""
        (changed,) = self._do(c.ChangePlan(new_plan()), "manager")
        assert isinstance(changed, e.PlanChanged)
        for place, ticket in enumerate(changed.stranded):
            answer = c.RedirectTicket(ticket, services=(CARD,)) if place == 0 else c.CancelTicket(ticket, "withdrawn")
            self._in(60 * (place + 1), partial(self._do, answer, "manager"))

    # -- windows ---------------------------------------------------------------------------------------------------

    def _look(self, window: WindowId) -> None:
        """Let a clerk with nobody at the window do what there is to do."""
        state = self.floor.window(window)
        if state.status is not WindowStatus.OPEN or state.ticket is not None:
            return
        if window in self._leaves:
            self._leaves.remove(window)
            self._do(c.StepAway(window, "午餐", until=_at(RETURNS_AT)), CLERKS[window])
        elif next(eligible(self.floor.day, window), None) is not None:
            self._do(c.CallNext(window), CLERKS[window])
            ticket = self.floor.window(window).ticket
            assert ticket is not None
            self._called(window, ticket)

    def _called(self, window: WindowId, ticket: TicketId) -> None:
        story, returns = self._who[ticket].story, self.floor.ticket(ticket).returns
        if story == "never" or (story == "late" and not returns):
            for seconds in (25, 50):
                self._in(seconds, partial(self._do, c.Recall(window), CLERKS[window]))
            self._in(75, partial(self._passed, window, ticket))
        else:
            self._in(WALK_S, partial(self._starts, window, ticket))

    def _passed(self, window: WindowId, ticket: TicketId) -> None:
        self._do(c.PassTicket(window), CLERKS[window])
        if self._who[ticket].story == "late":
            self._in(LATE_S, partial(self._do, c.ReturnTicket(ticket), CLERKS[ALL]))

    def _starts(self, window: WindowId, ticket: TicketId) -> None:
        citizen = self._who[ticket]
        self._do(c.StartService(window), CLERKS[window])
        if citizen.story == "copy":
            self._in(120, partial(self._copies, window, ticket))
        elif citizen.story == "elsewhere" and RESIDENCE not in self.floor.ticket(ticket).services:
            send = c.TransferTicket(window, services=(RESIDENCE,), note="应办居住证")
            self._in(120, partial(self._do, send, CLERKS[window]))
        else:
            self._in(60 * citizen.minutes, partial(self._finishes, window, ticket))

    def _copies(self, window: WindowId, ticket: TicketId) -> None:
        """Set a ticket aside until its citizen is back from the copier and the window is free."""
        self._do(c.HoldTicket(window), CLERKS[window])
        self._in(COPY_S, partial(self._resumes, window, ticket))

    def _resumes(self, window: WindowId, ticket: TicketId) -> None:
        state = self.floor.window(window)
        if state.status is not WindowStatus.OPEN or state.ticket is not None:
            self._in(30, partial(self._resumes, window, ticket))
            return
        self._do(c.ResumeTicket(window, ticket), CLERKS[window])
        self._in(60 * self._who[ticket].minutes, partial(self._finishes, window, ticket))

    def _finishes(self, window: WindowId, ticket: TicketId) -> None:
        """Finish, and hear what the citizen thinks of it."""
        self._do(c.FinishService(window), CLERKS[window])
        level = self._who[ticket].level
        if level is not None and self.floor.ticket(ticket).state is TicketState.FINISHED:
            tags = ("213",) if level == 2 else ()
            self._in(20, partial(self._do, c.SubmitReview(level, tags, ticket=ticket, window=window), "review-pad"))


def kept() -> list[e.Recorded]:
    """Return the golden stream."""
    return [from_row(row, ZONE) for row in kept_rows()]


def kept_rows() -> list[Row]:
    """Return the rows of the golden stream as the log would hold them."""
    lines = [json.loads(line) for line in STREAM.read_text("utf-8").splitlines()]
    return [
        Row(
            line["seq"],
            line["type"],
            line["version"],
            datetime.fromisoformat(line["at"]).astimezone(UTC),
            line["actor"],
            line["command"],
            json.dumps(line["data"], ensure_ascii=False),
        )
        for line in lines
    ]


def lines_of(events: list[e.Recorded]) -> str:
    """Return a stream as the golden file holds it."""
    forms = [
        {
            "seq": row.seq,
            "type": row.type,
            "version": row.version,
            "at": row.at.isoformat(),
            "actor": row.actor,
            "command": row.command,
            "data": json.loads(row.data),
        }
        for row in map(to_row, events)
    ]
    return "".join(json.dumps(form, ensure_ascii=False) + "\n" for form in forms)


if __name__ == "__main__":
    STREAM.write_text(lines_of(Script().play().events), "utf-8")
