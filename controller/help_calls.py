"""Help that is asked for by a button: one call a button, open until somebody answers it."""

from dataclasses import replace
from typing import Any

from controller import commands as c
from controller import events as e
from controller import help_events as h
from controller import refusals as r
from controller.model import HallDay


def asked(day: HallDay, request: c.Request, command: c.AskHelp) -> tuple[e.Event, ...]:
    """Return the call of a button; pressed again before somebody came it is the same call."""
    call = next((call for call in day.help_calls if call.device == command.device), None)
    if call is None:
        return (h.HelpAsked(h.HelpId(request.nonce[:16]), command.device, command.window, command.zone),)
    return (h.HelpAsked(call.id, call.device, call.window, call.zone, call.times + 1),)


def answered(day: HallDay, command: c.AnswerHelp) -> tuple[e.Event, ...] | r.Refusal:
    """Answer a call; the second who wants to learns that somebody is on the way."""
    if all(call.id != command.help for call in day.help_calls):
        return r.HelpNotAsked()
    return (h.HelpAnswered(command.help),)


def calls_changed(day: HallDay, recorded: e.Recorded, event: h.HelpAsked | h.HelpAnswered) -> HallDay:
    """Return the day with the open calls as they are after an event, the oldest first."""
    match event:
        case h.HelpAnswered(help=answered_id):
            return day.changed(help_calls=tuple(call for call in day.help_calls if call.id != answered_id))
        case h.HelpAsked(times=1):
            new = h.HelpCall(event.help, event.device, event.window, event.zone, recorded.at)
            return day.changed(help_calls=(*day.help_calls, new))
        case h.HelpAsked():
            return day.changed(
                help_calls=tuple(
                    replace(call, times=event.times) if call.id == event.help else call for call in day.help_calls
                )
            )


def help_form(call: h.HelpCall) -> dict[str, Any]:
    """Return a call as the contract has it."""
    return {
        "help": call.id,
        "device": call.device,
        "window": call.window,
        "zone": call.zone,
        "at": call.at.isoformat(timespec="milliseconds"),
        "times": call.times,
    }
