"""The public form of a day's figures: plain dicts, times RFC 3339, wastes in minutes."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, TypeAlias

from controller.day_report import SLOT_S, DayReport, Figures, HalfHour, quantile
from controller.week_report import Cell, Slot, by_weekday

Form: TypeAlias = dict[str, Any]

MINUTE_S = 60.0
DIGITS = 3
MEDIAN, MOST = 0.5, 0.9
"""Shares of those called: half of them, and nine of ten."""


def report_form(report: DayReport) -> Form:
    """Return a day in figures: hour by hour, in all, and as curves of means over slots of ``slot_s`` seconds.

    The half hours carry the waits of those who were called in them, as median and 90th percentile.
    """
    return {
        "hall": report.hall,
        "day": report.day.isoformat(),
        "seq": report.seq,
        "until": _time(report.until),
        "slot_s": SLOT_S,
        "hours": [{"hour": _time(begin), **_figures(figures)} for begin, figures in report.hours.items()],
        "total": _figures(report.total),
        "half_hours": [_half_hour(begin, half) for begin, half in report.half_hours.items()],
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


def _half_hour(begin: datetime, half: HalfHour) -> Form:
    p50_s, p90_s = quantile(half.waits_s, MEDIAN), quantile(half.waits_s, MOST)
    return {
        **_point(begin, half.figures),
        "called": half.figures.called,
        "p50_s": round(p50_s, DIGITS) if p50_s is not None else None,
        "p90_s": round(p90_s, DIGITS) if p90_s is not None else None,
    }


def _point(begin: datetime, figures: Figures) -> Form:
    """Return the means of a stretch while the hall was open.

    How many people waited, how many of them for want of a window, how many windows waited, and how many were manned;
    and how many came in.
    """
    open_s = figures.open_s

    def mean(sum_s: float) -> float:
        return round(sum_s / open_s, DIGITS) if open_s else 0.0

    return {
        "at": _time(begin),
        "waiting": mean(figures.waiting_s),
        "people_wait": mean(figures.people_wait_s),
        "windows_wait": mean(sum(figures.windows_wait_s.values())),
        "manned": mean(figures.manned_s),
        "entered": figures.entered,
    }


def _minutes(seconds: float) -> float:
    return round(seconds / MINUTE_S, DIGITS)


def _time(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
