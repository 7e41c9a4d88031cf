"""Plans as people write them: YAML or JSON files, and the JSON of a request, checked whole before anything changes."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from api.plan_places import line_of, lines_of
from controller.codec import BadForm, from_json, to_json
from controller.departments import field_of
from controller.opening import DAYS_AHEAD
from controller.plan import Plan
from controller.plan_check import faults
from controller.plan_warnings import warnings
from controller.runtime.calendar import WorkingCalendar
from controller.runtime.catalogue import text

FILE_BYTES_MAX = 4 * 1024 * 1024
"""Largest plan file; a rich hall's has a hundredth of it."""
SERVICES_MAX, WINDOWS_MAX, ZONES_MAX, DEVICES_MAX = 2_000, 200, 100, 1_000
"""A county's whole catalogue, and more than the largest hall has: what is checked pair by pair stays bounded."""
SELECTORS_MAX = 10_000
"""Entries of ``serves`` and ``skills`` of all windows together."""
STAFF_MAX = 2_000
"""Posts, and turns of a roster: a large hall's for a year."""
WEEK_MAX, DAYS_MAX = 70, 1_000
"""Hours by the week: ten stretches a day; and exceptional days: those of some years."""
WORDS_MAX = 500
"""Words with a pronunciation: a county's towns, villages and rare names."""
TEXT_CHARS_MAX = 200
JOINERS = "\u200c\u200d"
"""Format characters that scripts need; all others hide text or turn it round."""
UNWANTED = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
"""Categories of what a database, a printer or a sign can't take: NUL, lone surrogates, line breaks, overrides."""

_FORMS: Mapping[str, str] = {
    "a list": "list",
    "an object": "object",
    "a string": "text",
    "a number": "number",
    "a whole number": "whole_number",
    "true or false": "truth",
    "a time of day, like 08:30": "time_of_day",
    "this member, it is missing": "member_missing",
    'a service code, "*", {"field": …} or {"department": …}': "selector",
}
_FORM_LISTS: Mapping[str, str] = {"one of ": "one_of", "no such member; known are ": "member_unknown"}
"""What the codec expects, in its own words, and the texts for people who read no English."""


@dataclass(frozen=True, slots=True)
class PlanFault:
    """One thing that is wrong with a plan.

    Attributes:
        path: where, as a JSON pointer.
        code: stable name.
        message: what, for people.
        line: where in the file, from 1; ``None`` for a plan that came as JSON in a request.
    """

    path: str
    code: str
    message: str
    line: int | None = None


class BadPlan(Exception):
    """A plan that can't be used; ``faults`` names everything that is wrong."""

    def __init__(self, plan_faults: tuple[PlanFault, ...]) -> None:
        super().__init__("\n".join(f"{fault.path}: {fault.message}" for fault in plan_faults))
        self.faults = plan_faults


class _PlainLoader(yaml.SafeLoader):
    """YAML 1.2's core schema: ``17:00``, ``2026-01-05`` and ``no`` are texts, as whoever writes them means it.

    A key that stands twice in an object is a fault, as YAML has it: one of the two would silently be lost.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        """Return the object of a node."""
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        if len(mapping) != len(node.value):
            keys: list[Any] = []
            for key_node, _ in node.value:
                key = self.construct_object(key_node, deep=True)
                if key in keys:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key {key!r} stands there twice", key_node.start_mark
                    )
                keys.append(key)
        return mapping


_PlainLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _firsts in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"null|Null|NULL|~|", ["n", "N", "~", ""]),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)", "-+0123456789"),
):
    _PlainLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_firsts))


def read_plan(form: Any, language: str) -> Plan:
    """Read a plan from what JSON or YAML gave, and check it.

    Args:
        form: objects, lists, texts and numbers.
        language: of the faults' texts.

    Raises:
        BadPlan: its form is wrong, or what it says can't be; every fault of the second sort is named at once.
    """
    form, groupless = _with_fields(form, language)
    if groupless:
        raise BadPlan(groupless)
    try:
        plan = from_json(Plan, form)
    except BadForm as error:
        raise BadPlan((PlanFault(error.path, "bad_form", _expected(error.expected, language)),)) from error
    found = list(_sizes(plan, language))
    if found:
        raise BadPlan(tuple(found))  # the rest is not even looked at
    found.extend(_texts(to_json(plan), "", language))
    found.extend(_fault(fault.path, fault.code, fault.value, language) for fault in faults(plan))
    zone = plan.hall.timezone
    if not _is_zone(zone):
        found.append(_fault("/hall/timezone", "bad_timezone", zone, language))
    if found:
        raise BadPlan(tuple(found))
    return plan


def _with_fields(form: Any, language: str) -> tuple[Any, tuple[PlanFault, ...]]:
    """Put in the field of each service whose department decides it (policy task 5).

    Returns the form with them, and the services whose department doesn't: each must say its field itself.
    """
    if not isinstance(form, dict) or not isinstance(form.get("services"), list):
        return form, ()  # the codec says what is wrong with it
    services: list[Any] = []
    groupless: list[PlanFault] = []
    for index, service in enumerate(form["services"]):
        department = service.get("department") if isinstance(service, dict) else None
        if isinstance(department, str) and "field" not in service:
            field = field_of(department)
            if field is None:
                groupless.append(_fault(f"/services/{index}/department", "no_field", department, language))
            services.append({**service, "field": field})
        else:
            services.append(service)
    return {**form, "services": services}, tuple(groupless)


def load_plan(path: Path, language: str) -> Plan:
    """Read a plan from a YAML or JSON file.

    Raises:
        BadPlan: it isn't a plan that can be used.
        OSError: it can't be read.
    """
    plan, _ = _read(_content(path), language)
    return plan


def check_file(path: Path, language: str, today: date) -> tuple[Plan, tuple[PlanFault, ...]]:
    """Read a plan from a file, and return with it what its manager should look at all the same.

    Raises:
        BadPlan: it isn't a plan that can be used.
        OSError: it can't be read.
    """
    return check_text(_content(path), language, today)


def check_text(content: bytes, language: str, today: date) -> tuple[Plan, tuple[PlanFault, ...]]:
    """Read a plan from the text of a file; as :func:`check_file`.

    Raises:
        BadPlan: it isn't a plan that can be used.
    """
    plan, places = _read(content, language)
    found = plan_warnings(plan, language, today)
    return plan, tuple(replace(one, line=line_of(places, one.path)) for one in found)


def plan_warnings(plan: Plan, language: str, today: date) -> tuple[PlanFault, ...]:
    """Return what a hall's manager should look at in a plan that may be used all the same."""
    found = [_fault(one.path, f"warning.{one.code}", one.value, language) for one in warnings(plan, today)]
    if plan.opening.week and plan.opening.public_holidays:
        calendar = WorkingCalendar()
        years = dict.fromkeys((today.year, (today + timedelta(days=DAYS_AHEAD)).year))
        unknown = [year for year in years if not calendar.is_announced(year)]
        found.extend(_fault("/opening", "warning.holidays_unknown", str(year), language) for year in unknown)
    return tuple(replace(one, code=one.code.removeprefix("warning.")) for one in found)


