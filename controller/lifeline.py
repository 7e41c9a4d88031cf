"""Whether a device is there, by its births and last wills: the rule, without a clock.

A broker may be late with a will: where a device came back over another way, or through another node of a cluster, the
will of the line that died arrives after the birth of the new one. So a birth and its will bear the same number of a
session, another one for each connection, and a will ends no session but its own (as Sparkplug's ``bdSeq``). Births are
taken as they come: brokers keep the order of one sender, and a number that had to grow would shut out a device whose
clock was put back.
"""

from dataclasses import dataclass
from enum import StrEnum


class Word(StrEnum):
    """What a device's status says."""

    ONLINE = "online"
    OFFLINE = "offline"
    CLEARED = ""
    """Somebody took the status away: there is no such device any more."""


@dataclass(frozen=True, slots=True)
class Status:
    """What stands at a device's status.

    Attributes:
        word: birth, or last will and goodbye, or nothing.
        session: number of the connection that it speaks of; ``None`` from a device that gives none.
        live: it was said just now, not kept by the broker from before.
    """

    word: Word
    session: int | None = None
    live: bool = True


@dataclass(frozen=True, slots=True)
class Lifeline:
    """What is known of a device's line.

    Attributes:
        online: it is there.
        session: number of the connection that began last; ``None``: it gave none, or none began yet.
    """

    online: bool = False
    session: int | None = None


def follow(line: Lifeline, status: Status) -> Lifeline:
    """Return what is known after a status; it never fails, whatever order statuses come in.

    A will without a number, from a device whose line has one, is left over from another program that stood in its
    place before: it ends nothing. A device that gives no numbers is taken at its word.
    """
    match status.word:
        case Word.ONLINE:
            return Lifeline(online=True, session=status.session)
        case Word.CLEARED:
            return Lifeline()
        case Word.OFFLINE:
            ends = not line.online or status.session == line.session or line.session is None
            return Lifeline(online=False, session=line.session) if ends else line


def is_beat(line: Lifeline, status: Status) -> bool:
    """Tell whether a status is a sign of life of a line that stands: the birth, said again."""
    return status.live and status.word is Word.ONLINE and line == Lifeline(online=True, session=status.session)
