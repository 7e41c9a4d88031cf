"""From a plan and the hour to how something is said: what the settings of `controller.speaking` come to."""

from datetime import time

from controller.effects import SpeakCallOut
from controller.plan import Lane, Plan
from controller.speaking import Sound
from devices.manner import Manner, Second


def manner_at(plan: Plan, now: time, rate_wpm_max: int | None = None, second: Second | None = None) -> Manner | None:
    """Return how something is said at an hour, in the hall's own time; ``None``: silently.

    Args:
        plan: whose hall.
        now: the time of day.
        rate_wpm_max: say it no faster than that.
        second: what follows in a second language.
    """
    speech = plan.speech
    now_so = speech.at(now)
    if now_so.sound is Sound.SILENT:
        return None
    rate_wpm = now_so.rate_wpm if now_so.rate_wpm is not None else speech.rate_wpm
    return Manner(
        rate_wpm=rate_wpm if rate_wpm_max is None else min(rate_wpm, rate_wpm_max),
        volume_lu=now_so.volume_lu if now_so.volume_lu is not None else speech.volume_lu,
        chime=speech.chime,
        words=now_so.sound is Sound.VOICE,
        pronunciations=tuple((entry.word, entry.pinyin) for entry in speech.pronunciations),
        second=second,
    )


def manner_of_call(plan: Plan, call_out: SpeakCallOut, now: time) -> Manner | None:
    """Return how a call-out is said: slower in the green channel, and then in the second language."""
    speech, call = plan.speech, call_out.call
    second = None
    if speech.second is not None:
        line = speech.second
        second = Second(plan.hall.id, line.folder, line.parts, call.number, call_out.window_number)
    return manner_at(plan, now, speech.green_rate_wpm if call.lane is Lane.GREEN else None, second)


def repeats_of_call(plan: Plan, lane: Lane) -> int:
    """Return how often a call-out is said: more often in the green channel."""
    return plan.policies.announce_repeat + (plan.speech.green_repeat_more if lane is Lane.GREEN else 0)
