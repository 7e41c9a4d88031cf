"""Rectifications for tests: a bad review, people of a hall, and a rectification in any state."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from controller import rectifications as c
from controller.ids import HallId, WindowId
from controller.policies import Policies
from controller.rectification_model import (
    Answer,
    BadReview,
    Claim,
    ContactOffered,
    Handling,
    Reached,
    Rectification,
    RectificationEvent,
    RectificationId,
    RectificationOpened,
    RectificationRecorded,
    RectificationState,
)
from controller.rectifications import Asker, deadlines, decide_rectification, evolve_rectification
from controller.refusals import Refusal
from tests.support.cases import CALENDAR

MONDAY = date(2026, 3, 2)
GIVEN_AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
SUBJECT, MANAGER, OTHER, CLERK = "王芳", "李主任", "赵主任", "张强"
"""Whom the review is about, two managers, and a clerk who puts things right."""
REVIEW = BadReview(
    level=1,
    tags=("113", "115"),
    text="跑了三个窗口",
    given_at=GIVEN_AT,
    window=WindowId("1"),
    window_label="1号窗口",
    clerk=SUBJECT,
    number="A003",
    services=("养老保险待遇资格认证",),
)


def opening(review: BadReview = REVIEW, rectification: str = "v1", hall: str = "demo") -> RectificationOpened:
    """Return the first event of a rectification of Monday's."""
    return RectificationOpened(
        RectificationId(rectification), HallId(hall), review, deadlines(MONDAY, Policies(), CALENDAR)
    )


class Matter:
    """A rectification that moves by commands, a minute each."""

    def __init__(self, review: BadReview = REVIEW, *, contact: bool = False) -> None:
        self.history: list[RectificationRecorded] = []
        self.today = MONDAY
        self._now: Rectification | None = None
        self.take(opening(review))
        if contact:
            self.take(ContactOffered())

    @property
    def now(self) -> Rectification:
        assert self._now is not None
        return self._now

    def take(self, event: RectificationEvent) -> None:
        """Let an event happen."""
        seq = len(self.history) + 1
        recorded = RectificationRecorded(seq, GIVEN_AT + timedelta(minutes=seq), "account:x", f"command-{seq}", event)
        self._now = evolve_rectification(self._now, recorded)
        self.history.append(recorded)

    def ask(
        self, command: c.RectificationCommand, name: str = MANAGER, *, is_manager: bool = True
    ) -> RectificationEvent | Refusal:
        """Decide a command; take its event over if there is one."""
        decision = decide_rectification(self.now, command, Asker(self.today, name, is_manager))
        if not isinstance(decision, Refusal):
            self.take(decision)
        return decision

    def do(self, *commands: c.RectificationCommand, name: str = MANAGER) -> Rectification:
        """Decide commands that must be accepted; return the rectification then."""
        for command in commands:
            decision = self.ask(command, name)
            assert not isinstance(decision, Refusal), decision
        return self.now

    def refused(self, command: c.RectificationCommand, name: str = MANAGER, *, is_manager: bool = True) -> Refusal:
        """Decide a command that must be refused and change nothing; return why."""
        before, events = self.now, len(self.history)
        decision = self.ask(command, name, is_manager=is_manager)
        assert isinstance(decision, Refusal), decision
        assert self.now is before
        assert len(self.history) == events
        return decision


VERIFY = c.Verify(Reached.NO_CONTACT, Handling.SIMPLE, "情况属实")
ASSIGN = c.Assign(CLERK, "今天办完")
CORRECT = c.Correct("已调整窗口分工并道歉")
CALL_BACK = c.CallBack(Answer.SATISFIED)
APPEAL = c.Appeal(Claim.MISTAKEN, "群众点错了")
CLOSE = c.Close("已整改，已说明")
PATHS: dict[RectificationState, tuple[c.RectificationCommand, ...]] = {
    RectificationState.OPENED: (),
    RectificationState.VERIFIED: (VERIFY,),
    RectificationState.ASSIGNED: (VERIFY, ASSIGN),
    RectificationState.CORRECTED: (VERIFY, ASSIGN, CORRECT),
    RectificationState.CALLED_BACK: (VERIFY, ASSIGN, CORRECT, CALL_BACK),
    RectificationState.APPEALED: (VERIFY, APPEAL),
    RectificationState.CLOSED: (VERIFY, ASSIGN, CORRECT, CLOSE),
}
UPHELD = c.DecideAppeal(upheld=True, reason="本人承认点错")


def matter_in(state: RectificationState) -> Matter:
    """Return a rectification in a state, on its shortest way."""
    matter = Matter(contact=state is RectificationState.CALLED_BACK)
    path = PATHS.get(state, PATHS[RectificationState.APPEALED])
    for command in path:
        asked = (
            replace(command, reached=Reached.REACHED)
            if matter.now.contact != "none" and isinstance(command, c.Verify)
            else command
        )
        matter.do(asked)
    if state is RectificationState.EXCLUDED:
        matter.do(UPHELD, name=OTHER)
    assert matter.now.state is state
    return matter
