"""What is done to rectifications over HTTP: decided, written, counted; and how a citizen's contact is kept and read."""

import hashlib
import json
from datetime import date, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import structlog

from api.case_desk import CALENDAR
from api.contact_seal import ContactUnreadable, ContactWord
from api.identities import Principal
from api.parts import Parts
from api.problems import Problem, refused
from api.rectification_schemas import RectificationAction, RectificationAsked
from api.rectifier import opening_asked
from controller import rectifications as c
from controller.model import HallDay, Review
from controller.rectification_model import (
    Contact,
    Rectification,
    RectificationEvent,
    RectificationRecorded,
)
from controller.rectification_refusals import ContactNotOffered, RectificationUnknown
from controller.rectifications import (
    Asker,
    decide_rectification,
    fold_rectification,
    may_see,
    may_see_contact,
    opened_by,
)
from controller.refusals import Refusal
from controller.runtime.accounts import Role
from controller.runtime.audit import Auditor
from controller.runtime.case_store import Asked
from controller.runtime.rectification_store import RectificationStore, Sealed, Wanted, Written

log = structlog.get_logger(__name__)

T = TypeVar("T")

ACTING = frozenset({Role.CLERK, Role.MANAGER})
"""Who may take steps at all; the addresses refuse the others. All but clerks look at every rectification."""


class RectificationDesk:
    """The rectifications of one hall, as somebody sees them."""

    def __init__(self, parts: Parts, day: HallDay, who: Principal) -> None:
        """Take the parts of the controller, the hall's day, and who asks."""
        self.store = RectificationStore(parts.journal)
        self.now = parts.now(day)
        self.zone = ZoneInfo(day.plan.hall.timezone)
        self.asker = Asker(self.now.date(), who.name, who.role is not Role.CLERK)
        self.may_act = who.role in ACTING
        self._parts = parts
        self._hall = day.hall
        self._who = who

    async def found(self, wanted: Wanted) -> list[Rectification]:
        """Return rectifications that the asker may see.

        Raises:
            OperatingError: they can't be read now.
        """
        return await self.store.found(self._hall, wanted)

    async def one(self, rectification: str) -> tuple[Rectification, tuple[RectificationRecorded, ...]]:
        """Return a rectification and its history.

        Raises:
            Problem: there is none that the asker may see.
            OperatingError: it can't be read now.
        """
        history = await self.store.history(self._hall, rectification)
        found = fold_rectification(history)
        if found is None or not may_see(found, self.asker):
            raise self._refused(RectificationUnknown(rectification))
        return found, history

    async def step(
        self, rectification: str, action: RectificationAction, asked: RectificationAsked, key: str
    ) -> Rectification:
        """Take a step.

        Raises:
            Problem: it is refused.
            OperatingError: it can't be written now.
        """
        what = json.dumps([action, rectification, asked.model_dump(mode="json")], sort_keys=True)
        write = Asked(f"http/{key}", hashlib.sha256(what.encode()).hexdigest(), self._who.actor, self.now)
        command = _command(action, asked)

        def decide(now: Rectification) -> RectificationEvent | Refusal:
            if not may_see(now, self.asker):
                return RectificationUnknown(rectification)
            return decide_rectification(now, command, self.asker)

        written = await self.store.act(self._hall, rectification, asked.version, write, decide)
        if isinstance(written, Refusal):
            raise self._refused(written)
        self._parts.rectifier.count(written)
        return written.now

    async def contact(self, rectification: str) -> ContactWord:
        """Return how a citizen can be reached, and note who looked.

        Raises:
            Problem: there is none, or the asker doesn't handle the matter.
            OperatingError: it can't be read or noted now.
        """
        found, _ = await self.one(rectification)
        if not may_see_contact(found, self.asker):
            raise Problem(403, "contact_forbidden")
        sealed = await self.store.contact(self._hall, rectification)
        if sealed is None:
            raise self._refused(ContactNotOffered())
        subject = f"rectification:{self._hall}/{rectification}"
        await Auditor(self._parts.journal, self._parts.clock).change(
            self._who.actor, "contact_read", subject, lambda _connection: True
        )
        try:
            return self._parts.seal.unseal(sealed)
        except (ContactUnreadable, OSError, ValueError) as error:
            log.error("contact_unreadable", error=str(error))  # noqa: TRY400 - the text says which key, and no number
            raise Problem(409, "contact_unreadable") from error

    def _refused(self, refusal: Refusal) -> Problem:
        self._parts.metrics.refusals.labels(refusal.code).inc()
        return refused(refusal)


async def keep_contact(parts: Parts, day: HallDay, review: Review, word: ContactWord) -> bool:
    """Keep how who gave a bad review can be reached; return whether it is kept.

    The review counts in any case: it is in the stream already.

    Raises:
        OperatingError: it can't be written now.
    """
    opening = opened_by(day, review, CALENDAR)
    if opening is None:
        return False
    erase_on: date = parts.now(day).date() + timedelta(days=day.plan.policies.contact_keep_days)
    try:
        sealed = Sealed(parts.seal.seal(word), erase_on)
    except (OSError, ValueError) as error:
        log.error("contact_not_sealed", error=str(error))  # noqa: TRY400 - the text says which key, and no number
        return False
    written: Written = await parts.rectifier.store.offer_contact(opening, opening_asked(opening, "citizen"), sealed)
    parts.rectifier.count(written)
    return written.now.contact is Contact.OFFERED


def _command(action: RectificationAction, asked: RectificationAsked) -> c.RectificationCommand:
    """Return the command of an action.

    Raises:
        Problem: a member is missing that it needs.
    """
    words = asked.words
    match action:
        case RectificationAction.VERIFY:
            return c.Verify(_needed(asked.reached, "reached"), _needed(asked.handling, "handling"), words)
        case RectificationAction.ASSIGN:
            return c.Assign(asked.to, words)
        case RectificationAction.CORRECT:
            return c.Correct(words)
        case RectificationAction.RETURN:
            return c.ReturnCorrection(words)
        case RectificationAction.CALL_BACK:
            return c.CallBack(_needed(asked.answer, "answer"), words)
        case RectificationAction.APPEAL:
            return c.Appeal(_needed(asked.claim, "claim"), words)
        case RectificationAction.DECIDE_APPEAL:
            return c.DecideAppeal(_needed(asked.upheld, "upheld"), words)
        case RectificationAction.CLOSE:
            return c.Close(words)


def _needed(value: T | None, name: str) -> T:
    if value is None:
        raise Problem(422, "member_missing", {"member": name})
    return value
