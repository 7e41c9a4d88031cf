"""Who staffs which post (专人专岗), and who stands in (AB岗): policy task 3 and safeguard 2."""

from dataclasses import dataclass
from datetime import date

from controller.ids import PostId, WindowId


@dataclass(frozen=True, slots=True)
class Post:
    """A post at a window.

    Attributes:
        id: of letters, digits, ``-`` and ``_``.
        window: id of its window.
        primary: its A clerk (A岗).
        backups: its B clerks (B岗), who is asked first stands first.
        name: what the sign of the post says.
    """

    id: PostId
    window: WindowId
    primary: str
    backups: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Shift:
    """A clerk's turn at a post.

    Attributes:
        post: id of the post.
        clerk: who.
        weekdays: days of the week, 1 is Monday.
        first: first date; without one it has begun.
        last: last date; without one it goes on.
    """

    post: PostId
    clerk: str
    weekdays: tuple[int, ...] = (1, 2, 3, 4, 5)
    first: date | None = None
    last: date | None = None
