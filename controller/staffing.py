"""Who staffs which post (专人专岗), and who stands in (AB岗): policy task 3 and safeguard 2."""

from dataclasses import dataclass
from datetime import date

from controller.ids import PostId, WindowId


@dataclass(frozen=True, slots=True)
class Post:
    """A post at a window: ``primary`` is its A clerk, ``backups`` are its B clerks, the first one first."""

    id: PostId
    window: WindowId
    primary: str
    backups: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Shift:
    """A clerk's turn at a post: on these days of the week (1 is Monday), between these dates, both included."""

    post: PostId
    clerk: str
    weekdays: tuple[int, ...] = (1, 2, 3, 4, 5)
    first: date | None = None
    last: date | None = None