def _content(path: Path) -> bytes:
    """Return what a file holds, and of one that is too large only so much that it is seen to be."""
    with path.open("rb") as file:
        return file.read(FILE_BYTES_MAX + 1)


def _read(content: bytes, language: str) -> tuple[Plan, dict[str, int]]:
    """Return the plan of a text, and on which lines its members stand."""
    if len(content) > FILE_BYTES_MAX:
        raise BadPlan((_fault("/", "too_large", str(FILE_BYTES_MAX), language),))
    form, places = _parsed(content, language)
    try:
        return read_plan(form, language), places
    except BadPlan as error:
        raise BadPlan(tuple(replace(one, line=line_of(places, one.path)) for one in error.faults)) from error


def _parsed(content: bytes, language: str) -> tuple[Any, dict[str, int]]:
    """Return what a document says, and on which lines."""
    try:
        loader = _PlainLoader(content)
        root = loader.get_single_node()
        return (None if root is None else loader.construct_document(root)), lines_of(root)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        fault = _fault("/", "not_yaml", " ".join(str(error).split()), language)
        raise BadPlan((replace(fault, line=None if mark is None else mark.line + 1),)) from error


def sample_plan() -> Plan:
    """Return the sample hall that ships with the program."""
    with as_file(files("api") / "sample_hall.yaml") as path:
        return load_plan(path, "zh-CN")


def _fault(path: str, code: str, value: str, language: str) -> PlanFault:
    """Return a fault with its text; what can't be shown isn't, for the text may go to a terminal."""
    shown = "".join("\ufffd" if _is_unwanted(char) else char for char in value[:TEXT_CHARS_MAX])
    return PlanFault(path, code, text(f"plan.{code}", language, value=shown))


def _expected(form: str, language: str) -> str:
    if form in _FORMS:
        return text(f"plan.bad_form.{_FORMS[form]}", language)
    for beginning, name in _FORM_LISTS.items():
        if form.startswith(beginning):
            return text(f"plan.bad_form.{name}", language, value=form.removeprefix(beginning))
    return text("plan.bad_form", language, value=form)


def _sizes(plan: Plan, language: str) -> Iterator[PlanFault]:
    counts = (
        ("/services", len(plan.services), SERVICES_MAX),
        ("/windows", len(plan.windows), WINDOWS_MAX),
        ("/zones", len(plan.zones), ZONES_MAX),
        ("/devices", len(plan.devices), DEVICES_MAX),
        ("/packages", len(plan.packages), SERVICES_MAX),
        ("/posts", len(plan.posts), STAFF_MAX),
        ("/roster", len(plan.roster), STAFF_MAX),
        ("/opening/week", len(plan.opening.week), WEEK_MAX),
        ("/opening/days", len(plan.opening.days), DAYS_MAX),
        ("/speech/hours", len(plan.speech.hours), WEEK_MAX),
        ("/speech/pronunciations", len(plan.speech.pronunciations), WORDS_MAX),
        ("/windows", sum(len(window.serves) + len(window.skills) for window in plan.windows), SELECTORS_MAX),
    )
    return (_fault(path, "too_many", str(most), language) for path, count, most in counts if count > most)


def _texts(form: Any, path: str, language: str) -> Iterator[PlanFault]:
    """Find the texts of a plan that are too long, or that something on their way can't take."""
    match form:
        case str():
            if any(map(_is_unwanted, form)):
                yield _fault(path, "bad_text", form, language)
            if len(form) > TEXT_CHARS_MAX and path != "/hall/timezone":  # said of it elsewhere
                yield _fault(path, "text_too_long", str(TEXT_CHARS_MAX), language)
        case dict():
            for name, entry in form.items():
                yield from _texts(entry, f"{path}/{name}", language)
        case list():
            for index, entry in enumerate(form):
                yield from _texts(entry, f"{path}/{index}", language)


def _is_unwanted(char: str) -> bool:
    return unicodedata.category(char) in UNWANTED and char not in JOINERS


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):  # no such file, a folder, or no name of a zone at all
        return False
    return True
