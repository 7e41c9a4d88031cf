"""The rules that a hall's manager sets, and the lanes that they speak of."""

from dataclasses import dataclass
from enum import StrEnum


class Lane(StrEnum):
    """Priority class of a ticket (通道)."""

    NORMAL = "normal"
    GREEN = "green"
    APPOINTMENT = "appointment"
    ASSISTED = "assisted"


@dataclass(frozen=True, slots=True)
class Policies:
    """The rules that a hall's manager sets.

    Rates are priority points a second waited (accumulating priority: Stanford, Taylor and Ziedins 2014): a green
    ticket at rate 2 stands where a normal one stands that has waited twice as long. ``return_after`` is how many
    others are called before a passed number that came back is called again, ``returns_max`` how often a number may
    come back; ``None`` means without limit.
    """

    normal_rate: float = 1.0
    green_rate: float = 2.0
    appointment_rate: float = 2.0
    assisted_rate: float = 1.5
    return_after: int = 3
    returns_max: int = 1
    green_returns_max: int | None = None
    call_ttl_s: int = 90
    announce_repeat: int = 2
    spoken_one: str = "一"
    review_seconds: int = 180
    receipt_ttl_s: int = 900

    def rate(self, lane: Lane) -> float:
        """Priority points that a ticket of a lane gains in a second."""
        return {
            Lane.NORMAL: self.normal_rate,
            Lane.GREEN: self.green_rate,
            Lane.APPOINTMENT: self.appointment_rate,
            Lane.ASSISTED: self.assisted_rate,
        }[lane]
