"""How much is measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """How much is measured.

    Attributes:
        rounds: how often everything is measured; the table shows medians.
        commands: of a run of the engine.
        seconds: that kiosks draw tickets.
        warm_up_s: that they draw before, unjudged.
        presses: of a run of the displays.
        tickets: that are drawn for the memory they leave.
        day_tickets: of the day that a controller is restarted with.
        year_days: that are replayed.
        displays: how many look on.
        call_outs: that are listened to; ``None``: all there are.
        devices: that connect at once.
        stay_s: how long they are watched afterwards.
    """

    rounds: int = 3
    commands: int = 6_000
    seconds: float = 4.0
    warm_up_s: float = 1.0
    presses: int = 200
    tickets: int = 10_000
    day_tickets: int = 5_000
    year_days: int = 250
    displays: tuple[int, ...] = (1, 100, 1_000)
    call_outs: int | None = None
    devices: int = 2_000
    stay_s: float = 10.0


FULL = Options()
QUICK = Options(
    rounds=1,
    commands=2_000,
    seconds=1.5,
    warm_up_s=0.5,
    presses=40,
    call_outs=20_000,
    devices=500,
    stay_s=3.0,
)
