"""The review pad at a window (评价器): shows the invitation, sends the review."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from devices.agent.link import Link
from devices.agent.program import Program, Tell, UnknownCommandError, say_nothing
from devices.agent.wire import Command, Reply, new_event

INVITATION_S_MAX = 3600
"""Longest invitation; the plan's own time is far shorter."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a review is asked for.

    Attributes:
        ticket: id of the ticket just served.
        number: what the citizen knows it by.
        until: end of the invitation, on the event loop's clock.
    """

    ticket: str
    number: str
    until: float


class ReviewPad(Program):
    """A review pad; a review is kept over a power cut until the controller has it."""

    def __init__(self, link: Link, *, tell: Tell = say_nothing) -> None:
        super().__init__(link, tell=tell)
        self._invitation: Invitation | None = None
        self._invited = asyncio.Event()

    @property
    def invitation(self) -> Invitation | None:
        """The invitation that is still open."""
        invitation = self._invitation
        if invitation is None or invitation.until < asyncio.get_running_loop().time():
            return None
        return invitation

    async def invited(self) -> Invitation:
        """Wait for an open invitation."""
        while (invitation := self.invitation) is None:
            self._invited.clear()
            await self._invited.wait()
        return invitation

    async def submit(self, level: int, tags: Sequence[str] = (), text: str = "") -> Reply:
        """Send a review of the invited ticket; without an invitation the controller finds what was served last.

        Args:
            level: 5 very satisfied … 1 very dissatisfied.
            tags: codes of the national list.
            text: the citizen's own words.

        Raises:
            NoReplyError: no answer in time; the review is kept and sent again, as long as it can't be taken for
                another ticket's.
            sqlite3.Error: it can't be kept.
        """
        invitation = self.invitation
        event = new_event(
            "review_submitted",
            level=level,
            tags=list(tags),
            text=text or None,
            ticket=invitation.ticket if invitation else None,
        )
        self._invitation = None
        return await self.link.request(event)

    async def carry_out(self, command: Command) -> None:
        """Take an invitation.

        Raises:
            MalformedCommandError: it names no ticket or no time.
            UnknownCommandError: another command.
        """
        if command.type != "invite_review":
            raise UnknownCommandError
        seconds = command.whole("seconds", 1, INVITATION_S_MAX)
        number = str(command.body.get("number") or "")
        until = asyncio.get_running_loop().time() + seconds
        self._invitation = Invitation(command.text("ticket"), number, until)
        self._invited.set()
        self.tell({"invited": self._invitation.ticket, "number": number, "seconds": seconds})
