"""The rules that a hall's manager sets, and the lanes that they speak of."""

from dataclasses import dataclass
from enum import StrEnum


class Lane(StrEnum):
    """Priority class of a ticket (通道)."""

    NORMAL = "normal"
    GREEN = "green"
    APPOINTMENT = "appointment"
    ASSISTED = "assisted"


_NORMAL, _GREEN, _APPOINTMENT = Lane.NORMAL, Lane.GREEN, Lane.APPOINTMENT
"""Looked up once: a rate is asked for with every queue at every call."""


@dataclass(frozen=True, slots=True)
class Policies:
    """The rules that a hall's manager sets.

    Rates are priority points a second waited (accumulating priority: Stanford, Taylor and Ziedins 2014): a green
    ticket at rate 2 stands where a normal one stands that has waited twice as long.

    Attributes:
        normal_rate: points a second of an ordinary ticket.
        green_rate: of one in the green channel (policy task 12).
        appointment_rate: of one that was booked.
        assisted_rate: of one that somebody takes for another (帮办代办).
        return_after: how many others are called before a passed number that came back is called again.
        returns_max: how often a passed number may come back; ``None``: without limit.
        green_returns_max: the same in the green channel.
        call_ttl_s: how old a call-out may be and still be spoken.
        announce_repeat: how often a call-out is spoken.
        spoken_one: how the digit 1 is spoken: 一 or 幺.
        review_seconds: for how long a review may be given at the window.
        review_scan_s: for how long after a service the code at its window offers to rate it.
        receipt_ttl_s: how old a receipt may be and still be printed.
        overtakes_max: how many that arrived later may be called before a ticket, by windows that could have called it;
            0 is first come, first served; ``None`` bounds nothing.
        excess_wait_s_max: for how long, from the first time that a later one was called before it, others may still be.
        auto_call: a window that becomes free is given the next ticket at once, and a ticket that arrives is called by
            the window that has been idle longest; without it clerks press for the next.
        first_asked_waits: a ticket that is a clerk's own waits for a clerk who is away; without it any window that
            serves the matter may call it meanwhile.
        calls_max: how often a number is called out in all.
        recall_gap_s: least time between two call-outs of a number.
        pass_after_calls: how often a number must have been called out before it may be passed.
        press_guard_s: for how long after a call by the floor itself a key does nothing that would lose the called
            ticket: the second press of one that was meant for the ticket before.
        deferred_materials: a matter is accepted where only secondary materials are missing, for a commitment to supply
            them by some day (容缺办).
        carry_over: who was not served waits on the next day, with number and first arrival.
        special_fallback: while nobody is at the special windows of a matter (policy task 6), nor stands in there, the
            comprehensive windows may call who waits for it; without it that one waits, and the manager's page says so.
        long_wait_s: who has waited this long is marked on the manager's page.
        booking_ahead_days: how many days ahead an appointment is booked at least.
        booking_within_days: how many days on which the hall is open may be booked, from tomorrow on; 0 books nothing.
        booking_cancel_s: how long before its time an appointment may be cancelled.
        rectify_contact_days: working days until a bad review is verified, with the citizen if a contact was left.
        rectify_simple_days: working days within which a simple matter is put right (立行立改).
        rectify_complex_days: the same for a complex one (限期整改).
        contact_keep_days: days after which a contact that was left with a bad review is erased, if not before.
        clerk_at_one_window: who staffs a window may open no second one (专人专岗).
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
    review_scan_s: int = 1800
    receipt_ttl_s: int = 900
    overtakes_max: int | None = 5
    excess_wait_s_max: int | None = 1800
    auto_call: bool = False
    first_asked_waits: bool = False
    calls_max: int = 3
    recall_gap_s: int = 20
    pass_after_calls: int = 1
    press_guard_s: int = 5
    deferred_materials: bool = False
    carry_over: bool = False
    special_fallback: bool = True
    long_wait_s: int = 900
    clerk_at_one_window: bool = False
    booking_ahead_days: int = 1
    booking_within_days: int = 5
    booking_cancel_s: int = 7200
    rectify_contact_days: int = 1
    rectify_simple_days: int = 5
    rectify_complex_days: int = 15
    contact_keep_days: int = 30

    def rate(self, lane: Lane) -> float:
        """Priority points that a ticket of a lane gains in a second."""
        if lane is _NORMAL:
            return self.normal_rate
        if lane is _GREEN:
            return self.green_rate
        return self.appointment_rate if lane is _APPOINTMENT else self.assisted_rate
