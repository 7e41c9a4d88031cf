"""The public form of a day's figures: plain dicts, times RFC 3339, wastes in minutes."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, TypeAlias

from controller.day_report import SLOT_S, DayReport, Figures
from controller.week_report import Cell, Slot, by_weekday

Form: TypeAlias = dict[str, Any]

MINUTE_S = 60.0
DIGITS = 3


def report_form(report: DayReport) -> Form:
    """Return a day in figures: hour by hour, in all, and as curves of means over slots of ``slot_s`` seconds."""
    return {
        "hall": report.hall,
        "day": report.day.isoformat(),
        "seq": report.seq,
        "until": _time(report.until),
        "slot_s": SLOT_S,
        "hours": [{"hour": _time(begin), **_figures(figures)} for begin, figures in report.hours.items()],
        "total": _figures(report.total),
        "curve": [_point(begin, figures) for begin, figures in report.slots.items() if figures.open_s > 0],
    }


def week_form(since: date, until: date, reports: Collection[DayReport]) -> Form:
    """Return the hours of the week as means of a day; ``since`` and ``until`` bound the days that were looked at."""
    return {
        "since": since.isoformat(),
        "until": until.isoformat(),
        "days": len(reports),
        "cells": [_cell(slot, cell) for slot, cell in by_weekday(reports).items()],
    }


def _cell(slot: Slot, cell: Cell) -> Form:
    sums, mean_s = cell.sums, cell.sums.mean_wait_s
    idle_s = sum(sums.windows_wait_s.values())
    return {
        "weekday": slot.weekday,
        "hour": slot.hour,
        "days": cell.days,
        "tickets": round(cell.per_day(sums.tickets), DIGITS),
        "mean_wait_s": round(mean_s, DIGITS) if mean_s is not None else None,
        "people_wait_min": _minutes(cell.per_day(sums.people_wait_s)),
        "windows_wait_min": _minutes(cell.per_day(idle_s)),
    }


def _figures(figures: Figures) -> Form:
    mean_s = figures.mean_wait_s
    return {
        "open_min": _minutes(figures.open_s),
        "tickets": figures.tickets,
        "called": figures.called,
        "served": figures.served,
        "no_shows": figures.no_shows,
        "reviews": figures.reviews,
        "entered": figures.entered,
        "mean_wait_s": round(mean_s, DIGITS) if mean_s is not None else None,
        "people_wait_min": _minutes(figures.people_wait_s),
        "windows_wait_min": {window: _minutes(seconds) for window, seconds in figures.windows_wait_s.items()},
    }


def _point(begin: datetime, figures: Figures) -> Form:
    """Return the means of a slot: how many people waited, how many of them for want of a window, how many windows."""
    idle_s = sum(figures.windows_wait_s.values())
    return {
        "at": _time(begin),
        "waiting": round(figures.waiting_s / figures.open_s, DIGITS),
        "people_wait": round(figures.people_wait_s / figures.open_s, DIGITS),
        "windows_wait": round(idle_s / figures.open_s, DIGITS),
        "entered": figures.entered,
    }


def _minutes(seconds: float) -> float:
    return round(seconds / MINUTE_S, DIGITS)


def _time(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
