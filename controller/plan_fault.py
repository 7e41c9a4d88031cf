"""What a check of a plan finds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of a plan: where (a JSON pointer), which (text ``plan.<code>``), and what stands there."""

    path: str
    code: str
    value: str = ""
